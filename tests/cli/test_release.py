"""`mcpgen generate` and versions: callers learn of what changed from the version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpgen import generate, lock, project
from mcpgen.contracts import from_manifest, to_json
from mcpgen.manifest import load
from tests.cli.terminal import Terminal
from tests.contracts.projects import manifest
from tests.plan.workshop import disk


@pytest.fixture
def shop(terminal: Terminal, tmp_path: Path) -> Path:
    """A small project of a client alone, version 1.0.0, with the terminal in it."""
    (tmp_path / "given.yaml").write_text(manifest("find", "buy"), "utf-8")
    assert (
        terminal.mcpgen("new", "client", "shop", "--manifest", "given.yaml").code == 0
    )
    terminal.go(tmp_path / "shop")
    return tmp_path / "shop"


def write(shop: Path, *tools: str, version: str) -> None:
    text = manifest(*tools, version=version, more="targets: [client]\n")
    (shop / "mcpgen.yaml").write_text(text, "utf-8")


def promises(shop: Path) -> lock.Promises:
    found = lock.parse((shop / lock.FILE).read_bytes()).promises
    assert found is not None
    return found


def test_a_version_that_tells_too_little_is_refused_and_nothing_is_written(
    shop: Path, terminal: Terminal
) -> None:
    write(shop, "find", version="1.1.0")
    before = disk(shop, records=True)

    done = terminal.mcpgen("generate")

    assert done.code == 2
    assert done.err == (
        "mcpgen.yaml:3:19: error[MG419]: version 1.1.0 says too little after 1.0.0: "
        'breaking[TOOL_REMOVED] tool "buy" is gone\n'
        "    hint: write `version: 2.0.0`, or run `mcpgen generate --allow-breaking`; "
        "`mcpgen diff` with the manifest before shows everything\n"
    )
    assert disk(shop, records=True) == before


def test_a_client_may_have_a_version_of_its_own(shop: Path, terminal: Terminal) -> None:
    own = "targets: [client]\npackage: {version: 3.0.1}\n"
    text = manifest("find", "buy", more=own)
    (shop / "mcpgen.yaml").write_text(text, "utf-8")
    assert terminal.mcpgen("generate").code == 0
    less = manifest("find", more=own.replace("3.0.1", "3.1.0"))
    (shop / "mcpgen.yaml").write_text(less, "utf-8")

    done = terminal.mcpgen("generate")

    assert done.err.startswith(
        "mcpgen.yaml:5:20: error[MG419]: version 3.1.0 says too little after 3.0.1: "
    )
    assert "write `version: 4.0.0`" in done.err


def test_the_check_says_so_too(shop: Path, terminal: Terminal) -> None:
    write(shop, "find", version="1.1.0")

    done = terminal.mcpgen("generate", "--check")

    assert done.code == 1
    assert "error[MG419]" in done.err


@pytest.mark.parametrize(
    ("tools", "version"),
    [
        (("find",), "2.0.0"),
        (("find", "buy", "sell"), "1.1.0"),
        (("find", "buy"), "1.0.1"),
    ],
)
def test_a_version_that_tells_enough_is_taken(
    shop: Path, terminal: Terminal, tools: tuple[str, ...], version: str
) -> None:
    write(shop, *tools, version=version)

    assert terminal.mcpgen("generate").code == 0
    assert terminal.mcpgen("generate", "--check").code == 0
    released = promises(shop).released
    assert released is not None
    assert released["version"] == "1.0.0"


def test_under_the_first_version_everything_may_change(
    shop: Path, terminal: Terminal
) -> None:
    write(shop, "other", version="1.0.0")

    assert terminal.mcpgen("generate").code == 0


def test_further_changes_count_against_the_version_before(
    shop: Path, terminal: Terminal
) -> None:
    write(shop, "find", "buy", "sell", version="1.1.0")
    assert terminal.mcpgen("generate").code == 0

    write(shop, "find", "buy", "rent", version="1.1.0")
    assert terminal.mcpgen("generate").code == 0, "nobody has had `sell` yet"
    write(shop, "find", "rent", version="1.1.0")
    assert "error[MG419]" in terminal.mcpgen("generate").err
    write(shop, "find", "rent", version="2.0.0")
    assert terminal.mcpgen("generate").code == 0


def test_the_user_may_insist_and_is_not_asked_again(
    shop: Path, terminal: Terminal
) -> None:
    write(shop, "find", version="1.1.0")

    assert terminal.mcpgen("generate", "--allow-breaking").code == 0
    assert terminal.mcpgen("generate").code == 0
    assert terminal.mcpgen("generate", "--check").code == 0
    write(shop, "sell", version="1.1.0")
    assert "TOOL_REMOVED" in terminal.mcpgen("generate").err


def test_once_published_every_change_wants_another_version(
    shop: Path, terminal: Terminal
) -> None:
    generate.mark_published(project.at(Path()))

    assert terminal.mcpgen("generate", "--check").code == 0
    write(shop, "find", "buy", "sell", version="1.0.0")
    done = terminal.mcpgen("generate")
    assert (
        "version 1.0.0 says too little after 1.0.0: compatible[TOOL_ADDED]" in done.err
    )
    write(shop, "find", "buy", "sell", version="1.1.0")
    assert terminal.mcpgen("generate").code == 0


def test_texts_may_change_under_any_version(shop: Path, terminal: Terminal) -> None:
    generate.mark_published(project.at(Path()))
    text = (shop / "mcpgen.yaml").read_text("utf-8")
    (shop / "mcpgen.yaml").write_text(text.replace("A text.", "Any text."), "utf-8")

    assert terminal.mcpgen("generate").code == 0


def test_a_lock_from_before_there_were_contracts_goes_on_working(
    shop: Path, terminal: Terminal
) -> None:
    old = json.loads((shop / lock.FILE).read_text("utf-8"))
    del old["contract"]
    (shop / lock.FILE).write_text(json.dumps(old), "utf-8")

    assert terminal.mcpgen("generate", "--check").code == 0
    write(shop, "find", version="1.0.1")
    assert terminal.mcpgen("generate").code == 0, "nobody knows what callers have"
    assert promises(shop).current["version"] == "1.0.1"


def test_a_new_project_and_its_next_generation_agree(
    shop: Path, terminal: Terminal
) -> None:
    before = (shop / lock.FILE).read_bytes()
    outcome = generate.generate(project.at(Path()), thoroughly=True)

    assert not outcome.drift
    assert (shop / lock.FILE).read_bytes() == before
    contract = to_json(from_manifest(load(shop / "mcpgen.yaml")))
    assert promises(shop).current == contract
    assert "A text." not in json.dumps(contract), "texts are not for the lock"
