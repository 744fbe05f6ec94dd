"""`mcpgen add`: one entry more, every other line as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpgen.manifest import load
from tests.cli.conftest import MANIFEST
from tests.cli.terminal import Terminal


def test_a_tool_is_added_and_everything_else_stays(
    hello: Path, terminal: Terminal
) -> None:
    done = terminal.mcpgen("add", "tool", "say-goodbye")

    assert (done.code, done.err) == (0, "")
    text = (hello / "mcpgen.yaml").read_text(encoding="utf-8")
    assert text.startswith(MANIFEST)
    assert [tool.name for tool in load(hello / "mcpgen.yaml").tools] == [
        "greet",
        "say-goodbye",
    ]
    assert terminal.mcpgen("generate", "--add-stubs").code == 0
    handlers = (hello / "server/hello_server/handlers.py").read_text(encoding="utf-8")
    assert "async def say_goodbye(" in handlers


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["prompt", "plan", "--description", "Plan: a trip."], "prompts"),
        (["resource", "cities", "--uri", "weather://cities"], "resources"),
        (["template", "climate", "--uri", "weather://{city}"], "resource_templates"),
    ],
)
def test_other_kinds_begin_their_section(
    hello: Path, terminal: Terminal, arguments: list[str], count: str
) -> None:
    assert terminal.mcpgen("add", *arguments).code == 0

    made = load(hello / "mcpgen.yaml")
    assert len(getattr(made, count)) == 1
    assert (hello / "mcpgen.yaml").read_text(encoding="utf-8").startswith(MANIFEST)
    assert terminal.mcpgen("generate").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["resource", "cities"],
        ["tool", "a", "--uri", "x:y"],
        ["gadget", "a"],
        ["resource", "cities", "--uri", "not absolute"],
        ["template", "cities", "--uri", "x:{"],
        ["tool", "greet"],
        ["tool", ""],
    ],
)
def test_what_cannot_be_added_changes_nothing(
    hello: Path, terminal: Terminal, arguments: list[str]
) -> None:
    done = terminal.mcpgen("add", *arguments)

    assert done.code == 2
    assert "internal error" not in done.err
    assert (hello / "mcpgen.yaml").read_text(encoding="utf-8") == MANIFEST


def test_manifests_in_json_take_entries_too(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "mcpgen.json"
    file.write_text('{"mcpgen": 1, "name": "a"}', encoding="utf-8")

    done = terminal.mcpgen("add", "tool", "b", "--manifest", str(file), "--json")

    assert done.code == 0
    assert [tool.name for tool in load(file).tools] == ["b"]
