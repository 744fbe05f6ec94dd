"""The protocol's revisions, as their official schemas have them.

Made by mcpgen from the schemas; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ..core.revision import Method, Revision

_2024_11_05: Final = Revision(
    version="2024-11-05",
    era="legacy",
    client_requests=MappingProxyType(
        {
            "completion/complete": Method(None, "CompleteResult"),
            "initialize": Method(None, "InitializeResult"),
            "logging/setLevel": Method(None, "EmptyResult"),
            "ping": Method(None, "EmptyResult"),
            "prompts/get": Method(None, "GetPromptResult"),
            "prompts/list": Method(None, "ListPromptsResult"),
            "resources/list": Method(None, "ListResourcesResult"),
            "resources/read": Method(None, "ReadResourceResult"),
            "resources/subscribe": Method(None, "EmptyResult"),
            "resources/templates/list": Method(None, "ListResourceTemplatesResult"),
            "resources/unsubscribe": Method(None, "EmptyResult"),
            "tools/call": Method(None, "CallToolResult"),
            "tools/list": Method(None, "ListToolsResult"),
        },
    ),
    server_requests=MappingProxyType(
        {
            "ping": Method(None, "EmptyResult"),
            "roots/list": Method(None, "ListRootsResult"),
            "sampling/createMessage": Method(None, "CreateMessageResult"),
        },
    ),
    client_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/initialized",
            "notifications/progress",
            "notifications/roots/list_changed",
        ],
    ),
    server_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/message",
            "notifications/progress",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
            "notifications/resources/updated",
            "notifications/tools/list_changed",
        ],
    ),
    client_capabilities=frozenset(["experimental", "roots", "sampling"]),
    server_capabilities=frozenset(
        ["experimental", "logging", "prompts", "resources", "tools"]
    ),
)

_2025_03_26: Final = Revision(
    version="2025-03-26",
    era="legacy",
    client_requests=MappingProxyType(
        {
            "completion/complete": Method(None, "CompleteResult"),
            "initialize": Method(None, "InitializeResult"),
            "logging/setLevel": Method(None, "EmptyResult"),
            "ping": Method(None, "EmptyResult"),
            "prompts/get": Method(None, "GetPromptResult"),
            "prompts/list": Method(None, "ListPromptsResult"),
            "resources/list": Method(None, "ListResourcesResult"),
            "resources/read": Method(None, "ReadResourceResult"),
            "resources/subscribe": Method(None, "EmptyResult"),
            "resources/templates/list": Method(None, "ListResourceTemplatesResult"),
            "resources/unsubscribe": Method(None, "EmptyResult"),
            "tools/call": Method(None, "CallToolResult"),
            "tools/list": Method(None, "ListToolsResult"),
        },
    ),
    server_requests=MappingProxyType(
        {
            "ping": Method(None, "EmptyResult"),
            "roots/list": Method(None, "ListRootsResult"),
            "sampling/createMessage": Method(None, "CreateMessageResult"),
        },
    ),
    client_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/initialized",
            "notifications/progress",
            "notifications/roots/list_changed",
        ],
    ),
    server_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/message",
            "notifications/progress",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
            "notifications/resources/updated",
            "notifications/tools/list_changed",
        ],
    ),
    client_capabilities=frozenset(["experimental", "roots", "sampling"]),
    server_capabilities=frozenset(
        ["completions", "experimental", "logging", "prompts", "resources", "tools"]
    ),
)

_2025_06_18: Final = Revision(
    version="2025-06-18",
    era="legacy",
    client_requests=MappingProxyType(
        {
            "completion/complete": Method(None, "CompleteResult"),
            "initialize": Method(None, "InitializeResult"),
            "logging/setLevel": Method(None, "EmptyResult"),
            "ping": Method(None, "EmptyResult"),
            "prompts/get": Method(None, "GetPromptResult"),
            "prompts/list": Method(None, "ListPromptsResult"),
            "resources/list": Method(None, "ListResourcesResult"),
            "resources/read": Method(None, "ReadResourceResult"),
            "resources/subscribe": Method(None, "EmptyResult"),
            "resources/templates/list": Method(None, "ListResourceTemplatesResult"),
            "resources/unsubscribe": Method(None, "EmptyResult"),
            "tools/call": Method(None, "CallToolResult"),
            "tools/list": Method(None, "ListToolsResult"),
        },
    ),
    server_requests=MappingProxyType(
        {
            "elicitation/create": Method(None, "ElicitResult"),
            "ping": Method(None, "EmptyResult"),
            "roots/list": Method(None, "ListRootsResult"),
            "sampling/createMessage": Method(None, "CreateMessageResult"),
        },
    ),
    client_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/initialized",
            "notifications/progress",
            "notifications/roots/list_changed",
        ],
    ),
    server_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/message",
            "notifications/progress",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
            "notifications/resources/updated",
            "notifications/tools/list_changed",
        ],
    ),
    client_capabilities=frozenset(["elicitation", "experimental", "roots", "sampling"]),
    server_capabilities=frozenset(
        ["completions", "experimental", "logging", "prompts", "resources", "tools"]
    ),
)

_2025_11_25: Final = Revision(
    version="2025-11-25",
    era="legacy",
    client_requests=MappingProxyType(
        {
            "completion/complete": Method("CompleteRequestParams", "CompleteResult"),
            "initialize": Method("InitializeRequestParams", "InitializeResult"),
            "logging/setLevel": Method("SetLevelRequestParams", "EmptyResult"),
            "ping": Method("RequestParams", "EmptyResult"),
            "prompts/get": Method("GetPromptRequestParams", "GetPromptResult"),
            "prompts/list": Method("PaginatedRequestParams", "ListPromptsResult"),
            "resources/list": Method("PaginatedRequestParams", "ListResourcesResult"),
            "resources/read": Method("ReadResourceRequestParams", "ReadResourceResult"),
            "resources/subscribe": Method("SubscribeRequestParams", "EmptyResult"),
            "resources/templates/list": Method(
                "PaginatedRequestParams", "ListResourceTemplatesResult"
            ),
            "resources/unsubscribe": Method("UnsubscribeRequestParams", "EmptyResult"),
            "tasks/cancel": Method(None, "CancelTaskResult"),
            "tasks/get": Method(None, "GetTaskResult"),
            "tasks/list": Method("PaginatedRequestParams", "ListTasksResult"),
            "tasks/result": Method(None, "GetTaskPayloadResult"),
            "tools/call": Method("CallToolRequestParams", "CallToolResult"),
            "tools/list": Method("PaginatedRequestParams", "ListToolsResult"),
        },
    ),
    server_requests=MappingProxyType(
        {
            "elicitation/create": Method("ElicitRequestParams", "ElicitResult"),
            "ping": Method("RequestParams", "EmptyResult"),
            "roots/list": Method("RequestParams", "ListRootsResult"),
            "sampling/createMessage": Method(
                "CreateMessageRequestParams", "CreateMessageResult"
            ),
            "tasks/cancel": Method(None, "CancelTaskResult"),
            "tasks/get": Method(None, "GetTaskResult"),
            "tasks/list": Method("PaginatedRequestParams", "ListTasksResult"),
            "tasks/result": Method(None, "GetTaskPayloadResult"),
        },
    ),
    client_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/initialized",
            "notifications/progress",
            "notifications/roots/list_changed",
            "notifications/tasks/status",
        ],
    ),
    server_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/elicitation/complete",
            "notifications/message",
            "notifications/progress",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
            "notifications/resources/updated",
            "notifications/tasks/status",
            "notifications/tools/list_changed",
        ],
    ),
    client_capabilities=frozenset(
        ["elicitation", "experimental", "roots", "sampling", "tasks"]
    ),
    server_capabilities=frozenset(
        [
            "completions",
            "experimental",
            "logging",
            "prompts",
            "resources",
            "tasks",
            "tools",
        ],
    ),
)

_2026_07_28: Final = Revision(
    version="2026-07-28",
    era="modern",
    client_requests=MappingProxyType(
        {
            "completion/complete": Method("CompleteRequestParams", "CompleteResult"),
            "prompts/get": Method(
                "GetPromptRequestParams", "GetPromptResult", input_required=True
            ),
            "prompts/list": Method("PaginatedRequestParams", "ListPromptsResult"),
            "resources/list": Method("PaginatedRequestParams", "ListResourcesResult"),
            "resources/read": Method(
                "ReadResourceRequestParams", "ReadResourceResult", input_required=True
            ),
            "resources/templates/list": Method(
                "PaginatedRequestParams", "ListResourceTemplatesResult"
            ),
            "server/discover": Method("RequestParams", "DiscoverResult"),
            "subscriptions/listen": Method(
                "SubscriptionsListenRequestParams", "SubscriptionsListenResult"
            ),
            "tools/call": Method(
                "CallToolRequestParams", "CallToolResult", input_required=True
            ),
            "tools/list": Method("PaginatedRequestParams", "ListToolsResult"),
        },
    ),
    server_requests=MappingProxyType(
        {
            "elicitation/create": Method("ElicitRequestParams", "ElicitResult"),
            "roots/list": Method(None, "ListRootsResult"),
            "sampling/createMessage": Method(
                "CreateMessageRequestParams", "CreateMessageResult"
            ),
        },
    ),
    client_notifications=frozenset(["notifications/cancelled"]),
    server_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/message",
            "notifications/progress",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
            "notifications/resources/updated",
            "notifications/subscriptions/acknowledged",
            "notifications/tools/list_changed",
        ],
    ),
    client_capabilities=frozenset(
        ["elicitation", "experimental", "extensions", "roots", "sampling"]
    ),
    server_capabilities=frozenset(
        [
            "completions",
            "experimental",
            "extensions",
            "logging",
            "prompts",
            "resources",
            "tools",
        ],
    ),
)

REVISIONS: Final[Mapping[str, Revision]] = MappingProxyType(
    {
        "2024-11-05": _2024_11_05,
        "2025-03-26": _2025_03_26,
        "2025-06-18": _2025_06_18,
        "2025-11-25": _2025_11_25,
        "2026-07-28": _2026_07_28,
    },
)
"""What exists in each revision, oldest first."""


def select(wanted: Sequence[Revision | str]) -> dict[str, Revision]:
    """Revisions by version, oldest first.

    Args:
        wanted: Names of known revisions, and revisions; empty for all that are known.

    Raises:
        ValueError: A name is not known.
    """
    unknown = [v for v in wanted if isinstance(v, str) and v not in REVISIONS]
    if unknown:
        raise ValueError(f"unknown protocol revisions: {', '.join(unknown)}")
    found = [REVISIONS[v] if isinstance(v, str) else v for v in wanted or REVISIONS]
    return {each.version: each for each in sorted(found, key=lambda r: r.version)}
