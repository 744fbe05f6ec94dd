"""The types of the Model Context Protocol that this package uses.

Named as in its schema. Made by mcpgen from the protocol's schemas.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from ..core.model import Model, absent

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


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Say how to have types that are not in this package."""
        if not name[:1].isupper():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise ImportError(
            f"this package has no protocol type {name}; to have all of them, add "
            "`protocol-types: all` to the manifest and run `mcpgen generate`"
        )
