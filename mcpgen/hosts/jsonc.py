"""JSON with comments: where its values are, and edits that leave all other bytes alone.

Editors allow comments and trailing commas in their files. Knows no host and no disk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.manifest import limits
from mcpgen.manifest.reading import Lines

Json: TypeAlias = Any

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]+ | (?P<comment>//[^\r\n]* | /\*.*?\*/) | (?P<mark>[{}\[\]:,])
    | (?P<scalar>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"
      | -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-])
      | (?:true|false|null)\b)""",
    re.VERBOSE | re.DOTALL,
)
_ENDS_LINE: Final = re.compile(r"(?:[ \t,]|/\*(?:[^*\n]|\*(?!/))*\*/)*(?:\r?\n|//|\Z)")
"""Nothing but comments and commas up to the end of a line."""
_LEAD: Final = re.compile(r"(\r?\n)([ \t]*)\Z")
"""A line break and an indentation, in front of what begins a line."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in a text: at this offset, `new` takes the place of `old`."""

    offset: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value: where it is, what it is, and the members of an object (else None)."""

    start: int
    end: int
    data: Json
    members: tuple[Member, ...] | None = None

    def member(self, key: str) -> Member | None:
        """The member of that name, or None."""
        return next((each for each in self.members or () if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: its key begins at `start`; `comma` is the offset behind."""

    key: str
    start: int
    value: Value
    comma: int | None


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap, whose offsets are those of the text."""
    for edit in sorted(edits, key=lambda each: each.offset, reverse=True):
        end = edit.offset + len(edit.old)
        text = text[: edit.offset] + edit.new + text[end:]
    return text


def reverse(edits: Iterable[Edit]) -> list[Edit]:
    """The edits that lead back from the text that `apply` gives."""
    shift, back = 0, list[Edit]()
    for edit in sorted(edits, key=lambda each: each.offset):
        back.append(Edit(edit.offset + shift, edit.new, edit.old))
        shift += len(edit.new) - len(edit.old)
    return back


class Document:
    """A text that is one JSON object.

    Attributes:
        text: All of it.
        root: The object.
    """

    def __init__(self, file: str, text: str, *, comments: bool) -> None:
        """Parse a text.

        Args:
            file: Its name, for diagnostics.
            text: JSON.
            comments: Whether comments and trailing commas are allowed.

        Raises:
            MCPGenError: It is not valid (MG011), has a key twice (MG013), is too deep
                (MG020) or is not an object (MG106).
        """
        self.text = text
        self.root = _Parser(file, text, comments=comments).document()
        self._file = file

    def span(self, value: Value | Member) -> Span:
        """The place of a value or of a member's key."""
        return Span(self._file, *Lines(self.text).place(value.start))

    def object(self, key: str) -> Value | None:
        """The object at a key of the root; None where there is no such key.

        Raises:
            MCPGenError: Something else is there (MG106).
        """
        found = self.root.member(key)
        if found is None:
            return None
        if found.value.members is None:
            raise MCPGenError.of(
                "MG106",
                f'"{key}" must be an object',
                span=self.span(found.value),
                hint="nothing was written; correct the file",
            )
        return found.value

    def replace(self, member: Member, data: Json) -> list[Edit]:
        """Give a member another value."""
        lead = _LEAD.search(self.text[: member.start])
        text = self._rendered(data, lead[0] if lead else None)
        old = member.value
        return [Edit(old.start, self.text[old.start : old.end], text)]

    def add(self, parent: Value, key: str, data: Json) -> list[Edit]:
        """Add a member behind the last one of an object, laid out as its neighbors."""
        members = parent.members or ()
        if not members:
            return [self._first(parent, key, data)]
        last = members[-1]
        lead = _LEAD.search(self.text[: members[0].start])
        if lead is None:
            text = f"{json.dumps(key)}: {self._rendered(data, None)}"
            if last.comma is not None:
                return [Edit(last.comma + 1, "", f" {text},")]
            return [Edit(last.value.end, "", f", {text}")]
        text = f"{lead[0]}{json.dumps(key)}: {self._rendered(data, lead[0])}"
        behind = last.value.end if last.comma is None else last.comma + 1
        # Comments behind the last member stay with it.
        place = behind + len(self.text[behind : parent.end - 1].rstrip())
        if last.comma is not None:
            return [Edit(place, "", f"{text},")]
        if place == behind:
            return [Edit(place, "", f",{text}")]
        return [Edit(behind, "", ","), Edit(place, "", text)]

    def _first(self, parent: Value, key: str, data: Json) -> Edit:
        inside = self.text[parent.start + 1 : parent.end - 1]
        kept = inside.rstrip()
        place, rest = parent.start + 1 + len(kept), inside[len(kept) :]
        if parent is not self.root and "\n" not in self.text:
            return Edit(place, rest, f"{json.dumps(key)}: {self._rendered(data, None)}")
        newline, unit = self._style()
        line = self.text[self.text.rfind("\n", 0, parent.start) + 1 : parent.start]
        outer = newline + line[: len(line) - len(line.lstrip(" \t"))]
        lead = outer + unit
        text = f"{lead}{json.dumps(key)}: {self._rendered(data, lead)}"
        return Edit(place, rest, text + (rest if "\n" in rest else outer))

    def remove(self, parent: Value, member: Member) -> list[Edit]:
        """Take a member out of an object; comments around it stay."""
        members = parent.members or ()
        at = members.index(member)
        before = self.text[: member.start]
        lead = _LEAD.search(before)
        start = lead.start() if lead else len(before.rstrip(" \t"))
        if not lead and before[:start].endswith(("{", "*/")):
            start = member.start
        end, comma = member.value.end, member.comma
        has_gap = comma is not None and bool(self.text[end:comma].strip())
        if comma is not None and not has_gap:
            end = comma + 1
        if lead and not _ENDS_LINE.match(self.text, end):
            # The line before may end with a comment, which must end there.
            start = member.start
        edits = [self._cut(start, end)]
        if comma is not None and has_gap:
            edits.append(self._cut(comma, comma + 1))
        elif comma is None and at:
            before_it = members[at - 1].comma
            assert before_it is not None
            edits.append(self._cut(before_it, before_it + 1))
        return edits

    def _cut(self, start: int, end: int) -> Edit:
        return Edit(start, self.text[start:end], "")

    def _style(self) -> tuple[str, str]:
        """The file's line break, and one level of its indentation."""
        newline = re.search(r"\r?\n", self.text)
        members = self.root.members or ()
        lead = _LEAD.search(self.text[: members[0].start]) if members else None
        return newline[0] if newline else "\n", lead[2] if lead else "  "

    def _rendered(self, data: Json, lead: str | None) -> str:
        """A value as text: on one line, or on lines that begin with `lead`."""
        if lead is None:
            return json.dumps(data, ensure_ascii=False)
        text = json.dumps(data, ensure_ascii=False, indent=self._style()[1])
        return text.replace("\n", lead)


