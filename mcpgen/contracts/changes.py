"""One change of a contract, and what all of them come to.

Middle of the contract stage: values, made by `comparison` and read by commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from mcpgen.diagnostics import Span
from mcpgen.printable import one_line

from . import versions
from .rules import RULES, Level, Rule, Step

ORDER: Final = tuple(Level)
"""Levels from the worst to the best."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        rule: The rule that found it.
        subject: What changed: `tool "get_forecast"`; "server" for the whole.
        path: Which value of it, or "".
        message: A sentence.
        span: Where it stands: in the new file, or in the old one if it is gone.
        example: A value as JSON that shows it, or None.
    """

    rule: Rule
    subject: str
    path: str
    message: str
    span: Span | None = None
    example: str | None = None

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        shows = f" (for example {self.example})" if self.example else ""
        return one_line(
            f"{place}{self.rule.level}[{self.rule.id}]: {self.message}{shows}"
        )

    def to_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "rule": self.rule.id,
            "level": str(self.rule.level),
            "subject": self.subject,
            "path": self.path,
            "message": self.message,
            "example": self.example,
            "file": self.span.file if self.span else None,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
        }


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes from one contract to another.

    Attributes:
        all: The changes, worst level first, then in the order of the contract.
        old_version: The version that callers have.
        new_version: The version that the new contract claims.
    """

    all: tuple[Change, ...]
    old_version: str
    new_version: str

    @property
    def step(self) -> Step:
        """The step that the client's version has to make."""
        return max((change.rule.step for change in self.all), default=Step.NONE)

    @property
    def is_safe(self) -> bool:
        """Whether callers can go on as they are, as far as is proved."""
        bad = (Level.BREAKING, Level.UNKNOWN)
        return not any(change.rule.level in bad for change in self.all)

    @property
    def next_version(self) -> str | None:
        """The smallest version that allows these changes; None without an old one."""
        old = versions.parse(self.old_version)
        return None if old is None else str(versions.next_version(old, self.step))

    @property
    def version_suffices(self) -> bool:
        """Whether the new version goes as far as the changes do."""
        return versions.suffices(self.old_version, self.new_version, self.step)

    def of(self, level: Level) -> list[Change]:
        """The changes of a level."""
        return [change for change in self.all if change.rule.level is level]

    def without(self, rules: Iterable[str]) -> Changes:
        """The same, but for those that some rules found."""
        left_out = set(rules)
        kept = tuple(c for c in self.all if c.rule.id not in left_out)
        return Changes(kept, self.old_version, self.new_version)


def in_order(found: Iterable[Change]) -> tuple[Change, ...]:
    """Worst first; those of one level stay in their order."""
    return tuple(sorted(found, key=lambda change: ORDER.index(change.rule.level)))


def change(
    rule: str,
    subject: str,
    message: str,
    *,
    path: str = "",
    span: Span | None = None,
    example: str | None = None,
) -> Change:
    """A change that a rule found."""
    return Change(RULES[rule], subject, path, message, span, example)
