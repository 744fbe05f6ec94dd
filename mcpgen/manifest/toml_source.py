"""TOML text to data and places.

A reader of the manifest stage. `tomllib` makes the data; places come from a scanner of
our own, which trusts that the text is valid and only runs when one is asked for (no
TOML library for Python keeps them).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, time
from math import isfinite
from typing import Any, Final

from mcpgen.diagnostics import Diagnostic, MCPGenError

from . import limits
from .declarations import Json
from .reading import Lines, containers, parts, refusal
from .source import Node, Place, Source

_AT: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SPACE: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK: Final = re.compile(r"[ \t]*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_SCALAR: Final = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*"{3,5}'
    r"|'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\n]*'"
    r"|\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*"
    r"|[^\s,\]}#]+",
    re.DOTALL,
)


def read(file: str, text: str) -> Json:
    """The data of a TOML text.

    Raises:
        MCPGenError: The text is not TOML, or has a value that JSON can't express.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT.search(message)
        place = (int(at[1]), int(at[2])) if at and at[1] else None
        message = message[: at.start()] if at else message
        raise refusal(
            file, place, "MG012", f"not valid TOML: {message[:1].lower()}{message[1:]}"
        ) from None
    except RecursionError:
        raise refusal(file, None, "MG020", limits.TOO_DEEP) from None
    except ValueError:
        raise refusal(
            file, None, "MG019", "a number has more digits than can be kept"
        ) from None
    _refuse_foreign(Source(file, "toml", text, data, find))
    return data


def find(_file: str, text: str) -> Node:
    """The places of all values of a text that `read` has accepted."""
    scanner = _Scanner(text, Lines(text))
    try:
        scanner.scan()
    except RecursionError:
        return Node(None)
    return scanner.root


def _refuse_foreign(source: Source) -> None:
    """Refuse values that TOML has and JSON has not: dates, times, inf and nan."""
    found: list[Diagnostic] = []
    for pointer, value in containers(source.data):
        found.extend(
            Diagnostic("MG019", message, source.span((*pointer, step)), hint)
            for step, part in parts(value)
            for message, hint in _foreign(part)
        )
    if found:
        raise MCPGenError(found)


def _foreign(value: Any) -> list[tuple[str, str | None]]:
    if isinstance(value, date | time):
        return [("a TOML date or time has no form in JSON", "write it in quotes")]
    if isinstance(value, float) and not isfinite(value):
        return [(f"{value} is not a number of JSON", None)]
    return []


@dataclass(slots=True)
class _Scanner:
    text: str
    lines: Lines
    root: Node = field(default_factory=lambda: Node((1, 1)))
    _at: int = 0

    def scan(self) -> None:
        """Fill `root` from tables and key/value pairs, in the text's order."""
        table = self.root
        self._skip(_SPACE)
        while self._at < len(self.text):
            if self.text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_SPACE)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self._at)
        if match is None:
            self._at += 1
            return ""
        self._at = match.end()
        return match[0]

    def _here(self) -> Place:
        return self.lines.place(self._at)

    def _header(self) -> Node:
        place = self._here()
        is_array = self.text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._skip(_BLANK)
        self._at += 2 if is_array else 1
        table = self._inside(self.root, keys[:-1])
        name, key_place = keys[-1]
        if is_array:
            _, array = table.members.setdefault(name, (key_place, Node(place)))
            array.items.append(Node(place))
            return array.items[-1]
        return table.members.setdefault(name, (key_place, Node(place)))[1]

    def _inside(self, table: Node, keys: list[tuple[str, Place]]) -> Node:
        for name, place in keys:
            table = table.members.setdefault(name, (place, Node(place)))[1]
            if table.items:
                table = table.items[-1]
        return table

    def _keys(self) -> list[tuple[str, Place]]:
        keys: list[tuple[str, Place]] = []
        while True:
            self._skip(_BLANK)
            place = self._here()
            keys.append((_plain_key(self._skip(_KEY)), place))
            self._skip(_BLANK)
            if not self.text.startswith(".", self._at):
                return keys
            self._at += 1

    def _pair(self, table: Node) -> None:
        keys = self._keys()
        self._at += 1
        self._skip(_BLANK)
        inner = self._inside(table, keys[:-1])
        name, place = keys[-1]
        inner.members[name] = place, self._value()

    def _value(self) -> Node:
        node = Node(self._here())
        if self.text.startswith("[", self._at):
            self._list_into(node, "]")
        elif self.text.startswith("{", self._at):
            self._list_into(node, "}")
        else:
            self._skip(_SCALAR)
        return node

    def _list_into(self, node: Node, end: str) -> None:
        self._at += 1
        self._skip(_SPACE)
        while self._at < len(self.text) and not self.text.startswith(end, self._at):
            if end == "]":
                node.items.append(self._value())
            else:
                self._pair(node)
            self._skip(_SPACE)
            if self.text.startswith(",", self._at):
                self._at += 1
            self._skip(_SPACE)
        self._at += 1


def _plain_key(token: str) -> str:
    if token[:1] not in ("'", '"'):
        return token
    key: str = tomllib.loads(f"k = {token}")["k"]
    return key
