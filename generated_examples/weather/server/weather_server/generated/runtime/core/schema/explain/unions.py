"""Which branch of a union was meant, where none admits the value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import unquote

from .keywords import is_among, types_in
from .verdict import Fault, Finding, Nested, Union, Verdict
from .words import Json, cut, is_object, shown

MAX_BRANCHES: Final = 500
"""Branches of a union, those of unions within it included, that are compared."""
_MAX_TAGS: Final = 8
_SHORT: Final = 60


@dataclass(frozen=True, slots=True)
class Chosen:
    """The branch that was meant.

    Attributes:
        verdict: What was found for it.
        note: Names it; None where the note of an outer union still holds.
    """

    verdict: Verdict
    note: str | None


def choose(union: Union) -> Chosen | Fault:
    """The branch that was meant, or one problem for all of them.

    A branch of the right type is meant rather than another, then one whose tag the
    value has, then the one that describes and admits the most of the value's parts.
    """
    branches = list(islice(_flattened(union), MAX_BRANCHES))
    own = [branch for branch in branches if not branch.verdict.mistyped]
    if not own:
        return Fault("type", _types(branches), union.value)
    if len(own) == 1:
        return Chosen(own[0].verdict, None)
    if options := _options(own):
        return Fault("enum", options, union.value)
    return _by_tag(own, union.value)


def _by_tag(own: list[_Branch], value: Json) -> Chosen | Fault:
    tags = _Tags(own, value)
    meant = [branch for branch in own if tags.of(branch)]
    if len(meant) == 1:
        return Chosen(meant[0].verdict, tags.note(meant[0]))
    if not meant:
        meant = [branch for branch in own if tags.of(branch) is None]
        problem = tags.missing(meant) if meant else tags.unknown()
        if problem is not None:
            return problem
    return _closest(meant or own)


def _closest(branches: list[_Branch]) -> Chosen | Fault:
    if len(branches) == 1:
        return Chosen(branches[0].verdict, branches[0].note or None)
    scores = [(v.fits, v.near, v.known) for v in (b.verdict for b in branches)]
    best = max(scores)
    if best > (0, 0, 0) and scores.count(best) == 1:
        closest = branches[scores.index(best)]
        return Chosen(closest.verdict, closest.note or None)
    common = {id(_only(branch.verdict)) for branch in branches}
    if len(common) == 1 and _only(branches[0].verdict) is not None:
        return Chosen(branches[0].verdict, None)
    return Fault("forms", [(b.verdict, b.note) for b in branches], None)


@dataclass(frozen=True, slots=True, eq=False)
class _Branch:
    verdict: Verdict
    note: str


class _Tags:
    """The properties by which several branches differ."""

    def __init__(self, branches: list[_Branch], value: Json) -> None:
        counts = Counter(
            name
            for branch in branches
            for name in islice(branch.verdict.tags, _MAX_TAGS * 4)
        )
        common = [name for name, count in counts.items() if count > 1]
        self._branches = branches
        self._value: Mapping[str, Json] = value if is_object(value) else {}
        self._names = common[:_MAX_TAGS]
        self._known = {id(branch): self._compared(branch) for branch in branches}

    def of(self, branch: _Branch) -> bool | None:
        """Whether the value is tagged as this branch; None where it is not tagged."""
        return self._known[id(branch)]

    def note(self, branch: _Branch) -> str:
        """The tag that the value has."""
        name = next(n for n in self._names if n in branch.verdict.tags and self._has(n))
        return f" (for {cut(name, _SHORT)} {shown(self._value[name])})"

    def unknown(self) -> Chosen | None:
        """The problem of a tag that no branch has."""
        for name in filter(self._has, self._names):
            if all(name in branch.verdict.tags for branch in self._branches):
                options = self._allowed(name, self._branches)
                return _at(name, Fault("enum", options, self._value[name]))
        return None

    def missing(self, branches: list[_Branch]) -> Chosen | None:
        """The problem of a tag that every branch requires and the value has not."""
        for name in self._names:
            if not self._has(name) and all(
                any(name in f.arg for f in _local(b.verdict) if f.keyword == "required")
                and name in b.verdict.tags
                for b in branches
            ):
                return _at(name, Fault("tag", self._allowed(name, branches), None))
        return None

    def _has(self, name: str) -> bool:
        return name in self._value

    def _compared(self, branch: _Branch) -> bool | None:
        tags = branch.verdict.tags
        found = [
            is_among(tags[name], self._value[name])
            for name in self._names
            if name in tags and self._has(name)
        ]
        return all(found) if found else None

    @staticmethod
    def _allowed(name: str, branches: list[_Branch]) -> list[Json]:
        options = (o for b in branches for o in b.verdict.tags[name])
        return list({repr(option): option for option in options}.values())


def _at(name: str, fault: Fault) -> Chosen:
    return Chosen(Verdict([Nested(name, Verdict([fault]))]), "")


def _flattened(union: Union) -> Iterator[_Branch]:
    """The branches, with those of the unions that are branches themselves."""
    waiting = list(reversed(union.branches))
    while waiting:
        schema, verdict = waiting.pop()
        inner: Finding = Nested(None, verdict)
        while isinstance(inner, Nested) and inner.key is None:
            if len(inner.verdict.findings) != 1:
                break
            inner = inner.verdict.findings[0]
        if isinstance(inner, Union):
            waiting.extend(reversed(inner.branches))
        else:
            yield _Branch(verdict, _note(schema))


def _only(verdict: Verdict) -> Verdict | None:
    """The verdict on the one part that is not valid, if there is only one."""
    while len(verdict.findings) == 1 and isinstance(verdict.findings[0], Nested):
        found = verdict.findings[0]
        verdict = found.verdict
        if found.key is not None:
            while len(verdict.findings) == 1:
                inner = verdict.findings[0]
                if not isinstance(inner, Nested) or inner.key is not None:
                    break
                verdict = inner.verdict
            return verdict
    return None


def _note(schema: Json) -> str:
    if not is_object(schema):
        return ""
    name = schema.get("title")
    reference = schema.get("$ref")
    if not isinstance(name, str) and isinstance(reference, str):
        name = unquote(reference.rpartition("/")[2])
    if not isinstance(name, str) or not name or name.isdigit() or "#" in name:
        return ""
    return f" (for {cut(name, _SHORT)})"


def _types(branches: list[_Branch]) -> list[str]:
    faults = (fault for branch in branches for fault in _local(branch.verdict))
    types = (t for f in faults if f.keyword == "type" for t in types_in(f.arg))
    return list(dict.fromkeys(types))


def _options(branches: list[_Branch]) -> list[Json]:
    """The values of branches that allow certain values only; none if one doesn't."""
    options: list[Json] = []
    for branch in branches:
        findings = list(islice(_local(branch.verdict), 2))
        if len(findings) != 1 or findings[0].keyword not in ("const", "enum"):
            return []
        arg = findings[0].arg
        options += arg if findings[0].keyword == "enum" else [arg]
    return options


def _local(verdict: Verdict) -> Iterator[Fault]:
    """What concerns the value itself; something else stands for what is in it."""
    waiting = [verdict]
    while waiting:
        for finding in waiting.pop().findings:
            if isinstance(finding, Fault):
                yield finding
            elif isinstance(finding, Nested) and finding.key is None:
                waiting.append(finding.verdict)
            else:
                yield Fault("other", None, None)
