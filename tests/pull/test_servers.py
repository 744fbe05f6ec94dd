"""Servers that others wrote, and our own: each becomes a manifest, by every way there is."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import load
from mcpgen.pull import ServerContents, Source, manifest_of, read
from tests.cli.terminal import Terminal
from tests.interop.everything import HOME, SECONDS, everything
from tests.interop.sdk_process import MODES, SdkServers, sdk_servers
from tests.peers import SDK1, environment
from tests.runtime.client.wire import Call, Reply, legacy, modern, running

ERAS: tuple[str, ...] = ("modern", "legacy")
OBJECT = {"type": "object"}
STDIO = """
try:
    from mcp.server.mcpserver import MCPServer
except ImportError:
    from mcp.server.fastmcp import FastMCP as MCPServer

app = MCPServer("Sums", instructions="Add with care.")


@app.tool()
def add(a: int, b: int = 1) -> int:
    "Adds two numbers."
    return a + b


@app.resource("sums://{name}")
def sum_of(name: str) -> str:
    "A sum by its name."
    return name


@app.prompt()
def ask(what: str) -> str:
    "Asks for a sum."
    return what


app.run("stdio")
"""


@pytest.fixture(scope="module", params=["sdk1", "sdk2"])
def python(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment with the official SDK, 1.x or 2.x."""
    return (
        environment("sdk1", SDK1) if request.param == "sdk1" else Path(sys.executable)
    )


@pytest.fixture(scope="module")
def servers(python: Path) -> Iterator[SdkServers]:
    with sdk_servers(python, *MODES) as running:
        yield running


@pytest.mark.parametrize("mode", MODES)
def test_the_official_sdk_is_read_over_http_in_every_mode(
    servers: SdkServers, mode: str
) -> None:
    told = read(Source(servers.urls[mode], seconds=SECONDS))
    by_default = read(Source(servers.urls["json"], seconds=SECONDS))

    assert told.lists == by_default.lists
    assert set(told.lists) == {"tools", "prompts", "resources", "resourceTemplates"}
    pulled = manifest_of(told)
    assert pulled.notes == ()
    definitions = [dict(tool.definition) for tool in pulled.tools]
    assert definitions == told.lists["tools"]


def test_the_official_sdk_is_read_over_stdio(
    python: Path, tmp_path: Path, terminal: Terminal
) -> None:
    (tmp_path / "server.py").write_text(STDIO, "utf-8")
    command = shlex.join([str(python), "server.py"])

    done = terminal.mcpgen("pull", "--command", command, "-o", "mcpgen.yaml")

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "mcpgen.yaml: written (1 tool, 1 prompt, 1 resource template)\n"
    )
    manifest = load(tmp_path / "mcpgen.yaml")
    assert manifest.name == "Sums"
    assert manifest.instructions == "Add with care."
    assert [tool.name for tool in manifest.tools] == ["add"]
    assert manifest.tools[0].input_schema["required"] == ["a"]
    text = (tmp_path / "mcpgen.yaml").read_bytes()
    again = terminal.mcpgen("pull", "--command", command, "-o", "mcpgen.yaml")
    assert "up to date" in again.out
    assert (tmp_path / "mcpgen.yaml").read_bytes() == text
    assert terminal.mcpgen("pull", "--command", command).out.encode() == text


async def told_by_everything(era: str, **settings: Any) -> ServerContents:
    async with everything(**settings) as example:
        source = Source(example.url, seconds=SECONDS, era=era)
        return await asyncio.to_thread(read, source)


@pytest.mark.parametrize("era", ERAS)
async def test_our_own_server_gives_back_its_manifest(era: str) -> None:
    told = await told_by_everything(era, page_size=3)
    ours = load(HOME.parent / "mcpgen.yaml")

    pulled = manifest_of(told)

    for found, written in (
        (pulled.tools, ours.tools),
        (pulled.prompts, ours.prompts),
        (pulled.resources, ours.resources),
        (pulled.resource_templates, ours.resource_templates),
    ):
        assert [dict(each.definition) for each in found] == [
            dict(each.definition) for each in written
        ]
    assert pulled.instructions == ours.instructions
    assert pulled.server_info == ours.server_info


async def test_both_eras_tell_the_same() -> None:
    modern, legacy = [await told_by_everything(era) for era in ERAS]

    assert modern.lists == legacy.lists


async def test_a_protected_server_is_read_with_a_token_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = "a-token-of-thirty-two-characters"  # not a real one
    async with everything(auth="token", auth_tokens=(SecretStr(token),)) as example:
        source = Source(example.url, seconds=SECONDS)
        with pytest.raises(MCPGenError) as refused:
            await asyncio.to_thread(read, source)
        monkeypatch.setenv("MCP_BEARER_TOKEN", token)
        told = await asyncio.to_thread(read, source)
        monkeypatch.delenv("MCP_BEARER_TOKEN")
        header = Source(example.url, headers=(f"Authorization: Bearer {token}",))
        assert await asyncio.to_thread(read, header) == told

    assert "MG701" in str(refused.value)
    assert "MCP_BEARER_TOKEN" in str(refused.value)
    assert told.lists["tools"]


