"""Every rule at work, exactly as a user reads it.

A case is a folder `<RULE>` or `<RULE>-<slug>` with `old.yaml`, `new.yaml` and the text
that the comparison says, `expected.txt`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpgen.contracts import RULES, Level, Step, compare, from_manifest
from mcpgen.contracts.changes import Changes
from mcpgen.manifest import load

CASES = sorted(path for path in (Path(__file__).parent / "rules").iterdir())


def rule_of(case: Path) -> str:
    return case.name.partition("-")[0]


def name_of(case: Path) -> str:
    return case.name


def between(old: str, new: str) -> Changes:
    return compare(from_manifest(load(Path(old))), from_manifest(load(Path(new))))


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_user_reads_exactly_this(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)

    said = [str(change) for change in between("old.yaml", "new.yaml").all]

    expected = (case / "expected.txt").read_text("utf-8").splitlines()
    assert said == expected


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_case_shows_its_own_rule(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)

    found = [change.rule.id for change in between("old.yaml", "new.yaml").all]

    assert rule_of(case) in found


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_change_and_its_way_back_are_not_both_without_effect(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)

    assert between("new.yaml", "old.yaml").all


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    assert {rule_of(case) for case in CASES} == set(RULES)


def test_levels_and_steps_of_rules_agree() -> None:
    for rule in RULES.values():
        if rule.level in (Level.BREAKING, Level.UNKNOWN):
            assert rule.step is Step.MAJOR, rule.id
        else:
            assert Step.NONE < rule.step < Step.MAJOR, rule.id
        assert rule.meaning.endswith("."), rule.id


@pytest.mark.parametrize("case", CASES, ids=name_of)
@pytest.mark.parametrize("file", ["old.yaml", "new.yaml"])
def test_a_contract_has_not_changed_from_itself(case: Path, file: str) -> None:
    changes = between(str(case / file), str(case / file))

    assert changes.all == ()
    assert changes.is_safe
    assert changes.step is Step.NONE
