"""What is to happen to each file: rendered text, lock and disk in, a verdict each out.

Pure: it looks at the disk through `View` and changes nothing. It knows who owns which
file, and nothing of what is in them.

The rules, by owner:

*yours*: written if the lock does not know it and nothing is there; never touched again.

*generated*: mcpgen replaces or deletes only bytes that are its own, by the digest in
the lock or in the journal of a run that was cut short. Everything else is a conflict,
which `force` overrides, unless a folder or a link is in the way.

*unknown*: never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Final, Protocol

from mcpgen.diagnostics import Diagnostic, Span
from mcpgen.folder import Found, Kind, digest, path_problem
from mcpgen.ir import File, Ownership
from mcpgen.lock import Entry, Journal, Lock, Trace


class View(Protocol):
    """What the plan may ask of the disk; `folder.Folder` is one."""

    def look(self, path: str) -> Found:
        """What lies at a path."""
        ...

    def exists(self, path: str) -> bool:
        """Whether anything lies there, links on the way followed."""
        ...

    def same(self, one: str, other: str) -> bool:
        """Whether two paths are one file."""
        ...

    def names(self, folder: str) -> list[str]:
        """The names in a folder."""
        ...


class Verdict(StrEnum):
    """What happens to a file."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"
    KEEP = "keep"
    """Yours: not touched."""
    CONFLICT = "conflict"
    """Can't be written without losing what is there."""


CHANGES: Final = (Verdict.CREATE, Verdict.UPDATE, Verdict.DELETE)


class Why(StrEnum):
    """The reason of a verdict, as users read it."""

    NEW = "new"
    MISSING = "missing"
    OUTDATED = "out of date"
    NOT_EXECUTABLE = "not executable"
    UNFINISHED = "left by a run that was cut short"
    STALE = "no longer generated"
    SAME = "up to date"
    YOURS = "yours"
    GIVEN_UP = "yours, deleted by you"
    EDITED = "edited by hand"
    STALE_EDITED = "no longer generated, but edited by hand"
    FOREIGN = "not made by mcpgen"
    OVERWRITTEN = "overwritten by force"
    LINK = "a symbolic link is in its place"
    IN_THE_WAY = "a folder or a device is in its place"
    BLOCKED = "a part of its path is a symbolic link or a file"


_FORCEABLE: Final = (Why.EDITED, Why.STALE_EDITED, Why.FOREIGN, Why.LINK)


@dataclass(frozen=True, slots=True)
class Step:
    """A file's verdict.

    Attributes:
        path: Below the project's folder, with `/`.
        verdict: What happens to it.
        why: The reason.
        ownership: Who may change it.
        file: What is to be written; None where it is to go.
        before: The digest of what is there now, where that is mcpgen's to replace.
        blocker: The link or file where a folder on the way should be.
    """

    path: str
    verdict: Verdict
    why: Why
    ownership: Ownership
    file: File | None = None
    before: str | None = None
    blocker: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A step for each file that is rendered or was, sorted by path.

    Attributes:
        steps: The verdicts.
        files: What the lock will know once the steps are done.
        unfinished: What runs that were cut short were about to change.
    """

    steps: tuple[Step, ...]
    files: Mapping[str, Entry]
    unfinished: Mapping[str, Trace] = field(default_factory=dict[str, Trace])

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that write or delete."""
        return tuple(s for s in self.steps if s.verdict in CHANGES)

    @property
    def conflicts(self) -> tuple[Step, ...]:
        """The steps that can't be done."""
        return tuple(s for s in self.steps if s.verdict is Verdict.CONFLICT)

    def counts(self) -> dict[Verdict, int]:
        """How many files have each verdict; those with none are left out."""
        found = dict.fromkeys(Verdict, 0)
        for step in self.steps:
            found[step.verdict] += 1
        return {verdict: n for verdict, n in found.items() if n}

    def journal(self) -> Journal:
        """What may lie at each path while the steps are done, before and after.

        What unfinished runs had in mind stays in it until a run ends well: they may
        have written files that are unchanged now, and left folders where files went.
        """
        traces = dict(self.unfinished)
        for step in self.changes:
            after = _digest(step.file) if step.file else None
            digests = {d for d in (step.before, after) if d is not None}
            traces[step.path] = Trace(step.ownership, frozenset(digests))
        return Journal(traces)

    def diagnostics(self, folder: PurePath) -> list[Diagnostic]:
        """One error for each thing that is in the way, its path below `folder`."""
        found = (_diagnostic(step, folder) for step in self.conflicts)
        # A link in place of a folder is in the way of every file below it.
        return list(dict.fromkeys(found))


