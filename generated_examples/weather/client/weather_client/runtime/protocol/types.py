"""The types of the Model Context Protocol that this package uses.

Named as in its schema. Made by mcpgen from the protocol's schemas.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from ..core.model import Model, absent

JSONObject: TypeAlias = dict[str, Any]


MetaObject: TypeAlias = dict[str, Any]
"""Represents the contents of a `_meta` field, which clients and servers use to attach
additional metadata to their interactions.

Certain key names are reserved by MCP for protocol-level metadata; implementations MUST
NOT make assumptions about values at these keys. Additionally, specific schema
definitions may reserve particular names for purpose-specific metadata, as declared in
those definitions.

Valid keys have two segments:

**Prefix:**
- Optional — if specified, MUST be a series of _labels_ separated by dots (`.`),
  followed by a slash (`/`).
- Labels MUST start with a letter and end with a letter or digit. Interior characters
  may be letters, digits, or hyphens (`-`).
- Implementations SHOULD use reverse DNS notation (e.g., `com.example/` rather than
  `example.com/`).
- Any prefix where the second label is `modelcontextprotocol` or `mcp` is **reserved**
  for MCP use. For example: `io.modelcontextprotocol/`, `dev.mcp/`,
  `org.modelcontextprotocol.api/`, and `com.mcp.tools/` are all reserved. However,
  `com.example.mcp/` is NOT reserved, as the second label is `example`.

**Name:**
- Unless empty, MUST start and end with an alphanumeric character (`[a-z0-9A-Z]`).
- Interior characters may be alphanumeric, hyphens (`-`), underscores (`_`), or dots
  (`.`).
"""


Role: TypeAlias = Literal["assistant", "user"]
"""The sender or recipient of messages and data in a conversation."""


class Annotations(Model):
    """Optional annotations for the client. The client can use annotations to inform how
    objects are used or displayed
    """

    audience: list[Role] | None = absent()
    """Describes who the intended audience of this object or data is.

    It can include multiple entries to indicate content useful for multiple audiences
    (e.g., `["user", "assistant"]`).
    """
    last_modified: Annotated[str | None, Field(alias="lastModified")] = absent()
    """The moment the resource was last modified, as an ISO 8601 formatted string.

    Should be an ISO 8601 formatted string (e.g., "2025-01-12T15:00:58Z").

    Examples: last activity timestamp in an open file, timestamp when the resource
    was attached, etc.
    """
    priority: int | float | None = absent()
    """Describes how important this data is for operating the server.

    A value of 1 means "most important," and indicates that the data is
    effectively required, while 0 means "least important," and indicates that
    the data is entirely optional.
    """


class AudioContent(Model):
    """Audio provided to or from an LLM."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: Annotations | None = absent()
    """Optional annotations for the client."""
    data: str
    """The base64-encoded audio data."""
    mime_type: Annotated[str, Field(alias="mimeType")]
    """The MIME type of the audio. Different providers may support different audio
    types.
    """
    type: Literal["audio"] = "audio"


class BlobResourceContents(Model):
    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    blob: str
    """A base64-encoded string representing the binary data of the item."""
    mime_type: Annotated[str | None, Field(alias="mimeType")] = absent()
    """The MIME type of this resource, if known."""
    uri: str
    """The URI of this resource."""


class Icon(Model):
    """An optionally-sized icon that can be displayed in a user interface."""

    mime_type: Annotated[str | None, Field(alias="mimeType")] = absent()
    """Optional MIME type override if the source MIME type is missing or generic.
    For example: `"image/png"`, `"image/jpeg"`, or `"image/svg+xml"`.
    """
    sizes: list[str] | None = absent()
    """Optional array of strings that specify sizes at which the icon can be used.
    Each string should be in WxH format (e.g., `"48x48"`, `"96x96"`) or `"any"` for
    scalable formats like SVG.

    If not provided, the client should assume that the icon can be used at any size.
    """
    src: str
    """A standard URI pointing to an icon resource. May be an HTTP/HTTPS URL or a
    `data:` URI with Base64-encoded image data.

    Consumers SHOULD take steps to ensure URLs serving icons are from the
    same domain as the client/server or a trusted domain.

    Consumers SHOULD take appropriate precautions when consuming SVGs as they can
    contain
    executable JavaScript.
    """
    theme: Literal["dark", "light"] | None = absent()
    """Optional specifier for the theme this icon is designed for. `"light"` indicates
    the icon is designed to be used with a light background, and `"dark"` indicates
    the icon is designed to be used with a dark background.

    If not provided, the client should assume the icon can be used with any theme.
    """


