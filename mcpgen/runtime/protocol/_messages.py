"""What else travels: requests, notifications, their params, JSON-RPC, errors.

Made by mcpgen from the protocol's schemas. Import from `.types`, which has all types.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from ..core.model import Model, absent
from .types import (
    AudioContent,
    CallToolResult,
    CompleteResult,
    CreateMessageResult,
    DiscoverResult,
    ElicitResult,
    GetPromptResult,
    Icon,
    ImageContent,
    Implementation,
    JSONObject,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListRootsResult,
    ListToolsResult,
    LoggingLevel,
    MetaObject,
    ProgressToken,
    ReadResourceResult,
    RequestId,
    Result,
    ResultMetaObject,
    Role,
    SamplingMessageContentBlock,
    SubscriptionsListenResult,
    Task,
    TaskStatus,
    TextContent,
    Tool,
    ToolResultContent,
    ToolUseContent,
)


class BaseMetadata(Model):
    """Base interface for metadata with name (identifier) and title (display name)
    properties.
    """

    name: str
    """Intended for programmatic or logical use, but used as a display name in past
    specs or fallback (if title isn't present).
    """
    title: str | None = absent()
    """Intended for UI and end-user contexts — optimized to be human-readable and easily
    understood,
    even by those unfamiliar with domain-specific terminology.

    If not provided, the name should be used for display (except for `Tool`,
    where `annotations.title` should be given precedence over using `name`,
    if present).
    """


class BooleanSchema(Model):
    default: bool | None = absent()
    description: str | None = absent()
    title: str | None = absent()
    type: Literal["boolean"] = "boolean"


class CacheableResult(Model):
    """A result that supports a time-to-live (TTL) hint for client-side caching."""

    meta: Annotated[ResultMetaObject | None, Field(alias="_meta")] = absent()
    cache_scope: Annotated[Literal["private", "public"], Field(alias="cacheScope")]
    """Indicates the intended scope of the cached response, analogous to HTTP
    `Cache-Control: public` vs `Cache-Control: private`.

    - `"public"`: The response does not contain user-specific data. Any
      client or intermediary (e.g., shared gateway, caching proxy) MAY cache
      the response and serve it across authorization contexts.
    - `"private"`: The response MAY be cached and reused only within the
      same authorization context. Caches MUST NOT be shared across
      authorization contexts (e.g., a different access token requires a
      different cache).
    """
    result_type: Annotated[str, Field(alias="resultType")]
    """Indicates the type of the result, which allows the client to determine
    how to parse the result object.

    Servers implementing this protocol version MUST include this field.
    For backward compatibility, when a client receives a result from a
    server implementing an earlier protocol version (which does not include
    `resultType`), the client MUST treat the absent field as `"complete"`.
    """
    ttl_ms: Annotated[int, Field(alias="ttlMs")]
    """A hint from the server indicating how long (in milliseconds) the
    client MAY cache this response before re-fetching. Semantics are
    analogous to HTTP Cache-Control max-age.

    - If 0, The response SHOULD be considered immediately stale,
      The client MAY re-fetch every time the result is needed.
    - If positive, the client SHOULD consider the result fresh for this many
      milliseconds after receiving the response.
    """


class ClientCapabilitiesElicitation(Model):
    """Present if the client supports elicitation from the server."""

    form: JSONObject | None = absent()
    url: JSONObject | None = absent()


class ClientCapabilitiesSampling(Model):
    """Present if the client supports sampling from an LLM."""

    context: JSONObject | None = absent()
    """Whether the client supports context inclusion via `includeContext` parameter.
    If not declared, servers SHOULD only use `includeContext: "none"` (or omit it).
    """
    tools: JSONObject | None = absent()
    """Whether the client supports tool use via `tools` and `toolChoice` parameters."""


class ClientCapabilities(Model):
    """Capabilities a client may support. Known capabilities are defined here, in this
    schema, but this is not a closed set: any client can define its own, additional
    capabilities.
    """

    elicitation: ClientCapabilitiesElicitation | None = absent()
    experimental: dict[str, JSONObject] | None = absent()
    """Experimental, non-standard capabilities that the client supports."""
    extensions: dict[str, JSONObject] | None = absent()
    """Optional MCP extensions that the client supports. Keys are extension identifiers
    (e.g., "io.modelcontextprotocol/oauth-client-credentials"), and values are
    per-extension settings objects. An empty object indicates support with no settings.

    Keys MUST follow the `_meta` key naming rules, with a
    mandatory prefix.
    """
    roots: dict[str, Any] | None = absent()
    """Present if the client supports listing roots."""
    sampling: ClientCapabilitiesSampling | None = absent()


class RequestMetaObject(Model):
    """Extends `MetaObject` with additional request-specific fields. All key naming
    rules from `MetaObject` apply.
    """

    io_modelcontextprotocol_client_capabilities: Annotated[
        ClientCapabilities | None,
        Field(alias="io.modelcontextprotocol/clientCapabilities"),
    ] = absent()
    """The client's capabilities for this specific request. Required.

    Capabilities are declared per-request rather than once at initialization;
    an empty object means the client supports no optional capabilities.
    Servers MUST NOT infer capabilities from prior requests.
    """
    io_modelcontextprotocol_client_info: Annotated[
        Implementation | None, Field(alias="io.modelcontextprotocol/clientInfo")
    ] = absent()
    """Identifies the client software making the request. Clients SHOULD
    include this field on every request unless specifically configured not
    to do so.

    The `Implementation` schema requires `name` and `version`; other
    fields are optional.

    The value is self-reported by the client and is not verified by the
    protocol. It is intended for display, logging, and debugging. Servers
    SHOULD NOT use it to change their behavior, and SHOULD NOT rely on it for
    security decisions.
    """
    io_modelcontextprotocol_log_level: Annotated[
        LoggingLevel | None, Field(alias="io.modelcontextprotocol/logLevel")
    ] = absent()
    """The desired log level for this request. Optional.

    If absent, the server MUST NOT send any `notifications/message`
    notifications for this request. The client opts in to log messages by
    explicitly setting a level. Replaces the former `logging/setLevel` RPC.
    """
    io_modelcontextprotocol_protocol_version: Annotated[
        str | None, Field(alias="io.modelcontextprotocol/protocolVersion")
    ] = absent()
    """The MCP Protocol Version being used for this request. Required.

    For the HTTP transport, this value MUST match the `MCP-Protocol-Version`
    header; otherwise the server MUST return a `400 Bad Request`. If the
    server does not support the requested version, it MUST return an
    `UnsupportedProtocolVersionError`.
    """
    progress_token: Annotated[ProgressToken | None, Field(alias="progressToken")] = (
        absent()
    )
    """If specified, the caller is requesting out-of-band progress notifications for
    this request (as represented by `notifications/progress`). The value of this
    parameter is an opaque token that will be attached to any subsequent notifications.
    The receiver is not obligated to provide these notifications.
    """


InputResponse: TypeAlias = CreateMessageResult | ListRootsResult | ElicitResult


InputResponses: TypeAlias = dict[str, InputResponse]
"""A map of client responses to server-initiated requests.
Keys correspond to the keys in the `InputRequests` map;
values are the client's result for each request.
"""


class CallToolRequestParams(Model):
    """Parameters for a `tools/call` request."""

    meta: Annotated[RequestMetaObject | None, Field(alias="_meta")] = absent()
    arguments: dict[str, Any] | None = absent()
    """Arguments to use for the tool call."""
    input_responses: Annotated[InputResponses | None, Field(alias="inputResponses")] = (
        absent()
    )
    name: str
    """The name of the tool."""
    request_state: Annotated[str | None, Field(alias="requestState")] = absent()


class CallToolRequest(Model):
    """Used by the client to invoke a tool provided by the server."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["tools/call"] = "tools/call"
    params: CallToolRequestParams


class SamplingMessage(Model):
    """Describes a message issued to or received from an LLM API."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    content: (
        Annotated[
            TextContent
            | ImageContent
            | AudioContent
            | ToolUseContent
            | ToolResultContent,
            Field(discriminator="type"),
        ]
        | list[SamplingMessageContentBlock]
    )
    role: Role


class ModelHint(Model):
    """Hints to use for model selection.

    Keys not declared here are currently left unspecified by the spec and are up
    to the client to interpret.
    """

    name: str | None = absent()
    """A hint for a model name.

    The client SHOULD treat this as a substring of a model name; for example:
     - `claude-3-5-sonnet` should match `claude-3-5-sonnet-20241022`
     - `sonnet` should match `claude-3-5-sonnet-20241022`, `claude-3-sonnet-20240229`,
       etc.
     - `claude` should match any Claude model

    The client MAY also map the string to a different provider's model name or a
    different model family, as long as it fills a similar niche; for example:
     - `gemini-1.5-flash` could match `claude-3-haiku-20240307`
    """


class ModelPreferences(Model):
    """The server's preferences for model selection, requested of the client during
    sampling.

    Because LLMs can vary along multiple dimensions, choosing the "best" model is
    rarely straightforward.  Different models excel in different areas—some are
    faster but less capable, others are more capable but more expensive, and so
    on. This interface allows servers to express their priorities across multiple
    dimensions to help clients make an appropriate selection for their use case.

    These preferences are always advisory. The client MAY ignore them. It is also
    up to the client to decide how to interpret these preferences and how to
    balance them against other considerations.
    """

    cost_priority: Annotated[int | float | None, Field(alias="costPriority")] = absent()
    """How much to prioritize cost when selecting a model. A value of 0 means cost
    is not important, while a value of 1 means cost is the most important
    factor.
    """
    hints: list[ModelHint] | None = absent()
    """Optional hints to use for model selection.

    If multiple hints are specified, the client MUST evaluate them in order
    (such that the first match is taken).

    The client SHOULD prioritize these hints over the numeric priorities, but
    MAY still use the priorities to select from ambiguous matches.
    """
    intelligence_priority: Annotated[
        int | float | None, Field(alias="intelligencePriority")
    ] = absent()
    """How much to prioritize intelligence and capabilities when selecting a
    model. A value of 0 means intelligence is not important, while a value of 1
    means intelligence is the most important factor.
    """
    speed_priority: Annotated[int | float | None, Field(alias="speedPriority")] = (
        absent()
    )
    """How much to prioritize sampling speed (latency) when selecting a model. A
    value of 0 means speed is not important, while a value of 1 means speed is
    the most important factor.
    """


class ToolChoice(Model):
    """Controls tool selection behavior for sampling requests."""

    mode: Literal["auto", "none", "required"] | None = absent()
    """Controls the tool use ability of the model:
    - `"auto"`: Model decides whether to use tools (default)
    - `"required"`: Model MUST use at least one tool before completing
    - `"none"`: Model MUST NOT use any tools
    """


class CreateMessageRequestParams(Model):
    """Parameters for a `sampling/createMessage` request."""

    include_context: Annotated[
        Literal["allServers", "none", "thisServer"] | None,
        Field(alias="includeContext"),
    ] = absent()
    """A request to include context from one or more MCP servers (including the caller),
    to be attached to the prompt.
    The client MAY ignore this request.

    Default is `"none"`. The values `"thisServer"` and `"allServers"` are deprecated
    (SEP-2596): servers SHOULD
    omit this field or use `"none"`, and SHOULD only use the deprecated values if the
    client declares
    `ClientCapabilities.sampling.context`.
    """
    max_tokens: Annotated[int, Field(alias="maxTokens")]
    """The requested maximum number of tokens to sample (to prevent runaway
    completions).

    The client MAY choose to sample fewer tokens than the requested maximum.
    """
    messages: list[SamplingMessage]
    metadata: JSONObject | None = absent()
    """Optional metadata to pass through to the LLM provider. The format of this
    metadata is provider-specific.
    """
    model_preferences: Annotated[
        ModelPreferences | None, Field(alias="modelPreferences")
    ] = absent()
    """The server's preferences for which model to select. The client MAY ignore these
    preferences.
    """
    stop_sequences: Annotated[list[str] | None, Field(alias="stopSequences")] = absent()
    system_prompt: Annotated[str | None, Field(alias="systemPrompt")] = absent()
    """An optional system prompt the server wants to use for sampling. The client MAY
    modify or omit this prompt.
    """
    temperature: int | float | None = absent()
    tool_choice: Annotated[ToolChoice | None, Field(alias="toolChoice")] = absent()
    """Controls how the model uses tools.
    The client MUST return an error if this field is provided but
    `ClientCapabilities.sampling.tools` is not declared.
    Default is `{ mode: "auto" }`.
    """
    tools: list[Tool] | None = absent()
    """Tools that the model may use during generation.
    The client MUST return an error if this field is provided but
    `ClientCapabilities.sampling.tools` is not declared.
    """


class CreateMessageRequest(Model):
    """A request from the server to sample an LLM via the client. The client has full
    discretion over which model to select. The client should also inform the user before
    beginning sampling, to allow them to inspect the request (human in the loop) and
    decide whether to approve it.
    """

    method: Literal["sampling/createMessage"] = "sampling/createMessage"
    params: CreateMessageRequestParams


class ListRootsRequestParams(Model):
    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()


class ListRootsRequest(Model):
    """Sent from the server to request a list of root URIs from the client. Roots allow
    servers to ask for specific directories or files to operate on. A common example
    for roots is providing a set of repositories or directories a server should operate
    on.

    This request is typically used when the server needs to understand the file system
    structure or access specific locations that the client has permission to read from.
    """

    method: Literal["roots/list"] = "roots/list"
    params: ListRootsRequestParams | None = absent()


class StringSchema(Model):
    default: str | None = absent()
    description: str | None = absent()
    format: Literal["date", "date-time", "email", "uri"] | None = absent()
    max_length: Annotated[int | None, Field(alias="maxLength")] = absent()
    min_length: Annotated[int | None, Field(alias="minLength")] = absent()
    title: str | None = absent()
    type: Literal["string"] = "string"


class NumberSchema(Model):
    default: int | float | None = absent()
    description: str | None = absent()
    maximum: int | float | None = absent()
    minimum: int | float | None = absent()
    title: str | None = absent()
    type: Literal["integer", "number"]


class UntitledSingleSelectEnumSchema(Model):
    """Schema for single-selection enumeration without display titles for options."""

    default: str | None = absent()
    """Optional default value."""
    description: str | None = absent()
    """Optional description for the enum field."""
    enum: list[str]
    """Array of enum values to choose from."""
    title: str | None = absent()
    """Optional title for the enum field."""
    type: Literal["string"] = "string"


class TitledSingleSelectEnumSchemaOneOfItem(Model):
    const: str
    """The enum value."""
    title: str
    """Display label for this option."""


class TitledSingleSelectEnumSchema(Model):
    """Schema for single-selection enumeration with display titles for each option."""

    default: str | None = absent()
    """Optional default value."""
    description: str | None = absent()
    """Optional description for the enum field."""
    one_of: Annotated[list[TitledSingleSelectEnumSchemaOneOfItem], Field(alias="oneOf")]
    """Array of enum options with values and display labels."""
    title: str | None = absent()
    """Optional title for the enum field."""
    type: Literal["string"] = "string"


SingleSelectEnumSchema: TypeAlias = (
    UntitledSingleSelectEnumSchema | TitledSingleSelectEnumSchema
)


class UntitledMultiSelectEnumSchemaItems(Model):
    """Schema for the array items."""

    enum: list[str]
    """Array of enum values to choose from."""
    type: Literal["string"] = "string"


class UntitledMultiSelectEnumSchema(Model):
    """Schema for multiple-selection enumeration without display titles for options."""

    default: list[str] | None = absent()
    """Optional default value."""
    description: str | None = absent()
    """Optional description for the enum field."""
    items: UntitledMultiSelectEnumSchemaItems
    max_items: Annotated[int | None, Field(alias="maxItems")] = absent()
    """Maximum number of items to select."""
    min_items: Annotated[int | None, Field(alias="minItems")] = absent()
    """Minimum number of items to select."""
    title: str | None = absent()
    """Optional title for the enum field."""
    type: Literal["array"] = "array"


class TitledMultiSelectEnumSchemaItemsAnyOfItem(Model):
    const: str
    """The constant enum value."""
    title: str
    """Display title for this option."""


class TitledMultiSelectEnumSchemaItems(Model):
    """Schema for array items with enum options and display labels."""

    any_of: Annotated[
        list[TitledMultiSelectEnumSchemaItemsAnyOfItem], Field(alias="anyOf")
    ]
    """Array of enum options with values and display labels."""


class TitledMultiSelectEnumSchema(Model):
    """Schema for multiple-selection enumeration with display titles for each option."""

    default: list[str] | None = absent()
    """Optional default value."""
    description: str | None = absent()
    """Optional description for the enum field."""
    items: TitledMultiSelectEnumSchemaItems
    max_items: Annotated[int | None, Field(alias="maxItems")] = absent()
    """Maximum number of items to select."""
    min_items: Annotated[int | None, Field(alias="minItems")] = absent()
    """Minimum number of items to select."""
    title: str | None = absent()
    """Optional title for the enum field."""
    type: Literal["array"] = "array"


MultiSelectEnumSchema: TypeAlias = (
    UntitledMultiSelectEnumSchema | TitledMultiSelectEnumSchema
)


class LegacyTitledEnumSchema(Model):
    """Use `TitledSingleSelectEnumSchema` instead.
    This interface will be removed in a future version.
    """

    default: str | None = absent()
    description: str | None = absent()
    enum: list[str]
    enum_names: Annotated[list[str] | None, Field(alias="enumNames")] = absent()
    """(Legacy) Display names for enum values.
    Non-standard according to JSON schema 2020-12.
    """
    title: str | None = absent()
    type: Literal["string"] = "string"


EnumSchema: TypeAlias = (
    UntitledSingleSelectEnumSchema
    | TitledSingleSelectEnumSchema
    | UntitledMultiSelectEnumSchema
    | TitledMultiSelectEnumSchema
    | LegacyTitledEnumSchema
)


PrimitiveSchemaDefinition: TypeAlias = (
    StringSchema
    | NumberSchema
    | BooleanSchema
    | UntitledSingleSelectEnumSchema
    | TitledSingleSelectEnumSchema
    | UntitledMultiSelectEnumSchema
    | TitledMultiSelectEnumSchema
    | LegacyTitledEnumSchema
)
"""Restricted schema definitions that only allow primitive types
without nested objects or arrays.
"""


class ElicitRequestFormParamsRequestedSchema(Model):
    """A restricted subset of JSON Schema.
    Only top-level properties are allowed, without nesting.
    """

    schema_: Annotated[str | None, Field(alias="$schema")] = absent()
    properties: dict[str, PrimitiveSchemaDefinition]
    required: list[str] | None = absent()
    type: Literal["object"] = "object"


class ElicitRequestFormParams(Model):
    """The parameters for a request to elicit non-sensitive information from the user
    via a form in the client.
    """

    message: str
    """The message to present to the user describing what information is being
    requested.
    """
    mode: Literal["form"] | None = absent()
    """The elicitation mode."""
    requested_schema: Annotated[
        ElicitRequestFormParamsRequestedSchema, Field(alias="requestedSchema")
    ]


class ElicitRequestURLParams(Model):
    """The parameters for a request to elicit information from the user via a URL in the
    client.
    """

    message: str
    """The message to present to the user explaining why the interaction is needed."""
    mode: Literal["url"] = "url"
    """The elicitation mode."""
    url: str
    """The URL that the user should navigate to."""


ElicitRequestParams: TypeAlias = ElicitRequestFormParams | ElicitRequestURLParams
"""The parameters for a request to elicit additional information from the user via the
client.
"""


class ElicitRequest(Model):
    """A request from the server to elicit additional information from the user via the
    client.
    """

    method: Literal["elicitation/create"] = "elicitation/create"
    params: ElicitRequestParams


InputRequest: TypeAlias = Annotated[
    CreateMessageRequest | ListRootsRequest | ElicitRequest,
    Field(discriminator="method"),
]


InputRequests: TypeAlias = dict[str, InputRequest]
"""A map of server-initiated requests that the client must fulfill.
Keys are server-assigned identifiers; values are the request objects.
"""


class InputRequiredResult(Model):
    """An InputRequiredResult sent by the server to indicate that additional input is
    needed
    before the request can be completed.

    At least one of `inputRequests` or `requestState` MUST be present.
    """

    meta: Annotated[ResultMetaObject | None, Field(alias="_meta")] = absent()
    input_requests: Annotated[InputRequests | None, Field(alias="inputRequests")] = (
        absent()
    )
    request_state: Annotated[str | None, Field(alias="requestState")] = absent()
    result_type: Annotated[str, Field(alias="resultType")]
    """Indicates the type of the result, which allows the client to determine
    how to parse the result object.

    Servers implementing this protocol version MUST include this field.
    For backward compatibility, when a client receives a result from a
    server implementing an earlier protocol version (which does not include
    `resultType`), the client MUST treat the absent field as `"complete"`.
    """


class CallToolResultResponse(Model):
    """A successful response from the server for a `tools/call` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: InputRequiredResult | CallToolResult


class CancelTaskRequestParams(Model):
    task_id: Annotated[str, Field(alias="taskId")]
    """The task identifier to cancel."""


class CancelTaskRequest(Model):
    """A request to cancel a task."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["tasks/cancel"] = "tasks/cancel"
    params: CancelTaskRequestParams


class NotificationMetaObject(Model):
    """Extends `MetaObject` with additional notification-specific fields. All key naming
    rules from `MetaObject` apply.
    """

    io_modelcontextprotocol_subscription_id: Annotated[
        RequestId | None, Field(alias="io.modelcontextprotocol/subscriptionId")
    ] = absent()
    """Identifies the subscription stream a notification was delivered on. The
    server MUST include this key on every notification delivered via a
    `subscriptions/listen` stream, so the
    client can correlate the notification with the originating subscription.
    The key is absent on notifications not delivered via a subscription
    stream (e.g. progress notifications for an in-flight request), which is
    why it is optional here.

    The value is the JSON-RPC ID of the `subscriptions/listen` request that
    opened the stream.
    """


class CancelledNotificationParams(Model):
    """Parameters for a `notifications/cancelled` notification."""

    meta: Annotated[NotificationMetaObject | None, Field(alias="_meta")] = absent()
    reason: str | None = absent()
    """An optional string describing the reason for the cancellation. This MAY be logged
    or presented to the user.
    """
    request_id: Annotated[RequestId | None, Field(alias="requestId")] = absent()
    """The ID of the request to cancel.

    This MUST correspond to the ID of a request the client previously issued.
    """


class CancelledNotification(Model):
    """This notification is sent by the client to indicate that it is cancelling a
    request it previously issued.

    On stdio, the server also sends this notification, solely to terminate a
    `subscriptions/listen` stream: it references the ID of the `subscriptions/listen`
    request that opened the stream. Servers MUST NOT use this notification to cancel any
    other request.

    The request SHOULD still be in-flight, but due to communication latency, it is
    always possible that this notification MAY arrive after the request has already
    finished.

    This notification indicates that the result will be unused, so any associated
    processing SHOULD cease.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/cancelled"] = "notifications/cancelled"
    params: CancelledNotificationParams


class ClientNotification(Model):
    """This notification is sent by the client to indicate that it is cancelling a
    request it previously issued.

    On stdio, the server also sends this notification, solely to terminate a
    `subscriptions/listen` stream: it references the ID of the `subscriptions/listen`
    request that opened the stream. Servers MUST NOT use this notification to cancel any
    other request.

    The request SHOULD still be in-flight, but due to communication latency, it is
    always possible that this notification MAY arrive after the request has already
    finished.

    This notification indicates that the result will be unused, so any associated
    processing SHOULD cease.
    """

    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["notifications/cancelled"] = "notifications/cancelled"
    params: CancelledNotificationParams


class RequestParams(Model):
    """Common params for any request."""

    meta: Annotated[RequestMetaObject | None, Field(alias="_meta")] = absent()


class DiscoverRequest(Model):
    """A request from the client asking the server to advertise its supported
    protocol versions, capabilities, and other metadata. Servers **MUST**
    implement `server/discover`. Clients **MAY** call it but are not required
    to — version negotiation can also happen inline via per-request `_meta`.
    """

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["server/discover"] = "server/discover"
    params: RequestParams


class PaginatedRequestParams(Model):
    """Common params for paginated requests."""

    meta: Annotated[RequestMetaObject | None, Field(alias="_meta")] = absent()
    cursor: str | None = absent()
    """An opaque token representing the current pagination position.
    If provided, the server should return results starting after this cursor.
    """


class ListResourcesRequest(Model):
    """Sent from the client to request a list of resources the server has."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["resources/list"] = "resources/list"
    params: PaginatedRequestParams | None = absent()


class ListResourceTemplatesRequest(Model):
    """Sent from the client to request a list of resource templates the server has."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["resources/templates/list"] = "resources/templates/list"
    params: PaginatedRequestParams | None = absent()


class ReadResourceRequestParams(Model):
    """Parameters for a `resources/read` request."""

    meta: Annotated[RequestMetaObject | None, Field(alias="_meta")] = absent()
    input_responses: Annotated[InputResponses | None, Field(alias="inputResponses")] = (
        absent()
    )
    request_state: Annotated[str | None, Field(alias="requestState")] = absent()
    uri: str
    """The URI of the resource. The URI can use any protocol; it is up to the server how
    to interpret it.
    """


class ReadResourceRequest(Model):
    """Sent from the client to the server, to read a specific resource URI."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["resources/read"] = "resources/read"
    params: ReadResourceRequestParams


class SubscriptionFilter(Model):
    """The set of notification types a client may opt in to on a
    `subscriptions/listen` request.

    Each notification type is **opt-in**; the server **MUST NOT** send
    notification types the client has not explicitly requested here.
    """

    prompts_list_changed: Annotated[bool | None, Field(alias="promptsListChanged")] = (
        absent()
    )
    """If true, receive `notifications/prompts/list_changed`."""
    resource_subscriptions: Annotated[
        list[str] | None, Field(alias="resourceSubscriptions")
    ] = absent()
    """Subscribe to `notifications/resources/updated` for these resource URIs.
    Replaces the former `resources/subscribe` RPC.
    """
    resources_list_changed: Annotated[
        bool | None, Field(alias="resourcesListChanged")
    ] = absent()
    """If true, receive `notifications/resources/list_changed`."""
    tools_list_changed: Annotated[bool | None, Field(alias="toolsListChanged")] = (
        absent()
    )
    """If true, receive `notifications/tools/list_changed`."""


class SubscriptionsListenRequestParams(Model):
    """Parameters for a `subscriptions/listen` request."""

    meta: Annotated[RequestMetaObject, Field(alias="_meta")]
    notifications: SubscriptionFilter
    """The notifications the client opts in to on this stream. The server
    **MUST NOT** send notification types the client has not explicitly
    requested.
    """


class SubscriptionsListenRequest(Model):
    """Sent from the client to open a long-lived channel for receiving notifications
    outside the context of a specific request. Replaces the previous HTTP GET
    endpoint and ensures consistent behavior between HTTP and STDIO.
    """

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["subscriptions/listen"] = "subscriptions/listen"
    params: SubscriptionsListenRequestParams


class ListPromptsRequest(Model):
    """Sent from the client to request a list of prompts and prompt templates the server
    has.
    """

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["prompts/list"] = "prompts/list"
    params: PaginatedRequestParams | None = absent()


class GetPromptRequestParams(Model):
    """Parameters for a `prompts/get` request."""

    meta: Annotated[RequestMetaObject | None, Field(alias="_meta")] = absent()
    arguments: dict[str, str] | None = absent()
    """Arguments to use for templating the prompt."""
    input_responses: Annotated[InputResponses | None, Field(alias="inputResponses")] = (
        absent()
    )
    name: str
    """The name of the prompt or prompt template."""
    request_state: Annotated[str | None, Field(alias="requestState")] = absent()


class GetPromptRequest(Model):
    """Used by the client to get a prompt provided by the server."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["prompts/get"] = "prompts/get"
    params: GetPromptRequestParams


class ListToolsRequest(Model):
    """Sent from the client to request a list of tools the server has."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["tools/list"] = "tools/list"
    params: PaginatedRequestParams | None = absent()


class CompleteRequestParamsArgument(Model):
    """The argument's information"""

    name: str
    """The name of the argument"""
    value: str
    """The value of the argument to use for completion matching."""


class CompleteRequestParamsContext(Model):
    """Additional, optional context for completions"""

    arguments: dict[str, str] | None = absent()
    """Previously-resolved variables in a URI template or prompt."""


class PromptReference(Model):
    """Identifies a prompt."""

    name: str
    """Intended for programmatic or logical use, but used as a display name in past
    specs or fallback (if title isn't present).
    """
    title: str | None = absent()
    """Intended for UI and end-user contexts — optimized to be human-readable and easily
    understood,
    even by those unfamiliar with domain-specific terminology.

    If not provided, the name should be used for display (except for `Tool`,
    where `annotations.title` should be given precedence over using `name`,
    if present).
    """
    type: Literal["ref/prompt"] = "ref/prompt"


class ResourceTemplateReference(Model):
    """A reference to a resource or resource template definition."""

    type: Literal["ref/resource"] = "ref/resource"
    uri: str
    """The URI or URI template of the resource."""


class CompleteRequestParams(Model):
    """Parameters for a `completion/complete` request."""

    meta: Annotated[RequestMetaObject | None, Field(alias="_meta")] = absent()
    argument: CompleteRequestParamsArgument
    context: CompleteRequestParamsContext | None = absent()
    ref: Annotated[
        PromptReference | ResourceTemplateReference, Field(discriminator="type")
    ]


class CompleteRequest(Model):
    """A request from the client to the server, to ask for completion options."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["completion/complete"] = "completion/complete"
    params: CompleteRequestParams


ClientRequest: TypeAlias = Annotated[
    DiscoverRequest
    | ListResourcesRequest
    | ListResourceTemplatesRequest
    | ReadResourceRequest
    | SubscriptionsListenRequest
    | ListPromptsRequest
    | GetPromptRequest
    | ListToolsRequest
    | CallToolRequest
    | CompleteRequest,
    Field(discriminator="method"),
]


ClientResult: TypeAlias = Result
"""Common result fields."""


class CompleteResultResponse(Model):
    """A successful response from the server for a `completion/complete` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: CompleteResult


class CreateTaskResult(Model):
    """A response to a task-augmented request."""

    meta: Annotated[dict[str, Any] | None, Field(alias="_meta")] = absent()
    """See [General fields: `_meta`](/specification/2025-11-25/basic/index#meta) for
    notes on `_meta` usage.
    """
    task: Task


class DiscoverResultResponse(Model):
    """A successful response from the server for a `server/discover` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: DiscoverResult


class ElicitationCompleteNotificationParams(Model):
    elicitation_id: Annotated[str, Field(alias="elicitationId")]
    """The ID of the elicitation that completed."""


class ElicitationCompleteNotification(Model):
    """An optional notification from the server to the client, informing it of a
    completion of a out-of-band elicitation request.
    """

    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["notifications/elicitation/complete"] = (
        "notifications/elicitation/complete"
    )
    params: ElicitationCompleteNotificationParams


class Error(Model):
    code: int
    """The error type that occurred."""
    data: Any = None
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class GetPromptResultResponse(Model):
    """A successful response from the server for a `prompts/get` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: InputRequiredResult | GetPromptResult


class GetTaskPayloadRequestParams(Model):
    task_id: Annotated[str, Field(alias="taskId")]
    """The task identifier to retrieve results for."""


class GetTaskPayloadRequest(Model):
    """A request to retrieve the result of a completed task."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["tasks/result"] = "tasks/result"
    params: GetTaskPayloadRequestParams


class GetTaskRequestParams(Model):
    task_id: Annotated[str, Field(alias="taskId")]
    """The task identifier to query."""


class GetTaskRequest(Model):
    """A request to retrieve the state of a task."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["tasks/get"] = "tasks/get"
    params: GetTaskRequestParams


class HeaderMismatchErrorError(Model):
    code: Literal[-32020] = -32020
    """The error type that occurred."""
    data: Any = None
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class HeaderMismatchError(Model):
    """Returned when a server rejects a request because the values in the HTTP
    headers do not match the corresponding values in the request body, or
    because required headers are missing or malformed. For HTTP, the response
    status code MUST be `400 Bad Request`.
    """

    error: HeaderMismatchErrorError
    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] = "2.0"


