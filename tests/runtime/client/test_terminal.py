"""`python -m weather_client URL`: a person's tool, on a terminal and between pipes."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from mcpgen.runtime.client.features.terminal import display, main
from mcpgen.runtime.client.features.terminal.arguments import (
    Argument,
    HelpShown,
    UsageError,
    arguments_of,
    read_arguments,
    spellings,
    text_arguments,
)
from mcpgen.runtime.client.features.terminal.command_line import ASKED
from mcpgen.runtime.server import Settings, create_app
from mcpgen.runtime.server.features.auth import make_api_key
from tests.requirements import requirement
from tests.runtime.server.workshop import Workshop
from tests.terminals import Terminal, browser, piped, terminal

from .tool_server import FORM, HOSTILE, Guarded, content, server, words
from .weather import WeatherClient
from .wire import LIMIT, Call, event, legacy, notification, running, serving
from .wire import Reply as WireReply

CLIENT = Path(__file__).parents[3] / "generated_examples" / "weather" / "client"
PROGRAM = ("-m", "weather_client")
WITH_OAUTH = CLIENT.parents[1] / "everything" / "client"
SIGNING_IN = ("-m", "everything_client")


@pytest.fixture(autouse=True)
def quiet_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No token of the machine, no colours, no handlers that stay."""
    monkeypatch.setenv("MCP_TOKENS_FILE", str(tmp_path / "tokens.json"))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("MCP_BEARER_TOKEN", "MCP_HEADERS", "MCP_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    before = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = before


async def use(*arguments: str) -> int:
    """The tool in this process; its exit code."""
    try:
        return await asyncio.to_thread(main, WeatherClient, arguments)
    except SystemExit as end:  # argparse
        return end.code if isinstance(end.code, int) else -1


Capture = pytest.CaptureFixture[str]


async def test_it_lists_what_the_server_offers(capsys: Capture) -> None:
    async with running(server()) as wire:
        assert await use(wire.url) == 0
    said = capsys.readouterr()
    assert "(MCP 2026-07-28)" in said.out
    assert "Be kind." in said.out
    rows = [line.split() for line in said.out.splitlines()]
    described = "get-forecast city, [days], [place] The weather to expect."
    assert described.split() in rows
    assert ["plan", "city,", "[month]"] in rows
    assert "x://text" in said.out
    assert "x://city/{name}" in said.out
    assert said.err == ""


async def test_lists_are_json_for_programs(capsys: Capture) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["protocolVersion"] == "2026-07-28"
    assert [tool["name"] for tool in found["tools"]][:2] == [
        "get-forecast",
        "many-kinds",
    ]
    assert found["instructions"] == f"Be kind. {HOSTILE}"


@pytest.mark.parametrize(
    "given",
    [
        ("--city", "Oslo", "--days", "5"),
        ("--city=Oslo", "--days=5"),
        ('{"city": "Oslo", "days": 5}',),
        ('{"city": "Rome", "days": 5}', "--city", "Oslo"),
    ],
)
async def test_a_tool_is_called_with_options_or_json(
    given: tuple[str, ...], capsys: Capture
) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, "call", "get-forecast", *given) == 0
        (call,) = wire.of("tools/call")
    assert call.params["arguments"] == {"city": "Oslo", "days": 5}
    assert capsys.readouterr().out.split() == ["city", "Oslo", "days", "5"]


@pytest.mark.parametrize(
    "given, arguments",
    [
        (("--text", "5"), {"text": "5"}),
        (("--whole", "-5"), {"whole": -5}),
        (("--part", "1e3"), {"part": 1000.0}),
        (("--part", "50"), {"part": 50}),
        (("--is_so",), {"is_so": True}),
        (("--is-so", "no"), {"is_so": False}),
        (("--words", "a", "1"), {"words": ["a", "1"]}),
        (("--words", "a", "--words", "b"), {"words": ["a", "b"]}),
        (("--words", '["a", "b"]'), {"words": ["a", "b"]}),
        (("--numbers", "1", "2.5"), {"numbers": [1, 2.5]}),
        (("--object", '{"a": {"b": 1}}'), {"object": {"a": {"b": 1}}}),
        (("--any", "[1]"), {"any": [1]}),
        (("--any", "text"), {"any": "text"}),
        (("--maybe", "null"), {"maybe": None}),
        (("--maybe", "7"), {"maybe": 7}),
        (("--choice", "left"), {"choice": "left"}),
        (("--choice", "3"), {"choice": 3}),
        (("--arg-json", "x"), {"json": "x"}),
        (("--with space", "x"), {"with space": "x"}),
        (("--text=-dash",), {"text": "-dash"}),
        (("--text=--help",), {"text": "--help"}),
        ((), {}),
    ],
)
async def test_the_tools_schema_says_what_an_option_means(
    given: tuple[str, ...], arguments: dict[str, Any]
) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, "call", "many-kinds", *given) == 0
        (call,) = wire.of("tools/call")
    sent = call.params["arguments"]
    assert json.dumps(sent) == json.dumps(arguments)


