"""Texts of other people's manifests and servers in terminals, CI logs and files."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from mcpgen import lock, memory, printable
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span
from mcpgen.publishing import index
from tests.cli.terminal import Result, Terminal, process
from tests.pace import patient

ROOT: Final = Path(__file__).parents[2] / "mcpgen"
PROGRAM: Final = Path(__file__).parents[1] / "pull" / "program.py"
FORGED: Final = "::error file=x.py::forged"
HOSTILE: Final = (
    f"x\n{FORGED}\n  ::add-mask::a\r::stop-commands::y ##[add-mask]e "
    "##vso[task.setvariable variable=PATH]/tmp \x1b[2J \u202eevil\u2066 \x85\u2028::z::"
)
"""What CI systems, terminals and readers would act on."""
COMMAND: Final = re.compile(r"^\s*::|##\w*\[")


def tools(*named: dict[str, Any]) -> str:
    return json.dumps({"mcpgen": 1, "name": "hello", "tools": list(named)})


def tool(name: str = "greet", **more: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object"}, **more}


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(memory.ENVIRONMENT, str(tmp_path / "cache"))
    return Terminal(capsys, monkeypatch)


def assert_harmless(done: Result) -> None:
    """No line is a command, and no character is one for a terminal."""
    for text in (done.out, done.err):
        for line in text.split("\n"):
            assert line.isprintable(), line
            assert not COMMAND.search(line), line


HOSTILE_TOOLS: Final = (
    tool(HOSTILE),
    tool("greet", **{HOSTILE: 1}),
    tool("a", inputSchema={"type": "object", "required": [HOSTILE]}),
    tool("a", inputSchema={"type": "object", "properties": {HOSTILE: {"type": "x"}}}),
    tool("a", inputSchema={"type": "object", "properties": {HOSTILE: {}}}),
    tool("a", inputSchema={"$ref": f"#/$defs/{HOSTILE}"}),
    tool(
        "a",
        description=HOSTILE,
        inputSchema={
            "type": "object",
            "properties": {"p": {"type": "string", "pattern": f"({HOSTILE}"}},
        },
    ),
    tool(
        "a",
        inputSchema={
            "type": "object",
            "properties": {"p": {"type": "integer", "default": HOSTILE}},
        },
    ),
)


@pytest.mark.parametrize("case", range(len(HOSTILE_TOOLS)))
def test_diagnostics_and_lint(terminal: Terminal, tmp_path: Path, case: int) -> None:
    file = tmp_path / "m.json"
    file.write_text(tools(HOSTILE_TOOLS[case]), "utf-8")

    done = terminal.mcpgen("lint", "m.json")

    assert done.code in (1, 2)
    assert_harmless(done)
    assert_harmless(terminal.mcpgen("new", "server", "x", "--manifest", "m.json"))


@pytest.mark.parametrize("form", [(), ("--github",)])
def test_diff(terminal: Terminal, tmp_path: Path, form: tuple[str, ...]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    properties = {HOSTILE: {"type": "string", "enum": [HOSTILE, "b"]}}
    before = tool("a", inputSchema={"type": "object", "properties": properties})
    after = tool("a", inputSchema={"type": "object", "required": [HOSTILE]})
    old.write_text(tools(before, tool("gone\u202e")), "utf-8")
    new.write_text(tools(after), "utf-8")

    done = terminal.mcpgen("diff", *form, "old.json", "new.json")

    assert done.code == 1
    own = re.compile(r"^::(error|warning|notice) (file=new|file=old|title=)[^:]*::")
    lines = [own.sub("", line) for line in done.out.split("\n")]
    assert_harmless(Result(done.code, "\n".join(lines), done.err))
    if form:
        assert all(own.match(line) for line in done.out.splitlines())


def test_the_folder_s_name(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(tools(tool()), "utf-8")
    folder = tmp_path / "::error::x\n::add-mask::y"
    created = terminal.mcpgen(
        *("new", "server", "hello", "--manifest", "m.json", "--directory", str(folder))
    )
    done = terminal.mcpgen("generate", str(folder))

    assert done.code == 0
    assert_harmless(created)
    assert_harmless(done)


def test_stubs(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(tools(tool()), "utf-8")
    terminal.mcpgen("new", "server", "hello", "--manifest", "m.json")
    more = tools(tool(), tool("wave", description=HOSTILE))
    (tmp_path / "hello" / "mcpgen.yaml").write_text(more, "utf-8")

    done = terminal.mcpgen("generate", "hello")

    assert "async def wave(" in done.err
    assert_harmless(done)


def pulled(folder: Path, *arguments: str, **environment: str) -> Result:
    script = folder / "script.json"
    lists = {"tools/list": [{"tools": [tool("a", description=HOSTILE)]}]}
    script.write_text(json.dumps({"legacy": "2025-11-25", "lists": lists}), "utf-8")
    command = shlex.join([sys.executable, str(PROGRAM), str(script)])
    done = process(
        "pull", "--command", command, *arguments, folder=folder, **environment
    )
    return Result(done.returncode, done.stdout, done.stderr)


def test_what_is_pulled_is_exact_for_programs_and_harmless_in_logs(
    tmp_path: Path,
) -> None:
    exact = pulled(tmp_path, GITHUB_ACTIONS="", TF_BUILD="")
    logged = pulled(tmp_path, GITHUB_ACTIONS="true")
    file = tmp_path / "manifest.yaml"
    program = shlex.join([sys.executable, str(PROGRAM), str(tmp_path / "script.json")])
    with file.open("wb") as target:
        subprocess.run(
            [sys.executable, "-m", "mcpgen", "pull", "--command", program],
            stdout=target,
            env={
                **os.environ,
                "GITHUB_ACTIONS": "true",
                "PYTHONPATH": str(ROOT.parent),
            },
            check=True,
            timeout=patient(120),
        )

    assert exact.code == logged.code == 0
    assert_harmless(logged)
    assert file.read_text("utf-8") == exact.out


@pytest.mark.parametrize("name", ["m.yaml", "m.json"])
def test_a_manifest_that_is_pulled_shows_every_character(
    tmp_path: Path, name: str
) -> None:
    assert pulled(tmp_path, "-o", name).code == 0

    text = (tmp_path / name).read_text("utf-8")

    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\x85\u2028]", text)


def test_the_lock_and_the_changelog_show_every_character(
    terminal: Terminal, tmp_path: Path
) -> None:
    manifest = {"mcpgen": 1, "name": "hello", "server": {"version": "1.0.0"}}
    manifest["tools"] = [
        tool("a", inputSchema={"type": "object", "properties": {HOSTILE: {}}})
    ]
    (tmp_path / "m.json").write_text(json.dumps(manifest), "utf-8")
    terminal.mcpgen("new", "server", "hello", "--manifest", "m.json")
    manifest["server"] = {"version": "2.0.0"}
    manifest["tools"] = [
        tool("a", inputSchema={"type": "object", "required": [HOSTILE]})
    ]
    (tmp_path / "hello" / "mcpgen.yaml").write_text(json.dumps(manifest), "utf-8")

    done = terminal.mcpgen("generate", "hello")

    assert done.code == 0
    for name in (lock.FILE, "client/CHANGELOG.md"):
        lines = (tmp_path / "hello" / name).read_text("utf-8").split("\n")
        assert [line for line in lines if not line.isprintable()] == []
        assert [line for line in lines if COMMAND.match(line)] == []
    assert (
        lock.parse((tmp_path / "hello" / lock.FILE).read_bytes()).promises is not None
    )


def test_json_is_the_same_value_and_no_command(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "m.json").write_text(tools(tool("###[add-mask]" + HOSTILE)), "utf-8")

    done = terminal.mcpgen("lint", "--json", "m.json")

    assert_harmless(done)
    assert "###[add-mask]" in str(json.loads(done.out))


class TestPasswords:
    URL: Final = "http://user:s3cret@127.0.0.1:1/simple"

    def test_of_an_index(self) -> None:
        with pytest.raises(MCPGenError) as caught:
            index.versions(self.URL, "x")

        assert "MG608" in str(caught.value)
        assert "s3cret" not in str(caught.value)
        assert "s3cret" not in json.dumps(caught.value.diagnostics[0].to_json())

    def test_of_a_live_server(self, terminal: Terminal) -> None:
        done = terminal.mcpgen("pull", self.URL)
        data = terminal.mcpgen("pull", "ftp://user:s3cret@127.0.0.1/x", "--check")

        assert (done.code, data.code) == (2, 2)
        assert "s3cret" not in done.err + done.out + data.err + data.out

    @pytest.mark.parametrize(
        "url",
        [
            "https://token@host/x",
            "https://user:pass@host:1/x",
            "https://user:p@ss@host",
            "https://user:p#ss@host/x",
            "https://user:p/ss@host/x",
        ],
    )
    def test_of_any_url(self, url: str) -> None:
        text = str(Diagnostic("MG608", f"see {url}", Span(url), f"try {url}, or not"))

        for secret in ("token", "pass", "p@ss", "p#ss", "p/ss"):
            assert secret not in text
        assert text.count("://***@host") == 3

    @pytest.mark.parametrize(
        "text",
        [
            "https://host/@scope/package",
            "https://host:8000/a@b",
            "https://[::1]:8000/@x",
            "http://host: write to a@b",
            "no URL: a:b@c",
        ],
    )
    def test_only_of_urls(self, text: str) -> None:
        assert printable.without_passwords(text) == text


PRINTING: Final = {"cli/output.py"}
"""The module of the generator that prints."""


def prints(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return name in ("print", "click.echo", "click.secho") or name.endswith(
        ("stdout.write", "stderr.write")
    )


def test_one_module_prints() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if "runtime" not in path.relative_to(ROOT).parts and "_data" not in path.parts
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and prints(node)
    }

    # Tools for those who work on mcpgen, and its own version.
    others = {"contracts/reference.py", "protocol/__main__.py", "cli/__init__.py"}
    assert found == PRINTING | others