class Icons(Model):
    """Base interface to add `icons` property."""

    icons: list[Icon] | None = absent()
    """Optional set of sized icons that the client can display in a user interface.

    Clients that support rendering icons MUST support at least the following MIME types:
    - `image/png` - PNG images (safe, universal compatibility)
    - `image/jpeg` (and `image/jpg`) - JPEG images (safe, universal compatibility)

    Clients that support rendering icons SHOULD also support:
    - `image/svg+xml` - SVG images (scalable but requires security precautions)
    - `image/webp` - WebP images (modern, efficient format)
    """


class InitializeRequestParamsMeta(Model):
    """See [General fields: `_meta`](/specification/2025-11-25/basic/index#meta) for
    notes on `_meta` usage.
    """

    progress_token: Annotated[ProgressToken | None, Field(alias="progressToken")] = (
        absent()
    )
    """If specified, the caller is requesting out-of-band progress notifications for
    this request (as represented by notifications/progress). The value of this parameter
    is an opaque token that will be attached to any subsequent notifications. The
    receiver is not obligated to provide these notifications.
    """


class InitializeRequestParams(Model):
    """Parameters for an `initialize` request."""

    meta: Annotated[InitializeRequestParamsMeta | None, Field(alias="_meta")] = absent()
    capabilities: ClientCapabilities
    client_info: Annotated[Implementation, Field(alias="clientInfo")]
    protocol_version: Annotated[str, Field(alias="protocolVersion")]
    """The latest version of the Model Context Protocol that the client supports. The
    client MAY decide to support older versions as well.
    """


