"""YAML text to data and places: the JSON part of YAML 1.2, nothing that surprises.

A reader of the manifest stage. Works on PyYAML's events (libyaml where it is there),
not on its constructors: those follow YAML 1.1 (`no` is false), run tags, keep the last
of two equal keys and call themselves for every level.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

import yaml
from yaml.reader import Reader

from mcpgen.diagnostics import Diagnostic, MCPGenError

from . import limits, yaml_hints
from .declarations import Json
from .reading import Lines, quoted, refusal, span, too_many_digits, twice
from .source import Node, Place

_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_START: Final = frozenset("+-.0123456789")
_UNSET: Final = object()


def read(file: str, text: str) -> Json:
    """The data of a YAML text.

    Raises:
        MCPGenError: The text is not YAML, or uses what JSON can't express.
    """
    construction = _Construction(file)
    _feed(file, text, construction.feed)
    if construction.duplicates:
        finder = _Finder(file)
        _feed(file, text, finder.feed)
        construction.findings.extend(finder.duplicates)
    if construction.findings:
        raise MCPGenError(construction.findings)
    if construction.root is _UNSET:
        raise refusal(file, None, "MG006", "the file has no content")
    return construction.root


def find(file: str, text: str) -> Node:
    """The places of all values of a text that `read` has accepted."""
    finder = _Finder(file)
    _feed(file, text, finder.feed)
    return finder.root


def _events(text: str) -> Iterator[Any]:
    parser: Any = (yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)(text)
    while (event := parser.get_event()) is not None:
        yield event


def _feed(file: str, text: str, feed: Callable[[Any], None]) -> None:
    try:
        for event in _events(text):
            feed(event)
    except yaml.reader.ReaderError:
        bad = Reader.NON_PRINTABLE.search(text)
        place = Lines(text).place(bad.start()) if bad else None
        message = "not valid YAML: a character that YAML does not allow"
        raise refusal(file, place, "MG010", message) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark and error.context_mark and mark.index >= len(text.rstrip()):
            mark = error.context_mark  # of what has no end
        context = f" {error.context}" if error.context else ""
        message = f"not valid YAML: {error.problem}{context}"
        place = _place(mark) if mark else None
        line, rest = _line(text, place)
        if line.strip():
            message += f", in the line {quoted(line.strip(), 80)}"
        hint = yaml_hints.hint(str(error.problem), str(error.context), line, rest)
        raise refusal(file, place, "MG010", message, hint) from None


def _line(text: str, place: Place | None) -> tuple[str, str]:
    """The line of a place, and its part from there on."""
    line, column = place or (1, 1)
    around = next(iter(text.split("\n")[line - 1 : line]), "").rstrip("\r")
    return around, around[column - 1 :]


def _place(mark: Any) -> Place:
    return mark.line + 1, mark.column + 1


def _scalar(text: str) -> Json:
    """A plain scalar's value by YAML 1.2's core schema; infinities stay texts."""
    word = _WORDS.get(text, _UNSET)
    if word is not _UNSET:
        return word
    if text[0] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base) if not too_many_digits(text) else float("inf")
    if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


@dataclass(slots=True)
class _Frame:
    """A container that is still open."""

    value: Any
    is_mapping: bool
    anchor: str | None
    weight: int
    key: str | None = None


@dataclass(slots=True)
class _Construction:
    """Builds the data; notes everything that is refused, with its place."""

    file: str
    root: Json = _UNSET
    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])
    duplicates: bool = False
    _stack: list[_Frame] = field(default_factory=list[_Frame])
    _anchors: dict[str, tuple[Json, int]] = field(
        default_factory=dict[str, tuple[Json, int]]
    )
    _weight: int = 0
    _aliased: int = 0

    def feed(self, event: object) -> None:
        """Take the parser's next event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._on_scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open(event, {})
        elif kind is yaml.SequenceStartEvent:
            self._open(event, [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._on_alias(event)
        elif kind is yaml.DocumentStartEvent and self.root is not _UNSET:
            raise self._refusal(
                event, "MG016", "a second YAML document starts here", "keep one"
            )

    def _refusal(
        self, event: Any, code: str, message: str, hint: str | None = None
    ) -> MCPGenError:
        """An error at an event, with everything that was noted before it."""
        self._note(event, code, message, hint)
        return MCPGenError(self.findings)

    def _note(
        self, event: Any, code: str, message: str, hint: str | None = None
    ) -> None:
        place = span(self.file, _place(event.start_mark))
        self.findings.append(Diagnostic(code, message, place, hint))

    def _wants_key(self) -> bool:
        if not self._stack:
            return False
        frame = self._stack[-1]
        return frame.is_mapping and frame.key is None

    def _put(self, value: Json) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        if frame.is_mapping:
            frame.value[frame.key] = value
            frame.key = None
        else:
            frame.value.append(value)

    def _on_scalar(self, event: Any) -> None:
        text = event.value
        self._weight += 1 + len(text)
        if event.tag is not None:
            self._on_tag(event)
        plain = event.implicit[0]
        value = _scalar(text) if plain else text
        if self._wants_key():
            self._stack[-1].key = self._key(event, value, plain)
            return
        if isinstance(value, float) and not isfinite(value):
            self._note(event, "MG019", f"{quoted(text)} is not a number of JSON")
        if event.anchor is not None:
            self._anchors[event.anchor] = value, 1 + len(text)
        self._put(value)

    def _key(self, event: Any, value: Json, plain: bool) -> str:
        text: str = event.value
        if plain and text == "<<":
            self._note(
                event,
                "MG015",
                "merge keys (`<<`) are not allowed",
                "repeat the keys, or share a whole value with an alias",
            )
        elif not isinstance(value, str):
            self._note(
                event,
                "MG018",
                f"the key {text or 'null'} is not text",
                f'write it in quotes: "{text}"',
            )
        if text in self._stack[-1].value:
            self.duplicates = True
        return text

    def _on_tag(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._note(
            event, "MG014", f"the YAML tag {quoted(tag)} is not allowed", "remove it"
        )

    def _open(self, event: Any, value: Json) -> None:
        if self._wants_key():
            raise self._refusal(event, "MG018", "a key must be text, not a container")
        if len(self._stack) > limits.DEPTH:
            raise self._refusal(event, "MG020", limits.TOO_DEEP)
        if event.tag is not None:
            self._on_tag(event)
        self._weight += 1
        self._put(value)
        self._stack.append(
            _Frame(value, type(value) is dict, event.anchor, self._weight)
        )

    def _close(self) -> None:
        frame = self._stack.pop()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = frame.value, self._weight - frame.weight + 1

    def _on_alias(self, event: Any) -> None:
        name = event.anchor
        if self._wants_key():
            raise self._refusal(event, "MG018", "a key must be text, not an alias")
        if any(frame.anchor == name for frame in self._stack):
            message = f"the alias *{name} stands inside its own anchor"
            raise self._refusal(event, "MG017", message)
        if name not in self._anchors:
            message = f"the alias *{name} has no anchor before it"
            raise self._refusal(event, "MG017", message)
        value, weight = self._anchors[name]
        self._aliased += weight
        self._weight += weight
        if self._aliased > limits.ALIASED:
            message = (
                f"aliases repeat more than {limits.ALIASED:,} values and characters"
            )
            raise self._refusal(event, "MG017", message)
        self._put(value)


@dataclass(slots=True)
class _Finder:
    """Builds the places; notes keys that one mapping has twice."""

    file: str
    root: Node = field(default_factory=lambda: Node(None))
    duplicates: list[Diagnostic] = field(default_factory=list[Diagnostic])
    _stack: list[tuple[Node, bool]] = field(default_factory=list[tuple[Node, bool]])
    _anchors: dict[str, Node] = field(default_factory=dict[str, Node])
    _key: list[tuple[str, Place] | None] = field(
        default_factory=list[tuple[str, Place] | None]
    )

    def feed(self, event: object) -> None:
        """Take the parser's next event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._on_scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            node = self._node(event)
            self._stack.append((node, kind is yaml.MappingStartEvent))
            self._key.append(None)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._stack.pop()
            self._key.pop()
        elif kind is yaml.AliasEvent:
            self._on_alias(event)

    def _on_alias(self, event: Any) -> None:
        node = Node(_place(event.start_mark))
        target = self._anchors.get(event.anchor)
        if target is not None:
            node.items, node.members = target.items, target.members
        self._put(node)

    def _node(self, event: Any) -> Node:
        node = Node(_place(event.start_mark))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._put(node)
        return node

    def _on_scalar(self, event: Any) -> None:
        if self._stack and self._stack[-1][1] and self._key[-1] is None:
            self._key[-1] = event.value, _place(event.start_mark)
        else:
            self._node(event)

    def _put(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        parent, is_mapping = self._stack[-1]
        pending = self._key[-1]
        if not is_mapping or pending is None:
            parent.items.append(node)
            return
        key, place = pending
        self._key[-1] = None
        known = parent.members.setdefault(key, (place, node))
        if known[1] is not node:
            self.duplicates.append(twice(self.file, key, place, known[0]))
