"""`mcpgen install`: an entry in a host's file, and nothing else changes."""

from __future__ import annotations

import json
import os
import select
import shutil
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import pytest

from mcpgen import disk, hosts
from mcpgen.diagnostics import MCPGenError
from mcpgen.hosts import HOSTS, entries
from mcpgen.runtime.client import Client
from tests.cli.terminal import Result, Terminal
from tests.pace import patient
from tests.peers import environment_with
from tests.terminals import terminal as on_a_terminal

URL: Final = "https://hello.example/mcp"
FILES: Final[Mapping[str, Mapping[str, str]]] = {
    "claude-desktop": {
        "darwin": "Library/Application Support/Claude/claude_desktop_config.json",
        "win32": "Roaming/Claude/claude_desktop_config.json",
        "linux": ".config/Claude/claude_desktop_config.json",
    },
    "claude-code": dict.fromkeys(("darwin", "win32", "linux"), ".claude.json"),
    "cursor": dict.fromkeys(("darwin", "win32", "linux"), ".cursor/mcp.json"),
    "vscode": {
        "darwin": "Library/Application Support/Code/User/mcp.json",
        "win32": "Roaming/Code/User/mcp.json",
        "linux": ".config/Code/User/mcp.json",
    },
}
IN_PROJECT: Final = {
    "claude-code": ".mcp.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".vscode/mcp.json",
    "mcp-json": "mcp.json",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a user, with nothing in it and nothing active."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("APPDATA", str(folder / "Roaming"))
    monkeypatch.setenv("MCPGEN_STATE_DIR", str(tmp_path / "state"))
    for variable in ("XDG_CONFIG_HOME", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture
def python(hello: Path) -> Path:
    """The Python of an environment in the project that has its server."""
    return environment_with(hello / ".venv", hello / "server")


def entry_of(file: Path, key: str = "mcpServers", name: str = "hello") -> Any:
    return json.loads(file.read_bytes())[key][name]


def changed(done: Result) -> dict[str, Any]:
    assert (done.code, done.err) == (0, "")
    result: dict[str, Any] = json.loads(done.out)
    return result


async def tools_of(entry: Mapping[str, Any], folder: Path) -> list[str]:
    command = [entry["command"], *entry["args"]]
    async with Client.stdio(
        command, env=entry.get("env"), cwd=folder, timeout=patient(60)
    ) as client:
        return [tool.name for tool in await client.list_tools()]


@pytest.mark.parametrize("host", [*FILES, "mcp-json"])
async def test_the_host_can_start_what_was_written(
    host: str,
    hello: Path,
    home: Path,
    python: Path,
    terminal: Terminal,
    tmp_path: Path,
) -> None:
    done = terminal.mcpgen("install", host, "--yes")

    assert done.code == 0
    file = (
        hello / "mcp.json" if host == "mcp-json" else home / FILES[host][sys.platform]
    )
    entry = entry_of(file, HOSTS[host].key)
    assert entry["command"] == str(python)
    assert entry.get("type") in {None, "stdio"}
    assert f"hello is now in {file}" in done.out
    # Whatever lies where the host runs is not imported.
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "hello_server.py").write_text("raise SystemExit(1)")
    assert await tools_of(entry, tmp_path / "elsewhere") == ["greet"]


async def test_variables_reach_the_server(
    hello: Path, python: Path, terminal: Terminal
) -> None:
    handlers = hello / "server/hello_server/handlers.py"
    with handlers.open("a", encoding="utf-8") as file:
        file.write("import os\n\nassert os.environ['HELLO_KEY'] == 'a=b'\n")
    without = terminal.mcpgen("install", "mcp-json", "--yes")
    assert without.code == 2
    assert "error[MG442]: the server ended with exit code 1" in without.err
    assert "KeyError: 'HELLO_KEY'" in without.err
    assert not (hello / "mcp.json").exists()

    done = terminal.mcpgen("install", "mcp-json", "--yes", "--env", "HELLO_KEY=a=b")

    assert done.code == 0
    entry = entry_of(hello / "mcp.json")
    assert entry["env"] == {"HELLO_KEY": "a=b"}
    assert await tools_of(entry, hello) == ["greet"]


def test_the_server_gets_no_more_variables_than_from_a_host(
    hello: Path,
    python: Path,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HELLO_KEY", "x")
    handlers = hello / "server/hello_server/handlers.py"
    with handlers.open("a", encoding="utf-8") as file:
        file.write("import os\n\nos.environ['HELLO_KEY']\n")

    done = terminal.mcpgen("install", "mcp-json", "--yes")

    assert done.code == 2
    assert "KeyError: 'HELLO_KEY'" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
def test_what_a_server_started_ends_with_it_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "START_SECONDS", 2.0)
    place = tmp_path / "held"
    os.mkfifo(place)
    held = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
    # What it starts holds the file open, and does not hold standard error open.
    script = f"sleep 600 >{place} 2>/dev/null & wait"

    with pytest.raises(MCPGenError, match="did not end within 2 s"):
        hosts.check(["/bin/sh", "-c", script], {})

    os.set_blocking(held, True)
    # The end of the file: nobody has it open for writing.
    assert select.select([held], [], [], patient(60))[0]
    assert os.read(held, 1) == b""
    os.close(held)


def test_a_variable_that_the_server_needs_is_asked_for(
    hello: Path, python: Path, terminal: Terminal
) -> None:
    manifest = hello / "mcpgen.yaml"
    lines = "environment: [{name: HELLO_KEY, description: A key., required: true}]\n"
    manifest.write_text(f"{manifest.read_text()}{lines}")
    arguments = ("install", "mcp-json", "--print")

    without = terminal.mcpgen(*arguments)
    given = terminal.mcpgen(*arguments, "--env", "HELLO_KEY=x")

    words = "the server needs HELLO_KEY: --env HELLO_KEY=VALUE"
    assert (without.code, without.err) == (0, f"warning: {words}\n")
    assert (given.code, given.err) == (0, "")


class TestTheCommand:
    def test_the_active_environment_comes_first(
        self,
        hello: Path,
        python: Path,
        terminal: Terminal,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        active = environment_with(tmp_path / "active", hello / "server")
        monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
        assert python != active

        done = terminal.mcpgen("install", "mcp-json", "--print")

        printed = json.loads(done.out)["mcpServers"]["hello"]
        assert printed == {
            "command": str(active),
            "args": ["-P", "-m", "hello_server", "--stdio"],
        }

    def test_an_environment_without_the_server_is_passed_over(
        self,
        hello: Path,
        python: Path,
        terminal: Terminal,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        environment_with(tmp_path / "active")
        monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))

        done = terminal.mcpgen("install", "mcp-json", "--print")

        assert json.loads(done.out)["mcpServers"]["hello"]["command"] == str(python)

    @pytest.mark.skipif(sys.platform == "win32", reason="a script is no interpreter")
    @pytest.mark.parametrize("kind", ["package", "path", "setuptools"])
    def test_an_environment_is_not_run_before_the_answer(
        self, kind: str, hello: Path, terminal: Terminal
    ) -> None:
        site = hello / ".venv/lib/python3.12/site-packages"
        site.mkdir(parents=True)
        if kind == "package":
            shutil.copytree(hello / "server/hello_server", site / "hello_server")
        elif kind == "path":
            (site / "_hello.pth").write_text(f"# a\nimport sys\n{hello / 'server'}\n")
        else:
            mapping = {"hello_server": str(hello / "server/hello_server")}
            (site / "__editable___hello_server_0_1_0_finder.py").write_text(
                f"MAPPING: dict[str, str] = {mapping}\n"
            )
        python = hello / ".venv/bin/python"
        python.parent.mkdir()
        python.write_text(f"#!/bin/sh\ntouch {hello / 'was-run'}\n")
        python.chmod(0o755)

        printed = terminal.mcpgen("install", "mcp-json", "--print")
        unanswered = terminal.mcpgen("install", "mcp-json")

        assert (printed.code, unanswered.code) == (0, 2)
        entry = json.loads(printed.out)["mcpServers"]["hello"]
        assert entry["command"] == str(python)
        assert not (hello / "was-run").exists()
        assert terminal.mcpgen("install", "mcp-json", "--yes").code == 0
        assert (hello / "was-run").exists()

    async def test_uv_is_used_where_no_environment_has_the_server(
        self,
        hello: Path,
        terminal: Terminal,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        python = environment_with(tmp_path / "prepared", hello / "server")
        uv = tmp_path / "bin" / "uv"
        uv.parent.mkdir()
        # What the real one does once the environment is there.
        uv.write_text(
            '#!/bin/sh\n[ "$1" = run ] && [ "$2" = --directory ] && cd "$3" || exit 9\n'
            f'shift 4\nexec {python} "$@"\n'
        )
        uv.chmod(0o755)
        monkeypatch.setenv("PATH", f"{uv.parent}{os.pathsep}{os.environ['PATH']}")

        done = terminal.mcpgen("install", "mcp-json", "--yes")

        assert done.code == 0
        entry = entry_of(hello / "mcp.json")
        assert entry["command"] == str(uv)
        assert entry["args"][:3] == ["run", "--directory", str(hello / "server")]
        assert await tools_of(entry, tmp_path) == ["greet"]

    @pytest.mark.parametrize("options", [[], ["--uv"]])
    def test_without_any_the_user_reads_how_to_get_one(
        self,
        hello: Path,
        terminal: Terminal,
        monkeypatch: pytest.MonkeyPatch,
        options: list[str],
    ) -> None:
        monkeypatch.setenv("PATH", str(hello))

        done = terminal.mcpgen("install", "mcp-json", "--yes", *options)

        assert done.code == 2
        assert "error[MG442]: " in done.err
        assert f"python -m pip install -e {hello / 'server'}" in done.err
        assert not (hello / "mcp.json").exists()

    def test_a_project_without_a_server_can_only_be_connected_to(
        self, hello: Path, terminal: Terminal
    ) -> None:
        manifest = hello / "mcpgen.yaml"
        manifest.write_text(f"{manifest.read_text()}targets: [client]\n")
        assert terminal.mcpgen("generate").code == 0

        done = terminal.mcpgen("install", "mcp-json", "--print")

        assert done.code == 2
        assert "error[MG603]: the project has no server" in done.err
        assert terminal.mcpgen("install", "mcp-json", "--http", "--print").code == 0


@pytest.mark.parametrize(
    ("transports", "options", "missing"),
    [("[http]", [], "stdio"), ("[stdio]", ["--http"], "http")],
)
async def test_what_the_server_does_not_serve_is_refused(
    transports: str,
    options: list[str],
    missing: str,
    hello: Path,
    python: Path,
    terminal: Terminal,
) -> None:
    manifest = hello / "mcpgen.yaml"
    manifest.write_text(f"{manifest.read_text()}transports: {transports}\n")
    assert terminal.mcpgen("generate").code == 0

    done = terminal.mcpgen("install", "mcp-json", "--yes", *options)

    assert done.code == 2
    assert f"error[MG445]: the server does not serve {missing}" in done.err
    assert not (hello / "mcp.json").exists()
    if missing == "http":
        assert terminal.mcpgen("install", "mcp-json", "--yes").code == 0
        assert await tools_of(entry_of(hello / "mcp.json"), hello) == ["greet"]


class TestURLs:
    @pytest.mark.parametrize(
        ("host", "kind"),
        [("claude-code", "http"), ("cursor", None), ("vscode", "http")],
    )
    def test_the_entry_has_the_url_and_headers(
        self, hello: Path, terminal: Terminal, host: str, kind: str | None
    ) -> None:
        done = terminal.mcpgen(
            *("install", host, "--url", URL, "--header", "Authorization: Bearer a:b"),
            *("--scope", "project", "--yes"),
        )

        assert done.code == 0
        entry = entry_of(hello / IN_PROJECT[host], HOSTS[host].key)
        assert entry.pop("type", None) == kind
        assert entry == {"url": URL, "headers": {"Authorization": "Bearer a:b"}}

    @pytest.mark.parametrize(
        ("lines", "url"),
        [
            ("", "http://127.0.0.1:8000/mcp"),
            (f"connect: {{url: {URL}}}\n", URL),
            (f"registry: {{name: a.b/hello, url: {URL}}}\n", URL),
        ],
    )
    def test_http_takes_the_url_of_the_manifest(
        self, hello: Path, terminal: Terminal, lines: str, url: str
    ) -> None:
        manifest = hello / "mcpgen.yaml"
        manifest.write_text(f"{manifest.read_text()}{lines}")

        done = terminal.mcpgen("install", "mcp-json", "--http", "--print")

        assert json.loads(done.out) == {
            "mcpServers": {"hello": {"type": "http", "url": url}}
        }

    def test_no_project_is_needed_for_a_url_and_a_name(
        self, terminal: Terminal, tmp_path: Path
    ) -> None:
        options = ("--url", URL, "--name", "x", "--yes")

        done = terminal.mcpgen("install", "mcp-json", *options)
        undone = terminal.mcpgen(
            "install", "mcp-json", "--undo", "--name", "x", "--yes"
        )

        assert (done.code, undone.code) == (0, 0)
        assert not (tmp_path / "mcp.json").exists()

    def test_claude_desktop_takes_none(self, hello: Path, terminal: Terminal) -> None:
        done = terminal.mcpgen("install", "claude-desktop", "--url", URL, "--yes")

        assert done.code == 2
        assert "Settings > Connectors" in done.err

    @pytest.mark.parametrize(
        "options",
        [
            ["--url", "file:///etc/passwd"],
            ["--url", URL, "--env", "A=b"],
            ["--header", "A: b"],
            ["--env", "A"],
            ["--url", URL, "--header", "A"],
            ["--file", "a.json", "--scope", "project"],
            ["--scope", "user"],
            ["--python", sys.executable, "--uv"],
            *(
                ["--undo", *more]
                for more in (
                    ["--url", URL],
                    ["--http"],
                    ["--env", "A=b"],
                    ["--header", "A: b"],
                    ["--python", sys.executable],
                    ["--uv"],
                )
            ),
        ],
    )
    def test_options_that_do_not_fit_are_refused(
        self, hello: Path, terminal: Terminal, options: list[str]
    ) -> None:
        done = terminal.mcpgen("install", "mcp-json", "--yes", *options)

        assert done.code == 2
        assert "Error: " in done.err
        assert not (hello / "mcp.json").exists()

    def test_printing_does_not_undo(self, hello: Path, terminal: Terminal) -> None:
        assert terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes").code == 0
        before = (hello / "mcp.json").read_bytes()

        done = terminal.mcpgen("install", "mcp-json", "--print", "--undo", "--yes")

        assert done.code == 2
        assert "--print and --undo exclude each other" in done.err
        assert (hello / "mcp.json").read_bytes() == before


class TestWhereItGoes:
    @pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
    @pytest.mark.parametrize("host", list(FILES))
    def test_the_user_s_file_on_each_platform(
        self, host: str, platform: str, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "platform", platform)

        file, root = HOSTS[host].file("user", Path("project"))

        assert file == home / FILES[host][platform]
        assert file.is_relative_to(root)

    @pytest.mark.parametrize("host", list(IN_PROJECT))
    def test_the_file_in_the_project(
        self, host: str, hello: Path, home: Path, terminal: Terminal
    ) -> None:
        (hello / "server" / "deeper").mkdir()
        terminal.go(hello / "server" / "deeper")

        done = terminal.mcpgen(
            *("install", host, "--scope", "project", "--url", URL, "--yes")
        )

        assert done.code == 0
        assert (hello / IN_PROJECT[host]).is_file()
        assert list(home.iterdir()) == []

    def test_only_the_user_can_read_a_new_file_of_the_user_s(
        self, hello: Path, home: Path, terminal: Terminal
    ) -> None:
        done = terminal.mcpgen("install", "cursor", "--url", URL, "--yes")

        assert stat.S_IMODE((home / ".cursor/mcp.json").stat().st_mode) == 0o600
        assert "is Cursor installed?" in done.err

    @pytest.mark.skipif(sys.platform == "win32", reason="permissions are not read")
    @pytest.mark.parametrize(
        ("option", "what"),
        [
            (("--header", "Key: x"), "values of headers"),
            (("--env", "KEY=x", "--no-check"), "paths of this machine and values of"),
        ],
    )
    @pytest.mark.parametrize("file", ["mcp.json", "other.json"])
    def test_a_new_file_with_values_is_for_the_user_alone(
        self,
        option: tuple[str, ...],
        what: str,
        file: str,
        hello: Path,
        python: Path,
        terminal: Terminal,
    ) -> None:
        url = ("--url", URL) if option[0] == "--header" else ()

        done = terminal.mcpgen(
            *("install", "mcp-json", "--yes", "--file", file, *option, *url)
        )

        assert done.code == 0
        assert stat.S_IMODE((hello / file).stat().st_mode) == 0o600
        assert f"note: the entry has {what}" in done.err
        assert "; do not commit it" in done.err

    def test_another_file_can_be_named(
        self, hello: Path, tmp_path: Path, terminal: Terminal
    ) -> None:
        file = tmp_path / "profile" / "mcp.json"

        done = terminal.mcpgen(
            *("install", "vscode", "--file", str(file), "--url", URL, "--yes")
        )

        assert done.code == 0
        assert entry_of(file, "servers")["url"] == URL


COMMENTED: Final = (
    '// My servers\n{\n\t"inputs": [],\n\t"servers": {\n'
    '\t\t"other": {"command": "x"}, // mine\n\t},\n}\n'
)


class TestTheRestOfTheFile:
    @pytest.mark.parametrize(
        ("host", "before"),
        [
            ("vscode", COMMENTED.encode()),
            ("vscode", COMMENTED.replace("\n", "\r\n").encode()),
            ("cursor", b'\xef\xbb\xbf{ /* none */ "mcpServers": {} }'),
            ("claude-code", b'{"numStartups":3,"mcpServers":{"a":{"command":"b"}}}'),
            ("claude-code", '{\n    "oauth": "\u00e9"\n}'.encode()),
            ("claude-code", b"{}"),
            ("mcp-json", b"\n"),
            ("mcp-json", b""),
        ],
    )
    def test_it_stays_byte_for_byte_and_comes_back(
        self, host: str, before: bytes, hello: Path, terminal: Terminal
    ) -> None:
        file = hello / IN_PROJECT[host]
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(before)
        file.chmod(0o640)
        options = ("--scope", "project", "--yes")

        done = terminal.mcpgen("install", host, "--url", URL, *options)

        assert done.code == 0
        after = file.read_bytes()
        assert is_subsequence(before, after)
        assert after.count(b"\r\n") in {0, after.count(b"\n")}
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        assert terminal.mcpgen("install", host, "--url", URL, *options).code == 0
        assert file.read_bytes() == after

        undone = terminal.mcpgen("install", host, "--undo", *options)

        assert undone.code == 0
        assert file.read_bytes() == before

    @pytest.mark.parametrize("text", ['{"mcpServers": {}, // no\n}', "{,}", "[]"])
    def test_a_broken_file_is_left_alone(
        self, text: str, hello: Path, terminal: Terminal
    ) -> None:
        file = hello / "mcp.json"
        file.write_text(text)

        done = terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes")

        assert done.code == 2
        assert f"{file}:1:" in done.err
        assert len(done.err.splitlines()) == 2
        assert file.read_text() == text

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b'{"mcpServers": []}', "MG106"),
            (b'{"a": "\xff"}', "MG005"),
            (b'{"a": 1, "a": 2}', "MG013"),
        ],
    )
    def test_so_is_one_that_means_something_else(
        self, content: bytes, code: str, hello: Path, terminal: Terminal
    ) -> None:
        (hello / "mcp.json").write_bytes(content)

        done = terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes", "--json")

        assert done.code == 2
        (found,) = json.loads(done.out)["diagnostics"]
        assert found["code"] == code
        assert (hello / "mcp.json").read_bytes() == content