class InitializeRequest(Model):
    """This request is sent from the client to the server when it first connects, asking
    it to begin initialization.
    """

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["initialize"] = "initialize"
    params: InitializeRequestParams


class NotificationParams(Model):
    """Common params for any notification."""

    meta: Annotated[NotificationMetaObject | None, Field(alias="_meta")] = absent()


class InitializedNotification(Model):
    """This notification is sent from the client to the server after initialization has
    finished.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/initialized"] = "notifications/initialized"
    params: NotificationParams | None = absent()


class InputResponseRequestParams(Model):
    meta: Annotated[RequestMetaObject, Field(alias="_meta")]
    input_responses: Annotated[InputResponses | None, Field(alias="inputResponses")] = (
        absent()
    )
    request_state: Annotated[str | None, Field(alias="requestState")] = absent()


class InternalError(Model):
    """A JSON-RPC error indicating that an internal error occurred on the receiver. This
    error is returned when the receiver encounters an unexpected condition that prevents
    it from fulfilling the request.
    """

    code: Literal[-32603] = -32603
    """The error type that occurred."""
    data: Any = None
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class InvalidParamsError(Model):
    """A JSON-RPC error indicating that the method parameters are invalid or malformed.

    In MCP, this error is returned in various contexts when request parameters fail
    validation:

    - **Tools**: Unknown tool name or invalid tool arguments
    - **Prompts**: Unknown prompt name or missing required arguments
    - **Pagination**: Invalid or expired cursor values
    - **Logging**: Invalid log level
    - **Elicitation**: Server requests an elicitation mode not declared in client
      capabilities
    - **Sampling**: Missing tool result or tool results mixed with other content
    """

    code: Literal[-32602] = -32602
    """The error type that occurred."""
    data: Any = None
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class InvalidRequestError(Model):
    """A JSON-RPC error indicating that the request is not a valid request object. This
    error is returned when the message structure does not conform to the JSON-RPC 2.0
    specification requirements for a request (e.g., missing required fields like
    `jsonrpc` or `method`, or using invalid types for these fields).
    """

    code: Literal[-32600] = -32600
    """The error type that occurred."""
    data: Any = None
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class JSONRPCErrorResponse(Model):
    """A response to a request that indicates an error occurred."""

    error: Error
    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] = "2.0"


class JSONRPCRequest(Model):
    """A request that expects a response."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    method: str
    params: dict[str, Any] | None = absent()


