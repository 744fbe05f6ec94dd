"""JSON text to data and places.

A reader of the manifest stage. The standard parser makes the data; a small scanner of
our own walks the text only when a place is asked for or something is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, NoReturn

from mcpgen.diagnostics import Diagnostic, MCPGenError

from . import limits
from .declarations import Json
from .reading import Lines, quoted, refusal, span, too_many_digits, twice
from .source import Node, Place

_TOKEN: Final = re.compile(
    r'[{}\[\]:,]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\]:,"]+', re.DOTALL
)


class _Refused(ValueError):
    """Something that the standard parser would let through; the scanner finds where."""


def read(file: str, text: str) -> Json:
    """The data of a JSON text.

    Raises:
        MCPGenError: The text is not JSON, has a key twice in one object, or a number
            that no program can keep.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        place = (error.lineno, error.colno)
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise refusal(file, place, "MG011", message) from None
    except (_Refused, RecursionError):
        scanner = _Scanner(file, text)
        scanner.scan()
        if not scanner.findings:
            raise refusal(file, None, "MG020", limits.TOO_DEEP) from None
        raise MCPGenError(scanner.findings) from None


def find(file: str, text: str) -> Node:
    """The places of all values of a text that `read` has accepted."""
    scanner = _Scanner(file, text)
    scanner.scan()
    return scanner.root


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Refused
    return made


def _refuse(_: str) -> NoReturn:
    raise _Refused


def _float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise _Refused
    return value


def _integer(text: str) -> int:
    if too_many_digits(text):
        raise _Refused
    return int(text)


@dataclass(slots=True)
class _Scanner:
    """One walk over the tokens of a text that is JSON but for what `read` refuses."""

    file: str
    text: str
    root: Node = field(default_factory=lambda: Node(None))
    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])
    _stack: list[tuple[Node, bool]] = field(default_factory=list[tuple[Node, bool]])
    _key: tuple[str, Place] | None = None
    _wants_key: bool = False

    def scan(self) -> None:
        """Fill `root` and `findings`; stops where the nesting is too deep."""
        lines = Lines(self.text)
        for match in _TOKEN.finditer(self.text):
            token = match[0]
            first = token[0]
            if first == ",":
                self._wants_key = self._stack[-1][1]
            elif first in "}]":
                self._stack.pop()
                self._wants_key = False
            elif first != ":":
                place = lines.place(match.start())
                is_too_deep = first in "{[" and len(self._stack) > limits.DEPTH
                self._value(token, place)
                if is_too_deep:
                    self._note(place, "MG020", limits.TOO_DEEP)
                    return

    def _note(self, place: Place, code: str, message: str) -> None:
        self.findings.append(Diagnostic(code, message, span(self.file, place)))

    def _value(self, token: str, place: Place) -> None:
        first = token[0]
        if first == '"' and self._wants_key:
            key = json.loads(token) if "\\" in token else token[1:-1]
            self._key = key, place
            self._wants_key = False
            return
        node = Node(place)
        self._put(node)
        if first in "{[":
            self._stack.append((node, first == "{"))
            self._wants_key = first == "{"
        elif first not in '"tfn':
            self._number(token, place)

    def _number(self, token: str, place: Place) -> None:
        try:
            json.loads(
                token, parse_constant=_refuse, parse_float=_float, parse_int=_integer
            )
        except _Refused:
            self._note(place, "MG019", f"{quoted(token)} is not a usable number")

    def _put(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        parent, is_object = self._stack[-1]
        if not is_object or self._key is None:
            parent.items.append(node)
            return
        key, place = self._key
        known = parent.members.setdefault(key, (place, node))
        if known[1] is not node:
            self.findings.append(twice(self.file, key, place, known[0]))
