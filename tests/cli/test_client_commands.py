"""Clients of servers that are programs: made from a command, which they start themselves."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from mcpgen.manifest import load
from mcpgen.pull import startable
from tests.cli.terminal import Terminal, process
from tests.pace import patient

SECONDS: Final = patient(120)
WEATHER: Final = Path(__file__).parents[2] / "generated_examples" / "weather"
CODE: Final = (
    f"import sys; sys.path.insert(0, {str(WEATHER / 'server')!r}); "
    "from weather_server.__main__ import run; sys.exit(run())"
)
WORDS: Final = (sys.executable, "-c", CODE, "--stdio", "--log-level", "warning")
COMMAND: Final = shlex.join(WORDS)
NAMES: Final = ["get_forecast", "compare_cities"]
USE: Final = """
import asyncio
from gh_client import GhClient, SyncGhClient


async def main() -> None:
    for era in ("modern", "legacy"):
        async with GhClient(era=era) as client:
            print(client.era, (await client.get_forecast(city="Oslo", days=1)).city)
    async with GhClient.stdio(env={"X": "1"}) as client:
        print([tool.name for tool in await client.list_tools()])


asyncio.run(main())
with GhClient.sync() as client:
    print(client.get_forecast(city="Rome", days=1).city)
with SyncGhClient.stdio() as client:
    print(client.era)
try:
    GhClient(headers={"X": "1"})
except ValueError as error:
    print(error)
"""


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a client that was made from a command."""
    folder = tmp_path_factory.mktemp("commands")
    done = process("new", "client", "gh", "--command", COMMAND, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "gh" / "client"


def test_the_manifest_has_the_command_as_words(client: Path) -> None:
    assert load(client.parent / "mcpgen.yaml").command == WORDS
    assert process("generate", "--check", folder=client.parent).returncode == 0


def test_a_client_without_a_url_starts_its_command(client: Path) -> None:
    done = run(client, "-c", USE)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "modern Oslo",
        "legacy Oslo",
        str(NAMES),
        "Rome",
        "modern",
        "`headers`: only for servers with a URL, not for programs",
    ]


def test_its_readme_shows_that_and_is_right(client: Path) -> None:
    text = (client / "README.md").read_text("utf-8")
    block = text.split("```python\n")[1].split("```")[0]
    body = "".join(f"    {line}\n" for line in block.splitlines() if line)
    code = f"import asyncio\n\n\nasync def main():\n{body}\n\nasyncio.run(main())\n"
    done = run(client, "-c", code)
    # The city of the example is made up.
    assert "ToolError: " in done.stderr.splitlines()[-2] + done.stderr.splitlines()[-1]
    for name in ("README.md", "REFERENCE.md", "gh_client/client.py"):
        assert sys.executable in (client / name).read_text("utf-8")


