"""What a run would change, as a unified diff that `patch` and people can read.

Reads the disk and the plan; it changes nothing and knows no templates.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from mcpgen.generate import Outcome
from mcpgen.plan import Step, Verdict, Why

_NOTHING = "/dev/null"


def difference(folder: Path, outcome: Outcome) -> str:
    """The diff from the disk to what was rendered, conflicts included."""
    return "".join(
        line
        for step in outcome.plan.steps
        if step.verdict not in (Verdict.UNCHANGED, Verdict.KEEP)
        for line in _file(folder, step)
    )


def _file(folder: Path, step: Step) -> Iterator[str]:
    old = _present(folder, step)
    new = step.file.text if step.file else None
    return unified(old, new, f"a/{step.path}", f"b/{step.path}")


def unified(
    old: str | None, new: str | None, old_name: str, new_name: str, *, context: int = 3
) -> Iterator[str]:
    """The lines of a diff between two texts, of which None is no file."""
    lines = difflib.unified_diff(
        _lines(old),
        _lines(new),
        _NOTHING if old is None else old_name,
        _NOTHING if new is None else new_name,
        n=context,
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _present(folder: Path, step: Step) -> str | None:
    """What lies there; None where it is nothing that could be shown line by line."""
    if step.before is None or step.why in (Why.LINK, Why.BLOCKED, Why.IN_THE_WAY):
        return None
    # Bytes that are not UTF-8 can only be a hand edit; shown, not kept.
    data = (folder / step.path).read_bytes().replace(b"\r\n", b"\n")
    return data.decode("utf-8", errors="replace")


def _lines(text: str | None) -> list[str]:
    """The lines of a text; only `\\n` ends one, as `diff` has it."""
    if text is None:
        return []
    lines = text.split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])
