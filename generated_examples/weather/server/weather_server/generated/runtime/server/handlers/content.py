"""Content blocks and prompt messages as plain JSON, for handlers.

Small makers, so that a handler needs no protocol class for an everyday result.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel

from ...core.catalog import Json


def text(value: str) -> dict[str, Json]:
    """A text block."""
    return {"type": "text", "text": value}


def image(data: bytes, mime_type: str) -> dict[str, Json]:
    """An image block, such as `image(png, "image/png")`."""
    return {
        "type": "image",
        "data": b64encode(data).decode("ascii"),
        "mimeType": mime_type,
    }


def audio(data: bytes, mime_type: str) -> dict[str, Json]:
    """An audio block, such as `audio(wav, "audio/wav")`."""
    return {
        "type": "audio",
        "data": b64encode(data).decode("ascii"),
        "mimeType": mime_type,
    }


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
        entry["blob"] = b64encode(body).decode("ascii")
    return entry