class Implementation(Model):
    """Describes the MCP implementation."""

    description: str | None = absent()
    """An optional human-readable description of what this implementation does.

    This can be used by clients or servers to provide context about their purpose
    and capabilities. For example, a server might describe the types of resources
    or tools it provides, while a client might describe its intended use case.
    """
    icons: list[Icon] | None = absent()
    """Optional set of sized icons that the client can display in a user interface.

    Clients that support rendering icons MUST support at least the following MIME types:
    - `image/png` - PNG images (safe, universal compatibility)
    - `image/jpeg` (and `image/jpg`) - JPEG images (safe, universal compatibility)

    Clients that support rendering icons SHOULD also support:
    - `image/svg+xml` - SVG images (scalable but requires security precautions)
    - `image/webp` - WebP images (modern, efficient format)
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
    version: str
    """The version of this implementation."""
    website_url: Annotated[str | None, Field(alias="websiteUrl")] = absent()
    """An optional URL of the website for this implementation."""


class ResultMetaObject(Model):
    """Extends `MetaObject` with additional result-specific fields. All key naming rules
    from `MetaObject` apply.
    """

    io_modelcontextprotocol_server_info: Annotated[
        Implementation | None, Field(alias="io.modelcontextprotocol/serverInfo")
    ] = absent()
    """Identifies the server software producing the response. Servers SHOULD
    include this field on every response unless specifically configured not
    to do so.

    The `Implementation` schema requires `name` and `version`; other
    fields are optional.

    The value is self-reported by the server and is not verified by the
    protocol. It is intended for display, logging, and debugging. Clients
    SHOULD NOT use it to change their behavior, and SHOULD NOT rely on it for
    security decisions.
    """


class TextContent(Model):
    """Text provided to or from an LLM."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: Annotations | None = absent()
    """Optional annotations for the client."""
    text: str
    """The text content of the message."""
    type: Literal["text"] = "text"


class ImageContent(Model):
    """An image provided to or from an LLM."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: Annotations | None = absent()
    """Optional annotations for the client."""
    data: str
    """The base64-encoded image data."""
    mime_type: Annotated[str, Field(alias="mimeType")]
    """The MIME type of the image. Different providers may support different image
    types.
    """
    type: Literal["image"] = "image"


class ToolUseContent(Model):
    """A request from the assistant to call a tool."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    """Optional metadata about the tool use. Clients SHOULD preserve this field when
    including tool uses in subsequent sampling requests to enable caching optimizations.
    """
    id: str
    """A unique identifier for this tool use.

    This ID is used to match tool results to their corresponding tool uses.
    """
    input: dict[str, Any]
    """The arguments to pass to the tool, conforming to the tool's input schema."""
    name: str
    """The name of the tool to call."""
    type: Literal["tool_use"] = "tool_use"


