"""`mcpgen list`, `call`, `read` and `prompt`: live servers without a generated client."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.cli.terminal import Result, process
from tests.runtime.client.tool_server import Guarded, server
from tests.runtime.client.wire import running, serving
from tests.servers import running_server
from tests.terminals import browser, terminal

SERVER: Final = Path(__file__).parents[2] / "generated_examples" / "weather" / "server"
COMMAND: Final = shlex.join(
    [sys.executable, "-m", "weather_server", "--stdio", "--log-level", "warning"]
)
START: Final = ("--command", COMMAND, "--cwd", str(SERVER))


@pytest.fixture(autouse=True)
def quiet_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token of the machine, no colors."""
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("MCP_BEARER_TOKEN", "MCP_HEADERS", "MCP_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)


async def mcpgen(folder: Path, *arguments: str) -> Result:
    """A command, in an empty folder that stays empty."""
    home = folder / "empty"
    home.mkdir(exist_ok=True)
    tokens = str(folder / "tokens.json")
    done = await asyncio.to_thread(
        process, *arguments, folder=home, MCP_TOKENS_FILE=tokens
    )
    assert not list(home.iterdir())
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize("way", ["http", "stdio"])
async def test_a_server_is_used_without_a_client_of_its_own(
    way: str, era: str, tmp_path: Path
) -> None:
    async with running_server(SERVER, "weather_server") as url:
        where = (url,) if way == "http" else ()
        options = ("--era", era, *(() if where else START))
        listed = await mcpgen(tmp_path, "list", *options, "--json", *where)
        called = await mcpgen(
            tmp_path,
            "call",
            *options,
            *where,
            "get_forecast",
            "--city",
            "Oslo",
            "--json",
        )
        failed = await mcpgen(
            tmp_path, "call", *options, *where, "get_forecast", '{"city": "Atlantis"}'
        )
        read = await mcpgen(tmp_path, "read", *options, *where, "weather://cities")
        asked = await mcpgen(
            tmp_path, "prompt", *options, *where, "plan_trip", "--city", "Oslo"
        )
    assert (listed.code, listed.err) == (0, "")
    found = json.loads(listed.out)
    assert [tool["name"] for tool in found["tools"]] == [
        "get_forecast",
        "compare_cities",
    ]
    assert all(found[key] for key in ("prompts", "resources", "resourceTemplates"))
    assert (found["protocolVersion"] >= "2026") == (era == "modern")
    assert (called.code, called.err) == (0, "")
    assert json.loads(called.out)["structuredContent"]["city"] == "Oslo"
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.startswith("error: get_forecast: There is no city")
    assert (read.code, read.err) == (0, "")
    assert "Oslo" in json.loads(read.out)
    assert (asked.code, asked.err) == (0, "")
    assert asked.out.startswith("user:\n")


async def test_progress_is_shown_and_arguments_are_typed(tmp_path: Path) -> None:
    call = ("call", *START, "compare_cities", "--cities", "Oslo", "Rome")
    done = await mcpgen(tmp_path, *call)
    assert done.code == 0
    assert "Looking at Rome" in done.err
    done = await mcpgen(tmp_path, "call", *START, "get_forecast", "--days", "soon")
    assert done.code == 2
    assert "--days: 'soon' is not of type integer" in done.err
    done = await mcpgen(tmp_path, "call", *START, "get_forecast", "--cty", "Oslo")
    assert done.code == 2
    assert "did you mean --city?" in done.err


async def test_a_tool_s_help_is_made_from_its_schema(tmp_path: Path) -> None:
    done = await mcpgen(tmp_path, "call", *START, "get_forecast", "--help")
    assert (done.code, done.err) == (0, "")
    usage = " ".join(done.out.split())
    assert usage.startswith(f"usage: mcpgen call --command {shlex.quote(COMMAND)} get_")
    assert "--city STRING The city's English name" in usage


async def test_a_person_answers_the_server_s_question() -> None:
    async with (
        running(server()) as wire,
        terminal("-m", "mcpgen", "call", wire.url, "ask", cwd=SERVER) as screen,
    ):
        await screen.shows("The server 127.0.0.1 asks:")
        await screen.shows("Answer?")
        screen.type("n\n")
        assert await screen.ends() == 0


async def test_a_person_signs_in_and_out(tmp_path: Path) -> None:
    guard = Guarded(server())
    tokens = tmp_path / "tokens.json"
    environment = {"BROWSER": browser(tmp_path), "MCP_TOKENS_FILE": str(tokens)}
    async with serving(guard.app()) as origin:
        url = f"{origin}/mcp"
        sign_in = ("-m", "mcpgen", "list", url)
        async with terminal(*sign_in, cwd=SERVER, environment=environment) as screen:
            assert await screen.ends() == 0
        assert guard.consents == 1
        used = await mcpgen(tmp_path, "list", url)
        assert "given" in tokens.read_text("utf-8")
        out = await mcpgen(tmp_path, "logout", url)
        assert "given" not in tokens.read_text("utf-8")
        again = await mcpgen(tmp_path, "logout", url)
        report = await mcpgen(tmp_path, "logout", "--json", url)
        refused = await mcpgen(tmp_path, "list", url)
    assert used.code == 0
    assert (out.code, out.err) == (0, "Signed out.\n")
    assert (again.code, again.err) == (0, "You are not signed in.\n")
    assert (report.code, report.out, report.err) == (0, '{"signedOut": false}\n', "")
    assert refused.code == 2


async def test_logout_takes_a_url_and_nothing_else(tmp_path: Path) -> None:
    shown = await mcpgen(tmp_path, "logout", "--help")
    options = set(re.findall(r"(?<!\S)--[a-z-]+", shown.out))
    assert (shown.code, options) == (0, {"--help", "--json"})
    assert (await mcpgen(tmp_path, "logout")).code == 2


async def test_a_server_that_wants_a_token_says_how_to_give_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(Guarded(server()).app()) as origin:
        refused = await mcpgen(tmp_path, "list", f"{origin}/mcp")
        monkeypatch.setenv("MCP_BEARER_TOKEN", "wrong-token")
        wrong = await mcpgen(tmp_path, "list", f"{origin}/mcp")
        out = await mcpgen(tmp_path, "logout", f"{origin}/mcp")
    assert (refused.code, refused.out) == (2, "")
    assert "or put a token into MCP_BEARER_TOKEN" in refused.err
    assert wrong.code == 2
    assert "MCP_BEARER_TOKEN holds the token that was sent" in wrong.err
    assert "wrong-token" not in wrong.err
    assert out.code == 2


WRONG: Final = {
    "no server": (("list",), "name the server: its URL, or --command"),
    "no tool": (("call", "http://127.0.0.1:9/mcp"), "the tool's name is missing"),
    "an option late": (
        ("call", "http://127.0.0.1:9/mcp", "--json", "t"),
        "--json: options stand before the server",
    ),
    "a variable for a URL": (
        ("list", "--env", "PATH", "http://127.0.0.1:9/mcp"),
        "--env and --cwd are for --command",
    ),
    "too much": (("list", "http://127.0.0.1:9/mcp", "x"), "unexpected words: x"),
    "nobody": (("list", "http://127.0.0.1:9/mcp"), "error: "),
    "no URL": (("list", "nowhere"), "error: "),
    "half an address": (("list", "http://u:secret@[x"), "is not the URL of a server"),
    "a quote": (("list", "--command", "x 'secret"), "a quote in it is not closed"),
    "a program that ends": (
        ("list", "--command", f"{sys.executable} -c 'import sys; sys.exit(7)'"),
        "(exit code 7)",
    ),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_cannot_be_done_is_explained(case: str, tmp_path: Path) -> None:
    arguments, problem = WRONG[case]
    done = await mcpgen(tmp_path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert problem in done.err
    assert "Traceback" not in done.err
    assert "secret" not in done.err