@pytest.mark.parametrize("url", ["nowhere", "ftp://h/x", "http://", "http://[x"])
def test_what_is_no_url_is_refused(url: str, hello: Path, terminal: Terminal) -> None:
    done = terminal.mcpgen("install", "mcp-json", "--url", url, "--yes")

    assert done.code == 2
    assert "--url takes an http or https URL" in done.err
    assert not (hello / "mcp.json").exists()


def is_subsequence(part: bytes, whole: bytes) -> bool:
    rest = iter(whole)
    return all(byte in rest for byte in part)


class TestAnEntryOfTheSameName:
    def test_it_is_replaced_on_request_and_comes_back(
        self, hello: Path, terminal: Terminal
    ) -> None:
        file = hello / "mcp.json"
        before = '{"mcpServers": {"hello": {"command": "mine"}, "b": {}}}'
        file.write_text(before)
        arguments = ("install", "mcp-json", "--url", URL, "--yes")
        assert terminal.mcpgen(*arguments).code == 2
        assert file.read_text() == before

        assert terminal.mcpgen(*arguments, "--force").code == 0

        assert entry_of(file) == {"type": "http", "url": URL}
        assert terminal.mcpgen("install", "mcp-json", "--undo", "--yes").code == 0
        assert file.read_text() == before

    def test_what_differs_is_named_without_the_values_of_variables(
        self, hello: Path, terminal: Terminal
    ) -> None:
        entry = {"type": "http", "url": URL, "headers": {"Key": "secret"}}
        (hello / "mcp.json").write_text(json.dumps({"mcpServers": {"hello": entry}}))

        done = terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes")

        assert "headers: values for Key in the file, nothing now" in done.err
        assert "secret" not in done.err + done.out

    def test_one_s_own_is_brought_up_to_date_and_undone_at_once(
        self, hello: Path, terminal: Terminal
    ) -> None:
        file = hello / "mcp.json"
        file.write_text("{}")
        for url in (URL, f"{URL}/2", f"{URL}/3"):
            assert (
                terminal.mcpgen("install", "mcp-json", "--url", url, "--yes").code == 0
            )
            assert entry_of(file)["url"] == url

        assert terminal.mcpgen("install", "mcp-json", "--undo", "--yes").code == 0

        assert file.read_text() == "{}"

    def test_another_name_can_be_taken(self, hello: Path, terminal: Terminal) -> None:
        (hello / "mcp.json").write_text('{"mcpServers": {"hello": {}}}')

        done = terminal.mcpgen(
            *("install", "mcp-json", "--url", URL, "--name", "hello 2", "--yes")
        )

        assert done.code == 0
        assert entry_of(hello / "mcp.json", name="hello 2")["url"] == URL


