"""How far a version has to go, and whether it does."""

from __future__ import annotations

import pytest

from mcpgen.contracts import Step, next_version, parse, suffices


@pytest.mark.parametrize(
    ("old", "step", "expected"),
    [
        ("1.4.2", Step.NONE, "1.4.2"),
        ("1.4.2", Step.PATCH, "1.4.3"),
        ("1.4.2", Step.MINOR, "1.5.0"),
        ("1.4.2", Step.MAJOR, "2.0.0"),
        ("0.4.2", Step.PATCH, "0.4.3"),
        ("0.4.2", Step.MINOR, "0.4.3"),
        ("0.4.2", Step.MAJOR, "0.5.0"),
        ("2.0.0-rc.1", Step.MAJOR, "2.0.0"),
        ("2.1.0-rc.1", Step.MINOR, "2.1.0"),
        ("2.1.0-rc.1", Step.MAJOR, "3.0.0"),
        ("1.4.2+build.7", Step.PATCH, "1.4.3"),
    ],
)
def test_the_next_version_is_the_smallest_that_tells_the_change(
    old: str, step: Step, expected: str
) -> None:
    version = parse(old)

    assert version is not None
    assert str(next_version(version, step)) == expected
    assert suffices(old, expected, step)


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("1.4.2", "1.4.2", Step.PATCH),
        ("1.4.2", "1.4.3", Step.MINOR),
        ("1.4.2", "1.5.0", Step.MAJOR),
        ("1.4.2", "1.3.0", Step.PATCH),
        ("0.4.2", "0.4.3", Step.MAJOR),
    ],
)
def test_a_smaller_step_does_not_suffice(old: str, new: str, step: Step) -> None:
    assert not suffices(old, new, step)


def test_a_pre_release_of_the_next_version_suffices() -> None:
    assert suffices("1.4.2", "2.0.0-rc.1", Step.MAJOR)
    assert suffices("2.0.0-rc.1", "2.0.0-rc.2", Step.MAJOR)
    assert suffices("1.4.2", "2.0.0rc1", Step.MAJOR)
    assert not suffices("1.4.2", "1.5.0.dev3", Step.MAJOR)


def test_other_versions_only_have_to_differ() -> None:
    assert parse("2026.1") is None
    assert parse("01.2.3") is None
    assert suffices("2026.1", "2026.2", Step.MAJOR)
    assert not suffices("2026.1", "2026.1", Step.PATCH)
    assert suffices("2026.1", "2026.1", Step.NONE)
