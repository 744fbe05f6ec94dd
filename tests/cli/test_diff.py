"""`mcpgen diff`: what it compares, what it prints, and how it ends."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen.contracts import RULES
from tests.cli.terminal import Terminal
from tests.contracts.projects import git, manifest
from tests.pace import patient

CPU_SECONDS = 4.0
"""For two manifests of 1,000 tools: twice what it may take on an idle machine."""


@pytest.fixture
def folder(terminal: Terminal, tmp_path: Path) -> Path:
    """A folder with a manifest before and after."""
    (tmp_path / "old.yaml").write_text(manifest("find", "buy"), "utf-8")
    (tmp_path / "new.yaml").write_text(manifest("find", "sell"), "utf-8")
    return tmp_path


def test_it_tells_every_change_with_its_place_and_the_next_version(
    folder: Path, terminal: Terminal
) -> None:
    done = terminal.mcpgen("diff", "old.yaml", "new.yaml")

    assert done.out == (
        'old.yaml:10:5: breaking[TOOL_REMOVED]: tool "buy" is gone\n'
        'new.yaml:10:5: compatible[TOOL_ADDED]: tool "sell" is new\n'
        "1 breaking, 1 compatible\n"
        "next version: 2.0.0 or higher (it was 1.0.0 and is 1.0.0)\n"
    )
    assert (done.code, done.err) == (1, "")


def test_nothing_changed_is_fine(folder: Path, terminal: Terminal) -> None:
    done = terminal.mcpgen("diff", "old.yaml", "old.yaml")

    assert done.code == 0
    assert done.out == "nothing changed for callers\nversion 1.0.0 can stay\n"


def test_what_is_compatible_is_fine(folder: Path, terminal: Terminal) -> None:
    (folder / "new.yaml").write_text(
        manifest("find", "buy", "sell", version="1.1.0"), "utf-8"
    )

    done = terminal.mcpgen("diff", "old.yaml", "new.yaml")

    assert done.code == 0
    assert "next version: 1.1.0 or higher, as 1.1.0 is (it was 1.0.0)" in done.out


def test_what_is_not_proved_is_not_fine(folder: Path, terminal: Terminal) -> None:
    one, other = "'^(?=.*a)b{1,3}$'", "'^(?=.*[a-c])b{1,4}$'"
    for name, pattern in (("old.yaml", one), ("new.yaml", other)):
        text = manifest("find").replace("type: string", f"pattern: {pattern}")
        (folder / name).write_text(text, "utf-8")

    done = terminal.mcpgen("diff", "old.yaml", "new.yaml")

    assert "unknown[ARGUMENT_UNDECIDED]" in done.out
    assert done.code == 1


def test_programs_get_json(folder: Path, terminal: Terminal) -> None:
    done = terminal.mcpgen("diff", "--json", "old.yaml", "new.yaml")

    result = json.loads(done.out)
    assert done.code == 1
    assert {key: result[key] for key in ("safe", "step", "next_version", "counts")} == {
        "safe": False,
        "step": "major",
        "next_version": "2.0.0",
        "counts": {"breaking": 1, "unknown": 0, "notice": 0, "compatible": 1},
    }
    assert result["changes"][0] == {
        "rule": "TOOL_REMOVED",
        "level": "breaking",
        "subject": 'tool "buy"',
        "path": "",
        "message": 'tool "buy" is gone',
        "example": None,
        "file": "old.yaml",
        "line": 10,
        "column": 5,
    }


def test_github_gets_annotations(folder: Path, terminal: Terminal) -> None:
    done = terminal.mcpgen("diff", "--github", "old.yaml", "new.yaml")

    assert done.code == 1
    assert done.out.splitlines() == [
        '::error file=old.yaml,line=10,col=5,title=TOOL_REMOVED::tool "buy" is gone',
        "::notice title=mcpgen diff::1 breaking, 1 compatible",
        "::notice title=mcpgen diff::next version: 2.0.0 or higher "
        "(it was 1.0.0 and is 1.0.0)",
    ]


def test_a_hostile_name_gives_no_workflow_command_of_its_own(
    folder: Path, terminal: Terminal
) -> None:
    name = "::error::x %0A::set-output name=a::b,c:d \u2028\u001b[31m"
    tool = {"name": name, "inputSchema": {"type": "object"}}
    (folder / "old,a:b.json").write_text(json.dumps({"tools": [tool]}), "utf-8")
    (folder / "new.json").write_text(json.dumps({"tools": []}), "utf-8")

    done = terminal.mcpgen("diff", "--github", "old,a:b.json", "new.json")
    plain = terminal.mcpgen("diff", "old,a:b.json", "new.json")

    # Control characters in names are refused already; both ways nothing gets through.
    for text in (done.out, done.err, plain.out, plain.err):
        assert "\u001b" not in text
        assert "\u2028" not in text
    assert not [line for line in done.out.splitlines() if "::set-output" in line[:20]]


def test_text_of_strangers_is_escaped_for_github(
    folder: Path, terminal: Terminal
) -> None:
    tool = {"name": "100%0A::error::x", "inputSchema": {"type": "object"}}
    (folder / "old,a:b.json").write_text(json.dumps({"tools": [tool]}), "utf-8")
    (folder / "new.json").write_text(json.dumps({"tools": []}), "utf-8")

    line, *_ = terminal.mcpgen(
        "diff", "--github", "old,a:b.json", "new.json"
    ).out.splitlines()

    assert line == (
        "::error file=old%2Ca%3Ab.json,line=1,col=12,title=TOOL_REMOVED::"
        'tool "100%250A::error::x" is gone'
    )


def test_rules_can_be_left_out(folder: Path, terminal: Terminal) -> None:
    done = terminal.mcpgen("diff", "--except", "TOOL_REMOVED", "old.yaml", "new.yaml")

    assert done.code == 0
    assert "TOOL_REMOVED" not in done.out
    assert "next version: 1.1.0" in done.out


def test_projects_and_revisions_of_git_are_compared(
    terminal: Terminal, tmp_path: Path
) -> None:
    project = tmp_path / "repository" / "shop"
    project.mkdir(parents=True)
    git(tmp_path / "repository", "init", "-q", "-b", "main")
    for tools in (("find", "buy"), ("find",)):
        (project / "mcpgen.yaml").write_text(manifest(*tools), "utf-8")
        git(project, "add", "-A")
        git(project, "commit", "-qm", "x")
    (project / "mcpgen.yaml").write_text(manifest("sell"), "utf-8")
    terminal.go(project)

    def found(*arguments: str) -> list[str]:
        out = terminal.mcpgen("diff", "--json", *arguments).out
        return [change["message"] for change in json.loads(out)["changes"]]

    assert found("HEAD~1", "HEAD") == ['tool "buy" is gone']
    assert found("HEAD") == ['tool "find" is gone', 'tool "sell" is new']
    assert found("HEAD:shop/mcpgen.yaml", ".") == found("HEAD")
    assert found("HEAD:./mcpgen.yaml", str(project)) == found("HEAD")
    assert found("main:shop/mcpgen.yaml") == found("HEAD")
    said = terminal.mcpgen("diff", "HEAD~1", "HEAD").out
    assert said.startswith("HEAD~1:mcpgen.yaml:10:5: breaking[TOOL_REMOVED]")
    (project / "docs").mkdir()
    terminal.go(project / "docs")
    assert found("HEAD") == found("HEAD", "..") == found("HEAD", ".")
    assert found("HEAD") == ['tool "find" is gone', 'tool "sell" is new']
    terminal.go(project.parent)
    assert found("HEAD:shop/mcpgen.yaml", "shop") == [
        'tool "find" is gone',
        'tool "sell" is new',
    ]


@pytest.mark.parametrize("name", ["--output=x", "-p", "HEAD", "HEAD:x.yaml", ":", ""])
def test_what_is_no_revision_is_refused_and_is_no_option_for_git(
    terminal: Terminal, tmp_path: Path, name: str
) -> None:
    (tmp_path / "mcpgen.yaml").write_text(manifest("find"), "utf-8")

    done = terminal.mcpgen("diff", "--", name, ".")

    assert done.code == 2
    assert "error[MG420]" in done.err or "error[MG001]" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mcpgen.yaml"]


def test_every_rule_is_in_the_documentation_as_the_code_has_it() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "diff-rules.md"

    from mcpgen.contracts.reference import page as expected

    assert page.read_text("utf-8") == expected()
    assert all(f"`{rule}`" in expected() for rule in RULES)


def thousand(limit: int) -> str:
    """A manifest of 1,000 tools, one of which has another limit."""
    tools = [
        {
            "name": f"tool_{number}",
            "description": f"Does the thing with the number {number}.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    **{f"a{i}": {"type": "string"} for i in range(6)},
                    "filter": {
                        "type": "object",
                        "properties": {
                            "limit": {
                                "type": "integer",
                                "maximum": limit if number == 500 else 100,
                            }
                        },
                    },
                },
                "required": ["a0"],
            },
            "outputSchema": {
                "type": "object",
                "properties": {"items": {"type": "array", "items": {"type": "string"}}},
            },
        }
        for number in range(1000)
    ]
    whole = {"mcpgen": 1, "name": "big", "server": {"version": "1.0.0"}, "tools": tools}
    return json.dumps(whole, indent=2)


def test_two_manifests_of_a_thousand_tools_are_compared_in_two_seconds(
    tmp_path: Path,
) -> None:
    import yaml

    for name, limit in (("old", 100), ("new", 90)):
        data = json.loads(thousand(limit))
        text = yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False)
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    done = subprocess.run(
        [sys.executable, "-m", "mcpgen", "diff", "old.yaml", "new.yaml"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=patient(120),
    )

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "breaking[ARGUMENT_NARROWED]" in done.stdout
    assert done.stdout.count("\n") == 3
    assert after.ru_utime - before.ru_utime < CPU_SECONDS