async def test_the_help_of_a_tool_names_its_arguments(capsys: Capture) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, "call", "many-kinds", "--help") == 0
        assert not wire.of("tools/call")
    said = capsys.readouterr().out
    assert "100% of" in said
    assert "--whole INTEGER" in said
    assert "(default: 0.5)" in said
    assert "--choice left|right|3" in said
    assert_harmless(said)


async def test_results_are_json_for_programs(capsys: Capture) -> None:
    async with running(server()) as wire:
        asked = ("call", "get-forecast", "--city", "Oslo", "--json")
        assert await use(wire.url, *asked) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["structuredContent"] == {"city": "Oslo", "days": 3}


async def test_content_of_every_kind_is_shown_without_its_controls(
    capsys: Capture,
) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, "call", "blocks") == 0
    said = capsys.readouterr().out
    for shown in (
        "héllo",
        "[image image/png, 3 bytes; --json shows it]",
        "embedded",
        "[link to x://z]",
    ):
        assert shown in said
    assert_harmless(said)


async def test_prompts_resources_and_completion(
    capsys: Capture, tmp_path: Path
) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, "prompt", "plan", "--city", "Oslo") == 0
        assert await use(wire.url, "complete", "plan", "city", "O") == 0
        assert await use(wire.url, "complete", "city", "name", "O") == 0
        assert await use(wire.url, "read", "x://city/{name}", "--name", "a b") == 0
        assert await use(wire.url, "read", "x://bytes") == 0
        saved = tmp_path / "saved"
        assert await use(wire.url, "read", "x://bytes", "--output", str(saved)) == 0
        (known,) = [c.params["ref"] for c in wire.of("completion/complete")][1:]
    assert known == {"type": "ref/resource", "uri": "x://city/{name}"}
    said = capsys.readouterr()
    assert 'user:\n{"city": "Oslo"}\nref/prompt\nOslo\nref/resource\nOslo\n' in said.out
    assert "x://city/a%20b" in said.out
    assert "[x://bytes: application/octet-stream, 3 bytes; --output FILE" in said.out
    assert saved.read_bytes() == b"\x00\x01\xff"
    assert f"3 bytes are in {saved}" in said.err


def read(words: list[str], wanted: list[Argument]) -> tuple[dict[str, Any], Namespace]:
    said = Namespace(command="read", words=words, json=False, output=None)
    return read_arguments(said, wanted, program="p"), said


class TestNamesOfThisProgramsOptions:
    """A server's names for arguments do not change what this program's options do."""

    WANTED = text_arguments(dict.fromkeys(["help", "json", "output", "h"], False))

    @pytest.mark.parametrize("word", ["--help", "-h"])
    def test_help_is_shown(self, capsys: Capture, word: str) -> None:
        with pytest.raises(HelpShown):
            read([word], self.WANTED)

        said = capsys.readouterr().out
        assert all(f"--arg-{name} " in said for name in ("help", "json", "output"))

    def test_each_can_be_given_beside_the_argument_of_its_name(self) -> None:
        arguments = [
            "--arg-help",
            "a",
            "--arg-json",
            "b",
            "--arg-output",
            "c",
            "--h",
            "d",
        ]

        values, said = read([*arguments, "--json", "--output", "file"], self.WANTED)

        assert values == {"help": "a", "json": "b", "output": "c", "h": "d"}
        assert (said.json, said.output) == (True, "file")

    def test_an_argument_with_the_other_spelling_keeps_it(self) -> None:
        wanted = text_arguments({"help": False, "arg-help": False})

        assert read(["--arg-help", "x"], wanted)[0] == {"arg-help": "x"}
        assert read(['{"help": "y"}'], wanted)[0] == {"help": "y"}


def test_texts_of_a_server_are_no_commands_for_a_ci_system(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display, "_is_log", lambda _: True)
    hostile = "  ::add-mask::a\nb ##[add-mask]c ##vso[task.setvariable x]d\n::error::e"
    for name in ("GITHUB_ACTIONS", "TF_BUILD"):
        monkeypatch.setenv(name, "true")
        shown = display.Display()
        shown.note(hostile)
        shown.line(hostile)
        shown.resource({"uri": "x://y", "text": hostile})
        shown.content({"type": "text", "text": hostile})
        shown.table("t", ["a"], [[hostile]])
        monkeypatch.delenv(name)

    said = capsys.readouterr()
    for line in (said.out + said.err).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "##vso[" not in line