class JSONRPCNotification(Model):
    """A notification which does not expect a response."""

    jsonrpc: Literal["2.0"] = "2.0"
    method: str
    params: dict[str, Any] | None = absent()


class JSONRPCResultResponse(Model):
    """A successful (non-error) response to a request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: Result


JSONRPCMessage: TypeAlias = (
    JSONRPCRequest | JSONRPCNotification | JSONRPCResultResponse | JSONRPCErrorResponse
)
"""Refers to any valid JSON-RPC object that can be decoded off the wire, or encoded to
be sent.
"""


JSONRPCResponse: TypeAlias = JSONRPCResultResponse | JSONRPCErrorResponse
"""A response to a request, containing either the result or error."""


class ListPromptsResultResponse(Model):
    """A successful response from the server for a `prompts/list` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: ListPromptsResult


class ListResourceTemplatesResultResponse(Model):
    """A successful response from the server for a `resources/templates/list`
    request.
    """

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: ListResourceTemplatesResult


class ListResourcesResultResponse(Model):
    """A successful response from the server for a `resources/list` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: ListResourcesResult


class ListTasksRequest(Model):
    """A request to retrieve a list of tasks."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["tasks/list"] = "tasks/list"
    params: PaginatedRequestParams | None = absent()


class ListToolsResultResponse(Model):
    """A successful response from the server for a `tools/list` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: ListToolsResult


class LoggingMessageNotificationParams(Model):
    """Parameters for a `notifications/message` notification."""

    meta: Annotated[NotificationMetaObject | None, Field(alias="_meta")] = absent()
    data: Any
    """The data to be logged, such as a string message or an object. Any JSON
    serializable type is allowed here.
    """
    level: LoggingLevel
    """The severity of this log message."""
    logger: str | None = absent()
    """An optional name of the logger issuing this message."""


class LoggingMessageNotification(Model):
    """JSONRPCNotification of a log message passed from server to client. The client
    opts in by setting `"io.modelcontextprotocol/logLevel"` in a request's `_meta`.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/message"] = "notifications/message"
    params: LoggingMessageNotificationParams


