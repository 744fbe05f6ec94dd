"""`mcpgen generate --check` reports packages that have an older runtime."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpgen import runtime_changes
from mcpgen.runtime.version import RUNTIME_VERSION
from mcpgen.runtime_changes import Version, versions
from tests.cli.terminal import Terminal

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def test_the_list_of_versions_ends_with_this_one_and_stands_in_the_changelog() -> None:
    listed = versions()
    numbers = [tuple(map(int, each.number.split("."))) for each in listed]
    assert numbers == sorted(set(numbers))
    assert listed[-1].number == RUNTIME_VERSION
    text = " ".join(CHANGELOG.read_text("utf-8").split())
    for each in listed:
        assert f"Runtime {each.number}" in text
        assert each.changes or each.security
        for line in (*each.changes, *each.security):
            assert " ".join(line.split()) in text, line


def grown_old(project: Path, version: str) -> None:
    """Let the lock say that the packages have another runtime."""
    lock = project / "mcpgen.lock"
    text = lock.read_text("utf-8")
    known = json.loads(text)["mcpgen"]
    assert known["runtime"] == RUNTIME_VERSION
    older = {**known, "runtime": version}
    lock.write_text(text.replace(json.dumps(known), json.dumps(older)), "utf-8")


@pytest.mark.parametrize("fixes", [(), ("A server no longer trusts strangers.",)])
def test_an_older_runtime_is_reported_with_its_security_fixes(
    fixes: tuple[str, ...],
    hello: Path,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = (Version("0.0.1"), Version(RUNTIME_VERSION, ("Streams end.",), fixes))
    monkeypatch.setattr(runtime_changes, "versions", lambda: listed)
    terminal.go(hello)
    assert "MG438" not in terminal.mcpgen("generate", "--check").err
    grown_old(hello, "0.0.1")
    done = terminal.mcpgen("generate", "--check")
    words = "with security fixes" if fixes else "without security fixes"
    assert (
        f"warning[MG438]: the packages have runtime 0.0.1; this mcpgen has "
        f"{RUNTIME_VERSION}, {words}\n" in done.err
    )
    for fix in fixes:
        assert f"    | security: {fix}\n" in done.err
    assert "    | Streams end.\n" in done.err
    assert "run mcpgen generate" in done.err


@pytest.mark.parametrize("version", ["99.0.0", None])
def test_no_other_runtime_is_reported(
    version: str | None, hello: Path, terminal: Terminal
) -> None:
    terminal.go(hello)
    if version is not None:
        grown_old(hello, version)
    assert "MG438" not in terminal.mcpgen("generate", "--check").err
