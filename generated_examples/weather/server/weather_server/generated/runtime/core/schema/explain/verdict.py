"""What an evaluation of one schema on one value found."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .references import Base
from .words import Json

Request: TypeAlias = tuple[Json, Json, Base]
"""A schema, the value to evaluate it on, and the base of the schema's references."""
Work: TypeAlias = "Generator[Request, Verdict, None]"


@dataclass(frozen=True, slots=True)
class Fault:
    """A keyword that a value does not satisfy.

    Attributes:
        keyword: The keyword, or a name of our own for what has none.
        arg: Its value in the schema; names for `required` and unknown properties,
            each of which is a problem of its own.
        value: The value that fails.
        known: Names among which the one meant may be.
    """

    keyword: str
    arg: Json
    value: Json
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nested:
    """What a further schema found on the value itself, or on a part of it.

    Attributes:
        key: The part; None for the value itself.
        verdict: What was found there.
    """

    key: str | int | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Union:
    """An `anyOf` or `oneOf` of which no branch admits the value."""

    value: Json
    branches: tuple[tuple[Json, Verdict], ...]


Finding: TypeAlias = Fault | Nested | Union


@dataclass(slots=True)
class Verdict:
    """The result of evaluating a schema on a value.

    Attributes:
        findings: Why the value is not valid; empty where no reason is known.
        doubts: What could not be decided; None stands for what has no location.
        fits: How many parts of the value a schema describes and admits.
        near: How many it does not admit that have the right type at least.
        known: How many a schema describes.
        tags: The properties of the value that a `const` or `enum` restricts, each with
            what it may be.
        mistyped: Whether the value itself has the wrong type.
    """

    findings: list[Finding] = field(default_factory=list[Finding])
    doubts: list[Fault | Nested | None] = field(
        default_factory=list["Fault | Nested | None"]
    )
    fits: int = 0
    near: int = 0
    known: int = 0
    tags: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    mistyped: bool = False

    @property
    def is_valid(self) -> bool | None:
        """Whether the value is valid; None where that is not known."""
        if self.findings:
            return False
        return None if self.doubts else True

    def note(self, key: str | int, inner: Verdict) -> int:
        """Add what was found on a part; 1 if that is not valid, else 0."""
        self.known += 1
        if inner.findings:
            self.findings.append(Nested(key, inner))
            self.near += not inner.mistyped
            return 1
        if inner.doubts:
            self.doubts.append(Nested(key, inner))
        else:
            self.fits += 1
        return 0

    def join(self, inner: Verdict) -> None:
        """Add what a further schema found on the same value."""
        if inner.findings:
            self.findings.append(Nested(None, inner))
            self.mistyped = self.mistyped or inner.mistyped
        elif inner.doubts:
            self.doubts.append(Nested(None, inner))
        self.fits += inner.fits
        self.near += inner.near
        self.known += inner.known
        self.tags.update(inner.tags)


@dataclass(frozen=True, slots=True)
class Scene:
    """One schema that is evaluated on one value."""

    schema: Mapping[str, Json]
    value: Json
    base: Base
    verdict: Verdict