class MethodNotFoundError(Model):
    """A JSON-RPC error indicating that the requested method does not exist or is not
    available.

    In MCP, a server returns this error when a client invokes a method the server does
    not implement — either a genuinely unknown method, or one gated behind a server
    capability the server did not advertise (e.g., calling `prompts/list` when the
    `prompts` capability was not advertised).

    A request that requires a client capability the client did not declare is signalled
    instead by `MissingRequiredClientCapabilityError` (`-32021`).
    """

    code: Literal[-32601] = -32601
    """The error type that occurred."""
    data: Any = None
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class MissingRequiredClientCapabilityErrorErrorData(Model):
    required_capabilities: Annotated[
        ClientCapabilities, Field(alias="requiredCapabilities")
    ]
    """The capabilities the server requires from the client to process this request."""


class MissingRequiredClientCapabilityErrorError(Model):
    code: Literal[-32021] = -32021
    """The error type that occurred."""
    data: MissingRequiredClientCapabilityErrorErrorData
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class MissingRequiredClientCapabilityError(Model):
    """Returned when processing a request requires a capability the client did not
    declare in `clientCapabilities`. For HTTP, the response status code MUST be
    `400 Bad Request`.
    """

    error: MissingRequiredClientCapabilityErrorError
    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] = "2.0"