def plan(
    files: Mapping[str, File],
    lock: Lock | None,
    view: View,
    *,
    journal: Journal | None = None,
    force: bool = False,
) -> Plan:
    """Decide what happens to each file.

    Args:
        files: What was rendered, by path.
        lock: What the last finished run wrote; None where there was none.
        view: The disk.
        journal: What a run that did not finish was about to write.
        force: Overwrite generated files that were edited by hand.

    Raises:
        ValueError: A rendered path is not one that a project may have.
    """
    check_paths(files)
    journal = journal or Journal()
    planner = _Planner(lock, journal, view)
    steps = [planner.rendered(path, file) for path, file in files.items()]
    steps += planner.stale(files)
    if force:
        steps = [_forced(step) for step in steps]
    steps.sort(key=lambda step: step.path)
    entries = {path: planner.entry(path, file) for path, file in files.items()}
    return Plan(tuple(steps), entries, journal.files)


def unchanged(lock: Lock) -> Plan:
    """The plan of a project in which nothing is to be done."""
    verdicts = {
        Ownership.GENERATED: (Verdict.UNCHANGED, Why.SAME),
        Ownership.YOURS: (Verdict.KEEP, Why.YOURS),
    }
    steps = (
        Step(path, *verdicts[entry.ownership], entry.ownership)
        for path, entry in sorted(lock.files.items())
    )
    return Plan(tuple(steps), lock.files)


def unknown(plan_: Plan, view: View) -> list[str]:
    """What lies beside generated files and is not mcpgen's, for a person to know."""
    generated = [s.path for s in plan_.steps if s.ownership is Ownership.GENERATED]
    ours = {step.path for step in plan_.steps}
    folders = {path.rpartition("/")[0] for path in generated} - {""}
    for path in list(ours):
        ours.update(_folders(path))
    found: list[str] = []
    for folder in sorted(folders):
        for name in view.names(folder):
            path = f"{folder}/{name}"
            if path not in ours and name[0] != "." and name != "__pycache__":
                found.append(path)
    return found


def check_paths(paths: Iterable[str]) -> None:
    """Refuse rendered paths that are not portable, or that clash on some system.

    Raises:
        ValueError: With the path and the reason: a mistake of mcpgen, not of the user.
    """
    seen: dict[str, str] = {}
    for path in paths:
        problem = path_problem(path)
        if problem is not None:
            raise ValueError(f"rendered path {path!r} {problem}")
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            raise ValueError(f"{path!r} and {other!r} differ in letter case only")
    for path in seen:
        for folder in _folders(path):
            if folder in seen:
                raise ValueError(f"{seen[folder]!r} is a file and a folder")


def executable_here(found: Found, wanted: bool) -> bool:
    """Whether a file's executable bit is as wanted.

    An executable bit too many is no drift: some file systems show it on every file.
    """
    return found.executable or not wanted


