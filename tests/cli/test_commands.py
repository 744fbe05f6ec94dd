"""What all commands have in common: help, exit codes, streams, speed of loading."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from mcpgen import cli, generate
from mcpgen.cli.lazy import Lazy, LazyGroup
from mcpgen.diagnostics import MCPGenError, Span
from tests.cli.terminal import Terminal, process
from tests.pace import patient

HEAVY = {
    "aiohttp",
    "black",
    "datamodel_code_generator",
    "jinja2",
    "jsonschema_rs",
    "pydantic",
    "pydantic_core",
    "rich",
    "tomlkit",
    "yaml",
}


def commands(
    group: LazyGroup | None = None, names: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command and group with the words that lead to it."""
    group = group or cli.ROOT
    found: list[tuple[tuple[str, ...], click.Command]] = [(names, group)]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, LazyGroup):
            found += commands(command, (*names, name))
        else:
            found.append(((*names, name), command))
    return found


ALL = commands()


def modules_of(*arguments: str, folder: Path) -> set[str]:
    """The top-level modules that a command line imports."""
    code = (
        "import sys\n"
        "from mcpgen.cli import run\n"
        "code = run(sys.argv[1:])\n"
        "print('MODULES', *sys.modules, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding="utf-8",
        timeout=patient(60),
        check=True,
    )
    return set(done.stderr.partition("MODULES ")[2].split())


def test_help_imports_no_command_and_nothing_heavy(tmp_path: Path) -> None:
    modules = modules_of("--help", folder=tmp_path)

    assert not HEAVY & modules
    ours = {name for name in modules if name.startswith("mcpgen")}
    assert ours == {
        "mcpgen",
        "mcpgen.cli",
        "mcpgen.cli.lazy",
        "mcpgen.cli.output",
        "mcpgen.diagnostics",
        "mcpgen.printable",
    }


def test_a_run_with_nothing_to_do_imports_nothing_heavy(made: Path) -> None:
    for arguments in ((), ("--check",)):
        modules = modules_of("generate", *arguments, str(made), folder=made)

        assert not HEAVY & modules
        assert not {"mcpgen.manifest", "mcpgen.build", "mcpgen.render"} & modules


@pytest.mark.parametrize(
    "names", [names for names, _ in ALL], ids=lambda names: " ".join(names) or "mcpgen"
)
def test_every_command_has_help_with_examples_that_are_commands(
    terminal: Terminal, names: tuple[str, ...]
) -> None:
    done = terminal.mcpgen(*names, "--help")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: {' '.join(('mcpgen', *names))} ")
    lines = done.out.partition("Examples:\n")[2].splitlines()
    assert lines
    known = {names for names, command in ALL if not isinstance(command, LazyGroup)}
    for line in lines:
        program, *words = re.split(r" {3,}", line.strip())[0].split()
        assert program == "mcpgen"
        assert any(tuple(words[: len(other)]) == other for other in known), line


@pytest.mark.parametrize(
    "names", [names for names, _ in ALL], ids=lambda names: " ".join(names) or "mcpgen"
)
def test_help_fits_a_terminal(terminal: Terminal, names: tuple[str, ...]) -> None:
    lines = terminal.mcpgen(*names, "--help").out.splitlines()

    assert max(map(len, lines)) <= 85


def test_every_command_that_reports_has_json() -> None:
    for names, command in ALL:
        if not isinstance(command, LazyGroup):
            assert "as_json" in {parameter.name for parameter in command.params}, names


def test_every_lazy_command_is_the_one_that_its_group_says() -> None:
    for names, command in ALL[1:]:
        assert command.name == names[-1]
    assert isinstance(Lazy("a", "b"), Lazy)


