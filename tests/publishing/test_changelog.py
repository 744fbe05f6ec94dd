"""The client's CHANGELOG grows with what changes for callers."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Terminal


def edit(project: Path, old: str, new: str) -> None:
    manifest = project / "mcpgen.yaml"
    text = manifest.read_text("utf-8")
    assert old in text
    manifest.write_text(text.replace(old, new), "utf-8")


def changelog(project: Path) -> str:
    text = (project / "client" / "CHANGELOG.md").read_text("utf-8")
    return text.partition("callers of Weather.\n\n")[2]


FIRST = "## 0.1.0\n\nThe first version.\n"


def test_each_version_gets_a_section_of_what_changed(
    terminal: Terminal, project: Path
) -> None:
    terminal.go(project)
    assert changelog(project) == FIRST

    edit(project, "version: 0.1.0", "version: 0.2.0")
    edit(project, "maximum: 14", "maximum: 10")
    assert terminal.mcpgen("generate").code == 0
    second = changelog(project)
    assert second.startswith("## 0.2.0\n\n- breaking: ")
    assert "`maximum` was 14 and is 10" in second.replace("\\", "")
    assert second.endswith(f"\n\n{FIRST}")

    edit(project, "version: 0.2.0", "version: 0.2.1")
    assert terminal.mcpgen("generate").code == 0
    third = changelog(project)
    assert third.startswith(
        "## 0.2.1\n\nNothing changed for callers since 0.2.0.\n\n## 0.2.0\n"
    )
    assert third.endswith(second)
    assert terminal.mcpgen("generate", "--check").code == 0


def test_a_section_grows_until_its_version_is_out(
    terminal: Terminal, project: Path
) -> None:
    terminal.go(project)
    edit(project, "version: 0.1.0", "version: 0.2.0")
    edit(project, "maximum: 14", "maximum: 10")
    terminal.mcpgen("generate")
    edit(project, "maximum: 10", "maximum: 20")
    terminal.mcpgen("generate")
    section = changelog(project).partition("\n## 0.1.0")[0].replace("\\", "")
    assert "`maximum` was 14 and is 20" in section
    assert "is 10" not in section


def test_an_edited_changelog_is_a_conflict_like_any_other(
    terminal: Terminal, project: Path
) -> None:
    terminal.go(project)
    path = project / "client" / "CHANGELOG.md"
    path.write_text(path.read_text("utf-8") + "\n<script>\n", "utf-8")
    edit(project, "version: 0.1.0", "version: 0.2.0")
    done = terminal.mcpgen("generate")
    assert done.code == 2
    assert "client/CHANGELOG.md" in done.err
    assert terminal.mcpgen("generate", "--force").code == 0
    assert "script" not in path.read_text("utf-8")
