"""The result of a request, as JSON members that are ready to be framed.

Serialises what handlers return; knows content and results, not methods or HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeGuard, cast

from pydantic import BaseModel
from pydantic_core import from_json, to_jsonable_python

from ...core.catalog import Json, JsonObject
from ...core.jsonrpc import encode
from ..handlers import content
from ..handlers.content import (
    Completions,
    Content,
    Contents,
    PromptReturn,
    ResourceReturn,
    ToolError,
    ToolResult,
)

MAX_COMPLETIONS = 100

_LOOKED_AT: Final = 256
"""Values of one result that are looked at before it is serialised."""
_PLAIN: Final = frozenset({str, int, float, bool, bytes, type(None)})


@dataclass(slots=True, eq=False)
class Answer:
    """A result without its braces, such as `"tools":[]`, and the entries of its `_meta`."""

    members: bytes
    meta: Mapping[str, Json] | None = None
    is_error: bool = False

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Answer:
        """An answer from a result as JSON, such as `{"content": [...]}`."""
        members = {key: value for key, value in result.items() if key != "_meta"}
        return cls(
            encode(members)[1:-1], result.get("_meta"), result.get("isError") is True
        )

    @property
    def result(self) -> dict[str, Any]:
        """The result as JSON: a copy, made at each access."""
        result: dict[str, Any] = from_json(b"{%b}" % self.members)
        if self.meta is not None:
            result["_meta"] = dict(self.meta)
        return result


EMPTY = Answer(b"")


def refuse_generators(value: object) -> None:
    """Raise TypeError where a result is an iterator or has one among its first values.

    A generator may never end, and serialising it would take all memory. Models are not
    searched: their fields have been validated.
    """
    if BaseModel in type(value).__mro__:  # isinstance takes three times as long
        return
    waiting = [value]
    left = _LOOKED_AT
    while waiting and left:
        part = waiting.pop()
        kind = type(part)
        if kind in _PLAIN:
            continue
        left -= 1
        if kind is dict:
            waiting.extend(islice(cast("dict[object, object]", part).values(), left))
        elif kind is list or kind is tuple:
            waiting.extend(cast("list[object]", part)[:left])
        elif isinstance(part, ToolResult):
            result = cast("ToolResult[object]", part)
            waiting.extend((result.structured, result.content, result.meta))
        elif isinstance(part, Iterator):
            raise TypeError(
                "a handler returned a generator or another iterator; return a list of "
                "what it yields"
            )


def tool_failure(error: ToolError) -> Answer:
    """A tool's result with `isError`."""
    return tool_answer(error.content, error.meta, is_error=True)


def tool_answer(
    blocks: Content | None,
    meta: Mapping[str, Json] | None = None,
    is_error: bool = False,
    structured: bytes | None = None,
    keep_structured: bool = True,
) -> Answer:
    """A tool's result.

    Args:
        blocks: Content; None means the structured value's JSON as text, or nothing.
        meta: Entries of `_meta`.
        is_error: Whether the call failed.
        structured: The structured value as JSON, if there is one.
        keep_structured: False where the revision has no place for such a value.
    """
    if blocks is None and structured is not None:
        blocks = structured.decode()
    if isinstance(blocks, str):
        members = b'"content":[{"type":"text","text":%b}]' % encode(blocks)
    else:
        members = b'"content":' + encode(content_blocks(blocks))
    if structured is not None and keep_structured:
        members += b',"structuredContent":' + structured
    if is_error:
        members += b',"isError":true'
    return Answer(members, meta, is_error)


def content_blocks(value: Content | None) -> list[Any]:
    """Content as a list of blocks."""
    if value is None:
        return []
    if is_object(value):
        return [value]
    return [
        content.text(block) if isinstance(block, str) else _object(block)
        for block in ([value] if isinstance(value, str) else _sequence(value))
    ]


def prompt_answer(value: PromptReturn, description: Json) -> Answer:
    """The result of `prompts/get`.

    Args:
        value: What the handler returned.
        description: The definition's description, if it has one.
    """
    if is_object(value):
        fields = _fields(value)
        if "messages" in fields:
            return Answer.of(fields)
        value = fields
    entries = [value] if isinstance(value, str | Mapping) else _sequence(value)
    result: dict[str, Any] = {"messages": [_prompt_message(each) for each in entries]}
    if isinstance(description, str):
        result["description"] = description
    return Answer.of(result)


def _prompt_message(entry: object) -> Any:
    """A message; text and a content block are the user's."""
    if isinstance(entry, str):
        return content.message(entry)
    given = _object(entry)
    return given if "role" in _fields(given) else content.message(given)


def resource_answer(value: ResourceReturn, uri: str, definition: JsonObject) -> Answer:
    """The result of `resources/read`; uri and mimeType come from where they are known."""
    if is_object(value):
        fields = _fields(value)
        if "contents" in fields:
            return Answer.of(fields)
        value = fields
    one = isinstance(value, str | bytes | Contents | Mapping)
    entries = [value] if one else _sequence(value)
    return Answer.of({"contents": [_contents(e, uri, definition) for e in entries]})


def completion_answer(value: Sequence[str] | Completions) -> Answer:
    """The result of `completion/complete`, cut to what one answer may hold."""
    full = value if isinstance(value, Completions) else Completions(value)
    values = [str(entry) for entry in _sequence(full.values)]
    completion: dict[str, Json] = {"values": values[:MAX_COMPLETIONS]}
    total, more = full.total, full.has_more
    if len(values) > MAX_COMPLETIONS:
        total = len(values) if total is None else total
        more = True
    if total is not None:
        completion["total"] = total
    if more is not None:
        completion["hasMore"] = more
    return Answer.of({"completion": completion})


def is_object(value: object) -> TypeGuard[BaseModel | Mapping[str, Json]]:
    """Whether a value is a JSON object or a model that stands for one."""
    return isinstance(value, BaseModel | Mapping)


def _object(value: object) -> BaseModel | Mapping[str, Json]:
    if is_object(value):
        return value
    raise TypeError(f"a handler returned {type(value).__name__} where content belongs")


def _sequence(value: object) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return cast("Sequence[object]", value)
    raise TypeError(f"a handler returned {type(value).__name__}, which is no result")


def _fields(value: BaseModel | Mapping[str, Json]) -> dict[str, Any]:
    fields: dict[str, Any] = to_jsonable_python(value, by_alias=True)
    return fields


def _contents(entry: object, uri: str, definition: JsonObject) -> dict[str, Any]:
    mime_type = definition.get("mimeType")
    own_type = mime_type if isinstance(mime_type, str) else None
    if isinstance(entry, str | bytes):
        entry = Contents(entry)
    if isinstance(entry, Contents):
        fields = content.contents(
            entry.uri or uri, entry.body, entry.mime_type or own_type
        )
        if entry.meta is not None:
            fields["_meta"] = entry.meta
        return fields
    fields = _fields(_object(entry))
    fields.setdefault("uri", uri)
    if own_type is not None:
        fields.setdefault("mimeType", own_type)
    return fields