async def test_saving_does_not_go_through_links(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, here = tmp_path / "private", tmp_path / "here"
    private.mkdir()
    here.mkdir()
    (private / "file").write_text("precious", "utf-8")
    (here / "saved").symlink_to(private / "file")
    (here / "absent").symlink_to(private / "absent")
    (here / "folder").symlink_to(private)
    monkeypatch.chdir(here)

    async with running(server()) as wire:
        for name in ("saved", "absent", "folder/new"):
            assert await use(wire.url, "read", "x://bytes", "--output", name) == 2
            assert "is a symbolic link" in capsys.readouterr().err
        assert await use(wire.url, "read", "x://bytes", "--output", "/dev/null") == 0
        (here / "plain").write_text("old", "utf-8")
        assert await use(wire.url, "read", "x://bytes", "--output", "plain") == 0

    assert [path.name for path in private.iterdir()] == ["file"]
    assert (private / "file").read_text("utf-8") == "precious"
    assert (here / "plain").read_bytes() == b"\x00\x01\xff"
    assert len(list(here.iterdir())) == 4


async def test_check_says_how_the_server_differs(capsys: Capture) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, "check") == 1
        assert await use(wire.url, "check", "--json") == 1
    said = capsys.readouterr().out
    assert "tool compare: missing" in said
    assert '"name": "many-kinds",\n    "change": "added"' in said


async def test_changes_are_printed_as_they_come(capsys: Capture) -> None:
    async def listen(call: Call) -> WireReply:
        stream = await call.stream()
        meta = {"io.modelcontextprotocol/subscriptionId": call.id}
        told: list[tuple[str, dict[str, Any]]] = [
            ("notifications/subscriptions/acknowledged", {"notifications": wanted}),
            ("notifications/resources/updated", {"uri": "x://text"}),
        ]
        for method, params in told:
            message = notification(method, **params, _meta=meta)
            await stream.write(event(message))
        await asyncio.sleep(LIMIT)
        return stream

    wanted = {"resourceSubscriptions": ["x://text"]}
    made = server()
    made.methods["subscriptions/listen"] = listen
    async with running(made) as wire:
        assert await use(wire.url, "watch", "x://text", "--count", "1") == 0
    said = capsys.readouterr()
    assert said.out == "resources updated x://text\n"
    assert "watching" in said.err


async def test_between_pipes_progress_and_logs_are_lines_beside_the_result() -> None:
    async with running(server()) as wire:
        done = await piped(*PROGRAM, wire.url, "call", "work", cwd=CLIENT)
        silent = await piped(*PROGRAM, wire.url, "--quiet", "call", "work", cwd=CLIENT)
    assert (done.code, done.out) == (0, "worked\n")
    assert "progress: 1 of 2 step 1" in done.err
    assert "progress: 2 of 2 step 2" in done.err
    assert "info worker: started" in done.err
    assert 'error worker: {"why": "tests"}' in done.err
    assert_harmless(done.err)
    assert (silent.code, silent.out, silent.err) == (0, "worked\n", "")


async def test_arguments_come_from_standard_input() -> None:
    async with running(server()) as wire:
        done = await piped(
            *PROGRAM,
            *(wire.url, "call", "many-kinds", "-"),
            cwd=CLIENT,
            stdin='{"text": "grüezi"}',
        )
        (call,) = wire.of("tools/call")
    assert (done.code, done.err) == (0, "")
    assert call.params["arguments"] == {"text": "grüezi"}


async def test_whoever_stops_reading_gets_no_complaint() -> None:
    script = (
        "import os, subprocess, sys\n"
        f"tool = [sys.executable, *{PROGRAM!r}, *sys.argv[1:]]\n"
        "reads, writes = os.pipe()\n"
        "os.close(reads)\n"
        "done = subprocess.run(tool, stdout=writes, stderr=subprocess.PIPE)\n"
        "print(done.returncode, done.stderr.decode())\n"
    )
    async with running(server()) as wire:
        for more in ([], ["--json"]):
            done = await piped("-c", script, wire.url, *more, cwd=CLIENT)
            assert done.out == "141 \n"


async def test_texts_that_an_encoding_lacks_are_escaped() -> None:
    async with running(server()) as wire:
        done = await piped(
            *(*PROGRAM, wire.url, "call", "blocks"),
            cwd=CLIENT,
            environment={"PYTHONIOENCODING": "ascii"},
        )
    assert done.code == 0
    assert "h\\xe9llo" in done.out


