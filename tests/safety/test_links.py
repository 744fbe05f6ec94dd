"""Links planted in a checkout lead no command to write, or to copy, outside of it."""

from __future__ import annotations

import ast
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mcpgen import disk, memory, new, project, publishing, schemas
from mcpgen.diagnostics import MCPGenError
from mcpgen.generate import add_stubs, examine
from mcpgen.protocol import installed, known
from tests.cli.terminal import Terminal

ROOT: Final = Path(__file__).parents[2] / "mcpgen"
PROGRAM: Final = Path(__file__).parents[1] / "pull" / "program.py"
SECRET: Final = "alias ls='ls --color'\n"

MANIFEST: Final = """\
mcpgen: 1
name: hello
tools:
  - name: greet
    inputSchema: {type: object}
"""

pytestmark = pytest.mark.skipif(
    not hasattr(os, "O_NOFOLLOW"), reason="this system has no symbolic links"
)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file of the user's that no command has anything to do with."""
    folder = tmp_path / "home"
    folder.mkdir()
    file = folder / ".bashrc"
    file.write_text(SECRET, "utf-8")
    return file


@pytest.fixture
def checkout(tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, as somebody else made it; the current folder."""
    manifest = tmp_path / "hello.yaml"
    manifest.write_text(MANIFEST, "utf-8")
    folder = tmp_path / "hello"
    new.create("hello", source=manifest, folder=folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv(memory.ENVIRONMENT, str(tmp_path / "cache"))
    monkeypatch.setenv(schemas.ENVIRONMENT, str(tmp_path / "schemas"))
    return folder


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    return Terminal(capsys, monkeypatch)


@pytest.fixture(autouse=True)
def nothing_changes_outside(outside: Path) -> Iterator[None]:
    yield
    assert outside.read_text("utf-8") == SECRET
    assert [path.name for path in outside.parent.iterdir()] == [outside.name]


def pull(tmp_path: Path) -> list[str]:
    script = tmp_path / "script.json"
    tools = [{"name": "greet", "inputSchema": {"type": "object"}}]
    script.write_text(
        json.dumps(
            {"legacy": "2025-11-25", "lists": {"tools/list": [{"tools": tools}]}}
        ),
        "utf-8",
    )
    return [
        "pull",
        "--command",
        shlex.join([sys.executable, str(PROGRAM), str(script)]),
    ]


def schema(tmp_path: Path) -> str:
    file = tmp_path / "2027-03-01.json"
    document = installed().load(known()[-1]).document
    file.write_text(json.dumps(document), "utf-8")
    return str(file)


def lacks_a_handler(checkout: Path) -> Path:
    """The user's handlers, with the manifest one tool ahead."""
    with (checkout / "mcpgen.yaml").open("a", encoding="utf-8") as file:
        file.write("  - name: wave\n    inputSchema: {type: object}\n")
    return checkout / "server" / "hello_server" / "handlers.py"


class TestStubs:
    @pytest.mark.parametrize("beside", [".handlers.py.new", ".mcpgen-0.tmp"])
    def test_a_link_beside_the_handlers(
        self, checkout: Path, outside: Path, terminal: Terminal, beside: str
    ) -> None:
        handlers = lacks_a_handler(checkout)
        handlers.with_name(beside).symlink_to(outside)

        done = terminal.mcpgen("generate", "--add-stubs")

        assert done.code == 0
        assert "async def wave(" in handlers.read_text("utf-8")

    def test_handlers_that_are_a_link(
        self, checkout: Path, tmp_path: Path, terminal: Terminal
    ) -> None:
        handlers = lacks_a_handler(checkout)
        private = tmp_path / "private.py"
        handlers.rename(private)
        handlers.symlink_to(private)
        before = private.read_bytes()

        done = terminal.mcpgen("generate", "--add-stubs")

        assert done.code == 2
        assert "handlers.py: error[MG409]: is a symbolic link" in done.err
        assert private.read_bytes() == before
        assert handlers.is_symlink()

    def test_a_package_that_is_a_link(self, checkout: Path, tmp_path: Path) -> None:
        handlers = lacks_a_handler(checkout)
        real = handlers.parent / "more"
        away = tmp_path / "away"
        away.mkdir()
        handlers.rename(away / "handlers.py")
        real.symlink_to(away)
        before = (away / "handlers.py").read_bytes()
        found = project.at(checkout)

        outcome = examine(found)
        if outcome.handlers is not None and outcome.handlers.implementations:
            with pytest.raises(MCPGenError, match="MG409"):
                add_stubs(found, outcome)

        assert (away / "handlers.py").read_bytes() == before


class TestPull:
    @pytest.mark.parametrize("beside", [".mcpgen.yaml.mcpgen.tmp", ".mcpgen.yaml.new"])
    def test_a_link_beside_the_manifest(
        self,
        checkout: Path,
        outside: Path,
        tmp_path: Path,
        terminal: Terminal,
        beside: str,
    ) -> None:
        (checkout / beside).symlink_to(outside)

        done = terminal.mcpgen(*pull(tmp_path), "-o", "pulled.yaml")

        assert done.code == 0
        assert (checkout / "pulled.yaml").is_file()

    def test_a_manifest_that_is_a_link(
        self, checkout: Path, outside: Path, tmp_path: Path, terminal: Terminal
    ) -> None:
        (checkout / "pulled.yaml").symlink_to(outside.with_name("new.yaml"))

        done = terminal.mcpgen(*pull(tmp_path), "-o", "pulled.yaml")

        assert done.code == 2
        assert done.err.startswith("pulled.yaml: error[MG409]: is a symbolic link")

    def test_a_folder_that_is_a_link(
        self, checkout: Path, outside: Path, tmp_path: Path, terminal: Terminal
    ) -> None:
        (checkout / "there").symlink_to(outside.parent)

        done = terminal.mcpgen(*pull(tmp_path), "-o", "there/pulled.yaml")

        assert done.code == 2
        assert done.err.startswith("there: error[MG409]: is a symbolic link")


class TestSchemaAdd:
    @pytest.mark.parametrize("beside", [".PINNED.json.new", ".2027-03-01.json.new"])
    def test_a_link_beside_the_list(
        self,
        checkout: Path,
        outside: Path,
        tmp_path: Path,
        terminal: Terminal,
        beside: str,
    ) -> None:
        (checkout / "schema").mkdir()
        (checkout / "schema" / beside).symlink_to(outside)

        assert terminal.mcpgen("schema", "add", schema(tmp_path)).code == 0

    @pytest.mark.parametrize("name", ["PINNED.json", "2027-03-01.json"])
    def test_a_file_that_is_a_link(
        self,
        checkout: Path,
        outside: Path,
        tmp_path: Path,
        terminal: Terminal,
        name: str,
    ) -> None:
        (checkout / "schema").mkdir()
        (checkout / "schema" / name).symlink_to(outside)

        done = terminal.mcpgen("schema", "add", schema(tmp_path))

        assert done.code == 2
        assert "error[MG409]: is a symbolic link" in done.err

    def test_a_folder_that_is_a_link(
        self, checkout: Path, outside: Path, tmp_path: Path, terminal: Terminal
    ) -> None:
        (checkout / "schema").symlink_to(outside.parent)

        done = terminal.mcpgen("schema", "add", schema(tmp_path))

        assert done.code == 2
        assert done.err.startswith("schema: error[MG409]: is a symbolic link")


def test_a_new_project_does_not_go_through_a_link(
    checkout: Path, outside: Path, tmp_path: Path, terminal: Terminal
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (checkout / "other").symlink_to(empty)
    source = str(tmp_path / "hello.yaml")

    done = terminal.mcpgen("new", "server", "other", "--manifest", source)
    below = terminal.mcpgen(
        *("new", "server", "x", "--manifest", source, "--directory", "other/x")
    )

    assert (done.code, below.code) == (2, 2)
    assert done.err.startswith("other: error[MG409]: is a symbolic link")
    assert below.err.startswith("other: error[MG409]: is a symbolic link")
    assert list(empty.iterdir()) == []


def test_a_project_is_reached_through_a_link_of_the_user_s(
    checkout: Path, tmp_path: Path, terminal: Terminal
) -> None:
    (tmp_path / "link").symlink_to(checkout)

    done = terminal.mcpgen("generate", "--add-stubs", str(tmp_path / "link"))

    assert done.code == 0
    assert "error" not in done.err


def test_distributions_do_not_go_through_a_link(checkout: Path, outside: Path) -> None:
    (checkout / "dist").symlink_to(outside.parent)

    with pytest.raises(MCPGenError, match=r"MG409.*is a symbolic link"):
        publishing.build(project.at(checkout), checkout / "dist")


@pytest.mark.parametrize("name", ["mcpgen.lock", "mcpgen.lock.next"])
def test_a_record_that_is_a_link_is_not_read(
    checkout: Path, tmp_path: Path, terminal: Terminal, name: str
) -> None:
    away = tmp_path / "away.lock"
    (checkout / "mcpgen.lock").rename(away)
    (checkout / name).symlink_to(away)

    done = terminal.mcpgen("generate")

    assert done.code == 2
    assert f"{name}: error[MG409]: is a symbolic link" in done.err


def test_an_added_schema_that_is_a_link_is_not_read(
    checkout: Path, tmp_path: Path, terminal: Terminal
) -> None:
    assert terminal.mcpgen("schema", "add", schema(tmp_path)).code == 0
    file = checkout / "schema" / "2027-03-01.json"
    file.unlink()
    file.symlink_to(schema(tmp_path))

    done = terminal.mcpgen("generate")

    assert done.code == 2
    assert "error[MG409]: is a symbolic link" in done.err


def test_a_device_among_the_handlers_is_left_alone(
    checkout: Path, terminal: Terminal
) -> None:
    lacks_a_handler(checkout)
    pipe = checkout / "server" / "hello_server" / "pipe.py"
    os.mkfifo(pipe)

    assert terminal.mcpgen("generate").code == 0


class TestTheWriter:
    def test_it_replaces_a_file_and_keeps_its_permissions(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"old")
        file.chmod(0o640)

        disk.put(file, b"new", root=tmp_path)

        assert file.read_bytes() == b"new"
        assert file.stat().st_mode & 0o777 == 0o640
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "home"]

    def test_what_is_no_file_stays(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()

        with pytest.raises(MCPGenError, match="MG409"):
            disk.put(tmp_path / "folder", b"new", root=tmp_path)

        assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "home"]


WRITERS: Final = {"disk.py", "write.py"}
"""The modules of the generator that may change a disk."""
RUNTIME_WRITERS: Final = {
    "client/features/oauth/storage.py",
    "client/features/terminal/commands.py",
}
"""The modules of generated packages that may."""
CHANGING: Final = {
    *("write_text", "write_bytes", "mkdir", "makedirs", "rename", "renames", "unlink"),
    *("symlink", "symlink_to", "hardlink_to", "link", "touch", "chmod", "rmdir"),
    *("rmtree", "copy", "copy2", "copyfile", "copytree", "move", "mkstemp", "mkdtemp"),
    *("NamedTemporaryFile", "truncate", "removedirs", "mkfifo"),
}
"""What changes a disk by its name.

Not among them: `TemporaryDirectory` makes a folder of its own, and `TemporaryFile` a file
without a name, which no link can stand for and which is gone when it is closed.
"""
FINE: Final = {"copy"}
"""Names of `CHANGING` that other types have, too: only `shutil`'s count."""


def changes_of(path: Path) -> list[str]:
    """What a module does to a disk, as `line: call`."""
    tree = ast.parse(path.read_bytes())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [f"{call.lineno}: {ast.unparse(call)}" for call in calls if changes(call)]


def changes(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="open"):
            return writes(call.args[1:2], call.keywords)
        case ast.Attribute(value=ast.Name(id="os"), attr="open"):
            file, flags, *_ = map(ast.unparse, call.args)
            return file != "os.devnull" and flags != "os.O_RDONLY"
        case ast.Attribute(attr="open"):
            return writes(call.args[:1], call.keywords)
        case ast.Attribute(attr="replace"):
            # `str.replace` has two arguments, `dataclasses.replace` has keywords.
            return len(call.args) == 1 and not call.keywords
        case ast.Attribute(value=owner, attr=name) if name in FINE:
            return ast.unparse(owner) == "shutil"
        case ast.Attribute(attr="touch"):
            return not call.args
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in CHANGING
        case _:
            return False


def writes(mode: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    given = [*mode, *(each.value for each in keywords if each.arg == "mode")]
    return any(
        isinstance(each, ast.Constant)
        and isinstance(each.value, str)
        and bool(set(each.value) & set("wax+"))
        and len(each.value) <= 3
        for each in given
    )


def test_one_module_writes() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): changes_of(path)
        for path in sorted(ROOT.rglob("*.py"))
        if "_data" not in path.parts
    }
    ours = {f"runtime/{name}" for name in RUNTIME_WRITERS} | WRITERS

    assert {
        name: calls for name, calls in found.items() if calls and name not in ours
    } == {}
    assert [name for name in ours if not found[name]] == []


@pytest.mark.parametrize(
    "source",
    [
        "open('x', 'w')",
        "path.open('ab')",
        "path.open(mode='r+')",
        "path.write_text('x')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "beside.replace(path)",
        "shutil.copy(a, b)",
        "tempfile.NamedTemporaryFile()",
    ],
)
def test_what_counts_as_writing(source: str) -> None:
    assert changes(call_of(source))


@pytest.mark.parametrize(
    "source",
    ["open('x')", "path.open('rb')", "text.replace('a', 'b')", "TemporaryFile()"],
)
def test_what_does_not_count_as_writing(source: str) -> None:
    assert not changes(call_of(source))


def call_of(source: str) -> ast.Call:
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    return statement.value
