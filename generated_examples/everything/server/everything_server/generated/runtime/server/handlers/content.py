"""What handlers may return: content blocks and messages as plain JSON, results in full, and
the errors that they raise on purpose.

`methods/steps.py` makes wire messages of them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

from ...core.catalog import Json

T = TypeVar("T")
M = TypeVar("M")

MaybeAwaitable: TypeAlias = T | Awaitable[T]
"""A handler is `async def`, or a plain `def` that runs in a thread."""

ContentBlock: TypeAlias = BaseModel | Mapping[str, Json]
"""A content block: a protocol type such as `TextContent`, or its JSON (see `content`)."""

Content: TypeAlias = str | ContentBlock | Sequence[str | ContentBlock]
"""Content of a result; a plain string is a text block."""


@dataclass(frozen=True, slots=True)
class ToolResult(Generic[M]):
    """A tool's result in full, where the plain return values do not say enough.

    Attributes:
        structured: The value for `structuredContent`; for tools with `outputSchema`.
        content: Content blocks. For a structured result, None means its JSON as text.
        is_error: Whether the call failed in a way that the model should see.
        meta: Entries for `_meta`.
    """

    structured: M | None = None
    content: Content | None = None
    is_error: bool = False
    meta: Mapping[str, Json] | None = None


ToolReturn: TypeAlias = Content | ToolResult[Any] | None
"""What a tool without `outputSchema` returns; None is a result without content."""

StructuredReturn: TypeAlias = M | ToolResult[M]
"""What a tool with `outputSchema` returns."""

PromptReturn: TypeAlias = str | ContentBlock | Sequence[str | ContentBlock]
"""A user message's text or content block, one `PromptMessage`, several of these, or a whole
`GetPromptResult`."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Contents of a resource in full.

    Attributes:
        body: Text, or bytes for binary contents.
        mime_type: None means the definition's.
        uri: None means the one that was read.
        meta: Entries for `_meta`.
    """

    body: str | bytes
    mime_type: str | None = None
    uri: str | None = None
    meta: Mapping[str, Json] | None = None


ResourceReturn: TypeAlias = (
    str | bytes | Contents | ContentBlock | Sequence[Contents | ContentBlock]
)
"""A resource's text or bytes, or contents in full, or a whole `ReadResourceResult`."""


@dataclass(frozen=True, slots=True)
class Completions:
    """Completion values, best first, and how many there are in all.

    Attributes:
        values: At most 100 of them are sent.
        total: The number of all matches; None when it is not known.
        has_more: Whether there are more than `values`; None leaves it to the runtime.
    """

    values: Sequence[str]
    total: int | None = None
    has_more: bool | None = None


CompletionReturn: TypeAlias = Sequence[str] | Completions
"""Values that fit what is typed so far, best first."""


class ToolError(Exception):
    """The tool failed, and the model should read why: becomes `isError: true`.

    Args:
        content: Text or content blocks for the model.
        meta: Entries for `_meta`.
    """

    def __init__(
        self, content: Content, *, meta: Mapping[str, Json] | None = None
    ) -> None:
        super().__init__(content if isinstance(content, str) else "the tool failed")
        self.content = content
        self.meta = meta


class ResourceNotFound(Exception):
    """The resource does not exist; for handlers of resources and templates."""


def text(value: str) -> dict[str, Json]:
    """A text block."""
    return {"type": "text", "text": value}


def image(data: bytes, mime_type: str) -> dict[str, Json]:
    """An image block, such as `image(png, "image/png")`."""
    return {"type": "image", "data": _base64(data), "mimeType": mime_type}


def audio(data: bytes, mime_type: str) -> dict[str, Json]:
    """An audio block, such as `audio(wav, "audio/wav")`."""
    return {"type": "audio", "data": _base64(data), "mimeType": mime_type}


def resource(
    uri: str, body: str | bytes, mime_type: str | None = None
) -> dict[str, Json]:
    """A resource's contents, embedded: text for `str`, a blob for `bytes`."""
    return {"type": "resource", "resource": contents(uri, body, mime_type)}


def resource_link(
    uri: str,
    name: str,
    *,
    title: str | None = None,
    description: str | None = None,
    mime_type: str | None = None,
) -> dict[str, Json]:
    """A link to a resource that the client can read."""
    link: dict[str, Json] = {"type": "resource_link", "uri": uri, "name": name}
    optional = {"title": title, "description": description, "mimeType": mime_type}
    link.update({key: value for key, value in optional.items() if value is not None})
    return link


def message(
    content: str | BaseModel | Mapping[str, Json],
    role: Literal["user", "assistant"] = "user",
) -> dict[str, Json]:
    """A prompt's message; a plain string is a text block."""
    block: Json
    if isinstance(content, str):
        block = text(content)
    elif isinstance(content, BaseModel):
        block = content.model_dump(mode="json", by_alias=True, exclude_unset=True)
    else:
        block = content
    return {"role": role, "content": block}


def contents(
    uri: str, body: str | bytes, mime_type: str | None = None
) -> dict[str, Json]:
    """Contents of a resource: text for `str`, a blob for `bytes`."""
    entry: dict[str, Json] = {"uri": uri}
    if mime_type is not None:
        entry["mimeType"] = mime_type
    if isinstance(body, str):
        entry["text"] = body
    else:
        entry["blob"] = _base64(body)
    return entry


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