# ------------------------------------------------------------- what can't be done


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (["call", "get-forecast", "--city", "Nowhere"], 1, "error: get-forecast: no "),
        (
            ["call", "get-forcast"],
            2,
            "has no tool 'get-forcast'; did you mean get-fore",
        ),
        (["call", "get-forecast"], 2, "city: is required\n  use --help"),
        (
            ["call", "get-forecast", "--days", "x"],
            2,
            "--days: 'x' is not of type intege",
        ),
        (
            ["call", "get-forecast", "--city", "a", "--city", "b"],
            2,
            "was given 2 times",
        ),
        (
            ["call", "get-forecast", "--cty", "x"],
            2,
            "there is no argument --cty; did you mean --city?",
        ),
        (
            ["call", "get-forecast", "[1]"],
            2,
            "the arguments are JSON, but not an object",
        ),
        (["call", "get-forecast", "{"], 2, "the arguments are not valid JSON"),
        (["call"], 2, "the following arguments are required: TOOL"),
        (["fly"], 2, "invalid choice: 'fly'"),
        (["prompt", "plan"], 2, "the prompt needs --city"),
        (["prompt", "nothing"], 2, "the server has no prompt 'nothing'"),
        (["read", "x://{bad"], 2, "error: "),
        (["read", "x://text", "--output", "/no/such/place"], 2, "No such file"),
        (
            ["--header", "secret", "list"],
            2,
            "--header: a header is written `Name: value`",
        ),
        (["--timeout", "x"], 2, "invalid float value"),
    ],
)
async def test_what_can_not_be_done_is_one_sentence(
    arguments: list[str], code: int, words: str, capsys: Capture
) -> None:
    async with running(server()) as wire:
        assert await use(wire.url, *arguments) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert_harmless(said.err)


@pytest.mark.parametrize(
    "url, words",
    [
        ("http://127.0.0.1:1/mcp", "cannot connect: Connection refused. Is the server"),
        ("127.0.0.1:8000", "'127.0.0.1:8000' is not the URL of a server"),
        ("http://user:secret@[::1/mcp", "'http://...' is not the URL of a server"),
        ("me:secret@host", "'host' is not the URL"),
    ],
)
async def test_a_wrong_address_is_told_without_its_secrets(
    url: str, words: str, capsys: Capture
) -> None:
    assert await use(url) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "secret" not in said


async def test_a_defect_is_told_in_words_and_in_full_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("what?")

    monkeypatch.setattr(WeatherClient, "list_tools", broken)
    async with running(server()) as wire:
        assert await use(wire.url) == 2
        assert capsys.readouterr().err == (
            "error: KeyError: 'what?'\n  use --debug for the traceback\n"
        )
        with pytest.raises(KeyError):
            await use(wire.url, "--debug")


