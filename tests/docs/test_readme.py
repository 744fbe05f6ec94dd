"""README and CONTRIBUTING: what a reader types first."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import click
import pytest

from mcpgen.cli import ROOT
from tests.cli.terminal import Terminal
from tests.docs import pages
from tests.pace import patient

CHECKOUT = pages.CHECKOUT
README = CHECKOUT / "README.md"
CONTRIBUTING = CHECKOUT / "CONTRIBUTING.md"
SERVICE = "generated_examples/weather/server/weather_server/generated/service.py"
_TARGET = re.compile(r"^make ([\w-]+)", re.MULTILINE)
MANIFEST = """\
mcpgen: 1
name: weather
tools:
  - name: get-forecast
    description: Forecasts.
    inputSchema:
      type: object
      properties:
        city:
          type: string
          description: The city.
        days:
          type: number
          x-mcp-header: Days
"""


def block(language: str, number: int = 0) -> pages.Block:
    found = [each for each in pages.blocks(README) if each.language == language]
    return found[number]


def test_five_minutes(tmp_path: Path) -> None:
    """With pip, in an environment of its own; then both clients, against the server."""
    *steps, last = block("sh").text.splitlines()
    assert last.startswith("python -m weather_server ")
    calls = textwrap.indent(block("python", 1).text, "    ")
    program = (
        "import asyncio\nfrom weather_client import WeatherClient\n\n"
        f"async def main():\n{calls}    print(forecast.city, len(forecast.days))\n\n"
        "asyncio.run(main())\n"
    )
    server = last.partition("#")[0]
    text = "\n".join([*steps, f"{server} &", f"python - <<'END'\n{program}END\n"])
    whole = pages.Block("sh", None, text, 1)

    printed = pages.run_block(whole, tmp_path, {})

    assert "Oslo 3" in printed.splitlines(), printed


def test_handlers_look_as_shown() -> None:
    shown = ast.parse(block("python", 0).text)
    made = ast.parse((CHECKOUT / SERVICE).read_text("utf-8"))

    def method(tree: ast.Module) -> str:
        (found,) = (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name == "get_forecast"
        )
        return ast.unparse(found.args)

    assert method(shown) == method(made)


def test_a_problem_looks_as_shown(tmp_path: Path, terminal: Terminal) -> None:
    (tmp_path / "mcpgen.yaml").write_text(MANIFEST, "utf-8")
    done = terminal.mcpgen("lint")
    (shown,) = (
        each.text
        for each in pages.blocks(README)
        if each.text.startswith("mcpgen.yaml:")
    )
    assert done.code == 2
    assert shown in done.err


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=lambda page: page.name)
def test_make_knows_every_target(page: Path) -> None:
    text = "\n".join(each.text for each in pages.blocks(page))
    targets = _TARGET.findall(text)
    assert targets
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "--dry-run", *targets],
        cwd=CHECKOUT,
        capture_output=True,
        encoding="utf-8",
        timeout=patient(60),
    )
    assert done.returncode == 0, done.stderr


def test_the_table_of_commands_has_every_command() -> None:
    table = README.read_text("utf-8").partition("## Commands")[2].partition("\n## ")[0]
    names = names_of(ROOT)
    assert "build client" in names
    assert not [n for n in names if not re.search(rf"`(mcpgen )?{n}\b", table)]


def names_of(command: click.Command) -> list[str]:
    """The commands of a group, below groups with the group's name."""
    if not isinstance(command, click.Group):
        return [""]
    context = click.Context(command)
    return [
        f"{name} {rest}".strip()
        for name in command.list_commands(context)
        if (found := command.get_command(context, name)) is not None
        for rest in names_of(found)
    ]