class Notification(Model):
    method: str
    params: dict[str, Any] | None = absent()


class PaginatedRequest(Model):
    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: str
    params: PaginatedRequestParams | None = absent()


class PaginatedResult(Model):
    meta: Annotated[ResultMetaObject | None, Field(alias="_meta")] = absent()
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = absent()
    """An opaque token representing the pagination position after the last returned
    result.
    If present, there may be more results available.
    """
    result_type: Annotated[str | None, Field(alias="resultType")] = absent()
    """Indicates the type of the result, which allows the client to determine
    how to parse the result object.

    Servers implementing this protocol version MUST include this field.
    For backward compatibility, when a client receives a result from a
    server implementing an earlier protocol version (which does not include
    `resultType`), the client MUST treat the absent field as `"complete"`.
    """


class ParseError(Model):
    """A JSON-RPC error indicating that invalid JSON was received by the server. This
    error is returned when the server cannot parse the JSON text of a message.
    """

    code: Literal[-32700] = -32700
    """The error type that occurred."""
    data: Any = None
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class PingRequest(Model):
    """A ping, issued by either the server or the client, to check that the other party
    is still alive. The receiver must promptly respond, or else may be disconnected.
    """

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["ping"] = "ping"
    params: RequestParams | None = absent()


ServerRequest: TypeAlias = Annotated[
    PingRequest
    | GetTaskRequest
    | GetTaskPayloadRequest
    | CancelTaskRequest
    | ListTasksRequest
    | CreateMessageRequest
    | ListRootsRequest
    | ElicitRequest,
    Field(discriminator="method"),
]


class ProgressNotificationParams(Model):
    """Parameters for a `notifications/progress` notification."""

    meta: Annotated[NotificationMetaObject | None, Field(alias="_meta")] = absent()
    message: str | None = absent()
    """An optional message describing the current progress."""
    progress: int | float
    """The progress thus far. This should increase every time progress is made, even if
    the total is unknown.
    """
    progress_token: Annotated[ProgressToken, Field(alias="progressToken")]
    """The progress token which was given in the initial request, used to associate this
    notification with the request that is proceeding.
    """
    total: int | float | None = absent()
    """Total number of items to process (or total progress required), if known."""


class ProgressNotification(Model):
    """An out-of-band notification used to inform the receiver of a progress update for
    a long-running request.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/progress"] = "notifications/progress"
    params: ProgressNotificationParams


class PromptListChangedNotification(Model):
    """An optional notification from the server to the client, informing it that the
    list of prompts it offers has changed. This is only delivered on a
    `subscriptions/listen` stream when the client requested it via the
    `promptsListChanged` filter field.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/prompts/list_changed"] = (
        "notifications/prompts/list_changed"
    )
    params: NotificationParams | None = absent()


class ReadResourceResultResponse(Model):
    """A successful response from the server for a `resources/read` request."""

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: InputRequiredResult | ReadResourceResult


class RelatedTaskMetadata(Model):
    """Metadata for associating messages with a task.
    Include this in the `_meta` field under the key
    `io.modelcontextprotocol/related-task`.
    """

    task_id: Annotated[str, Field(alias="taskId")]
    """The task identifier this message is associated with."""


class Request(Model):
    method: str
    params: dict[str, Any] | None = absent()


class ResourceContents(Model):
    """The contents of a specific resource or sub-resource."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    mime_type: Annotated[str | None, Field(alias="mimeType")] = absent()
    """The MIME type of this resource, if known."""
    uri: str
    """The URI of this resource."""


class ResourceListChangedNotification(Model):
    """An optional notification from the server to the client, informing it that the
    list of resources it can read from has changed. This is only delivered on a
    `subscriptions/listen` stream when the client requested it via the
    `resourcesListChanged` filter field.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/resources/list_changed"] = (
        "notifications/resources/list_changed"
    )
    params: NotificationParams | None = absent()


class ResourceRequestParams(Model):
    """Common params for resource-related requests."""

    meta: Annotated[RequestMetaObject | None, Field(alias="_meta")] = absent()
    uri: str
    """The URI of the resource. The URI can use any protocol; it is up to the server how
    to interpret it.
    """


class ResourceUpdatedNotificationParams(Model):
    """Parameters for a `notifications/resources/updated` notification."""

    meta: Annotated[NotificationMetaObject | None, Field(alias="_meta")] = absent()
    uri: str
    """The URI of the resource that has been updated. This might be a sub-resource of
    the one that the client actually subscribed to.
    """


class ResourceUpdatedNotification(Model):
    """A notification from the server to the client, informing it that a resource has
    changed and may need to be read again. This is only sent for resources the client
    opted in to via the `resourceSubscriptions` field of a `subscriptions/listen`
    request.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/resources/updated"] = (
        "notifications/resources/updated"
    )
    params: ResourceUpdatedNotificationParams


class RootsListChangedNotification(Model):
    """A notification from the client to the server, informing it that the list of roots
    has changed.
    This notification should be sent whenever the client adds, removes, or modifies any
    root.
    The server should then request an updated list of roots using the ListRootsRequest.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/roots/list_changed"] = (
        "notifications/roots/list_changed"
    )
    params: NotificationParams | None = absent()


class SubscriptionsAcknowledgedNotificationParams(Model):
    """Parameters for a `notifications/subscriptions/acknowledged` notification."""

    meta: Annotated[NotificationMetaObject | None, Field(alias="_meta")] = absent()
    notifications: SubscriptionFilter
    """The subset of requested notification types the server agreed to honor.
    Only includes notification types the server actually supports; if the
    client requested an unsupported type (e.g., `promptsListChanged` when
    the server has no prompts), it is omitted from this set.
    """


