"""Versions of clients: how far one goes from another, and which one is next.

Bottom of the contract stage. https://semver.org
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from .rules import Step

_PATTERN: Final = re.compile(
    r"(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})"
    r"(-[0-9A-Za-z.-]+|(?:a|b|rc)\d+|\.dev\d+)?(?:\+[0-9A-Za-z.-]+)?"
)


class Version(NamedTuple):
    """A semantic version; build metadata counts for nothing."""

    major: int
    minor: int
    patch: int
    pre: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}{self.pre}"


def parse(text: str) -> Version | None:
    """The version in a text; None where it is no semantic one.

    Pre-releases may be written as Python's indexes want them: `2.0.0rc1`.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    return Version(int(match[1]), int(match[2]), int(match[3]), match[4] or "")


def next_version(old: Version, step: Step) -> Version:
    """The smallest version that makes a step.

    Before 1.0.0 nothing is stable, and the custom of package managers counts: the minor
    number for what breaks callers, the patch number for everything else. What follows a
    pre-release is its release, where that goes far enough.
    """
    step = _custom(old, step)
    if step is Step.NONE:
        return old
    if old.pre and _reach(old) >= step:
        return old._replace(pre="")
    if step is Step.MAJOR:
        return Version(old.major + 1, 0, 0)
    if step is Step.MINOR:
        return Version(old.major, old.minor + 1, 0)
    return Version(old.major, old.minor, old.patch + 1)


def suffices(old: str, new: str, step: Step) -> bool:
    """Whether the way from one version to another is as far as a step.

    Texts that are no semantic versions only have to differ.
    """
    if step is Step.NONE:
        return True
    before, after = parse(old), parse(new)
    if before is None or after is None:
        return old != new
    return after != before and after[:3] >= next_version(before, step)[:3]


def _custom(old: Version, step: Step) -> Step:
    if old.major == 0 and step > Step.PATCH:
        return Step.MINOR if step is Step.MAJOR else Step.PATCH
    return step


def _reach(pre: Version) -> Step:
    """How far the release that a pre-release announces went."""
    if pre.patch:
        return Step.PATCH
    return Step.MINOR if pre.minor else Step.MAJOR