@pytest.mark.parametrize("era", ERAS)
async def test_servers_that_list_by_capabilities_list_everything(era: str) -> None:
    """Each tool needs a capability of the client."""
    wire = modern() if era == "modern" else legacy()

    async def listed(call: Call) -> Reply:
        key = "io.modelcontextprotocol/clientCapabilities"
        declared = call.meta.get(key)
        if declared is None:
            declared = wire.of("initialize")[0].params["capabilities"]
        tools = [{"name": name, "inputSchema": OBJECT} for name in declared]
        more = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
        return call.result(tools=tools, **(more if era == "modern" else {}))

    wire.methods["tools/list"] = listed
    async with running(wire):
        told = await asyncio.to_thread(read, Source(wire.url))
    names = {tool["name"] for tool in told.lists["tools"]}
    tasks = set[str]() if era == "modern" else {"tasks"}
    assert names == {"elicitation", "roots", "sampling", *tasks}


async def test_one_step_leads_from_a_server_to_its_typed_client(
    tmp_path: Path, terminal: Terminal
) -> None:
    async with everything() as example:
        done = await asyncio.to_thread(
            terminal.mcpgen, "new", "client", "ours", "--from", example.url
        )

    assert done.code == 0
    made = load(tmp_path / "ours" / "mcpgen.yaml")
    assert made.connect == example.url
    readme = (tmp_path / "ours/client/README.md").read_text(encoding="utf-8")
    assert f'url = "{example.url}"' in readme
    assert made.targets == ("client",)
    assert made.name == "ours"
    assert (tmp_path / "ours/client/ours_client/client.py").is_file()
    terminal.go(tmp_path / "ours")
    assert terminal.mcpgen("generate", "--check").code == 0


async def test_a_manifest_follows_its_server(
    tmp_path: Path, terminal: Terminal
) -> None:
    ours = (HOME.parent / "mcpgen.yaml").read_text("utf-8")
    first = ours.splitlines()[0]
    path = tmp_path / "mcpgen.yaml"
    async with everything() as example:
        written = ("pull", example.url, "-o", "mcpgen.yaml")
        path.write_text(ours, "utf-8")
        same = await asyncio.to_thread(terminal.mcpgen, *written)
        assert (same.code, path.read_text("utf-8")) == (0, ours)

        lines = ours.splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if "description: " in line)
        lines[at] = f"{lines[at].partition('description: ')[0]}description: Other.\n"
        path.write_text("".join(lines), "utf-8")
        check = await asyncio.to_thread(terminal.mcpgen, *written, "--check", "--json")
        assert (check.code, path.read_text("utf-8")) == (1, "".join(lines))
        assert json.loads(check.out)["changed"] is True
        assert (await asyncio.to_thread(terminal.mcpgen, *written)).code == 0
        assert path.read_text("utf-8").splitlines()[0] == first
        again = await asyncio.to_thread(terminal.mcpgen, *written, "--check")
        assert again.code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("http://127.0.0.1:9/mcp",),
        ("ftp://127.0.0.1/",),
        ("file:///etc/passwd",),
        ("http://127.0.0.1:9/", "--command", "x"),
        ("http://127.0.0.1:9/", "--header", "no colon"),
        ("--command", "no-such-program-anywhere"),
        ("--command", "x", "--check"),
    ],
    ids=str,
)
def test_what_can_not_be_read_is_one_clear_message(
    terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    done = terminal.mcpgen("pull", *arguments)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error[MG701]: ")
    assert "Traceback" not in done.err


def test_texts_of_strangers_are_only_data(tmp_path: Path, terminal: Terminal) -> None:
    evil = "\x1b]0;owned\x07\u202e\n'\"\"\"; import os; os.system('touch owned') #"
    tool = {
        "name": "x",
        "title": evil,
        "description": evil,
        "inputSchema": {"type": "object", "description": evil},
    }
    script = {
        "legacy": "2025-11-25",
        "lists": {"tools/list": [{"tools": [tool]}]},
        "info": {"name": "../../../tmp/owned", "version": evil, "title": evil},
    }
    (tmp_path / "script.json").write_text(json.dumps(script), "utf-8")
    program = Path(__file__).with_name("program.py")
    command = shlex.join([sys.executable, str(program), "script.json"])

    done = terminal.mcpgen("pull", "--command", command, "-o", "mcpgen.yaml")

    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    manifest = load(tmp_path / "mcpgen.yaml")
    assert manifest.name == "tmp-owned"
    assert dict(manifest.tools[0].definition) == tool
    assert {path.name for path in tmp_path.iterdir()} == {"script.json", "mcpgen.yaml"}


def test_a_file_that_can_not_be_written_is_one_clear_message(
    tmp_path: Path, terminal: Terminal
) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"legacy": "2025-11-25"}', "utf-8")
    program = Path(__file__).with_name("program.py")
    command = shlex.join([sys.executable, str(program), str(script)])

    there = terminal.mcpgen("pull", "--command", command, "-o", "nowhere/a.yaml")
    kind = terminal.mcpgen("pull", "--command", command, "-o", "a.toml")

    assert (there.code, there.out) == (2, "")
    assert there.err.startswith("nowhere/a.yaml: error[MG411]: can't be written: ")
    assert (kind.code, kind.out) == (2, "")
    assert "a.toml: error[MG007]" in kind.err
    assert [path.name for path in tmp_path.iterdir()] == ["script.json"]
