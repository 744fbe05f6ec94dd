"""The protocol's revisions, as their official schemas have them.

Made by mcpgen from the schemas; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ..core.revision import Revision

_2024_11_05: Final = Revision(
    version="2024-11-05",
    era="legacy",
    client_requests=frozenset(
        [
            "completion/complete",
            "initialize",
            "logging/setLevel",
            "ping",
            "prompts/get",
            "prompts/list",
            "resources/list",
            "resources/read",
            "resources/subscribe",
            "resources/templates/list",
            "resources/unsubscribe",
            "tools/call",
            "tools/list",
        ],
    ),
    server_requests=frozenset(["ping", "roots/list", "sampling/createMessage"]),
    client_notifications=frozenset(
        [
            "notifications/cancelled",
            "notifications/initialized",
            "notifications/progress",
            "notifications/roots/list_changed",
        ],
    ),
    client_capabilities=frozenset(["experimental", "roots", "sampling"]),
    server_capabilities=frozenset(
        ["experimental", "logging", "prompts", "resources", "tools"]
    ),
)

_2025_03_26: Final = replace(
    _2024_11_05,
    version="2025-03-26",
    server_capabilities=_2024_11_05.server_capabilities.union(["completions"]),
)

_2025_06_18: Final = replace(
    _2025_03_26,
    version="2025-06-18",
    server_requests=_2025_03_26.server_requests.union(["elicitation/create"]),
    client_capabilities=_2025_03_26.client_capabilities.union(["elicitation"]),
)

_2025_11_25: Final = replace(
    _2025_06_18,
    version="2025-11-25",
    client_requests=_2025_06_18.client_requests.union(
        ["tasks/cancel", "tasks/get", "tasks/list", "tasks/result"]
    ),
    server_requests=_2025_06_18.server_requests.union(
        ["tasks/cancel", "tasks/get", "tasks/list", "tasks/result"]
    ),
    client_notifications=_2025_06_18.client_notifications.union(
        ["notifications/tasks/status"]
    ),
    client_capabilities=_2025_06_18.client_capabilities.union(["tasks"]),
    server_capabilities=_2025_06_18.server_capabilities.union(["tasks"]),
)

_2026_07_28: Final = Revision(
    version="2026-07-28",
    era="modern",
    client_requests=frozenset(
        [
            "completion/complete",
            "prompts/get",
            "prompts/list",
            "resources/list",
            "resources/read",
            "resources/templates/list",
            "server/discover",
            "subscriptions/listen",
            "tools/call",
            "tools/list",
        ],
    ),
    server_requests=frozenset(
        ["elicitation/create", "roots/list", "sampling/createMessage"]
    ),
    client_notifications=frozenset(["notifications/cancelled"]),
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
