"""JSON data to YAML text that people like to read and every YAML reader takes alike.

Helper of the manifest stage; knows YAML, no manifest. Own code because libyaml writes
`\\U0001F600` for every emoji (and then the whole text in one quoted line), and leaves
texts such as `1e3` without quotes, which YAML 1.2 reads as numbers.
"""

from __future__ import annotations

import json
import re
from typing import Final

from .declarations import Json
from .reading import is_list, is_mapping

_WIDTH: Final = 88
_KEY_LENGTH: Final = 1000
"""YAML gives up on finding the colon of a longer key; those are marked with `?`."""

_UNSEEN: Final = "\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
"""Characters that YAML forbids or that reorder text on a screen: always escaped."""

_PLAIN: Final = re.compile(
    rf"(?![{_UNSEEN}])[A-Za-z_/$\u00c0-\ud7ff]"
    rf"(?:[^\x00-\x1f:#{_UNSEEN}]|:(?=[^\s,\[\]{{}}])|(?<=\S)#)*"
)
_NOT_IN_FLOW: Final = re.compile(r"[^\w ./$+-]")
_ESCAPED: Final = re.compile(f"[{_UNSEEN}]")
_NOT_IN_BLOCK: Final = re.compile(f"[\x00-\x08\x0b-\x1f{_UNSEEN}]")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def dump(data: dict[str, Json]) -> str:
    """A mapping as a YAML document; the same data give the same text."""
    return "\n".join(_mapping(data, "") or ["{}"]) + "\n"


def paragraphs(head: dict[str, Json], lists: dict[str, list[Json]]) -> str:
    """`dump` of `head` and then `lists`, with an empty line around each element."""
    text = dump(head)
    for key, items in lists.items():
        for at, item in enumerate(items):
            # A text that ends with empty lines would take one more for its own.
            text += "" if text.endswith("\n\n") else "\n"
            text += f"{_text(key)}:\n" if at == 0 else ""
            text += "\n".join(_item(item, "  ")) + "\n"
        text += "" if items else f"\n{_text(key)}: []\n"
    return text


def mapping_lines(data: dict[str, Json]) -> list[str]:
    """The lines of a mapping at the left edge."""
    return _mapping(data, "")


def entry_lines(item: Json, indent: str) -> list[str]:
    """The lines of an element of a list, its dash behind an indent."""
    return _item(item, indent)


def _mapping(data: dict[str, Json], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in data.items():
        name = _text(key)
        if len(name) > _KEY_LENGTH:
            lines.append(f"{indent}? {name}")
            name = ""
        lines.extend(_after(f"{indent}{name}:", value, indent))
    return lines


def _after(start: str, value: Json, indent: str) -> list[str]:
    """A value behind `key:`, on the same line where it fits there."""
    short = _one_line(value, _WIDTH - len(start) - 1)
    if short is not None:
        return [f"{start} {short}"]
    inner = f"{indent}  "
    if isinstance(value, str):
        header, *lines = _block(value, inner)
        return [f"{start} {header}", *lines]
    return [start, *_container(value, inner)]


def _container(value: Json, indent: str) -> list[str]:
    if is_mapping(value):
        return _mapping(value, indent)
    return [line for item in value for line in _item(item, indent)]


def _item(value: Json, indent: str) -> list[str]:
    """An element of a list: `- ` and the value, its first line on the same line."""
    inner = f"{indent}  "
    short = _one_line(value, _WIDTH - len(inner))
    if short is not None and not isinstance(value, list):
        return [f"{indent}- {short}"]
    if isinstance(value, str):
        header, *lines = _block(value, inner)
        return [f"{indent}- {header}", *lines]
    if not value:
        return [f"{indent}- []"]
    first, *lines = _container(value, inner)
    return [f"{indent}- {first[len(inner) :]}", *lines]


def _one_line(value: Json, width: int) -> str | None:
    """A value without line breaks: every scalar, and short lists of scalars."""
    if isinstance(value, str):
        return None if _is_block(value) else _text(value)
    if is_list(value):
        return _flow(value, width)
    if isinstance(value, dict):
        return None if value else "{}"
    return json.dumps(value)


def _flow(value: list[Json], width: int) -> str | None:
    if any(isinstance(item, dict | list) for item in value):
        return None
    if 4 * len(value) > width:
        return None if value else "[]"
    parts = [
        _text(item, flow=True) if isinstance(item, str) else json.dumps(item)
        for item in value
    ]
    text = f"[{', '.join(parts)}]"
    return text if len(text) <= width or not value else None


def _text(text: str, *, flow: bool = False) -> str:
    """A text in one line: plain where no reader can take it for anything else."""
    if (
        _PLAIN.fullmatch(text)
        and text[-1] not in " :"
        and text.lower() not in _WORDS
        and not (flow and _NOT_IN_FLOW.search(text))
    ):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _is_block(text: str) -> bool:
    return "\n" in text.strip("\n") and not _NOT_IN_BLOCK.search(text)


def _block(text: str, indent: str) -> list[str]:
    """A literal block scalar: its header, then its lines."""
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    keep = {0: "-", 1: ""}.get(ends, "+")
    start = "2" if text[0] in " \t\n" else ""
    lines = body.split("\n") + [""] * (ends - 1)
    return [f"|{start}{keep}", *(f"{indent}{line}" if line else "" for line in lines)]