class TestSecrets:
    """Values in the file that are not what the user asked about are not shown."""

    OTHER: Final = {"command": "x", "args": ["--key", "s3cret"], "env": {"A": "s3cret"}}
    FORMER: Final = {"url": URL, "headers": {"Key": "s3cret"}}

    @pytest.mark.parametrize("indent", [None, 2])
    @pytest.mark.parametrize("key", ["mcpServers", "others"])
    @pytest.mark.parametrize("machine", [[], ["--json"]])
    @pytest.mark.parametrize("named", ["hello", "new"])
    def test_they_are_in_no_diff(
        self,
        named: str,
        machine: list[str],
        key: str,
        indent: int | None,
        hello: Path,
        terminal: Terminal,
    ) -> None:
        servers = {"other": self.OTHER, "hello": self.FORMER, "z": self.OTHER}
        content = {"env": {"B": "s3cret"}, key: servers, "key": "s3cret"}
        (hello / "mcp.json").write_text(json.dumps(content, indent=indent))
        given = ("--url", f"{URL}/2", "--header", "Key: s3cret 2", "--force")
        common = ("install", "mcp-json", "--name", named, "--yes", *machine)

        done = terminal.mcpgen(*common, *given)
        undone = terminal.mcpgen(*common, "--undo")

        assert (done.code, undone.code) == (0, 0)
        assert f"{URL}/2" in done.out
        assert "***" in done.out
        for each in (done, undone):
            assert "s3cret" not in each.out + each.err
        assert json.loads((hello / "mcp.json").read_bytes()) == content

    def test_another_value_is_shown_as_a_change(
        self, hello: Path, terminal: Terminal
    ) -> None:
        common = ("install", "mcp-json", "--url", URL, "--yes", "--header")
        assert terminal.mcpgen(*common, "Key: s3cret 1").code == 0

        done = terminal.mcpgen(*common, "Key: s3cret 2")

        assert '-        "Key": "***"\n+        "Key": "*** (another)"\n' in done.out
        assert entry_of(hello / "mcp.json")["headers"] == {"Key": "s3cret 2"}

    def test_what_a_refusal_names_has_no_arguments_and_url_of_the_file(
        self, hello: Path, terminal: Terminal
    ) -> None:
        entry = {**self.OTHER, "url": "https://other.example/?key=s3cret"}
        (hello / "mcp.json").write_text(json.dumps({"mcpServers": {"hello": entry}}))

        done = terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes")

        assert done.code == 2
        assert "args: another value in the file, nothing now" in done.err
        assert "s3cret" not in done.err + done.out


