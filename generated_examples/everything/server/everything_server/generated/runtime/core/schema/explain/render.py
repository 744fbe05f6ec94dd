"""Findings in words: which of them are reported, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from .keywords import reason
from .unions import Chosen, choose
from .verdict import Fault, Finding, Nested, Union, Verdict
from .walk import Walk
from .words import Json, most_similar, pointer, shown

MAX_COUNTED: Final = 1_000
"""Problems of one value that are counted."""
MAX_TEXT: Final = 16_000
"""Characters of all problems together, after which they are only counted."""
MAX_COMPARED: Final = 6_000
"""Characters of names that are compared with unknown ones, to find those meant."""
_MAX_STEPS: Final = 6_000
_EACH: Final = ("required", "unknown")  # Each name is a problem.

Path: TypeAlias = "tuple[Path, str | int] | None"
Located: TypeAlias = tuple[Path, Fault, str]


class Rendering:
    """The problems of one value, in words."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._chosen: dict[int, Chosen | Fault] = {}
        self._steps = _MAX_STEPS
        self._hints = MAX_COMPARED
        self.is_complete = True

    def problems(self, verdict: Verdict, limit: int) -> list[tuple[str, str]]:
        """Paths and reasons, `limit` at most; a last one is about those left out."""
        self.is_complete = not self._walk.is_incomplete
        found: dict[tuple[str, str], None] = {}
        counted = set[object]()
        size = more = 0
        for path, fault, note in self.faults(verdict, None):
            if len(counted) == MAX_COUNTED:
                self.is_complete = False
                break
            arg = 0 if fault.keyword in _EACH else id(fault.arg)
            same = (path, fault.keyword, arg, note)
            if same in counted:
                continue
            counted.add(same)
            if len(found) < limit and size < MAX_TEXT:
                problem = self.problem(path, fault, note)
                found[problem] = None
                size += len(problem[0]) + len(problem[1])
            else:
                more += 1
        if not found:
            return [self._by_elimination(verdict)]
        rest = self._rest(more)
        return [*found, ("", rest)] if rest else list(found)

    def _rest(self, more: int) -> str:
        if more:
            least = "" if self.is_complete else "at least "
            return f"and {least}{more} more problem{'' if more == 1 else 's'}"
        return "" if self.is_complete else "there may be more problems"

    def _by_elimination(self, verdict: Verdict) -> tuple[str, str]:
        """The one part that may be invalid, where all others are known to be valid."""
        path: Path = None
        while len(verdict.doubts) == 1 and isinstance(verdict.doubts[0], Nested):
            nested = verdict.doubts[0]
            path = path if nested.key is None else (path, nested.key)
            verdict = nested.verdict
        if len(verdict.doubts) == 1 and isinstance(fault := verdict.doubts[0], Fault):
            return self.problem(path, fault, "")
        why = ", but too large or too complex to say why" if self._walk.is_over else ""
        return pointer(_keys(path)), f"is not valid{why}"

    def faults(self, verdict: Verdict, path: Path) -> Iterator[Located]:
        """Everything to report, in order; of unions, the branch that was meant."""
        waiting: list[tuple[Finding, Path, str]] = [
            (finding, path, "") for finding in reversed(verdict.findings)
        ]
        while waiting:
            self._steps -= 1
            if self._steps < 0:
                self.is_complete = False
                return
            finding, path, note = waiting.pop()
            if isinstance(finding, Fault):
                if finding.keyword in _EACH:
                    yield from (((path, name), finding, note) for name in finding.arg)
                else:
                    yield path, finding, note
                continue
            if isinstance(finding, Union):
                choice = self._choice(finding)
                if isinstance(choice, Fault):
                    yield path, choice, note
                    continue
                inner = choice.verdict
                note = note if choice.note is None else choice.note
            else:
                path = path if finding.key is None else (path, finding.key)
                inner = finding.verdict
            waiting += [(each, path, note) for each in reversed(inner.findings)]

    def _choice(self, union: Union) -> Chosen | Fault:
        known = self._chosen.get(id(union))
        if known is None:
            self._steps -= 4 * len(union.branches)
            known = self._chosen[id(union)] = choose(union)
        return known

    def problem(self, path: Path, fault: Fault, note: str) -> tuple[str, str]:
        """Path and reason of one fault."""
        return pointer(_keys(path)), f"{self._reason(path, fault)}{note}"

    def _reason(self, path: Path, fault: Fault) -> str:
        if fault.keyword == "propertyNames":
            first = next(self.faults(fault.arg, None), None)
            inner = "is not valid" if first is None else self._reason(None, first[1])
            return f"has a property name that {inner}"
        if fault.keyword == "forms":
            return self._forms(path, fault.arg)
        if fault.keyword == "pattern":
            compiled = self._walk.compiled
            return reason(fault, compiled.failure("pattern", fault.arg, fault.value))
        return f"{reason(fault)}{self._hint(path, fault)}"

    def _hint(self, path: Path, fault: Fault) -> str:
        known: Sequence[Json]
        if fault.keyword == "unknown" and path is not None:
            name, known = str(path[1]), fault.known
        elif fault.keyword == "enum" and isinstance(fault.value, str):
            name, known = fault.value, fault.arg
        else:
            return ""
        similar, compared = most_similar(name, known, self._hints)
        self._hints -= compared
        return f"; did you mean {shown(similar)}?" if similar else ""

    def _forms(self, path: Path, branches: list[tuple[Verdict, str]]) -> str:
        texts: dict[str, None] = {}
        for verdict, name in branches[:MAX_FORMS]:
            for where, fault, note in self.faults(verdict, path):
                if fault.keyword == "forms":
                    why = "matches none of the allowed forms"
                    found = pointer(_keys(where)), why
                else:
                    found = self.problem(where, fault, note or name)
                texts[": ".join(filter(None, found))] = None
                break
        more = ", or others" if len(branches) > MAX_FORMS else ""
        return f"matches none of the allowed forms: {' / '.join(texts)}{more}"


MAX_FORMS: Final = 4
"""Branches of a union of which a problem names the first reason."""


def _keys(path: Path) -> list[str | int]:
    keys: list[str | int] = []
    while path is not None:
        path, key = path
        keys.append(key)
    return keys[::-1]
