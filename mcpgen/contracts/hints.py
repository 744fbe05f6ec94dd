"""A tool's hints and execution: what clients decide by before they call it.

Middle of the contract stage. The defaults are the specification's:
https://modelcontextprotocol.io/specification/2026-07-28/schema#toolannotations
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .changes import Change
from .contract import Entry, Json
from .documents import text_of
from .pairs import Pair

_PROMISES: Final = {
    "TOOL_NO_LONGER_READ_ONLY": "read-only",
    "TOOL_BECAME_DESTRUCTIVE": "not destructive",
    "TOOL_NO_LONGER_IDEMPOTENT": "idempotent",
    "TOOL_BECAME_OPEN_WORLD": "closed to the world",
}
"""What a tool promises when it does the opposite of a rule."""


@dataclass(frozen=True, slots=True)
class _Hints:
    """What a tool may do, hints and defaults taken together."""

    writes: bool
    destroys: bool
    repeats: bool
    reaches_out: bool


def changes(pair: Pair) -> Iterator[Change]:
    """What changed in what a tool says of its behaviour."""
    old, new = pair.old.definition, pair.new.definition
    if text_of(old.get("annotations")) != text_of(new.get("annotations")):
        yield from _hint_changes(pair)
    if text_of(old.get("execution")) != text_of(new.get("execution")):
        yield from _execution(pair)
    before, after = pair.old.timeout, pair.new.timeout
    if before != after:
        lowered = after is not None and (before is None or after < before)
        rule = "TOOL_TIMEOUT_LOWERED" if lowered else "TOOL_TIMEOUT_RAISED"
        message = f"calls may take {_seconds(after)}, after {_seconds(before)}"
        yield pair.say(rule, message, at=("timeout",))


def _hint_changes(pair: Pair) -> Iterator[Change]:
    old, new = _hints(pair.old), _hints(pair.new)
    at = ("annotations",)
    worse = [
        ("TOOL_NO_LONGER_READ_ONLY", old.writes, new.writes, "may change something"),
        (
            "TOOL_BECAME_DESTRUCTIVE",
            old.destroys,
            new.destroys,
            "may destroy something",
        ),
        (
            "TOOL_NO_LONGER_IDEMPOTENT",
            old.repeats,
            new.repeats,
            "may do more when it is called again",
        ),
        (
            "TOOL_BECAME_OPEN_WORLD",
            old.reaches_out,
            new.reaches_out,
            "reaches an open world",
        ),
    ]
    said = False
    for rule, before, after, words in worse:
        if after and not before:
            said = True
            yield pair.say(rule, f"{words} now", at=at)
    better = [_PROMISES[rule] for rule, was, now, _ in worse if was and not now]
    if better:
        message = f"says of itself that it is {' and '.join(better)}"
        yield pair.say("TOOL_BECAME_SAFER", message, at=at)
    elif not said:
        message = "its annotations are written differently and say the same"
        yield pair.say("TOOL_DETAILS_CHANGED", message, at=at)


def _hints(entry: Entry) -> _Hints:
    hints: dict[str, Json] = entry.definition.get("annotations") or {}
    writes = hints.get("readOnlyHint") is not True
    return _Hints(
        writes=writes,
        destroys=writes and hints.get("destructiveHint") is not False,
        repeats=writes and hints.get("idempotentHint") is not True,
        reaches_out=hints.get("openWorldHint") is not False,
    )


def _execution(pair: Pair) -> Iterator[Change]:
    old, new = _task_support(pair.old), _task_support(pair.new)
    at = ("execution",)
    message = f"`taskSupport` is {new} and was {old}"
    if new == old:
        message = "its execution is written differently and says the same"
        yield pair.say("TOOL_DETAILS_CHANGED", message, at=at)
    elif new == "required":
        yield pair.say("TASK_REQUIRED", message, at=at)
    elif new == "forbidden":
        yield pair.say("TASK_FORBIDDEN", message, at=at)
    else:
        yield pair.say("TASK_ALLOWED", message, at=at)


def _task_support(entry: Entry) -> str:
    execution: dict[str, Json] = entry.definition.get("execution") or {}
    return str(execution.get("taskSupport") or "forbidden")


def _seconds(timeout: float | None) -> str:
    return (
        "as long as the server's setting says" if timeout is None else f"{timeout:g} s"
    )
