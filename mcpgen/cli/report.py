"""How commands tell what was, or would be, done to a project's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypeAlias

from mcpgen import lock
from mcpgen.cli.output import Painted, say
from mcpgen.diagnostics import MCPGenError
from mcpgen.folder import Folder
from mcpgen.generate import Outcome
from mcpgen.plan import Verdict, unknown

FEW: Final = 12
"""Files that are named without being asked for."""

_DONE: Final = {
    Verdict.CREATE: "created",
    Verdict.UPDATE: "updated",
    Verdict.DELETE: "deleted",
    Verdict.UNCHANGED: "unchanged",
    Verdict.KEEP: "yours",
    Verdict.CONFLICT: "in conflict",
}
_COLOURS: Final = {
    Verdict.CREATE: "green",
    Verdict.UPDATE: "yellow",
    Verdict.DELETE: "red",
    Verdict.CONFLICT: "red",
}


def show(
    folder: Path, outcome: Outcome, *, done: bool, verbose: bool, as_json: bool
) -> dict[str, Any] | None:
    """Print an outcome for people; gives what programs read instead.

    Args:
        folder: The project's folder.
        outcome: What was done, or would be.
        done: Whether it was done.
        verbose: Name every file, unknown ones too.
        as_json: Print nothing, for programs.
    """
    unknown_files = unknown(outcome.plan, Folder(folder)) if verbose else []
    if as_json:
        return {**as_data(folder, outcome, done=done), "unknown": unknown_files}
    say(f"{folder.resolve().name}: {_summary(outcome, done=done)}")
    rows = _rows(outcome, done=done, verbose=verbose)
    if verbose or not done or len(rows) <= FEW:
        _show_rows([*rows, *(("unknown", None, path) for path in unknown_files)])
    if outcome.drift and not done:
        _advise(outcome)
    return None


def refused(folder: Path, error: MCPGenError) -> dict[str, Any]:
    """A project that could not be worked on, as `--json` prints it among others."""
    found = [diagnostic.to_json() for diagnostic in error.diagnostics]
    return {"folder": str(folder), "up_to_date": False, "diagnostics": found}


def _advise(outcome: Outcome) -> None:
    if outcome.generated_by:
        this = outcome.lock.generator.version
        say(f"mcpgen {outcome.generated_by} generated it last; this is mcpgen {this}")
    if not outcome.plan.conflicts:
        say("Bring it up to date: mcpgen generate")
        return
    say("Undo the edits, or overwrite them: mcpgen generate --force")
    say("What they are: mcpgen generate --diff")


def as_data(folder: Path, outcome: Outcome, *, done: bool) -> dict[str, Any]:
    """An outcome as `--json` prints it."""
    return {
        "folder": str(folder),
        "up_to_date": (done or not outcome.drift) and not outcome.lacking,
        "written": done and outcome.drift,
        "counts": {str(v): n for v, n in outcome.plan.counts().items()},
        "lock": str(outcome.lock_why) if outcome.lock_why else None,
        "generated_by": outcome.generated_by or outcome.lock.generator.version,
        "files": [
            {
                "path": step.path,
                "verdict": str(step.verdict),
                "why": str(step.why),
                "owner": str(step.ownership),
            }
            for step in outcome.plan.steps
        ],
        "stubs": stubs(outcome),
        "diagnostics": [note.to_json() for note in outcome.notes],
    }


def stubs(outcome: Outcome) -> str:
    """The stubs of all handlers that are missing, to be pasted; may be empty."""
    from mcpgen.stubs import text

    found = outcome.handlers
    if found is None or found.wanted is None:
        return ""
    missing = (m for i in found.implementations for m in i.missing)
    names = list(dict.fromkeys(missing))
    return text(found.wanted, names) if names else ""


def counted(number: int, noun: str = "file") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _summary(outcome: Outcome, *, done: bool) -> str:
    counts = outcome.plan.counts()
    if not outcome.drift and outcome.lacking:
        return "generated files are up to date, files of yours need changes"
    if not outcome.drift:
        return f"up to date ({counted(len(outcome.plan.steps))})"
    if not done:
        number = len(outcome.plan.changes) + len(outcome.plan.conflicts)
        number += bool(outcome.lock_why)
        return f"{counted(number)} {'is' if number == 1 else 'are'} not up to date"
    if not outcome.plan.changes:
        return f"{lock.FILE} updated, {counted(len(outcome.plan.steps))} unchanged"
    return ", ".join(f"{number} {_DONE[v]}" for v, number in counts.items())


_Row: TypeAlias = tuple[str, str | None, str]
"""A word, its color, and the file that it describes."""


def _rows(outcome: Outcome, *, done: bool, verbose: bool) -> list[_Row]:
    plan = outcome.plan
    steps = plan.steps if verbose else (*plan.changes, *plan.conflicts)
    rows: list[_Row] = [
        (
            _DONE[step.verdict] if done else str(step.why),
            _COLOURS.get(step.verdict),
            step.path,
        )
        for step in steps
    ]
    if outcome.lock_why and not done:
        rows.append((str(outcome.lock_why), _COLOURS[Verdict.UPDATE], lock.FILE))
    return rows


def _show_rows(rows: list[_Row]) -> None:
    width = max((len(word) for word, _, _ in rows), default=0)
    for word, colour, path in rows:
        padded = word.ljust(width)
        say("  ", Painted(padded, colour) if colour else padded, f"  {path}")
