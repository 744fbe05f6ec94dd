"""The lists are complete, and lists and tests agree."""

from __future__ import annotations

import pytest

from tests.requirements.lists import marks, requirements, sections

IDS = {one.id: one for one in requirements()}


def test_every_requirement_is_proven_or_says_why_it_can_not_bind() -> None:
    undecided = [
        one.id for one in requirements() if bool(one.tests) == bool(one.reason)
    ]

    assert undecided == [], "give each either tests or a reason"


def test_every_requirement_says_what_and_where() -> None:
    assert [one.id for one in requirements() if not one.says or not one.places] == []


def test_every_test_of_a_list_carries_the_mark() -> None:
    missing = [
        f"{test} should have @requirement({one.id!r})"
        for one in requirements()
        for test in sorted(one.tests - marks().get(one.id, frozenset()))
    ]

    assert missing == []


def test_every_mark_is_in_a_list() -> None:
    unlisted = [
        f"{test} is not in the list at {one}"
        for one, tests in sorted(marks().items())
        for test in sorted(tests - (IDS[one].tests if one in IDS else frozenset()))
    ]

    assert unlisted == []


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_every_must_of_the_specification_is_in_a_list(revision: str) -> None:
    listed: dict[str, set[int]] = {}
    for one in requirements():
        for place in one.places if one.revision == revision else ():
            listed.setdefault(place.section, set()).update(place.numbers)

    wanted = {
        section: set(range(1, number + 1))
        for section, number in sections()[revision].items()
    }

    unlisted = {s: n - listed.get(s, set()) for s, n in wanted.items()}
    invented = {s: n - wanted.get(s, set()) for s, n in listed.items()}
    assert {s: n for s, n in unlisted.items() if n} == {}
    assert {s: n for s, n in invented.items() if n} == {}


def test_every_place_of_an_older_revision_is_in_it() -> None:
    beyond = [
        f"{one.id}: {place.link}"
        for one in requirements()
        for place in one.places
        if max(place.numbers) > sections()[place.revision].get(place.section, 0)
    ]

    assert beyond == []