class SubscriptionsAcknowledgedNotification(Model):
    """Sent by the server to acknowledge that a
    `subscriptions/listen` subscription has been
    established and to report which notification types it agreed to honor.

    This notification MUST be the first message the server sends carrying the
    subscription's ID in `io.modelcontextprotocol/subscriptionId`. The server MUST
    NOT send any notification on the subscription before acknowledging it. On
    stdio, where every subscription shares one channel, this ordering is defined
    per subscription ID and not per channel: messages belonging to other
    subscriptions MAY be interleaved before it.
    """

    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["notifications/subscriptions/acknowledged"] = (
        "notifications/subscriptions/acknowledged"
    )
    params: SubscriptionsAcknowledgedNotificationParams


class ToolListChangedNotification(Model):
    """An optional notification from the server to the client, informing it that the
    list of tools it offers has changed. This is only delivered on a
    `subscriptions/listen` stream when the client requested it via the
    `toolsListChanged` filter field.
    """

    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["notifications/tools/list_changed"] = (
        "notifications/tools/list_changed"
    )
    params: NotificationParams | None = absent()


ServerNotification: TypeAlias = Annotated[
    CancelledNotification
    | ProgressNotification
    | ResourceListChangedNotification
    | SubscriptionsAcknowledgedNotification
    | ResourceUpdatedNotification
    | PromptListChangedNotification
    | ToolListChangedNotification
    | LoggingMessageNotification,
    Field(discriminator="method"),
]


ServerResult: TypeAlias = (
    Result
    | InputRequiredResult
    | DiscoverResult
    | ListResourcesResult
    | ListResourceTemplatesResult
    | ReadResourceResult
    | SubscriptionsListenResult
    | ListPromptsResult
    | GetPromptResult
    | ListToolsResult
    | CallToolResult
    | CompleteResult
)


class SetLevelRequestParamsMeta(Model):
    """See [General fields: `_meta`](/specification/2025-11-25/basic/index#meta) for
    notes on `_meta` usage.
    """

    progress_token: Annotated[ProgressToken | None, Field(alias="progressToken")] = (
        absent()
    )
    """If specified, the caller is requesting out-of-band progress notifications for
    this request (as represented by notifications/progress). The value of this parameter
    is an opaque token that will be attached to any subsequent notifications. The
    receiver is not obligated to provide these notifications.
    """


class SetLevelRequestParams(Model):
    """Parameters for a `logging/setLevel` request."""

    meta: Annotated[SetLevelRequestParamsMeta | None, Field(alias="_meta")] = absent()
    level: LoggingLevel
    """The level of logging that the client wants to receive from the server. The server
    should send all logs at this level and higher (i.e., more severe) to the client as
    notifications/message.
    """


class SetLevelRequest(Model):
    """A request from the client to the server, to enable or adjust logging."""

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["logging/setLevel"] = "logging/setLevel"
    params: SetLevelRequestParams


class SubscribeRequestParamsMeta(Model):
    """See [General fields: `_meta`](/specification/2025-11-25/basic/index#meta) for
    notes on `_meta` usage.
    """

    progress_token: Annotated[ProgressToken | None, Field(alias="progressToken")] = (
        absent()
    )
    """If specified, the caller is requesting out-of-band progress notifications for
    this request (as represented by notifications/progress). The value of this parameter
    is an opaque token that will be attached to any subsequent notifications. The
    receiver is not obligated to provide these notifications.
    """


class SubscribeRequestParams(Model):
    """Parameters for a `resources/subscribe` request."""

    meta: Annotated[SubscribeRequestParamsMeta | None, Field(alias="_meta")] = absent()
    uri: str
    """The URI of the resource. The URI can use any protocol; it is up to the server how
    to interpret it.
    """


class SubscribeRequest(Model):
    """Sent from the client to request resources/updated notifications from the server
    whenever a particular resource changes.
    """

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["resources/subscribe"] = "resources/subscribe"
    params: SubscribeRequestParams


class SubscriptionsListenResultResponse(Model):
    """A successful response from the server for a `subscriptions/listen`
    request, sent when the server tears the subscription down gracefully.
    """

    id: RequestId
    jsonrpc: Literal["2.0"] = "2.0"
    result: SubscriptionsListenResult


class TaskAugmentedRequestParamsMeta(Model):
    """See [General fields: `_meta`](/specification/2025-11-25/basic/index#meta) for
    notes on `_meta` usage.
    """

    progress_token: Annotated[ProgressToken | None, Field(alias="progressToken")] = (
        absent()
    )
    """If specified, the caller is requesting out-of-band progress notifications for
    this request (as represented by notifications/progress). The value of this parameter
    is an opaque token that will be attached to any subsequent notifications. The
    receiver is not obligated to provide these notifications.
    """


class TaskMetadata(Model):
    """Metadata for augmenting a request with task execution.
    Include this in the `task` field of the request parameters.
    """

    ttl: int | None = absent()
    """Requested duration in milliseconds to retain task from creation."""


class TaskAugmentedRequestParams(Model):
    """Common params for any task-augmented request."""

    meta: Annotated[TaskAugmentedRequestParamsMeta | None, Field(alias="_meta")] = (
        absent()
    )
    task: TaskMetadata | None = absent()
    """If specified, the caller is requesting task-augmented execution for this request.
    The request will return a CreateTaskResult immediately, and the actual result can be
    retrieved later via tasks/result.

    Task augmentation is subject to capability negotiation - receivers MUST declare
    support
    for task augmentation of specific request types in their capabilities.
    """


class TaskStatusNotificationParams(Model):
    """Parameters for a `notifications/tasks/status` notification."""

    meta: Annotated[NotificationMetaObject | None, Field(alias="_meta")] = absent()
    created_at: Annotated[str, Field(alias="createdAt")]
    """ISO 8601 timestamp when the task was created."""
    last_updated_at: Annotated[str, Field(alias="lastUpdatedAt")]
    """ISO 8601 timestamp when the task was last updated."""
    poll_interval: Annotated[int | None, Field(alias="pollInterval")] = absent()
    """Suggested polling interval in milliseconds."""
    status: TaskStatus
    """Current task state."""
    status_message: Annotated[str | None, Field(alias="statusMessage")] = absent()
    """Optional human-readable message describing the current task state.
    This can provide context for any status, including:
    - Reasons for "cancelled" status
    - Summaries for "completed" status
    - Diagnostic information for "failed" status (e.g., error details, what went wrong)
    """
    task_id: Annotated[str, Field(alias="taskId")]
    """The task identifier."""
    ttl: int | None
    """Actual retention duration from creation in milliseconds, null for unlimited."""


class TaskStatusNotification(Model):
    """An optional notification from the receiver to the requestor, informing them that
    a task's status has changed. Receivers are not required to send these notifications.
    """

    jsonrpc: Literal["2.0"] = "2.0"
    method: Literal["notifications/tasks/status"] = "notifications/tasks/status"
    params: TaskStatusNotificationParams


class ToolExecution(Model):
    """Execution-related properties for a tool."""

    task_support: Annotated[
        Literal["forbidden", "optional", "required"] | None, Field(alias="taskSupport")
    ] = absent()
    """Indicates whether this tool supports task-augmented execution.
    This allows clients to handle long-running operations through polling
    the task system.

    - "forbidden": Tool does not support task-augmented execution (default when absent)
    - "optional": Tool may support task-augmented execution
    - "required": Tool requires task-augmented execution

    Default: "forbidden"
    """


class URLElicitationRequiredErrorErrorData(Model):
    elicitations: list[ElicitRequestURLParams]


class URLElicitationRequiredErrorError(Model):
    code: Literal[-32042] = -32042
    """The error type that occurred."""
    data: URLElicitationRequiredErrorErrorData
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class URLElicitationRequiredError(Model):
    """An error response that indicates that the server requires the client to provide
    additional information via an elicitation request.
    """

    error: URLElicitationRequiredErrorError
    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] = "2.0"


