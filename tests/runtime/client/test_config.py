"""`from_config`: servers in the files that hosts write."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from mcpgen.runtime.client import Client, ClientError, SyncClient
from mcpgen.runtime.client.auth import BearerAuth
from mcpgen.runtime.client.features.config import Server, read

from .tool_server import server
from .wire import LIMIT, running

WEATHER: Final = Path(__file__).parents[3] / "generated_examples/weather/server"
ARGS: Final = ["-m", "weather_server", "--stdio", "--log-level", "warning"]
ENVIRONMENT: Final = {"KEY": "s3cret", "EMPTY": "", "HOME": "/home/ann"}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file: a text, or a document that becomes JSON."""

    def put(content: object, name: str = "mcp.json") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        file.write_text(text, "utf-8")
        return file

    return put


# ----------------------------------------------------------------- as hosts document it

CLAUDE_DESKTOP: Final = """{
  "mcpServers": {
    "filesystem": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-filesystem", "/Users/ann/Desktop"]
    },
    "weather": {"command": "uvx", "args": ["weather"], "env": {"API_KEY": "abc"}}
  }
}"""
CLAUDE_CODE: Final = """{
  "mcpServers": {
    "api": {
      "type": "http",
      "url": "${API_BASE_URL:-https://api.example.com}/mcp",
      "headers": {"Authorization": "Bearer ${KEY}"}
    },
    "local": {"type": "stdio", "command": "${BIN:-/opt}/run", "args": [], "env": {}}
  }
}"""
VS_CODE: Final = """{
  // A comment, and "quotes" in it.
  "inputs": [{"type": "promptString", "id": "key", "password": true}],
  "servers": {
    "remote": {"type": "sse", "url": "https://example.com/sse", /* inline, */ },
    "local": {
      "type": "stdio",
      "command": "node",
      "args": ["${workspaceFolder}/server.js", "http://x/*y*/", "a,]",],
      "env": {"TOKEN": "${env:KEY}", "LEVEL": 3, "NONE": null},
    },
  },
}"""
CURSOR: Final = """{"mcpServers": {"s": {"command": "python",
  "args": ["${workspaceFolder}${/}tools${pathSeparator}x.py", "${userHome}"],
  "env": {"NAME": "${workspaceFolderBasename}"}, "cwd": "${workspaceFolder}"}}}"""


def entry(file: Path, name: str) -> Server:
    return read(file, name, ENVIRONMENT)


def test_claude_desktop_s_file(write: Write) -> None:
    file = write(CLAUDE_DESKTOP, "claude_desktop_config.json")
    assert entry(file, "filesystem").command == (
        "npx",
        "-y",
        "@modelcontextprotocol/server-filesystem",
        "/Users/ann/Desktop",
    )
    assert entry(file, "weather") == Server(
        command=("uvx", "weather"), env={"API_KEY": "abc"}
    )


def test_claude_code_s_file(write: Write) -> None:
    file = write(CLAUDE_CODE, ".mcp.json")
    assert entry(file, "api") == Server(
        url="https://api.example.com/mcp", headers={"Authorization": "Bearer s3cret"}
    )
    assert entry(file, "local").command == ("/opt/run",)


def test_vs_code_s_file_with_comments(write: Write, tmp_path: Path) -> None:
    file = write(VS_CODE, ".vscode/mcp.json")
    assert entry(file, "remote") == Server(url="https://example.com/sse")
    assert entry(file, "local") == Server(
        command=("node", f"{tmp_path}/server.js", "http://x/*y*/", "a,]"),
        env={"TOKEN": "s3cret", "LEVEL": "3"},
    )
    settings = write('\ufeff{"mcp": {"servers": {"a": {"command": "b"}}}}', "s.json")
    assert entry(settings, "a").command == ("b",)


@pytest.mark.skipif("sys.platform == 'win32'", reason="separators of POSIX")
def test_cursor_s_file_is_about_its_folder(write: Write, tmp_path: Path) -> None:
    assert entry(write(CURSOR, ".cursor/mcp.json"), "s") == Server(
        command=("python", f"{tmp_path}/tools/x.py", "/home/ann"),
        env={"NAME": tmp_path.name},
        cwd=tmp_path,
    )