class ResourceLink(Model):
    """A resource that the server is capable of reading, included in a prompt or tool
    call result.

    Note: resource links returned by tools are not guaranteed to appear in the results
    of `resources/list` requests.
    """

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: Annotations | None = absent()
    """Optional annotations for the client."""
    description: str | None = absent()
    """A description of what this resource represents.

    This can be used by clients to improve the LLM's understanding of available
    resources. It can be thought of like a "hint" to the model.
    """
    icons: list[Icon] | None = absent()
    """Optional set of sized icons that the client can display in a user interface.

    Clients that support rendering icons MUST support at least the following MIME types:
    - `image/png` - PNG images (safe, universal compatibility)
    - `image/jpeg` (and `image/jpg`) - JPEG images (safe, universal compatibility)

    Clients that support rendering icons SHOULD also support:
    - `image/svg+xml` - SVG images (scalable but requires security precautions)
    - `image/webp` - WebP images (modern, efficient format)
    """
    mime_type: Annotated[str | None, Field(alias="mimeType")] = absent()
    """The MIME type of this resource, if known."""
    name: str
    """Intended for programmatic or logical use, but used as a display name in past
    specs or fallback (if title isn't present).
    """
    size: int | None = absent()
    """The size of the raw resource content, in bytes (i.e., before base64 encoding or
    any tokenization), if known.

    This can be used by Hosts to display file sizes and estimate context window usage.
    """
    title: str | None = absent()
    """Intended for UI and end-user contexts — optimized to be human-readable and easily
    understood,
    even by those unfamiliar with domain-specific terminology.

    If not provided, the name should be used for display (except for `Tool`,
    where `annotations.title` should be given precedence over using `name`,
    if present).
    """
    type: Literal["resource_link"] = "resource_link"
    uri: str
    """The URI of this resource."""


class TextResourceContents(Model):
    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    mime_type: Annotated[str | None, Field(alias="mimeType")] = absent()
    """The MIME type of this resource, if known."""
    text: str
    """The text of the item. This must only be set if the item can actually be
    represented as text (not binary data).
    """
    uri: str
    """The URI of this resource."""


class EmbeddedResource(Model):
    """The contents of a resource, embedded into a prompt or tool call result.

    It is up to the client how best to render embedded resources for the benefit
    of the LLM and/or the user.
    """

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: Annotations | None = absent()
    """Optional annotations for the client."""
    resource: TextResourceContents | BlobResourceContents
    type: Literal["resource"] = "resource"


ContentBlock: TypeAlias = Annotated[
    TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource,
    Field(discriminator="type"),
]


class ToolResultContent(Model):
    """The result of a tool use, provided by the user back to the assistant."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    """Optional metadata about the tool result. Clients SHOULD preserve this field when
    including tool results in subsequent sampling requests to enable caching
    optimizations.
    """
    content: list[ContentBlock]
    """The unstructured result content of the tool use.

    This has the same format as `CallToolResult.content` and can include text, images,
    audio, resource links, and embedded resources.
    """
    is_error: Annotated[bool | None, Field(alias="isError")] = absent()
    """Whether the tool use resulted in an error.

    If true, the content typically describes the error that occurred.
    Default: false
    """
    structured_content: Annotated[Any, Field(alias="structuredContent")] = None
    """An optional structured result value.

    This can be any JSON value (object, array, string, number, boolean, or null).
    If the tool defined an `Tool.outputSchema`, this SHOULD conform to that schema.
    """
    tool_use_id: Annotated[str, Field(alias="toolUseId")]
    """The ID of the tool use this result corresponds to.

    This MUST match the ID from a previous `ToolUseContent`.
    """
    type: Literal["tool_result"] = "tool_result"


SamplingMessageContentBlock: TypeAlias = Annotated[
    TextContent | ImageContent | AudioContent | ToolUseContent | ToolResultContent,
    Field(discriminator="type"),
]


class CreateMessageResult(Model):
    """The result returned by the client for a `sampling/createMessage` request.
    The client should inform the user before returning the sampled message, to allow
    them
    to inspect the response (human in the loop) and decide whether to allow the server
    to see it.
    """

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
    model: str
    """The name of the model that generated the message."""
    role: Role
    stop_reason: Annotated[str | None, Field(alias="stopReason")] = absent()
    """The reason why sampling stopped, if known.

    Standard values:
    - `"endTurn"`: Natural end of the assistant's turn
    - `"stopSequence"`: A stop sequence was encountered
    - `"maxTokens"`: Maximum token limit was reached
    - `"toolUse"`: The model wants to use one or more tools

    This field is an open string to allow for provider-specific stop reasons.
    """


class Root(Model):
    """Represents a root directory or file that the server can operate on."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    name: str | None = absent()
    """An optional name for the root. This can be used to provide a human-readable
    identifier for the root, which may be useful for display purposes or for
    referencing the root in other parts of the application.
    """
    uri: str
    """The URI identifying the root. This *must* start with `file://` for now.
    This restriction may be relaxed in future versions of the protocol to allow
    other URI schemes.
    """


