"""What other people's servers list: corrected where a mistake has one possible meaning,
and without the entries and members that cannot be used.

Part of the manifest stage, between `recognise` and the checks; for raw documents only.
The result is a source with the same text whose places are those of the user's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mcpgen.diagnostics import Diagnostic

from . import checks, corrections, shape, words
from .declarations import Json, LeftOut, Pointer
from .reading import is_list, is_mapping
from .source import Node, Source

CORRECTED: Final = "MG704"
LEFT_OUT: Final = "MG702"

_KEYS: Final = {"resources": "uri", "resourceTemplates": "uriTemplate"}
_NEEDED: Final = frozenset({"name", "inputSchema", "uri", "uriTemplate"})
"""Members without which an entry means nothing."""
_SCHEMAS: Final = ("inputSchema", "outputSchema")


def key_of(section: str) -> str:
    """The member that identifies the entries of a section."""
    return _KEYS.get(section, "name")


def wrapped(source: Source) -> Source:
    """A bare list of tools as the list result that it is part of; others unchanged."""
    data = source.data
    if not is_list(data) or not data:
        return source
    if not all(is_mapping(entry) and "name" in entry for entry in data):
        return source

    def inside(root: Node) -> Node:
        whole = Node(root.place)
        whole.members["tools"] = (None, root)
        return whole

    return source.changed({"tools": data}, inside)


@dataclass(frozen=True, slots=True)
class Usable:
    """The part of a list result that can be used.

    Attributes:
        source: The same text, with data that passes every check of an entry.
        notes: What was corrected or left out, as warnings.
        left_out: What cannot be used.
        is_empty: Whether there is no entry that can be used.
    """

    source: Source
    notes: tuple[Diagnostic, ...]
    left_out: LeftOut
    is_empty: bool


def usable(source: Source, root: Pointer) -> Usable:
    """The part of a raw document that can be used.

    Args:
        source: A document with list results.
        root: The path of the mapping that holds the lists.
    """
    lists = words.value_at(source.data, root)
    reading = _Reading(source, root)
    made = dict(lists)
    for section in words.SECTIONS:
        if is_list(lists.get(section)):
            made[section] = list(reading.section(section, lists[section]))
    data = made if not root else {**source.data, root[0]: made}
    kept = reading.kept
    return Usable(
        source.changed(data, lambda node: _pruned(node, root, kept)),
        tuple(reading.notes),
        reading.left_out,
        is_empty=not any(kept.values()),
    )


@dataclass(slots=True)
class _Reading:
    source: Source
    root: Pointer
    notes: list[Diagnostic] = field(default_factory=list[Diagnostic])
    left_out: dict[str, dict[str, frozenset[str]]] = field(
        default_factory=dict[str, dict[str, frozenset[str]]]
    )
    kept: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def section(self, section: str, entries: list[Json]) -> Iterator[Json]:
        """The entries of a section that can be used, as they can be used."""
        kept = self.kept[section] = []
        taken: set[str] = set()
        for at, entry in enumerate(entries):
            pointer = (*self.root, section, at)
            key = _name(section, entry)
            if key in taken:
                self._leave_out(section, pointer, key, "the server lists it twice")
                continue
            made = self._entry(section, pointer, entry)
            if made is not None:
                taken.add(key)
                kept.append(at)
                yield made

    def _entry(self, section: str, pointer: Pointer, entry: Json) -> Json | None:
        if not is_mapping(entry):
            kind = words.kind(entry)
            self._leave_out(section, pointer, "", f"it is {kind}, not a mapping")
            return None
        made = entry
        if section == "tools":
            made = self._corrected(pointer, entry)
        if self._problem(section, made) is None:
            return made
        needed = {key: value for key, value in made.items() if key in _NEEDED}
        problem = self._problem(section, needed)
        if problem is not None:
            self._leave_out(section, pointer, _name(section, entry), problem)
            return None
        return self._without_unusable(section, pointer, made, needed)

    def _without_unusable(
        self, section: str, pointer: Pointer, entry: Json, needed: Json
    ) -> Json:
        """An entry without the optional members that make it unusable."""
        bad: set[str] = set()
        for key, value in entry.items():
            if key in _NEEDED:
                continue
            why = self._problem(section, {**needed, key: value})
            if why is not None:
                bad.add(key)
                self._note(LEFT_OUT, (*pointer, key), f"`{key}` is left out: {why}")
        self._record(section, _name(section, entry), frozenset(bad))
        return {key: value for key, value in entry.items() if key not in bad}

    def _corrected(self, pointer: Pointer, tool: dict[str, Json]) -> dict[str, Json]:
        """A tool whose schemas have their unambiguous mistakes corrected."""
        made = dict(tool)
        for key in _SCHEMAS:
            schema = tool.get(key)
            if not is_mapping(schema):
                continue
            new, found = corrections.corrected(schema)
            for each in found:
                place = words.path((key, *each.pointer))
                self._note(
                    CORRECTED,
                    (*pointer, key, *each.pointer),
                    f"`{place}`: {each.message}",
                )
            if key == "inputSchema" and "type" not in new and "$ref" not in new:
                new = {"type": "object", **new}
                message = f"`{key}` has no `type`: `type: object` was added"
                self._note(CORRECTED, (*pointer, key), message)
            made[key] = new
        return made

    def _problem(self, section: str, entry: Json) -> str | None:
        """The first reason why an entry cannot be used on its own."""
        alone = self.source.changed({section: [entry]}, lambda _: Node(None))
        for findings in (shape.findings, checks.findings):
            for found in findings(alone, (), False):
                reason = found.message.removeprefix(
                    words.about(alone.data, (section, 0, ""))
                )
                return f"{reason} ({found.hint})" if found.hint else reason
        return None

    def _leave_out(self, section: str, pointer: Pointer, key: str, why: str) -> None:
        self._record(section, key, frozenset())
        self._note(LEFT_OUT, pointer, f"left out: {why}")

    def _record(self, section: str, key: str, members: frozenset[str]) -> None:
        # Of an entry that is listed twice, the first one is used.
        if key:
            self.left_out.setdefault(section, {}).setdefault(key, members)

    def _note(self, code: str, pointer: Pointer, message: str) -> None:
        text = words.about(self.source.data, pointer) + message
        span = self.source.span(pointer)
        self.notes.append(Diagnostic(code, text, span))


def _name(section: str, entry: Json) -> str:
    found = entry.get(key_of(section)) if is_mapping(entry) else None
    return found if isinstance(found, str) else ""


def _pruned(node: Node, root: Pointer, kept: Mapping[str, list[int]]) -> Node:
    """The places of a document without those of the entries that were left out."""
    lists = node
    for step in root:
        lists = lists.members[str(step)][1]
    for section, numbers in kept.items():
        member = lists.members.get(section)
        if member is not None:
            member[1].items = [member[1].items[number] for number in numbers]
    return node