def test_its_program_needs_no_url_either(client: Path) -> None:
    for arguments in ((), ("list",), ("--era", "legacy", "list")):
        done = run(client, "-m", "gh_client", "--json", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert [tool["name"] for tool in json.loads(done.stdout)["tools"]] == NAMES
    call = ("-m", "gh_client", "call", "get_forecast", "--city")
    done = run(client, *call, "Oslo", "--json")
    assert json.loads(done.stdout)["structuredContent"]["city"] == "Oslo"
    assert run(client, *call, "Atlantis").returncode == 1
    done = run(client, "-m", "gh_client", "http://127.0.0.1:9/mcp", "list")
    assert (done.returncode, done.stdout) == (2, "")
    done = run(client, "-m", "gh_client", "--help")
    assert "Without a URL" in " ".join(done.stdout.split())


PROGRAM: Final = ("-m", "weather_client", "--command", COMMAND)


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_every_client_s_program_takes_a_command(era: str) -> None:
    done = run(WEATHER / "client", *PROGRAM, "--era", era, "--json", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert [tool["name"] for tool in json.loads(done.stdout)["tools"]] == NAMES
    call = ("call", "get_forecast", '{"city": "Oslo"}', "--days", "1")
    done = run(WEATHER / "client", *PROGRAM, "--era", era, *call)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Oslo" in done.stdout
    done = run(WEATHER / "client", *PROGRAM, "call", "get_forecast", "--help")
    assert done.returncode == 0
    assert shlex.quote(COMMAND) in " ".join(done.stdout.split())


def test_a_program_gets_the_variables_and_the_folder_that_are_named(
    tmp_path: Path,
) -> None:
    code = (
        "import json, os, sys; print(json.dumps([os.environ.get('ONE'), "
        "os.environ.get('TWO'), os.getcwd()]), file=sys.stderr); sys.exit(3)"
    )
    command = shlex.join([sys.executable, "-c", code])
    done = run(
        WEATHER / "client",
        *("-m", "weather_client", "--command", command),
        *("--env", "ONE", "--cwd", str(tmp_path), "list"),
        ONE="1",
        TWO="2",
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "(exit code 3)" in done.stderr
    assert json.loads(done.stderr.splitlines()[-1]) == ["1", None, str(tmp_path)]


REFUSED: Final = {
    "a quote": (("--command", "x 'y", "list"), "a quote in it is not closed"),
    "nothing": (("--command", "", "list"), "the command is empty"),
    "no variable": (("--env", "NO_SUCH", *PROGRAM[2:], "list"), "--env NO_SUCH: there"),
    "a value": (("--env", "A=secret", *PROGRAM[2:], "list"), "--env A: give its name"),
    "a header": (("--header", "A: b", *PROGRAM[2:], "list"), "--header is for servers"),
    "signing out": ((*PROGRAM[2:], "logout"), "logout is for servers with a URL"),
    "a variable for a URL": (
        ("--env", "HOME", "http://127.0.0.1:9/mcp", "list"),
        "--env is for programs, not for servers with a URL",
    ),
    "a folder for a URL": (
        ("--cwd", "/", "http://127.0.0.1:9/mcp", "list"),
        "--cwd is for programs, not for servers with a URL",
    ),
    "no program": (("--command", "/no/such/program", "list"), "can't be started"),
    "no folder": (("--cwd", "/no/such", *PROGRAM[2:], "list"), "can't be started"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_started_is_explained(case: str) -> None:
    arguments, problem = REFUSED[case]
    done = run(WEATHER / "client", "-m", "weather_client", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert problem in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


# ------------------------------------------------------- commands that cannot be trusted


@pytest.mark.parametrize("secret", ["--api-key=7", "--token", "API_KEY=7", "x://u:p@h"])
def test_a_command_with_a_credential_is_not_recorded(
    secret: str, terminal: Terminal, tmp_path: Path
) -> None:
    code = f"import sys; sys.argv[1:] = ['--stdio']; {CODE}"
    command = shlex.join([sys.executable, "-c", code])
    done = terminal.mcpgen("new", "client", "gh", "--command", f"{command} {secret}")
    assert done.code == 0
    assert "warning[MG705]" in done.err
    assert load(tmp_path / "gh" / "mcpgen.yaml").command == ()


def test_the_program_that_is_read_gets_what_is_named(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONE", "1")
    monkeypatch.setenv("TWO", "2")
    code = (
        "import os, sys; found = [*map(os.environ.get, ('ONE', 'TWO')), os.getcwd()]; "
        f"wanted = ['1', None, {str(tmp_path)!r}]; "
        f"found == wanted or sys.exit(repr(found)); sys.argv[1:] = ['--stdio']; {CODE}"
    )
    command = shlex.join([sys.executable, "-c", code])
    new = ("new", "client", "gh", "--command", command)
    done = terminal.mcpgen(*new, "--env", "ONE", "--cwd", str(tmp_path))
    assert done.code == 0
    text = (tmp_path / "gh" / "mcpgen.yaml").read_text("utf-8")
    assert load(tmp_path / "gh" / "mcpgen.yaml").command, text


CREDENTIALS: Final = [
    "https://h/mcp?api_key=SECRET",
    "https://h/mcp?a=b&token=SECRET",
    "https://h/mcp?X-Amz-Signature=SECRET",
    *("--pwd x", "--pass x", "--apikey x", "--db-pass=x", "--accessToken x", "--pat x"),
    *("--header X-Auth:abc", "--header=X-Auth:abc", "-H X-Auth:abc", "-HX-Auth:abc"),
    *("github_pat_11AAA", "glpat-abc", "AKIAIOSFODNN7", "eyJhbGciOiJI.e30.x", "sk-abc"),
    *("-e FOO_PAT=abc", "--env=API_KEY=abc", "-eAPI_KEY=abc", "-e GITHUB_AUTH=abc"),
    *("'Server=a;Password=b'", "'host=a password=b'", '\'{"apiKey": "b"}\''),
    *("X-Api-Token:abc", "postgres://u:p@host/db", "'Authorization: Bearer abc'"),
]


@pytest.mark.parametrize("words", CREDENTIALS)
def test_what_looks_like_a_credential_is_found(words: str) -> None:
    assert startable(f"npx -y server {words}") == ()


@pytest.mark.parametrize(
    "command",
    [
        "uvx mcp-server-time --local-timezone Europe/Oslo",
        "npx -y @modelcontextprotocol/server-filesystem /home/me/keys /tmp",
        "npx mcp-remote https://example.com/mcp?page=1 --transport http-only",
        "docker run -i --rm -e API_KEY -v data:/data image:1.2 --max-tokens=100 -h",
        "python -u -m sk_learn_server --compat --path=MY_PATH --bypass -p 80",
        "env PYTHONPATH=src python -m pat_server --format json",
    ],
)
def test_other_commands_are_recorded(command: str) -> None:
    assert startable(command) == tuple(shlex.split(command))


HOSTILE: Final = [
    "; touch made #",
    "$(touch made)",
    "`touch made`",
    '"""\nimport os; os.system("touch made")\n"""'.replace("\n", " "),
    "{{ 7 * 7 }}",
    "```",
    "<script>",
]


def test_nothing_of_a_manifest_s_command_is_run(
    terminal: Terminal, tmp_path: Path
) -> None:
    """Not when code is generated or imported; a client hands it over word for word."""
    code = "import sys; open('args', 'w').write(repr(sys.argv[1:])); sys.exit(3)"
    words = [sys.executable, "-c", code, *HOSTILE]
    document = {
        "mcpgen": 1,
        "name": "gh",
        "targets": ["client"],
        "connect": {"command": words},
        "tools": [
            {
                "name": "say_hello",
                "description": "Says hello to everybody who is there.",
                "inputSchema": {"type": "object", "properties": {}},
            }
        ],
    }
    manifest = tmp_path / "given.json"
    manifest.write_text(json.dumps(document), "utf-8")
    new = ("new", "client", "gh", "--manifest", str(manifest))
    assert terminal.mcpgen(*new).code == 0
    terminal.go(tmp_path / "gh")
    for command in ("generate", "lint", "diff"):
        arguments = (command, *(["mcpgen.yaml", "mcpgen.yaml"] * (command == "diff")))
        assert terminal.mcpgen(*arguments).code == 0, command
    done = run(
        tmp_path / "gh" / "client", "-c", "import gh_client; gh_client.GhClient()"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.rglob("args"))
    done = run(tmp_path / "gh" / "client", "-m", "gh_client")
    assert done.returncode == 2
    assert (tmp_path / "gh/client/args").read_text("utf-8") == repr(HOSTILE)
    assert not list(tmp_path.rglob("made"))


@pytest.mark.parametrize(
    ("connect", "problem"),
    [
        ({}, "must have one of `url` and `command`"),
        ({"url": "https://a.b/mcp", "command": ["x"]}, "must have one of"),
        ({"command": []}, "must not be empty"),
        ({"command": "uvx x"}, "list"),
        ({"command": ["x", "a\nb"]}, "without control characters"),
        ({"command": ["x", "a\u202eb"]}, "without control characters"),
    ],
)
def test_a_command_in_a_manifest_is_a_list_of_plain_words(
    connect: object, problem: str, terminal: Terminal, tmp_path: Path
) -> None:
    document = {"mcpgen": 1, "name": "gh", "tools": [], "connect": connect}
    (tmp_path / "given.json").write_text(json.dumps(document), "utf-8")
    done = terminal.mcpgen("new", "client", "gh", "--manifest", "given.json")
    assert done.code == 2
    assert problem in done.err