def test_the_version_is_that_of_the_distribution(terminal: Terminal) -> None:
    from importlib.metadata import version

    assert terminal.mcpgen("--version").out == f"mcpgen {version('mcpgen')}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("genrate",), "No such command 'genrate'. Did you mean 'generate'?"),
        (("generate", "--chek"), "No such option '--chek'."),
        (("new", "server"), "Missing argument 'NAME'."),
        (("new", "client", "x"), "name one of --manifest, --from and --command"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    terminal: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    done = terminal.mcpgen(*arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "--help" in done.err


def break_generate(terminal: Terminal, error: BaseException) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise error

    terminal.monkeypatch.setattr(generate, "generate", broken)


def test_an_internal_error_owns_up_and_asks_for_a_report(
    hello: Path, terminal: Terminal
) -> None:
    break_generate(terminal, ZeroDivisionError("of all things"))

    done = terminal.mcpgen("generate")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("internal error: ZeroDivisionError: of all things\n")
    assert "please report it with the output of a run with MCPGEN_DEBUG=1" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("module", "requirement"),
    [
        ("jsonschema_rs", "jsonschema-rs"),
        ("ruamel.yaml.main", "ruamel-yaml"),
        ("pydantic_core._pydantic_core", "pydantic-core"),
        ("joserfc", "joserfc"),
    ],
)
def test_a_library_that_is_not_whole_is_said_with_what_to_install(
    hello: Path, terminal: Terminal, module: str, requirement: str
) -> None:
    message = f"No module named {module!r}"
    break_generate(terminal, ModuleNotFoundError(message, name=module))

    done = terminal.mcpgen("generate")

    assert (done.code, done.out) == (2, "")
    first, second, hint = done.err.splitlines()
    assert first.startswith(f"error: {requirement}")
    assert first.endswith(" can't be imported")
    assert second == f"    | ModuleNotFoundError: {message}"
    installing = f"{sys.executable} -m pip install --force-reinstall '{requirement}"
    assert hint.startswith(f"    hint: install it again: {installing}")


@pytest.mark.parametrize("name", ["mcpgen.plan", "json", None])
def test_a_module_of_our_own_that_is_missing_is_our_mistake(
    hello: Path, terminal: Terminal, name: str | None
) -> None:
    break_generate(terminal, ImportError("no", name=name))
    assert "please report it" in terminal.mcpgen("generate").err


@pytest.mark.parametrize("by", ["option", "environment"])
def test_debug_shows_the_traceback_of_an_internal_error(
    hello: Path, terminal: Terminal, by: str
) -> None:
    break_generate(terminal, ZeroDivisionError())
    terminal.monkeypatch.setenv("MCPGEN_DEBUG", "1" if by == "environment" else "0")

    arguments = ["--debug"] if by == "option" else []
    done = terminal.mcpgen(*arguments, "generate")

    assert done.code == 2
    assert "Traceback (most recent call last)" in done.err


def test_ctrl_c_ends_with_130(hello: Path, terminal: Terminal) -> None:
    break_generate(terminal, KeyboardInterrupt())

    done = terminal.mcpgen("generate")

    assert (done.code, done.out, done.err.strip()) == (130, "", "")


def test_text_of_strangers_does_not_reach_the_terminal_raw(
    hello: Path, terminal: Terminal
) -> None:
    evil = MCPGenError.of("MG401", "a\x1b[2Jb\u202ec", span=Span("x\x1b]0;y\x07.yaml"))
    break_generate(terminal, evil)

    done = terminal.mcpgen("generate")

    assert done.err == "x\\x1b]0;y\\x07.yaml: error[MG401]: a\\x1b[2Jb\\u202ec\n"


def test_a_reader_that_goes_away_is_no_error(made: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "mcpgen", "generate", "--check", "-v", str(made)]
    try:
        done = subprocess.run(
            command, stdout=writing, stderr=subprocess.PIPE, timeout=60
        )
    finally:
        os.close(writing)

    assert done.stderr == b""
    assert done.returncode == 128 + signal.SIGPIPE


def test_a_terminal_without_unicode_is_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "grüße"
    folder.mkdir()

    done = process("generate", folder=folder, PYTHONIOENCODING="ascii")

    assert done.returncode == 2
    assert "gr\\xfc\\xdfe: error[MG401]" in done.stderr


def test_python_dash_m_gives_the_exit_code_of_the_command(tmp_path: Path) -> None:
    assert process("generate", folder=tmp_path).returncode == 2
    assert process("schema", "list", folder=tmp_path).returncode == 0


class FakeTerminal:
    """A stdout that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("name", "value", "coloured"),
    [
        ("NO_COLOR", "", True),
        ("NO_COLOR", "1", False),
        ("TERM", "dumb", False),
    ],
)
def test_colours_are_for_terminals_whose_users_want_them(
    tmp_path: Path, terminal: Terminal, name: str, value: str, coloured: bool
) -> None:
    terminal.monkeypatch.delenv("NO_COLOR", raising=False)
    terminal.monkeypatch.setenv("TERM", "xterm")
    terminal.monkeypatch.setenv(name, value)
    screen = FakeTerminal()
    terminal.monkeypatch.setattr(sys, "stderr", screen)

    cli.run(["generate"])

    assert ("\x1b[31merror[MG401]\x1b[0m" in screen.text) is coloured
    assert "error[MG401]" in screen.text


def test_no_colours_where_nobody_looks(terminal: Terminal) -> None:
    assert "\x1b" not in terminal.mcpgen("generate").err


def test_schema_list_names_all_revisions(terminal: Terminal) -> None:
    done = terminal.mcpgen("schema", "list")

    assert done.code == 0
    head, *rows = done.out.splitlines()
    assert head.split() == [
        "revision",
        "era",
        "definitions",
        "requests",
        "notifications",
    ]
    assert [row.split()[:3] for row in rows] == [
        ["2024-11-05", "legacy", "79"],
        ["2025-03-26", "legacy", "83"],
        ["2025-06-18", "legacy", "91"],
        ["2025-11-25", "legacy", "145"],
        ["2026-07-28", "modern", "155"],
    ]


def test_schema_list_as_json_has_sources(terminal: Terminal) -> None:
    data = json.loads(terminal.mcpgen("schema", "list", "--json").out)

    assert len(data["revisions"]) == 5
    assert all(len(found["sha256"]) == 64 for found in data["revisions"])


def test_lint_without_findings_ends_with_0(hello: Path, terminal: Terminal) -> None:
    done = terminal.mcpgen("lint")

    assert (done.code, done.out, done.err) == (0, "mcpgen.yaml: nothing to say\n", "")


def test_lint_prints_warnings_as_its_result_and_ends_with_1(
    hello: Path, terminal: Terminal
) -> None:
    text = (hello / "mcpgen.yaml").read_text()
    (hello / "mcpgen.yaml").write_text(
        text.replace("    description: Greets somebody by name, politely.\n", "")
    )

    done = terminal.mcpgen("lint")
    data = json.loads(terminal.mcpgen("lint", "--json").out)

    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("mcpgen.yaml:5:")
    assert done.out.endswith("mcpgen.yaml: 1 finding\n")
    assert [found["severity"] for found in data["diagnostics"]] == ["warning"]


def test_lint_of_what_is_no_manifest_ends_with_2(
    tmp_path: Path, terminal: Terminal
) -> None:
    (tmp_path / "x.yaml").write_text("mcpgen: [\n")

    done = terminal.mcpgen("lint", "x.yaml")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("x.yaml:")
