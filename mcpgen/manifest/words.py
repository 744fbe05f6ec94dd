"""How diagnostics name the parts of a manifest: `tool "get_forecast"`, `inputSchema`.

Helper of the manifest stage's checks; knows paths and data, no rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .declarations import Json, Pointer
from .reading import is_list, is_mapping, quoted

_ENTRIES: Final = {
    "tools": "tool",
    "prompts": "prompt",
    "resources": "resource",
    "resourceTemplates": "resource template",
}
SECTIONS: Final = tuple(_ENTRIES)
"""The manifest's lists, in the order in which they are read and listed."""

_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (type(None), "null"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a mapping"),
)


def kind(value: Json) -> str:
    """What a value is, in a person's words."""
    return next(word for types, word in _KINDS if isinstance(value, types))


def value_at(data: Json, pointer: Pointer) -> Json:
    """The value at a path, or None where the path leads nowhere."""
    for step in pointer:
        if is_mapping(data):
            data = data.get(str(step))
        elif is_list(data) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def split(pointer: Pointer) -> tuple[Pointer, Pointer]:
    """A path as that of the entry (tool, prompt, ...) and the rest inside it."""
    for at, step in enumerate(pointer[:-1]):
        if step in _ENTRIES and isinstance(pointer[at + 1], int):
            return pointer[: at + 2], pointer[at + 2 :]
        if at > 0:
            break
    return (), pointer


def entry(data: Json, pointer: Pointer) -> str:
    """`tool "name"` for the path of an entry; by number where it has no name."""
    word = _ENTRIES[str(pointer[-2])]
    found = value_at(data, pointer)
    name = found.get("name") if is_mapping(found) else None
    if isinstance(name, str) and name:
        return f"{word} {quoted(name)}"
    return f"{word} number {int(pointer[-1]) + 1}"


def about(data: Json, pointer: Pointer) -> str:
    """The start of a message on the entry around a path: `tool "name": `, or nothing."""
    around, _ = split(pointer)
    return f"{entry(data, around)}: " if around else ""


def path(pointer: Sequence[str | int]) -> str:
    """A path as people write it: `annotations.title`, `arguments[2].name`."""
    text = ""
    for step in pointer:
        if isinstance(step, int):
            text += f"[{step}]"
        elif text:
            text += f".{step}"
        else:
            text = step
    return text if len(text) <= 80 else f"{text[:30]}…{text[-48:]}"


def these(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, or `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