class _Planner:
    """Verdicts of single files, from what lock, journal and disk say of them."""

    def __init__(self, lock: Lock | None, journal: Journal, view: View) -> None:
        self._known: Mapping[str, Entry] = lock.files if lock else {}
        self._traces = journal.files
        self._view = view
        # Both halves of a project have the same models and the same runtime.
        self._digests: dict[str, str] = {}

    def rendered(self, path: str, file: File) -> Step:
        """The verdict of a file that was rendered."""
        yours = file.ownership is Ownership.YOURS
        verdict, why, found = (
            self._yours(path, file) if yours else self._ours(path, file)
        )
        return Step(
            path,
            verdict,
            why,
            file.ownership,
            file,
            found.digest,
            found.blocker,
        )

    def entry(self, path: str, file: File) -> Entry:
        """What the lock is to say: of yours, what was written first."""
        known = self._known.get(path)
        if known and known.ownership is file.ownership is Ownership.YOURS:
            return known
        return Entry(self._digest(file), file.ownership, file.executable)

    def stale(self, files: Mapping[str, File]) -> Iterator[Step]:
        """The verdicts of generated files that are no longer rendered."""
        rendered = {path.casefold(): path for path in files}
        generated = Ownership.GENERATED
        known = {p for p, entry in self._known.items() if entry.ownership is generated}
        known |= {
            p for p, trace in self._traces.items() if trace.ownership is generated
        }
        for path in known - files.keys():
            twin = rendered.get(path.casefold())
            if twin is not None and self._view.same(path, twin):
                continue
            found = self._view.look(path)
            if found.kind is not Kind.FILE:
                continue
            verdict, why = Verdict.CONFLICT, Why.STALE_EDITED
            if found.digest in self._accepted(path):
                verdict, why = Verdict.DELETE, Why.STALE
            yield Step(path, verdict, why, generated, None, found.digest)

    def _yours(self, path: str, file: File) -> tuple[Verdict, Why, Found]:
        if self._view.exists(path):
            return self._yours_that_exists(path, file)
        found = self._view.look(path)
        if _is_yours(self._known.get(path)):
            return Verdict.KEEP, Why.GIVEN_UP, found
        if found.kind is Kind.BLOCKED:
            return Verdict.CONFLICT, Why.BLOCKED, found
        return Verdict.CREATE, Why.NEW, found

    def _yours_that_exists(self, path: str, file: File) -> tuple[Verdict, Why, Found]:
        """Kept, unless a run that never ended put it there and nobody touched it."""
        trace = self._traces.get(path)
        if trace is None or path in self._known:
            return Verdict.KEEP, Why.YOURS, Found(Kind.FILE)
        found = self._view.look(path)
        if found.digest not in trace.digests:
            return Verdict.KEEP, Why.YOURS, Found(Kind.FILE)
        if found.digest == self._digest(file):
            return Verdict.KEEP, Why.YOURS, found
        return Verdict.UPDATE, Why.UNFINISHED, found

    def _ours(self, path: str, file: File) -> tuple[Verdict, Why, Found]:
        found = self._view.look(path)
        if found.kind is Kind.ABSENT:
            why = Why.MISSING if path in self._known else Why.NEW
            return Verdict.CREATE, why, found
        if found.kind is not Kind.FILE:
            return Verdict.CONFLICT, _IN_THE_WAY[found.kind], found
        return *self._ours_that_exists(path, file, found), found

    def _ours_that_exists(
        self, path: str, file: File, found: Found
    ) -> tuple[Verdict, Why]:
        if found.digest == self._digest(file):
            if executable_here(found, file.executable):
                return Verdict.UNCHANGED, Why.SAME
            return Verdict.UPDATE, Why.NOT_EXECUTABLE
        if found.digest in self._accepted(path):
            return Verdict.UPDATE, Why.OUTDATED
        known = path in self._known or path in self._traces
        return Verdict.CONFLICT, Why.EDITED if known else Why.FOREIGN

    def _digest(self, file: File) -> str:
        known = self._digests.get(file.text)
        if known is None:
            known = self._digests[file.text] = _digest(file)
        return known

    def _accepted(self, path: str) -> frozenset[str]:
        """The digests of bytes that mcpgen wrote there, or was allowed to overwrite."""
        known, trace = self._known.get(path), self._traces.get(path)
        digests: frozenset[str] = trace.digests if trace else frozenset()
        return digests | {known.sha256} if known else digests


_IN_THE_WAY: Final = {
    Kind.LINK: Why.LINK,
    Kind.OTHER: Why.IN_THE_WAY,
    Kind.BLOCKED: Why.BLOCKED,
}


def _is_yours(entry: Entry | None) -> bool:
    return entry is not None and entry.ownership is Ownership.YOURS


def _digest(file: File) -> str:
    return digest(file.text.encode("utf-8"))


def _folders(path: str) -> Iterator[str]:
    """The folders on the way to a path."""
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _forced(step: Step) -> Step:
    if step.verdict is not Verdict.CONFLICT or step.why not in _FORCEABLE:
        return step
    verdict = Verdict.UPDATE if step.file else Verdict.DELETE
    return replace(step, verdict=verdict, why=Why.OVERWRITTEN)


_CODES: Final = {
    Why.EDITED: ("MG407", "was edited by hand", "move the change elsewhere"),
    Why.STALE_EDITED: (
        "MG407",
        "is no longer generated, but was edited by hand",
        "move what you need elsewhere",
    ),
    Why.FOREIGN: (
        "MG408",
        "is in the place of a generated file and was not made by mcpgen",
        "move it away",
    ),
    Why.LINK: (
        "MG409",
        "is a symbolic link in the place of a generated file",
        "move it away",
    ),
    Why.IN_THE_WAY: (
        "MG409",
        "is a folder or a device in the place of a generated file",
        "move it away",
    ),
    Why.BLOCKED: (
        "MG409",
        "is a symbolic link or a file in the place of a folder",
        "mcpgen writes into real folders only: put one there",
    ),
}


def _diagnostic(step: Step, folder: PurePath) -> Diagnostic:
    code, message, advice = _CODES[step.why]
    if step.why in _FORCEABLE:
        loss = "overwrite" if step.file else "delete"
        advice += f", or run `mcpgen generate --force` to {loss} it"
    place = folder / (step.blocker or step.path)
    return Diagnostic(code, message, Span(str(place)), advice)