class TestUndo:
    def test_the_file_and_folders_that_were_created_go(
        self, hello: Path, home: Path, terminal: Terminal
    ) -> None:
        assert terminal.mcpgen("install", "vscode", "--url", URL, "--yes").code == 0
        assert (home / ".config").exists() or sys.platform != "linux"

        done = terminal.mcpgen("install", "vscode", "--undo", "--yes")

        assert done.code == 0
        assert [path for path in home.rglob("*") if path.is_file()] == []
        assert not (home / ".config" / "Code").exists()

    def test_what_others_added_since_stays(
        self, hello: Path, terminal: Terminal
    ) -> None:
        file = hello / "mcp.json"
        for name in ("a", "b"):
            options = ("--url", URL, "--name", name, "--yes")
            assert terminal.mcpgen("install", "mcp-json", *options).code == 0

        for name in ("a", "b"):
            undo = ("--undo", "--name", name, "--yes")
            assert terminal.mcpgen("install", "mcp-json", *undo).code == 0
            if name == "a":
                assert list(json.loads(file.read_bytes())["mcpServers"]) == ["b"]

    def test_an_entry_that_was_edited_is_kept(
        self, hello: Path, terminal: Terminal
    ) -> None:
        file = hello / "mcp.json"
        assert terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes").code == 0
        file.write_text(file.read_text().replace("hello.example", "other.example"))

        done = terminal.mcpgen("install", "mcp-json", "--undo", "--yes")

        assert done.code == 2
        assert "was edited since it was installed" in done.err
        forced = terminal.mcpgen("install", "mcp-json", "--undo", "--yes", "--force")
        assert forced.code == 0

    def test_a_write_that_fails_leaves_the_former_record(
        self, hello: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (hello / "mcp.json").write_text("{}")
        common = ("install", "mcp-json", "--yes")
        assert terminal.mcpgen(*common, "--url", URL).code == 0
        put = disk.put

        def fails(path: Path, data: bytes, **options: Any) -> None:
            if path.name == "mcp.json":
                raise MCPGenError.of("MG411", "can't be written: the disk is full")
            put(path, data, **options)

        with monkeypatch.context() as patch:
            patch.setattr(disk, "put", fails)
            assert terminal.mcpgen(*common, "--url", f"{URL}/2").code == 2

        assert terminal.mcpgen(*common, "--undo").code == 0
        assert (hello / "mcp.json").read_text() == "{}"

    def test_nothing_to_undo_is_fine(self, hello: Path, terminal: Terminal) -> None:
        done = terminal.mcpgen("install", "mcp-json", "--undo", "--yes")

        assert (done.code, done.err) == (0, "")
        assert done.out.endswith("has no entry hello; nothing to do\n")

    @pytest.mark.skipif(sys.platform == "win32", reason="permissions are not read")
    def test_a_record_that_others_can_write_is_not_believed(
        self, hello: Path, terminal: Terminal, tmp_path: Path
    ) -> None:
        assert terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes").code == 0
        (tmp_path / "state").chmod(0o777)

        done = terminal.mcpgen("install", "mcp-json", "--undo", "--yes")

        assert done.code == 2
        assert "was not installed by this command" in done.err


class TestAsking:
    def test_without_a_terminal_nothing_is_written(
        self, hello: Path, terminal: Terminal
    ) -> None:
        done = terminal.mcpgen("install", "mcp-json", "--url", URL)

        assert done.code == 2
        assert "error[MG444]: nothing was written" in done.err
        assert "+++ " in done.err
        assert done.out == ""
        assert not (hello / "mcp.json").exists()

    @pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
    async def test_on_a_terminal_the_answer_counts(
        self, answer: str, code: int, hello: Path
    ) -> None:
        command = ("-m", "mcpgen", "install", "mcp-json", "--url", URL)
        path = {"PYTHONPATH": str(Path(__file__).parents[2])}

        async with on_a_terminal(*command, cwd=hello, environment=path) as person:
            await person.shows(f'+      "url": "{URL}"')
            await person.shows("Write this? [y/N]")
            assert not (hello / "mcp.json").exists()
            person.type(f"{answer}\n")
            assert await person.ends() == code

        assert (hello / "mcp.json").exists() == (code == 0)

    def test_the_change_is_shown_where_the_question_is(
        self, hello: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setattr(click, "confirm", lambda *_, **__: True)

        done = terminal.mcpgen("install", "mcp-json", "--url", URL)

        assert done.code == 0
        assert f'+      "url": "{URL}"' in done.err
        assert "+++ " not in done.out

    def test_json_does_not_ask(
        self, hello: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

        done = terminal.mcpgen("install", "mcp-json", "--url", URL, "--json")

        assert done.code == 2
        (found,) = json.loads(done.out)["diagnostics"]
        assert found["code"] == "MG444"
        assert not (hello / "mcp.json").exists()

    def test_a_file_that_changes_meanwhile_is_left_alone(
        self, hello: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def change() -> bool:
            (hello / "mcp.json").write_text('{"mine": 1}')
            return True

        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setattr(click, "confirm", lambda *_, **__: change())

        done = terminal.mcpgen("install", "mcp-json", "--url", URL)

        assert done.code == 2
        assert "changed while this command was waiting" in done.err
        assert (hello / "mcp.json").read_text() == '{"mine": 1}'

    def test_a_program_gets_json(self, hello: Path, terminal: Terminal) -> None:
        result = changed(
            terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes", "--json")
        )

        assert result.pop("diff").startswith("--- /dev/null\n")
        assert result == {
            "host": "mcp.json",
            "file": str(hello / "mcp.json"),
            "name": "hello",
            "entry": {"type": "http", "url": URL},
            "changed": True,
        }

    def test_a_diff_of_one_long_line_shows_the_change_alone(
        self, hello: Path, terminal: Terminal
    ) -> None:
        secret = "x" * 2_000
        (hello / "mcp.json").write_text(json.dumps({"key": secret}))

        done = terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes")

        assert URL in done.out
        assert secret not in done.out


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="no symbolic links")
class TestLinks:
    @pytest.mark.parametrize("linked", [".vscode", ".vscode/mcp.json"])
    @pytest.mark.parametrize("options", [["--url", URL], ["--undo"]])
    def test_none_in_a_project_is_followed(
        self,
        linked: str,
        options: list[str],
        hello: Path,
        tmp_path: Path,
        terminal: Terminal,
    ) -> None:
        away = tmp_path / "away"
        away.mkdir()
        (away / "mcp.json").write_text('{"servers": {"hello": {}}}')
        (hello / linked).parent.mkdir(exist_ok=True)
        (hello / linked).symlink_to(away if linked == ".vscode" else away / "mcp.json")

        done = terminal.mcpgen(
            *("install", "vscode", "--scope", "project", "--yes", "--force", *options)
        )

        assert done.code == 2
        assert "error[MG409]: is a symbolic link" in done.err
        assert (away / "mcp.json").read_text() == '{"servers": {"hello": {}}}'

    def test_a_device_is_not_read(self, hello: Path, terminal: Terminal) -> None:
        os.mkfifo(hello / "mcp.json")

        done = terminal.mcpgen("install", "mcp-json", "--url", URL, "--yes")

        assert done.code == 2
        assert "error[MG002]" in done.err

    def test_a_link_that_comes_in_between_is_not_written_through(
        self, hello: Path, tmp_path: Path
    ) -> None:
        folder = hello / ".cursor"
        folder.mkdir()
        target = hosts.Target(HOSTS["cursor"], folder / "mcp.json", hello, "hello")
        change = hosts.install(target, {"url": URL})
        assert change is not None
        folder.rmdir()
        folder.symlink_to(tmp_path)

        with pytest.raises(MCPGenError, match="MG409"):
            hosts.write(change)

        assert not (tmp_path / "mcp.json").exists()