@pytest.mark.parametrize("key", ["url", "serverUrl", "httpUrl"])
@pytest.mark.parametrize("kind", [None, "http", "streamable-http", "streamableHttp"])
def test_a_url_under_each_name(key: str, kind: str | None, write: Write) -> None:
    found: dict[str, Any] = {key: "http://127.0.0.1:1/mcp", "disabled": False}
    found |= {} if kind is None else {"type": kind}
    file = write({"mcpServers": {"a": found}})
    assert entry(file, "a") == Server(url="http://127.0.0.1:1/mcp")


def test_an_empty_variable_takes_the_default_and_else_nothing(write: Write) -> None:
    args = ["${EMPTY:-x}", "${EMPTY}", "${NO:-}", "$KEY", "${KEY:-y}", "{KEY}"]
    file = write({"servers": {"a": {"command": "run", "args": args}}})
    assert entry(file, "a").command[1:] == ("x", "", "", "$KEY", "s3cret", "{KEY}")


# -------------------------------------------------------------------------- the clients


async def test_a_program_is_started_and_called(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACE", str(WEATHER))
    found = {"command": sys.executable, "args": ARGS, "cwd": "${PLACE}"}
    file = write({"mcpServers": {"weather": found}})
    async with (
        asyncio.timeout(LIMIT),
        Client.from_config(file, "weather", era="legacy") as client,
    ):
        result = await client.call_tool("get_forecast", {"city": "Oslo"})
        assert (client.era, result.is_error) == ("legacy", None)

    def use() -> str:
        with SyncClient.from_config(str(file), "weather") as other:
            return other.era

    async with asyncio.timeout(LIMIT):
        assert await asyncio.to_thread(use) == "modern"
    with pytest.raises(ValueError, match="`headers`: only for servers with a URL"):
        Client.from_config(file, "weather", headers={"A": "b"})


async def test_headers_of_the_file_are_sent_and_the_caller_s_come_on_top(
    write: Write,
) -> None:
    async with running(server()) as wire:
        headers = {"X-One": "1", "X-Two": "2"}
        file = write({"mcpServers": {"a": {"url": wire.url, "headers": headers}}})
        async with Client.from_config(file, "a", headers={"X-Two": "mine"}) as client:
            await client.list_tools()
        sent = wire.requests[-1].headers
        assert (sent["X-One"], sent["X-Two"]) == ("1", "mine")


async def test_the_caller_s_headers_replace_those_in_another_case(write: Write) -> None:
    async with running(server()) as wire:
        headers = {"authorization": "Bearer old", "x-two": "2"}
        file = write({"mcpServers": {"a": {"url": wire.url, "headers": headers}}})
        mine = {"Authorization": "Bearer new", "X-TWO": "mine"}
        async with Client.from_config(file, "a", headers=mine) as client:
            await client.list_tools()
        for request in wire.requests:
            assert request.headers.getall("Authorization") == ["Bearer new"]
            assert request.headers.getall("X-Two") == ["mine"]


async def test_a_call_s_and_signed_headers_replace_those_in_another_case() -> None:
    async with running(server()) as wire:
        headers = {"authorization": "Bearer old", "x-two": "2"}
        auth = BearerAuth("new")
        async with Client(wire.url, headers=headers, auth=auth) as client:
            await client.with_options(headers={"X-TWO": "mine"}).list_tools()
        assert wire.requests[-1].headers.getall("X-Two") == ["mine"]
        for request in wire.requests:
            assert request.headers.getall("Authorization") == ["Bearer new"]


# ------------------------------------------------------------------------------- faults

SECRET: Final = "s3cret"
FAULTS: Final[dict[str, tuple[object, str]]] = {
    "no JSON": ('{"mcpServers": {', ": is not JSON: "),
    "a list": ([SECRET], ": has no servers: `mcpServers`, or `servers`"),
    "no servers": ({"a": SECRET}, ": has no servers"),
    "servers of another type": (
        {"mcpServers": [SECRET]},
        ": mcpServers: must be an object of servers by name",
    ),
    "no such server": (
        {"servers": {"c": {}, "b": {}}},
        ": servers has no server 'a'; it has b, c",
    ),
    "a text": ({"servers": {"a": SECRET}}, ": servers.a: must be an object with"),
    "nothing": ({"servers": {"a": {}}}, ": servers.a: has neither `command` nor `url`"),
    "both": (
        {"servers": {"a": {"command": SECRET, "url": SECRET}}},
        ": servers.a: has `command` and `url`; `type` says which one counts",
    ),
    "an unknown type": (
        {"servers": {"a": {"type": "ws", "url": SECRET}}},
        ": servers.a.type: must be one of stdio, http, streamable-http",
    ),
    "another type": (
        {"servers": {"a": {"type": "stdio", "url": SECRET}}},
        ": servers.a.type: is stdio, but there is no `command`",
    ),
    "a number as command": (
        {"servers": {"a": {"command": 1}}},
        ": servers.a.command: must be a text",
    ),
    "arguments in one text": (
        {"servers": {"a": {"command": "x", "args": SECRET}}},
        ": servers.a.args: must be a list of texts",
    ),
    "an argument that is an object": (
        {"servers": {"a": {"command": "x", "args": ["y", {SECRET: 1}]}}},
        ": servers.a.args[1]: must be a text",
    ),
    "a variable that is an object": (
        {"servers": {"a": {"command": "x", "env": {"A": [SECRET]}}}},
        ": servers.a.env.A: must be a text",
    ),
    "no variable": (
        {"servers": {"a": {"command": "x", "env": {"A": "s3cret ${NO_SUCH}"}}}},
        ": servers.a.env.A: the environment variable NO_SUCH is not set; set it, or "
        "write ${NO_SUCH:-default}",
    ),
    "an input": (
        {"servers": {"a": {"url": "https://a.b", "headers": {"K": "${input:key}"}}}},
        ": servers.a.headers.K: ${input:key} is asked for by hosts",
    ),
    "a command in a variable": (
        {"servers": {"a": {"command": "x", "args": ["${command:some thing}"]}}},
        ": servers.a.args[0]: ${command:some thing} is unknown; environment variables",
    ),
    "an invalid URL": (
        {"servers": {"a": {"url": "ws://u:s3cret@h"}}},
        ": servers.a.url: must be an http or https URL",
    ),
    "a URL with half an address": (
        {"servers": {"a": {"url": "http://u:s3cret@[x"}}},
        ": servers.a.url: must be an http or https URL",
    ),
    "a header of two lines": (
        {"servers": {"a": {"url": "https://a.b", "headers": {"K": "${KEY}\nX: y"}}}},
        ": servers.a.headers.K: has a line end or control character",
    ),
    "a null character": (
        {"servers": {"a": {"command": "x", "args": ["s3cret\0"]}}},
        ": servers.a.args[0]: has a null character",
    ),
    "a file of variables": (
        {"servers": {"a": {"command": "x", "envFile": ".env"}}},
        ": servers.a.envFile: is not read; write its variables into `env`",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_with_file_and_key_and_no_value(
    case: str, write: Write
) -> None:
    content, problem = FAULTS[case]
    file = write(content)
    with pytest.raises(ClientError) as failure:
        entry(file, "a")
    assert isinstance(failure.value, ValueError)
    assert str(failure.value).startswith(f"{file}{problem}")
    assert SECRET not in str(failure.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match=r"no\.json: cannot be read: No such file"):
        Client.from_config(tmp_path / "no.json", "a")
    (tmp_path / "latin.json").write_bytes(b'{"\xe4": 1}')
    with pytest.raises(ClientError, match=r"latin\.json: is not UTF-8"):
        Client.from_config(tmp_path / "latin.json", "a")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(
        ClientError, match=r"deep\.json: is not JSON: nested too deeply"
    ):
        Client.from_config(tmp_path / "deep.json", "a")


async def test_secrets_are_in_no_repr_and_no_error(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    url = "http://127.0.0.1:9/mcp?key=s3cret"
    servers: dict[str, Any] = {
        "a": {"url": url, "headers": {"Authorization": "Bearer s3cret"}},
        "b": {"command": "/no/such", "args": ["--key=s3cret"], "env": {"K": "s3cret"}},
    }
    file = write({"mcpServers": servers})
    for name in servers:
        assert SECRET not in repr(entry(file, name))
        client = Client.from_config(file, name)
        assert SECRET not in repr(client)
        with pytest.raises(ClientError) as failure:
            async with client:
                pass
        assert SECRET not in str(failure.value)
    assert SECRET not in caplog.text