class _Parser:
    """One walk over a text."""

    def __init__(self, file: str, text: str, *, comments: bool) -> None:
        self._file = file
        self._text = text
        self._comments = comments
        self._at = self._end = 0
        self._kind = ""
        self._advance()

    def document(self) -> Value:
        root = self._value(0)
        if self._kind:
            self._fail("nothing may follow the end of the object")
        if root.members is None:
            self._at = root.start
            self._fail("must be an object", "MG106")
        return root

    def _advance(self) -> None:
        """Go to the next token; `_kind` is its mark, "scalar", or empty at the end."""
        while self._end < len(self._text):
            self._at = self._end
            found = _TOKEN.match(self._text, self._at)
            if found is None:
                self._fail(self._reason())
            self._end = found.end()
            if found["comment"] and not self._comments:
                self._fail("comments are not allowed in this file")
            if found["mark"] or found["scalar"]:
                self._kind = found["mark"] or "scalar"
                return
        self._at, self._kind = len(self._text), ""

    def _reason(self) -> str:
        rest = self._text[self._at : self._at + 2]
        if rest.startswith('"'):
            return "a string does not end, or has a control character or a bad escape"
        return "a comment does not end" if rest == "/*" else "unexpected text"

    def _value(self, depth: int) -> Value:
        start = self._at
        if depth > limits.DEPTH:
            self._fail(limits.TOO_DEEP, "MG020")
        if self._kind == "{":
            return self._object(depth)
        if self._kind == "[":
            return self._list(depth)
        if self._kind != "scalar":
            self._fail("a value is missing")
        text = self._text[start : self._end]
        if len(text) > limits.DIGITS and text[0] not in '"tfn':
            self._fail("a number is too long")
        value = Value(start, self._end, json.loads(text))
        self._advance()
        return value

    def _list(self, depth: int) -> Value:
        start, items = self._at, list[Json]()
        self._advance()
        while self._kind != "]":
            items.append(self._value(depth + 1).data)
            self._separator("]")
        return Value(start, self._closed(), items)

    def _object(self, depth: int) -> Value:
        start, members = self._at, dict[str, Member]()
        self._advance()
        while self._kind != "}":
            place = self._at
            key = self._key()
            if key in members:
                self._at = place
                self._fail(f"the key {json.dumps(key)} is there twice", "MG013")
            value = self._value(depth + 1)
            members[key] = Member(key, place, value, self._separator("}"))
        data = {key: member.value.data for key, member in members.items()}
        return Value(start, self._closed(), data, tuple(members.values()))

    def _key(self) -> str:
        """Pass a key and its colon."""
        if self._text[self._at : self._at + 1] != '"':
            self._fail("a key is missing")
        key: str = json.loads(self._text[self._at : self._end])
        self._advance()
        if self._kind != ":":
            self._fail("a colon is missing")
        self._advance()
        return key

    def _separator(self, closing: str) -> int | None:
        """Pass the comma behind a value; gives where it was."""
        if self._kind == closing:
            return None
        if self._kind != ",":
            self._fail(f'a comma or "{closing}" is missing')
        comma = self._at
        self._advance()
        if self._kind == closing and not self._comments:
            self._at = comma
            self._fail("trailing commas are not allowed in this file")
        return comma

    def _closed(self) -> int:
        end = self._end
        self._advance()
        return end

    def _fail(self, reason: str, code: str = "MG011") -> NoReturn:
        raise MCPGenError.of(
            code,
            f"not valid JSON: {reason}" if code == "MG011" else reason,
            span=Span(self._file, *Lines(self._text).place(self._at)),
            hint="nothing was written; correct the file",
        )