class ElicitResult(Model):
    """The result returned by the client for an `elicitation/create` request."""

    action: Literal["accept", "cancel", "decline"]
    """The user action in response to the elicitation.
    - `"accept"`: User submitted the form/confirmed the action
    - `"decline"`: User explicitly declined the action
    - `"cancel"`: User dismissed without making an explicit choice
    """
    content: dict[str, list[str] | str | int | float | bool] | None = absent()
    """The submitted form data, only present when action is `"accept"` and mode was
    `"form"`.
    Contains values matching the requested schema.
    Omitted for out-of-band mode responses.
    """


class CallToolResult(Model):
    """The result returned by the server for a `tools/call` request."""

    meta: Annotated[ResultMetaObject | None, Field(alias="_meta")] = absent()
    content: list[ContentBlock]
    """A list of content objects that represent the unstructured result of the tool
    call.
    """
    is_error: Annotated[bool | None, Field(alias="isError")] = absent()
    """Whether the tool call ended in an error.

    If not set, this is assumed to be false (the call was successful).

    Any errors that originate from the tool SHOULD be reported inside the result
    object, with `isError` set to true, _not_ as an MCP protocol-level error
    response. Otherwise, the LLM would not be able to see that an error occurred
    and self-correct.

    However, any errors in _finding_ the tool, an error indicating that the
    server does not support tool calls, or any other exceptional conditions,
    should be reported as an MCP error response.
    """
    result_type: Annotated[str | None, Field(alias="resultType")] = absent()
    """Indicates the type of the result, which allows the client to determine
    how to parse the result object.

    Servers implementing this protocol version MUST include this field.
    For backward compatibility, when a client receives a result from a
    server implementing an earlier protocol version (which does not include
    `resultType`), the client MUST treat the absent field as `"complete"`.
    """
    structured_content: Annotated[Any, Field(alias="structuredContent")] = None
    """An optional JSON value that represents the structured result of the tool call.

    This can be any JSON value (object, array, string, number, boolean, or null)
    that conforms to the tool's outputSchema if one is defined.
    """


class ToolAnnotations(Model):
    """Additional properties describing a `Tool` to clients.

    NOTE: all properties in `ToolAnnotations` are **hints**.
    They are not guaranteed to provide a faithful description of
    tool behavior (including descriptive properties like `title`).

    Clients should never make tool use decisions based on `ToolAnnotations`
    received from untrusted servers.
    """

    destructive_hint: Annotated[bool | None, Field(alias="destructiveHint")] = absent()
    """If true, the tool may perform destructive updates to its environment.
    If false, the tool performs only additive updates.

    (This property is meaningful only when `readOnlyHint == false`)

    Default: true
    """
    idempotent_hint: Annotated[bool | None, Field(alias="idempotentHint")] = absent()
    """If true, calling the tool repeatedly with the same arguments
    will have no additional effect on its environment.

    (This property is meaningful only when `readOnlyHint == false`)

    Default: false
    """
    open_world_hint: Annotated[bool | None, Field(alias="openWorldHint")] = absent()
    """If true, this tool may interact with an "open world" of external
    entities. If false, the tool's domain of interaction is closed.
    For example, the world of a web search tool is open, whereas that
    of a memory tool is not.

    Default: true
    """
    read_only_hint: Annotated[bool | None, Field(alias="readOnlyHint")] = absent()
    """If true, the tool does not modify its environment.

    Default: false
    """
    title: str | None = absent()
    """A human-readable title for the tool."""