class UnsubscribeRequestParamsMeta(Model):
    """See [General fields: `_meta`](/specification/2025-11-25/basic/index#meta) for
    notes on `_meta` usage.
    """

    progress_token: Annotated[ProgressToken | None, Field(alias="progressToken")] = (
        absent()
    )
    """If specified, the caller is requesting out-of-band progress notifications for
    this request (as represented by notifications/progress). The value of this parameter
    is an opaque token that will be attached to any subsequent notifications. The
    receiver is not obligated to provide these notifications.
    """


class UnsubscribeRequestParams(Model):
    """Parameters for a `resources/unsubscribe` request."""

    meta: Annotated[UnsubscribeRequestParamsMeta | None, Field(alias="_meta")] = (
        absent()
    )
    uri: str
    """The URI of the resource. The URI can use any protocol; it is up to the server how
    to interpret it.
    """


class UnsubscribeRequest(Model):
    """Sent from the client to request cancellation of resources/updated notifications
    from the server. This should follow a previous resources/subscribe request.
    """

    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] | None = absent()
    method: Literal["resources/unsubscribe"] = "resources/unsubscribe"
    params: UnsubscribeRequestParams


class UnsupportedProtocolVersionErrorErrorData(Model):
    requested: str
    """The protocol version that was requested by the client."""
    supported: list[str]
    """Protocol versions the server supports. The client should choose a
    mutually supported version from this list and retry.
    """


class UnsupportedProtocolVersionErrorError(Model):
    code: Literal[-32022] = -32022
    """The error type that occurred."""
    data: UnsupportedProtocolVersionErrorErrorData
    """Additional information about the error. The value of this member is defined by
    the sender (e.g. detailed error information, nested errors etc.).
    """
    message: str
    """A short description of the error. The message SHOULD be limited to a concise
    single sentence.
    """


class UnsupportedProtocolVersionError(Model):
    """Returned when the request's protocol version is unknown to the server or
    unsupported (e.g., a known experimental or draft version the server has
    chosen not to implement). For HTTP, the response status code MUST be
    `400 Bad Request`.
    """

    error: UnsupportedProtocolVersionErrorError
    id: RequestId | None = absent()
    jsonrpc: Literal["2.0"] = "2.0"


__all__ = [
    "BaseMetadata",
    "BooleanSchema",
    "CacheableResult",
    "CallToolRequest",
    "CallToolRequestParams",
    "CallToolResultResponse",
    "CancelTaskRequest",
    "CancelTaskRequestParams",
    "CancelledNotification",
    "CancelledNotificationParams",
    "ClientCapabilities",
    "ClientCapabilitiesElicitation",
    "ClientCapabilitiesSampling",
    "ClientNotification",
    "ClientRequest",
    "ClientResult",
    "CompleteRequest",
    "CompleteRequestParams",
    "CompleteRequestParamsArgument",
    "CompleteRequestParamsContext",
    "CompleteResultResponse",
    "CreateMessageRequest",
    "CreateMessageRequestParams",
    "CreateTaskResult",
    "DiscoverRequest",
    "DiscoverResultResponse",
    "ElicitRequest",
    "ElicitRequestFormParams",
    "ElicitRequestFormParamsRequestedSchema",
    "ElicitRequestParams",
    "ElicitRequestURLParams",
    "ElicitationCompleteNotification",
    "ElicitationCompleteNotificationParams",
    "EnumSchema",
    "Error",
    "GetPromptRequest",
    "GetPromptRequestParams",
    "GetPromptResultResponse",
    "GetTaskPayloadRequest",
    "GetTaskPayloadRequestParams",
    "GetTaskRequest",
    "GetTaskRequestParams",
    "HeaderMismatchError",
    "HeaderMismatchErrorError",
    "Icons",
    "InitializeRequest",
    "InitializeRequestParams",
    "InitializeRequestParamsMeta",
    "InitializedNotification",
    "InputRequest",
    "InputRequests",
    "InputRequiredResult",
    "InputResponse",
    "InputResponseRequestParams",
    "InputResponses",
    "InternalError",
    "InvalidParamsError",
    "InvalidRequestError",
    "JSONRPCErrorResponse",
    "JSONRPCMessage",
    "JSONRPCNotification",
    "JSONRPCRequest",
    "JSONRPCResponse",
    "JSONRPCResultResponse",
    "LegacyTitledEnumSchema",
    "ListPromptsRequest",
    "ListPromptsResultResponse",
    "ListResourceTemplatesRequest",
    "ListResourceTemplatesResultResponse",
    "ListResourcesRequest",
    "ListResourcesResultResponse",
    "ListRootsRequest",
    "ListRootsRequestParams",
    "ListTasksRequest",
    "ListToolsRequest",
    "ListToolsResultResponse",
    "LoggingMessageNotification",
    "LoggingMessageNotificationParams",
    "MethodNotFoundError",
    "MissingRequiredClientCapabilityError",
    "MissingRequiredClientCapabilityErrorError",
    "MissingRequiredClientCapabilityErrorErrorData",
    "ModelHint",
    "ModelPreferences",
    "MultiSelectEnumSchema",
    "Notification",
    "NotificationMetaObject",
    "NotificationParams",
    "NumberSchema",
    "PaginatedRequest",
    "PaginatedRequestParams",
    "PaginatedResult",
    "ParseError",
    "PingRequest",
    "PrimitiveSchemaDefinition",
    "ProgressNotification",
    "ProgressNotificationParams",
    "PromptListChangedNotification",
    "PromptReference",
    "ReadResourceRequest",
    "ReadResourceRequestParams",
    "ReadResourceResultResponse",
    "RelatedTaskMetadata",
    "Request",
    "RequestMetaObject",
    "RequestParams",
    "ResourceContents",
    "ResourceListChangedNotification",
    "ResourceRequestParams",
    "ResourceTemplateReference",
    "ResourceUpdatedNotification",
    "ResourceUpdatedNotificationParams",
    "RootsListChangedNotification",
    "SamplingMessage",
    "ServerNotification",
    "ServerRequest",
    "ServerResult",
    "SetLevelRequest",
    "SetLevelRequestParams",
    "SetLevelRequestParamsMeta",
    "SingleSelectEnumSchema",
    "StringSchema",
    "SubscribeRequest",
    "SubscribeRequestParams",
    "SubscribeRequestParamsMeta",
    "SubscriptionFilter",
    "SubscriptionsAcknowledgedNotification",
    "SubscriptionsAcknowledgedNotificationParams",
    "SubscriptionsListenRequest",
    "SubscriptionsListenRequestParams",
    "SubscriptionsListenResultResponse",
    "TaskAugmentedRequestParams",
    "TaskAugmentedRequestParamsMeta",
    "TaskMetadata",
    "TaskStatusNotification",
    "TaskStatusNotificationParams",
    "TitledMultiSelectEnumSchema",
    "TitledMultiSelectEnumSchemaItems",
    "TitledMultiSelectEnumSchemaItemsAnyOfItem",
    "TitledSingleSelectEnumSchema",
    "TitledSingleSelectEnumSchemaOneOfItem",
    "ToolChoice",
    "ToolExecution",
    "ToolListChangedNotification",
    "URLElicitationRequiredError",
    "URLElicitationRequiredErrorError",
    "URLElicitationRequiredErrorErrorData",
    "UnsubscribeRequest",
    "UnsubscribeRequestParams",
    "UnsubscribeRequestParamsMeta",
    "UnsupportedProtocolVersionError",
    "UnsupportedProtocolVersionErrorError",
    "UnsupportedProtocolVersionErrorErrorData",
    "UntitledMultiSelectEnumSchema",
    "UntitledMultiSelectEnumSchemaItems",
    "UntitledSingleSelectEnumSchema",
]
