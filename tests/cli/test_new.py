"""`mcpgen new`: an empty folder becomes a project, or nothing happens at all."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mcpgen import assets, lock, new
from mcpgen import manifest as manifests
from mcpgen.cli import output
from tests.cli.conftest import MANIFEST
from tests.cli.terminal import Terminal
from tests.plan.crash import Killed, dying_at

TOOLS: dict[str, Any] = {
    "tools": [
        {
            "name": "greet",
            "description": "Greets.",
            "inputSchema": {"type": "object", "properties": {}},
        }
    ]
}


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def is_yours(path: str) -> bool:
    """As the project's README says: neither `generated/` nor `client/`, nor the lock."""
    return not ("/generated/" in path or path.startswith("client/") or "lock" in path)


def test_a_new_server_has_both_halves_and_says_what_comes_next(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    done = terminal.mcpgen("new", "server", "hello", "--manifest", str(manifest))

    assert (done.code, done.err) == (0, "")
    made = files(tmp_path / "hello")
    yours = [path for path in made if is_yours(path)]
    assert done.out == (
        f"Made hello: {len(made)} files, {len(yours)} of them yours to edit.\n"
        "\n"
        "  cd hello\n"
        "  python -m pip install -e ./server -e './client[cli]'   # into an environment of yours\n"
        "  python -m hello_server                                 # serves http://127.0.0.1:8000/mcp\n"
        "  mcpgen install HOST                                    # adds it to Claude, Cursor or VS Code\n"
        "\n"
        "Your code goes into server/hello_server/handlers.py.\n"
        "After a change of mcpgen.yaml: mcpgen generate\n"
    )
    assert {"mcpgen.yaml", "mcpgen.lock", "client/hello_client/client.py"} <= made
    assert not {path for path in made if "tmp" in path or path.endswith(".next")}


def test_git_hosts_fold_what_is_generated_and_nothing_else(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.mcpgen("new", "server", "weather")
    folder = tmp_path / "weather"
    made = sorted(files(folder) - {"mcpgen.schema.json"})

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    git("init", "--quiet")
    said = git("check-attr", "-z", "linguist-generated", "--", *made).split("\0")
    marked = [
        path
        for path, value in zip(said[:-1:3], said[2::3], strict=True)
        if value == "set"
    ]
    assert marked == [path for path in made if not is_yours(path)]


def test_the_example_needs_no_manifest(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.mcpgen("new", "server", "weather").code == 0

    made = manifests.load(tmp_path / "weather" / "mcpgen.yaml")
    assert made.name == "weather"
    assert [tool.name for tool in made.tools] == ["get_forecast", "compare_cities"]
    terminal.go(tmp_path / "weather")
    assert terminal.mcpgen("generate", "--check").code == 0


def test_a_yaml_manifest_keeps_every_byte_but_the_name(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    terminal.mcpgen("new", "server", "hello", "--manifest", str(manifest))
    assert (tmp_path / "hello" / "mcpgen.yaml").read_text() == MANIFEST

    terminal.mcpgen("new", "server", "hi", "--manifest", str(manifest))
    assert (tmp_path / "hi" / "mcpgen.yaml").read_text() == MANIFEST.replace(
        "name: hello ", "name: hi "
    )


def test_a_new_client_has_no_server_and_stays_without_one(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    done = terminal.mcpgen("new", "client", "hello", "--manifest", str(manifest))

    assert done.code == 0
    folder = tmp_path / "hello"
    assert not (folder / "server").exists()
    assert (folder / "mcpgen.yaml").read_text() == MANIFEST.replace(
        "the project\n", "the project\ntargets: [client]\n"
    )
    terminal.go(folder)
    assert terminal.mcpgen("generate", "--check").code == 0


def test_the_result_of_tools_list_becomes_a_native_manifest(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))

    done = terminal.mcpgen("new", "server", "raw", "--manifest", "tools.json")

    assert done.code == 0
    made = manifests.load(tmp_path / "raw" / "mcpgen.yaml")
    assert made.native
    assert made.name == "raw"
    assert [tool.definition for tool in made.tools] == TOOLS["tools"]
    first = (tmp_path / "raw" / "mcpgen.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./mcpgen.schema.json"
    beside = (tmp_path / "raw" / "mcpgen.schema.json").read_bytes()
    assert beside == assets.schema().joinpath("mcpgen.schema.json").read_bytes()
    # Another comment makes `generate` read and render it all once more.
    with (tmp_path / "raw" / "mcpgen.yaml").open("a") as file:
        file.write("# read\n")
    terminal.go(tmp_path / "raw")
    check = json.loads(terminal.mcpgen("generate", "--check", "--json").out)
    assert {f["verdict"] for f in check["files"]} == {"unchanged", "keep"}


def test_the_folder_can_have_another_name(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    done = terminal.mcpgen(
        "new", "server", "hi", "--manifest", str(manifest), "--directory", "a/b"
    )

    assert done.code == 0
    assert "  cd a/b\n" in done.out
    assert (tmp_path / "a" / "b" / "server" / "hi_server").is_dir()


def test_an_empty_folder_will_do(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    (tmp_path / "hello").mkdir()

    done = terminal.mcpgen("new", "server", "hello", "--manifest", str(manifest))

    assert done.code == 0


def test_the_json_names_every_file(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    done = terminal.mcpgen(
        "new", "server", "hello", "--manifest", str(manifest), "--json"
    )

    data = json.loads(done.out)
    assert data["project"] == "hello"
    assert data["written"] is True
    assert {f["path"] for f in data["files"]} | {lock.FILE} == files(tmp_path / "hello")
    assert {f["verdict"] for f in data["files"]} == {"create"}


def test_a_bad_manifest_makes_nothing_and_says_everything(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text(
        "mcpgen: 1\nname: x\ntols: []\ntools:\n  - {name: 1, inputSchema: {}}\n"
    )

    done = terminal.mcpgen("new", "server", "bad", "--manifest", "bad.yaml")

    assert done.code == 2
    assert done.out == ""
    assert done.err.count("bad.yaml:") >= 2
    assert not (tmp_path / "bad").exists()


def test_no_file_of_the_user_is_in_the_way_of_a_new_project(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "hello"
    (folder / "server").mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")

    done = terminal.mcpgen("new", "server", "hello", "--manifest", str(manifest))

    assert done.code == 2
    assert "hello: error[MG410]: is not empty" in done.err
    assert files(folder) == {"notes.txt"}


@pytest.mark.parametrize(
    "name", ["../out", "/abs", "a/b", "", " ", "1st", "-x y", "con", "näm", "a" * 101]
)
def test_a_name_that_is_none_makes_nothing(
    terminal: Terminal, tmp_path: Path, name: str
) -> None:
    done = terminal.mcpgen("new", "server", "--", name)

    assert done.code == 2
    assert "error[MG413]: the name " in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leads_away_is_not_an_empty_folder(
    terminal: Terminal, manifest: Path, tmp_path: Path
) -> None:
    (tmp_path / "hello").symlink_to(tmp_path / "nowhere")

    done = terminal.mcpgen("new", "server", "hello", "--manifest", str(manifest))

    assert done.code == 2
    assert "error[MG409]: is a symbolic link" in done.err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("moment", [1, 3, 8, 40, 200, 450, 700])
def test_a_project_that_was_cut_short_can_be_made_again(
    manifest: Path, tmp_path: Path, moment: int
) -> None:
    folder = tmp_path / "hello"
    with pytest.raises(Killed), dying_at(moment):
        new.create("hello", source=manifest, folder=folder)
    other = manifest.with_name("other.yaml")
    other.write_text(MANIFEST.replace("greet", "wave"))

    created = new.create("hello", source=other, folder=folder)

    assert "wave" in (folder / "mcpgen.yaml").read_text()
    expected = {step.path for step in created.outcome.plan.steps if step.file}
    assert files(folder) == expected | {lock.FILE}


def test_a_project_that_was_cut_short_and_then_edited_is_left_alone(
    manifest: Path, tmp_path: Path, terminal: Terminal
) -> None:
    folder = tmp_path / "hello"
    with pytest.raises(Killed), dying_at(700):
        new.create("hello", source=manifest, folder=folder)
    assert (folder / lock.JOURNAL).exists()
    (folder / "mine.txt").write_text("mine")
    before = files(folder)

    done = terminal.mcpgen("new", "server", "hello", "--manifest", str(manifest))

    assert done.code == 2
    assert "MG410" in done.err
    assert files(folder) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\n", "name: new\ntargets: [client]\n"),
        ("name: a\r\nx: 1\r\n", "name: new\r\ntargets: [client]\r\nx: 1\r\n"),
        (
            "targets: [server]\nname: 'a' # why\n",
            "targets: [client]\nname: new # why\n",
        ),
        ("name: a\nname: b\n", None),
        ("{name: a}\n", None),
        ("tools:\n  name: a\n", None),
    ],
)
def test_only_a_plain_layout_is_edited_in_place(
    text: str, expected: str | None
) -> None:
    assert new.edited(text, "new", ("client",)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{mcpgen: 1, name: a, tools: []}\n",
        'mcpgen: 1\n"name": a\n',
        "mcpgen: 1\nname:\n  a\n",
        "mcpgen: 1\nname: a\ntargets:\n  - server\n  - client\n",
    ],
)
def test_any_other_layout_is_written_anew(
    terminal: Terminal, tmp_path: Path, text: str
) -> None:
    (tmp_path / "odd.yaml").write_text(text)

    done = terminal.mcpgen("new", "client", "hello", "--manifest", "odd.yaml")

    assert (done.code, done.err) == (0, "")
    made = manifests.load(tmp_path / "hello" / "mcpgen.yaml")
    assert (made.name, made.targets) == ("hello", ("client",))


def test_long_work_is_shown_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with output.working("Generating \x1b[31mred"):
        assert screen.shown.wait(60)
    assert "Generating \\x1b[31mred" in screen.getvalue()


class Screen(io.StringIO):
    """A terminal that remembers what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        written = super().write(text)
        if "Generating" in self.getvalue():
            self.shown.set()
        return written


def test_what_was_corrected_and_what_will_not_work_is_reported(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "tools.json").write_text(
        json.dumps(
            [
                {"name": "ping", "inputSchema": {"type": "object"}},
                {"name": "find", "inputSchema": {"type": "object", "properties": []}},
                {
                    "name": "work",
                    "inputSchema": {"type": "object", "properties": {}},
                    "execution": {"taskSupport": "required"},
                },
            ]
        )
    )

    done = terminal.mcpgen("new", "client", "shop", "--manifest", "tools.json")

    assert done.code == 0
    assert done.err == (
        'tools.json:1:120: warning[MG704]: tool "find": `inputSchema.properties`: [] '
        "was read as {}\n"
        'tools.json:1:225: warning[MG914]: tool "work": calls must be tasks, which '
        "generated code does not support\n"
        "    hint: a server that requires tasks rejects every call\n"
        "tools.json:1:34: warning[MG430]: `inputSchema` has no `properties`: "
        '"ping"\n'
        "    hint: some frameworks reject the whole server; write `properties: {}`\n"
    )


def test_the_command_that_installs_names_only_extras_that_are_there(
    terminal: Terminal, tmp_path: Path
) -> None:
    """A client without the program for terminals has no extra for it."""
    source = tmp_path / "quiet.yaml"
    source.write_text(
        MANIFEST.replace("mcpgen: 1\n", "mcpgen: 1\nfeatures: {client: []}\n"), "utf-8"
    )
    for half in ("server", "client"):
        done = terminal.mcpgen("new", half, f"quiet-{half}", "--manifest", str(source))
        assert (done.code, done.err) == (0, "")
        (line,) = (row for row in done.out.splitlines() if "pip install" in row)
        for folder in re.findall(r"-e '?\./(\w+)", line):
            extras = re.findall(rf"\./{folder}\[(\w+)\]", line)
            text = (tmp_path / f"quiet-{half}" / folder / "pyproject.toml").read_text()
            known = tomllib.loads(text)["project"].get("optional-dependencies", {})
            assert set(extras) <= set(known), line