class ToolInputSchema(Model):
    """A JSON Schema object defining the expected parameters for the tool.

    Tool arguments are always JSON objects, so `type: "object"` is required at the root.
    Beyond that, any JSON Schema 2020-12 keyword may appear alongside `type` — including
    composition keywords (`oneOf`, `anyOf`, `allOf`, `not`), conditional keywords
    (`if`/`then`/`else`), reference keywords (`$ref`, `$defs`, `$anchor`), and any other
    standard validation or annotation keywords.

    Property schemas may carry an `x-mcp-header` annotation to mirror the
    argument value into an HTTP header on the Streamable HTTP transport. See
    the Streamable HTTP transport specification for the validity and
    extraction rules.

    Defaults to JSON Schema 2020-12 when no explicit `$schema` is provided.
    """

    schema_: Annotated[str | None, Field(alias="$schema")] = absent()
    type: Literal["object"] = "object"


class ToolOutputSchema(Model):
    """An optional JSON Schema object defining the structure of the tool's output
    returned in
    the structuredContent field of a `CallToolResult`. This can be any valid JSON Schema
    2020-12.

    Defaults to JSON Schema 2020-12 when no explicit `$schema` is provided.
    """

    schema_: Annotated[str | None, Field(alias="$schema")] = absent()


class Tool(Model):
    """Definition for a tool the client can call."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: ToolAnnotations | None = absent()
    """Optional additional tool information.

    Display name precedence order is: `title`, `annotations.title`, then `name`.
    """
    description: str | None = absent()
    """A human-readable description of the tool.

    This can be used by clients to improve the LLM's understanding of available tools.
    It can be thought of like a "hint" to the model.
    """
    icons: list[Icon] | None = absent()
    """Optional set of sized icons that the client can display in a user interface.

    Clients that support rendering icons MUST support at least the following MIME types:
    - `image/png` - PNG images (safe, universal compatibility)
    - `image/jpeg` (and `image/jpg`) - JPEG images (safe, universal compatibility)

    Clients that support rendering icons SHOULD also support:
    - `image/svg+xml` - SVG images (scalable but requires security precautions)
    - `image/webp` - WebP images (modern, efficient format)
    """
    input_schema: Annotated[ToolInputSchema, Field(alias="inputSchema")]
    name: str
    """Intended for programmatic or logical use, but used as a display name in past
    specs or fallback (if title isn't present).
    """
    output_schema: Annotated[ToolOutputSchema | None, Field(alias="outputSchema")] = (
        absent()
    )
    title: str | None = absent()
    """Intended for UI and end-user contexts — optimized to be human-readable and easily
    understood,
    even by those unfamiliar with domain-specific terminology.

    If not provided, the name should be used for display (except for `Tool`,
    where `annotations.title` should be given precedence over using `name`,
    if present).
    """


class CompleteResultCompletion(Model):
    has_more: Annotated[bool | None, Field(alias="hasMore")] = absent()
    """Indicates whether there are additional completion options beyond those provided
    in the current response, even if the exact total is unknown.
    """
    total: int | None = absent()
    """The total number of completion options available. This can exceed the number of
    values actually sent in the response.
    """
    values: list[str]
    """An array of completion values. Must not exceed 100 items."""


class CompleteResult(Model):
    """The result returned by the server for a `completion/complete` request."""

    meta: Annotated[ResultMetaObject | None, Field(alias="_meta")] = absent()
    completion: CompleteResultCompletion
    result_type: Annotated[str | None, Field(alias="resultType")] = absent()
    """Indicates the type of the result, which allows the client to determine
    how to parse the result object.

    Servers implementing this protocol version MUST include this field.
    For backward compatibility, when a client receives a result from a
    server implementing an earlier protocol version (which does not include
    `resultType`), the client MUST treat the absent field as `"complete"`.
    """


class ServerCapabilitiesPrompts(Model):
    """Present if the server offers any prompt templates."""

    list_changed: Annotated[bool | None, Field(alias="listChanged")] = absent()
    """Whether this server supports notifications for changes to the prompt list."""


class ServerCapabilitiesResources(Model):
    """Present if the server offers any resources to read."""

    list_changed: Annotated[bool | None, Field(alias="listChanged")] = absent()
    """Whether this server supports notifications for changes to the resource list."""
    subscribe: bool | None = absent()
    """Whether this server supports subscribing to resource updates."""


class ServerCapabilitiesTools(Model):
    """Present if the server offers any tools to call."""

    list_changed: Annotated[bool | None, Field(alias="listChanged")] = absent()
    """Whether this server supports notifications for changes to the tool list."""


class ServerCapabilities(Model):
    """Capabilities that a server may support. Known capabilities are defined here, in
    this schema, but this is not a closed set: any server can define its own, additional
    capabilities.
    """

    completions: JSONObject | None = absent()
    """Present if the server supports argument autocompletion suggestions."""
    experimental: dict[str, JSONObject] | None = absent()
    """Experimental, non-standard capabilities that the server supports."""
    extensions: dict[str, JSONObject] | None = absent()
    """Optional MCP extensions that the server supports. Keys are extension identifiers
    (e.g., "io.modelcontextprotocol/tasks"), and values are per-extension settings
    objects. An empty object indicates support with no settings.

    Keys MUST follow the `_meta` key naming rules, with a
    mandatory prefix.
    """
    logging: JSONObject | None = absent()
    """Present if the server supports sending log messages to the client."""
    prompts: ServerCapabilitiesPrompts | None = absent()
    resources: ServerCapabilitiesResources | None = absent()
    tools: ServerCapabilitiesTools | None = absent()


class PromptMessage(Model):
    """Describes a message returned as part of a prompt.

    This is similar to `SamplingMessage`, but also supports the embedding of
    resources from the MCP server.
    """

    content: ContentBlock
    role: Role


class GetPromptResult(Model):
    """The result returned by the server for a `prompts/get` request."""

    meta: Annotated[ResultMetaObject | None, Field(alias="_meta")] = absent()
    description: str | None = absent()
    """An optional description for the prompt."""
    messages: list[PromptMessage]
    result_type: Annotated[str | None, Field(alias="resultType")] = absent()
    """Indicates the type of the result, which allows the client to determine
    how to parse the result object.

    Servers implementing this protocol version MUST include this field.
    For backward compatibility, when a client receives a result from a
    server implementing an earlier protocol version (which does not include
    `resultType`), the client MUST treat the absent field as `"complete"`.
    """


class PromptArgument(Model):
    """Describes an argument that a prompt can accept."""

    description: str | None = absent()
    """A human-readable description of the argument."""
    name: str
    """Intended for programmatic or logical use, but used as a display name in past
    specs or fallback (if title isn't present).
    """
    required: bool | None = absent()
    """Whether this argument must be provided."""
    title: str | None = absent()
    """Intended for UI and end-user contexts — optimized to be human-readable and easily
    understood,
    even by those unfamiliar with domain-specific terminology.

    If not provided, the name should be used for display (except for `Tool`,
    where `annotations.title` should be given precedence over using `name`,
    if present).
    """


class Prompt(Model):
    """A prompt or prompt template that the server offers."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    arguments: list[PromptArgument] | None = absent()
    """A list of arguments to use for templating the prompt."""
    description: str | None = absent()
    """An optional description of what this prompt provides"""
    icons: list[Icon] | None = absent()
    """Optional set of sized icons that the client can display in a user interface.

    Clients that support rendering icons MUST support at least the following MIME types:
    - `image/png` - PNG images (safe, universal compatibility)
    - `image/jpeg` (and `image/jpg`) - JPEG images (safe, universal compatibility)

    Clients that support rendering icons SHOULD also support:
    - `image/svg+xml` - SVG images (scalable but requires security precautions)
    - `image/webp` - WebP images (modern, efficient format)
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


class ResourceTemplate(Model):
    """A template description for resources available on the server."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: Annotations | None = absent()
    """Optional annotations for the client."""
    description: str | None = absent()
    """A description of what this template is for.

    This can be used by clients to improve the LLM's understanding of available
    resources. It can be thought of like a "hint" to the model.
    """
    icons: list[Icon] | None = absent()
    """Optional set of sized icons that the client can display in a user interface.

    Clients that support rendering icons MUST support at least the following MIME types:
    - `image/png` - PNG images (safe, universal compatibility)
    - `image/jpeg` (and `image/jpg`) - JPEG images (safe, universal compatibility)

    Clients that support rendering icons SHOULD also support:
    - `image/svg+xml` - SVG images (scalable but requires security precautions)
    - `image/webp` - WebP images (modern, efficient format)
    """
    mime_type: Annotated[str | None, Field(alias="mimeType")] = absent()
    """The MIME type for all resources that match this template. This should only be
    included if all resources matching this template have the same type.
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
    uri_template: Annotated[str, Field(alias="uriTemplate")]
    """A URI template (according to RFC 6570) that can be used to construct resource
    URIs.
    """


class Resource(Model):
    """A known resource that the server is capable of reading."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    annotations: Annotations | None = absent()
    """Optional annotations for the client."""
    description: str | None = absent()
    """A description of what this resource represents.

    This can be used by clients to improve the LLM's understanding of available
    resources. It can be thought of like a "hint" to the model.
    """
    icons: list[Icon] | None = absent()
    """Optional set of sized icons that the client can display in a user interface.

    Clients that support rendering icons MUST support at least the following MIME types:
    - `image/png` - PNG images (safe, universal compatibility)
    - `image/jpeg` (and `image/jpg`) - JPEG images (safe, universal compatibility)

    Clients that support rendering icons SHOULD also support:
    - `image/svg+xml` - SVG images (scalable but requires security precautions)
    - `image/webp` - WebP images (modern, efficient format)
    """
    mime_type: Annotated[str | None, Field(alias="mimeType")] = absent()
    """The MIME type of this resource, if known."""
    name: str
    """Intended for programmatic or logical use, but used as a display name in past
    specs or fallback (if title isn't present).
    """
    size: int | None = absent()
    """The size of the raw resource content, in bytes (i.e., before base64 encoding or
    any tokenization), if known.

    This can be used by Hosts to display file sizes and estimate context window usage.
    """
    title: str | None = absent()
    """Intended for UI and end-user contexts — optimized to be human-readable and easily
    understood,
    even by those unfamiliar with domain-specific terminology.

    If not provided, the name should be used for display (except for `Tool`,
    where `annotations.title` should be given precedence over using `name`,
    if present).
    """
    uri: str
    """The URI of this resource."""


class ReadResourceResult(Model):
    """The result returned by the server for a `resources/read` request."""

    meta: Annotated[ResultMetaObject | None, Field(alias="_meta")] = absent()
    cache_scope: Annotated[
        Literal["private", "public"] | None, Field(alias="cacheScope")
    ] = absent()
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
    contents: list[TextResourceContents | BlobResourceContents]
    result_type: Annotated[str | None, Field(alias="resultType")] = absent()
    """Indicates the type of the result, which allows the client to determine
    how to parse the result object.

    Servers implementing this protocol version MUST include this field.
    For backward compatibility, when a client receives a result from a
    server implementing an earlier protocol version (which does not include
    `resultType`), the client MUST treat the absent field as `"complete"`.
    """
    ttl_ms: Annotated[int | None, Field(alias="ttlMs")] = absent()
    """A hint from the server indicating how long (in milliseconds) the
    client MAY cache this response before re-fetching. Semantics are
    analogous to HTTP Cache-Control max-age.

    - If 0, The response SHOULD be considered immediately stale,
      The client MAY re-fetch every time the result is needed.
    - If positive, the client SHOULD consider the result fresh for this many
      milliseconds after receiving the response.
    """


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


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Say how to have types that are not in this package."""
        if not name[:1].isupper():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise ImportError(
            f"this package has no protocol type {name}; to have all of them, add "
            "`protocol-types: all` to the manifest and run `mcpgen generate`"
        )