async def test_a_library_that_is_missing_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    async def broken(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'joserfc'", name="joserfc.jwk")

    monkeypatch.setattr(WeatherClient, "list_tools", broken)
    async with running(server()) as wire:
        assert await use(wire.url) == 2
    install = f"{sys.executable} -m pip install --force-reinstall joserfc"
    assert capsys.readouterr().err == (
        "error: No module named 'joserfc'\n"
        f"  install what is missing or damaged: {install}\n"
    )


async def test_without_rich_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert await use("http://127.0.0.1:1/mcp") == 2
    assert capsys.readouterr().err.startswith("error: this needs rich: pip install '")


async def test_importing_the_client_imports_nothing_of_the_tool() -> None:
    script = (
        "import sys, weather_client\n"
        "print([m for m in sys.modules if m == 'rich' or '.terminal' in m])"
    )
    assert (await piped("-c", script, cwd=CLIENT)).out == "[]\n"


# --------------------------------------------------------- a person at a terminal


def assert_harmless(text: str) -> None:
    """Nothing that a terminal obeys is left of the server's words."""
    assert not set(text) & set("\x1b\x07\x9b\u202e"), repr(text)


def assert_not_obeyed(screen: Terminal) -> None:
    """The server's escapes did not get through; the tool's own may."""
    assert b"\x1b]" not in screen.raw
    assert b"\x1b[2J" not in screen.raw
    assert "\u202e".encode() not in screen.raw


@requirement(
    "2025-11-25/client/elicitation-people", "2026-07-28/client/elicitation-people"
)
async def test_a_form_is_filled_in_field_by_field() -> None:
    async with (
        running(server()) as wire,
        terminal(*PROGRAM, wire.url, "call", "ask", cwd=CLIENT) as screen,
    ):
        await screen.shows("The server weather asks: Who are you?")
        await screen.shows("Answer? [Y]es, [n]o, [c]ancel: ")
        screen.type("\n")
        await screen.shows("As in a passport.")
        for wrong, words in (("\n", "this must be filled in"), ("A\n", "at least 2")):
            await screen.shows("name: ")
            screen.type(wrong)
            await screen.shows(words)
        screen.type("Ann\n")
        await screen.shows("age: ")
        screen.type("old\n")
        await screen.shows("'old' is not of type integer")
        screen.type("40\n")
        await screen.shows("1. Red")
        screen.type("7\n")
        await screen.shows("choose one of 1 to 2")
        screen.type("2\n")
        await screen.shows(
            "days (several with commas between; Enter to leave it out): "
        )
        screen.type("Mo, 2\n")
        await screen.shows("news (yes or no; Enter to leave it out): ")
        screen.type("yes\n")
        await screen.shows("unit (Enter for C): ")
        screen.type("\n")
        await screen.shows("note")
        screen.type("\n")
        await screen.shows("age: 40")
        await screen.shows("Send it? [Y]es, [e]dit, [n]o, [c]ancel: ")
        screen.type("y\n")
        assert await screen.ends() == 0
        answer = wire.of("tools/call")[-1].params["inputResponses"]["q"]
    assert answer == {
        "action": "accept",
        "content": {
            "name": "Ann",
            "age": 40,
            "color": "g",
            "days": ["Mo", "Tu"],
            "news": True,
            "unit": "C",
        },
    }
    assert_not_obeyed(screen)


@requirement(
    "2025-11-25/client/elicitation-people", "2026-07-28/client/elicitation-people"
)
@pytest.mark.parametrize(
    "keys, action", [("n\n", "decline"), ("x\nc\n", "cancel"), ("\x04", "cancel")]
)
async def test_a_person_may_decline_or_cancel(keys: str, action: str) -> None:
    async with (
        running(server()) as wire,
        terminal(*PROGRAM, wire.url, "call", "ask", cwd=CLIENT) as screen,
    ):
        await screen.shows("Answer?")
        screen.type(keys)
        assert await screen.ends() == 0
        answer = wire.of("tools/call")[-1].params["inputResponses"]["q"]
    assert answer == {"action": action}


@requirement(
    "2025-11-25/client/elicitation-people", "2026-07-28/client/elicitation-people"
)
async def test_a_page_is_opened_when_the_person_agrees(tmp_path: Path) -> None:
    async with (
        running(server()) as wire,
        terminal(
            *(*PROGRAM, wire.url, "call", "open"),
            cwd=CLIENT,
            environment={"BROWSER": browser(tmp_path)},
        ) as screen,
    ):
        await screen.shows("open this page of login.example:")
        await screen.shows("https://login.example/form?id=1")
        screen.type("y\n")
        assert await screen.ends() == 0
    assert (tmp_path / "visited").read_text() == "https://login.example/form?id=1"
    assert '"action": "accept"' in screen.text


async def test_an_address_that_is_no_page_is_not_opened(tmp_path: Path) -> None:
    made = server()
    made.page = "file:///etc/passwd"
    async with (
        running(made) as wire,
        terminal(
            *(*PROGRAM, wire.url, "call", "open"),
            cwd=CLIENT,
            environment={"BROWSER": browser(tmp_path)},
        ) as screen,
    ):
        assert await screen.ends() == 0
    assert "It names no web page" in screen.text
    assert '"action": "decline"' in screen.text
    assert not (tmp_path / "visited").exists()


async def test_without_a_terminal_nobody_is_asked() -> None:
    async with running(server()) as wire:
        done = await piped(*PROGRAM, wire.url, "call", "ask", cwd=CLIENT)
        capabilities = wire.of("tools/call")[0].meta[
            "io.modelcontextprotocol/clientCapabilities"
        ]
    assert done.code == 2
    assert "the server asks for elicitation/create" in done.err
    assert "elicitation" not in capabilities


async def test_progress_is_a_bar_that_goes_and_logs_stream_above_it() -> None:
    made = server()
    made.go_on.clear()
    async with (
        running(made) as wire,
        terminal(*PROGRAM, wire.url, "call", "work", cwd=CLIENT) as screen,
    ):
        await screen.shows("started")
        await screen.shows('error worker: {"why": "tests"}')
        await screen.shows("step 2")
        await screen.shows("━")
        await screen.shows("2/2")
        made.go_on.set()
        assert await screen.ends() == 0
    assert screen.text.rstrip().endswith("worked")
    # The bar's line is erased, and the cursor is there again.
    assert b"\x1b[2K" in screen.raw.rpartition(b"2/2")[2]
    assert b"\x1b[?25h" in screen.raw.rpartition(b"2/2")[2]
    assert_not_obeyed(screen)


async def test_an_interrupt_cancels_the_call_and_ends_quietly() -> None:
    made = server()
    async with (
        running(made) as wire,
        terminal(*PROGRAM, wire.url, "call", "hang", cwd=CLIENT) as screen,
    ):
        await made.until(lambda: bool(made.of("tools/call")))
        screen.type("\x03")
        assert await screen.ends() == 130
        async with asyncio.timeout(LIMIT):
            await made.left.wait()
    assert screen.text.strip() in ("", "^C")


async def test_an_interrupt_ends_a_question() -> None:
    async with (
        running(server()) as wire,
        terminal(*PROGRAM, wire.url, "call", "ask", cwd=CLIENT) as screen,
    ):
        await screen.shows("Answer?")
        screen.type("\x03")
        assert await screen.ends() == 130
    assert "Traceback" not in screen.text


async def test_older_servers_ask_by_requests_of_their_own() -> None:
    async def ask(call: Call) -> WireReply:
        params = {"message": "Who?", "requestedSchema": FORM}
        asked = {
            "jsonrpc": "2.0",
            "id": "q",
            "method": "elicitation/create",
            "params": params,
        }
        stream = await call.stream()
        await stream.write(event(asked))
        await wire.until(lambda: any(c.id == "q" for c in wire.calls))
        answer = next(c.message["result"] for c in wire.calls if c.id == "q")
        await stream.write(event(call.result(**content(words(json.dumps(answer))))))
        return stream

    old = legacy(tools_call=ask, tools_list=server().methods["tools/list"])
    async with (
        running(old) as wire,
        terminal(*PROGRAM, wire.url, "call", "ask", cwd=CLIENT) as screen,
    ):
        await screen.shows("Answer?")
        screen.type("n\n")
        assert await screen.ends() == 0
    assert '{"action": "decline"}' in screen.text


async def test_a_call_that_needs_a_page_first_waits_for_the_person(
    tmp_path: Path,
) -> None:
    page = {
        "mode": "url",
        "elicitationId": "1",
        "url": "https://login.example/",
        "message": "Sign in first.",
    }

    async def work(call: Call) -> WireReply:
        if len(wire.of("tools/call")) == 1:
            return call.error(-32042, "Sign in.", {"elicitations": [page]})
        return call.result(**content(words("worked")))

    old = legacy(tools_call=work, tools_list=server().methods["tools/list"])
    async with (
        running(old) as wire,
        terminal(
            *(*PROGRAM, wire.url, "call", "work"),
            cwd=CLIENT,
            environment={"BROWSER": browser(tmp_path)},
        ) as screen,
    ):
        await screen.shows("Open it?")
        screen.type("y\n")
        await screen.shows("Press Enter when you are done there: ")
        assert len(wire.of("tools/call")) == 1
        screen.type("\n")
        assert await screen.ends() == 0
    assert screen.text.rstrip().endswith("worked")


# ---------------------------------------------------------------------- credentials


async def test_a_token_and_headers_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MCP_BEARER_TOKEN", "from-the-environment")
    monkeypatch.setenv("MCP_HEADERS", "X-Team: blue\nX-Other: 1\n")
    async with running(server()) as wire:
        assert await use(wire.url, "--header", "X-Other: 2") == 0
    for request in wire.requests:
        assert request.headers["Authorization"] == "Bearer from-the-environment"
        assert request.headers["X-Team"] == "blue"
        assert request.headers["X-Other"] == "2"


async def test_a_person_signs_in_once(tmp_path: Path) -> None:
    guard = Guarded(server())
    environment = {"BROWSER": browser(tmp_path)}
    command = ("call", "get-forecast", "--city", "Oslo")
    async with serving(guard.app()) as origin:
        async with terminal(
            *(*SIGNING_IN, f"{origin}/mcp", *command),
            cwd=WITH_OAUTH,
            environment=environment,
        ) as screen:
            await screen.shows("The server wants you to sign in, at:")
            await screen.shows(f"{origin}/authorize?")
            assert await screen.ends() == 0
        again = await piped(*SIGNING_IN, f"{origin}/mcp", *command, cwd=WITH_OAUTH)
    assert "Oslo" in screen.text
    assert (again.code, again.err) == (0, "")
    assert guard.consents == 1
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600


async def test_a_person_signs_out(tmp_path: Path) -> None:
    guard = Guarded(server())
    environment = {"BROWSER": browser(tmp_path)}
    async with serving(guard.app()) as origin:
        program = (*SIGNING_IN, f"{origin}/mcp")
        async with terminal(
            *program, cwd=WITH_OAUTH, environment=environment
        ) as screen:
            assert await screen.ends() == 0
        out = await piped(*program, "logout", cwd=WITH_OAUTH)
        again = await piped(*program, "logout", cwd=WITH_OAUTH)
        refused = await piped(*program, cwd=WITH_OAUTH)
    assert (out.code, out.err) == (0, "Signed out.\n")
    assert (again.code, again.err) == (0, "You are not signed in.\n")
    assert refused.code == 2


async def test_a_token_of_the_environment_cannot_be_signed_out(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("MCP_BEARER_TOKEN", "t0ken")
    assert await use("http://127.0.0.1:9/mcp", "logout") == 2
    assert "MCP_BEARER_TOKEN holds the token" in capsys.readouterr().err


async def test_a_person_without_a_browser_gets_the_address() -> None:
    guard = Guarded(server())
    async with (
        serving(guard.app()) as origin,
        terminal(
            *(*SIGNING_IN, f"{origin}/mcp"),
            cwd=WITH_OAUTH,
            environment={"BROWSER": "no-such-program-anywhere %s"},
            columns=1000,
        ) as screen,
        aiohttp.ClientSession() as other,
    ):
        await screen.shows("No browser was found: open it by yourself")
        (url,) = [line for line in screen.text.split() if "/authorize?" in line]
        async with other.get(url) as page:
            assert "Signed in" in await page.text()
        assert await screen.ends() == 0


async def test_where_nobody_can_sign_in_it_says_what_to_do() -> None:
    guard = Guarded(server())
    async with serving(guard.app()) as origin:
        done = await piped(*SIGNING_IN, f"{origin}/mcp", cwd=WITH_OAUTH)
    assert done.code == 2
    assert "run this program in a terminal once, or put a token into" in done.err
    assert guard.consents == 0


def keyed(header: str = "X-API-Key", challenge: str = "Bearer") -> Any:
    """An application that wants an API key, and the requests that reach it."""
    wire = server()

    async def handle(request: web.Request) -> web.StreamResponse:
        key = request.headers.get(header)
        if key == "limited":
            return web.json_response(
                {
                    "jsonrpc": "2.0",
                    "error": {"code": 1, "message": "needs weather:read"},
                },
                status=403,
                headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
            )
        if key != "good":
            return web.json_response(
                {"jsonrpc": "2.0", "error": {"code": 1, "message": "unknown API key"}},
                status=401,
                headers={"WWW-Authenticate": challenge},
            )
        return await wire.handle(request)

    app, asked = counted()
    app.router.add_route("*", "/mcp", handle)
    return app, asked


def counted() -> tuple[web.Application, list[str]]:
    """An application, and the requests that reach it."""
    asked: list[str] = []

    @web.middleware
    async def count(request: web.Request, handler: Any) -> web.StreamResponse:
        asked.append(f"{request.method} {request.path}")
        answer: web.StreamResponse = await handler(request)
        return answer

    return web.Application(middlewares=[count]), asked


@pytest.mark.parametrize(
    "key, problem",
    [
        ("bad", "unknown API key"),
        ("limited", "forbidden (HTTP 403): needs weather:read"),
    ],
)
@pytest.mark.parametrize("place", ["environment", "command line"])
async def test_a_refused_key_is_reported_without_a_sign_in(
    key: str,
    problem: str,
    place: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, asked = keyed()
    line, given = f"X-API-Key: {key}", []
    if place == "environment":
        monkeypatch.setenv("MCP_HEADERS", line)
    else:
        given = ["--header", line]
    async with serving(app) as origin:
        assert await use(*given, f"{origin}/mcp") == 2
    said = capsys.readouterr().err
    assert problem in said
    assert key not in said.replace(problem, "")
    assert "X-API-Key" in said
    assert set(asked) <= {"POST /mcp", "DELETE /mcp"}


@pytest.mark.parametrize(
    "challenge, wanted",
    [
        (
            'Bearer, ApiKey header="x-api-key"',
            "the server wants an API key in the header x-api-key: put the line "
            "`x-api-key: KEY` into MCP_HEADERS, or pass it with --header",
        ),
        (
            'ApiKey realm="shop"',
            "the server wants an API key: put the line `Name: KEY` into MCP_HEADERS, "
            "or pass it with --header",
        ),
    ],
)
@pytest.mark.parametrize("given", [[], ["--header", "X-Shop: bad"]])
async def test_without_a_key_the_header_is_named_and_nothing_else_is_sent(
    challenge: str, wanted: str, given: list[str], capsys: Capture
) -> None:
    app, asked = keyed(challenge=challenge)
    async with serving(app) as origin:
        assert await use(*given, f"{origin}/mcp") == 2
    assert capsys.readouterr().err == f"error: {wanted}\n"
    assert asked == ["POST /mcp"]


async def test_a_server_with_keys_of_its_own_says_which_header_it_wants(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, entry = make_api_key("robot")
    settings = Settings(auth="api-key", auth_api_keys=(str(entry),))
    root, asked = counted()
    root.add_subapp("/shop", create_app(Workshop(), settings))
    async with serving(root) as origin:
        assert await use(f"{origin}/shop/mcp") == 2
        assert "in the header x-api-key: put" in capsys.readouterr().err
        assert asked == ["POST /shop/mcp"]
        monkeypatch.setenv("MCP_HEADERS", "X-API-Key: wrong")
        assert await use(f"{origin}/shop/mcp") == 2
        assert "the API key is not known" in capsys.readouterr().err
        monkeypatch.setenv("MCP_HEADERS", f"X-API-Key: {key}")
        assert await use(f"{origin}/shop/mcp") == 0
    assert set(asked) == {"POST /shop/mcp"}


async def test_a_server_with_keys_and_sign_ins_lets_a_person_sign_in(
    tmp_path: Path,
) -> None:
    guard = Guarded(server(), challenges=', ApiKey header="x-api-key"')
    async with serving(guard.app()) as origin:
        environment = {"BROWSER": browser(tmp_path)}
        program = (*SIGNING_IN, f"{origin}/mcp")
        async with terminal(
            *program, cwd=WITH_OAUTH, environment=environment
        ) as screen:
            assert await screen.ends() == 0


async def test_a_good_key_needs_no_sign_in(capsys: Capture) -> None:
    app, asked = keyed()
    async with serving(app) as origin:
        assert await use("--header", "X-API-Key: good", f"{origin}/mcp") == 0
    assert set(asked) <= {"POST /mcp", "DELETE /mcp"}


def spelled(*names: str) -> list[list[str]]:
    schema = {"type": "object", "properties": {name: {} for name in names}}
    return [sorted(options) for options in spellings(arguments_of(schema))]


def test_arguments_are_written_in_kebab_case_too() -> None:
    assert spelled("windSpeed", "HTTPCode", "a_b", "x") == [
        ["--wind-speed", "--windSpeed"],
        ["--HTTPCode", "--http-code"],
        ["--a-b", "--a_b"],
        ["--x"],
    ]
    # Wire names go before, and the first of two that are alike has it.
    assert spelled("windSpeed", "wind-speed") == [["--windSpeed"], ["--wind-speed"]]
    assert spelled("aB", "a_b") == [["--a-b", "--aB"], ["--a_b"]]
    assert spelled("help", "Json", "=") == [["--arg-help"], ["--Json"], []]


def given_by(words: list[str], **properties: Any) -> dict[str, Any]:
    return read(words, arguments_of({"type": "object", "properties": properties}))[0]


def test_a_misspelled_argument_gets_a_suggestion() -> None:
    assert given_by(["--wind-speed", "3"], windSpeed={"type": "integer"}) == {
        "windSpeed": 3
    }
    with pytest.raises(UsageError, match=r"--windspeed; did you mean .*--windSpeed"):
        given_by(["--windspeed", "3"], windSpeed={})
    with pytest.raises(UsageError, match="did you mean --city"):
        given_by(["--citi=Oslo"], city={})


def test_the_help_shows_the_keys_of_objects(capsys: Capture) -> None:
    place = {
        "type": "object",
        "properties": {"lat": {"type": "number"}, "name": {"type": "string"}},
        "required": ["lat"],
    }
    with pytest.raises(HelpShown):
        given_by(["--help"], place=place, places={"type": "array", "items": place})
    said = " ".join(capsys.readouterr().out.split())
    assert "{lat: number, name?: string}" in said
    assert "[{lat: number, name?: string}, ...]" in said


async def test_the_version_is_printed(capsys: Capture) -> None:
    assert await use("--version") == 0
    assert capsys.readouterr().out == "weather 0.1.0\n"


@pytest.mark.parametrize(
    "line, words",
    [
        ("URL ca", ["call"]),
        ("URL call ", ["compare", "get-forecast"]),
        ("URL call g", ["get-forecast"]),
        ("URL call get-forecast --p", ["--place"]),
        ("URL --quiet che", ["check"]),
        ("--ver", ["--version"]),
        ("URL call nothing --", []),
    ],
)
async def test_words_are_completed_from_the_catalog(
    line: str, words: list[str], capsys: Capture
) -> None:
    assert await use(ASKED, *line.split(" ")) == 0
    assert capsys.readouterr().out.split() == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_each_shell_gets_its_script(
    shell: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/weather-client"])
    assert await use("--completion", shell) == 0
    assert f"weather-client {ASKED}" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
async def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    program = tmp_path / "weather-client"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(CLIENT)!r})\n"
        "from weather_client.__main__ import run\nsys.exit(run())\n"
    )
    program.chmod(0o755)
    lines = f"""
        export PATH={tmp_path}:$PATH
        eval "$(weather-client --completion bash)"
        COMP_WORDS=(weather-client http://x/mcp call get) COMP_CWORD=3
        _weather_client
        echo "${{COMPREPLY[@]}}"
    """
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", lines, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(shell.communicate(), LIMIT * 6)
    assert out.decode().split() == ["get_forecast"]
