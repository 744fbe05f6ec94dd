"""Clients made from the tools/list of servers that none of ours wrote, in all their modes.

The servers are those of the official Python SDK, 2.x and 1.x.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.peers import SDK1, environment

from .everything import SECONDS
from .sdk_process import MODES, SdkServers, sdk_servers


@dataclass
class Peer:
    """An SDK: its servers, and the client that was made for them.

    Attributes:
        name: "sdk1" or "sdk2".
        package: The client package.
    """

    name: str
    python: Path
    servers: SdkServers
    package: ModuleType

    def client(self, mode: str, **options: Any) -> Any:
        return self.connect(self.servers.urls[mode], **options)

    def connect(self, url: str, **options: Any) -> Any:
        made = getattr(self.package, f"{self.name.title()}Client")
        return made(url, timeout=SECONDS, **options)


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Peer]]:
    """Peers by name, each started when it is first asked for."""
    started: dict[str, Peer] = {}
    with ExitStack() as stack:

        def start(name: str) -> Peer:
            if name not in started:
                is_old = name == "sdk1"
                python = environment("sdk1", SDK1) if is_old else Path(sys.executable)
                servers = stack.enter_context(sdk_servers(python, *MODES))
                directory = tmp_path_factory.mktemp(name)
                package = generated(name, servers.urls["json"], directory)
                started[name] = Peer(name, python, servers, package)
            return started[name]

        yield start


@pytest.fixture(params=["sdk1", "sdk2"])
def peer(request: pytest.FixtureRequest, peers: Callable[[str], Peer]) -> Peer:
    return peers(request.param)


def generated(name: str, url: str, directory: Path) -> ModuleType:
    """The client package that mcpgen makes from what a server lists."""
    tools = directory / "tools.json"
    tools.write_text(json.dumps(tools_list(url)), "utf-8")
    project = directory / name
    subprocess.run(
        [
            *(sys.executable, "-m", "mcpgen", "new", "client", name),
            *("--manifest", str(tools), "--directory", str(project)),
        ],
        check=True,
        capture_output=True,
    )
    sys.path.insert(0, str(project / "client"))
    try:
        return importlib.import_module(f"{name}_client")
    finally:
        sys.path.pop(0)


def tools_list(url: str) -> Any:
    """A legacy session's `tools/list`, by hand."""
    about = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "0"},
    }
    _, headers = posted(url, {"id": 1, "method": "initialize", "params": about}, {})
    session = {"Mcp-Session-Id": headers["Mcp-Session-Id"]}
    posted(url, {"method": "notifications/initialized"}, session)
    answer, _ = posted(url, {"id": 2, "method": "tools/list"}, session)
    return json.loads(answer)["result"]


def posted(url: str, message: Any, headers: dict[str, str]) -> tuple[bytes, Any]:
    request = urllib.request.Request(
        url,
        json.dumps({"jsonrpc": "2.0", **message}).encode(),
        {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            **headers,
        },
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        return response.read(), response.headers


# A connection: the server's mode, and the era that the client insists on.
MODERN = [(mode, "auto") for mode in MODES if mode != "sse"]
LEGACY = [(mode, "legacy") for mode in MODES]
STREAMS = [pair for pair in (*MODERN, *LEGACY) if "json" not in pair[0]]
SESSIONS = ["stream", "sse"]

connections = pytest.mark.parametrize("mode, era", [*MODERN, *LEGACY])
# One of each era and transport, where the answers' form makes no difference.
ways = pytest.mark.parametrize(
    "mode, era", [("stream", "auto"), ("stream", "legacy"), ("sse", "legacy")]
)
streams = pytest.mark.parametrize("mode, era", STREAMS)
sessions = pytest.mark.parametrize("mode", SESSIONS)


@connections
async def test_the_best_era_is_found(peer: Peer, mode: str, era: str) -> None:
    async with peer.client(mode, era=era) as client:
        is_modern = peer.name == "sdk2" and era == "auto"
        assert client.era == ("modern" if is_modern else "legacy")
        newest = "2026-07-28" if is_modern else "2025-11-25"
        assert client.protocol_version == newest
        assert client.server_info.name == "sdk"
        assert client.instructions == "Ask me."
        await client.ping()


@ways
async def test_the_server_is_what_the_client_was_made_for(
    peer: Peer, mode: str, era: str
) -> None:
    async with peer.client(mode, era=era) as client:
        found = {(each.kind, each.change) for each in await client.check()}
    # A tools/list says nothing of the rest.
    assert found == {
        (kind, "added") for kind in ("prompt", "resource", "resource template")
    }


@connections
async def test_tools_are_typed(peer: Peer, mode: str, era: str) -> None:
    models = peer.package.models
    async with peer.client(mode, era=era) as client:
        total = await client.add(terms=[1, 2])
        assert total == models.AddOutput(total=3, terms=[1, 2])
        assert (await client.echo(text="a", times=2)).result == "aa"
        assert (await client.echo(text="a", loud=True)).result == "A"
        assert (await client.echo(text="a", loud=None)).result == "a"
        with pytest.raises(peer.package.ToolError, match="fail"):
            await client.fail()
        with pytest.raises(peer.package.InvalidArgumentsError, match="terms"):
            await client.add(terms=["x"])
        untyped = await client.call_tool("add", {"terms": []})
        assert untyped.structured_content == {"total": 0, "terms": []}


@connections
async def test_prompts_resources_templates_and_completion(
    peer: Peer, mode: str, era: str
) -> None:
    async with peer.client(mode, era=era) as client:
        assert [each.name for each in await client.list_prompts()] == ["greet"]
        prompt = await client.get_prompt("greet", {"name": "Ann"})
        assert prompt.messages[0].content.text == "Greet Ann"
        assert [each.uri for each in await client.list_resources()] == ["note://one"]
        (note,) = (await client.read_resource("note://one")).contents
        assert note.text == "first note"
        (template,) = await client.list_resource_templates()
        assert template.uri_template == "note://by/{name}"
        (note,) = (await client.read_resource("note://by/Ann")).contents
        assert note.text == "note by Ann"
        values = (await client.complete_prompt("greet", "name", "O")).completion.values
        assert values == ["Oslo", "ref/prompt"]
        completed = await client.complete_template("note://by/{name}", "name", "O")
        assert completed.completion.values == ["Oslo", "ref/resource"]
        with pytest.raises(peer.package.ProtocolError):
            await client.read_resource("note://nowhere/else/at/all")


@streams
async def test_progress_and_logs_arrive_while_a_tool_runs(
    peer: Peer, mode: str, era: str
) -> None:
    logs: list[Any] = []
    reports: list[Any] = []
    async with peer.client(mode, era=era, on_log=logs.append) as client:
        counting = client.with_options(progress=reports.append)
        assert (await counting.count(to=3)).result == "done"
        assert (await client.chat()).result == "logged"
    made = peer.package
    assert reports == [made.Progress(n, 3, f"at {n}") for n in (1, 2, 3)]
    assert logs == [made.LogMessage("warning", "chatter", "careful")]


async def test_the_level_of_logs_is_set(peer: Peer) -> None:
    options = {"on_log": print, "log_level": "warning", "era": "legacy"}
    async with peer.client("stream", **options) as client:
        await peer.servers.says("level warning")
        await client.set_logging_level("error")
        await peer.servers.says("level error")


@sessions
async def test_legacy_servers_ask_the_user(peer: Peer, mode: str) -> None:
    asked: list[Any] = []

    def answer(question: Any) -> Any:
        asked.append(question)
        if question.mode == "url":
            return peer.package.Reply.ACCEPT
        return {"name": "Ann"}

    async with peer.client(mode, era="legacy", elicitation=answer) as client:
        assert (await client.ask_form()).result == "accept: name='Ann' age=30"
        assert (await client.ask_page()).result == "accept"
        assert (await client.page_first()).result == "visited"
    assert [(q.mode, q.url, q.required) for q in asked] == [
        ("form", None, False),
        ("url", "https://pages.example/pay", False),
        ("url", "https://pages.example/login", True),
    ]


@sessions
async def test_users_may_decline(peer: Peer, mode: str) -> None:
    decline = peer.package.Reply.DECLINE
    async with peer.client(
        mode, era="legacy", elicitation=lambda question: decline
    ) as client:
        assert (await client.ask_form()).result == "decline: None"


@sessions
async def test_legacy_servers_ask_the_model_and_for_roots(
    peer: Peer, mode: str, tmp_path: Path
) -> None:
    async def sample(wanted: Any) -> Any:
        assert wanted.max_tokens == 10
        return {
            "role": "assistant",
            "content": {"type": "text", "text": "Hi!"},
            "model": "test-model",
        }

    async with peer.client(
        mode, era="legacy", sampling=sample, roots=[tmp_path]
    ) as client:
        assert (await client.ask_model()).result == "test-model: Hi!"
        assert (await client.ask_roots()).result == tmp_path.as_uri()


@pytest.mark.parametrize("peer", ["sdk2"], indirect=True)
@pytest.mark.parametrize("mode", [mode for mode, _ in MODERN])
async def test_modern_servers_ask_for_everything_at_once(
    peer: Peer, mode: str, tmp_path: Path
) -> None:
    def answer(question: Any) -> Any:
        if question.mode == "url":
            return peer.package.Reply.ACCEPT
        return {"name": "Ann"}

    async with peer.client(
        mode, elicitation=answer, sampling=lambda wanted: "Hi!", roots=[tmp_path]
    ) as client:
        told = await client.call_tool("ask_all")
    assert told.content[0].text == (
        "round 1; accept {'name': 'Ann', 'age': 30}; accept; Hi!; " + tmp_path.as_uri()
    )


async def test_subscriptions_of_a_session(peer: Peer) -> None:
    async with (
        peer.client("stream", era="legacy") as client,
        client.subscribe(resources=["note://one"], tools_changed=True) as changes,
    ):
        await peer.servers.says("subscribed note://one")
        await client.touch()
        async with asyncio.timeout(SECONDS):
            methods = {(await anext(changes)).method for _ in range(2)}
    assert methods == {
        "notifications/resources/updated",
        "notifications/tools/list_changed",
    }
    await peer.servers.says("unsubscribed")


@pytest.mark.parametrize("peer", ["sdk2"], indirect=True)
@pytest.mark.parametrize("mode", [mode for mode, _ in MODERN])
async def test_subscriptions_without_a_session(peer: Peer, mode: str) -> None:
    async with (
        peer.client(mode) as client,
        client.subscribe(resources=["note://one"], tools_changed=True) as changes,
    ):
        await client.touch()
        async with asyncio.timeout(SECONDS):
            methods = [(await anext(changes)).method for _ in range(2)]
    assert methods == [
        "notifications/resources/updated",
        "notifications/tools/list_changed",
    ]


@pytest.mark.parametrize(
    "peer, mode, era",
    # A stateless server of 1.x has no way to hear of it.
    [("sdk1", mode, era) for mode, era in STREAMS if mode != "stateless"]
    + [("sdk2", mode, era) for mode, era in STREAMS],
    indirect=["peer"],
)
async def test_cancelling_a_call_reaches_the_server(
    peer: Peer, mode: str, era: str
) -> None:
    async with peer.client(mode, era=era) as client:
        call = asyncio.create_task(client.hang())
        await peer.servers.says("hanging")
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await peer.servers.says("cancelled")


async def test_a_closed_stream_is_resumed(peer: Peer) -> None:
    async with peer.client("stream", era="legacy") as client:
        assert (await client.later()).result == "resumed"


@pytest.mark.parametrize(
    "peer, mode, era",
    [
        ("sdk1", "stream", "auto"),
        ("sdk1", "sse", "auto"),
        ("sdk2", "stream", "auto"),
        ("sdk2", "stream", "legacy"),
    ],
    indirect=["peer"],
)
async def test_calls_and_subscriptions_survive_a_restart(
    peer: Peer, mode: str, era: str
) -> None:
    with sdk_servers(peer.python, mode) as first:
        url = first.urls[mode]
        port = urlsplit(url).port
        assert port is not None
        async with (
            peer.connect(url, era=era) as client,
            client.subscribe(resources=["note://one"]) as changes,
            asyncio.timeout(2 * SECONDS),
        ):
            await client.touch()
            await anext(changes)
            # What runs at that moment fails, for it may have been done.
            running = asyncio.create_task(client.hang())
            await first.says("hanging")
            first.kill()
            with pytest.raises(peer.package.TransportError, match=r"^(POST|GET) http"):
                await running
            with sdk_servers(peer.python, mode, port=port):
                news = asyncio.create_task(anext(changes))
                while not news.done():
                    assert (await client.touch()).result == "touched"
                    await asyncio.wait([news], timeout=0.2)
                assert (await news).params["uri"] == "note://one"


@ways
async def test_calls_run_side_by_side(peer: Peer, mode: str, era: str) -> None:
    async with peer.client(mode, era=era) as client:
        totals = await asyncio.gather(*(client.add(terms=[n, n]) for n in range(16)))
    assert [each.total for each in totals] == [2 * n for n in range(16)]


def test_without_asyncio(peer: Peer) -> None:
    made = getattr(peer.package, f"{peer.name.title()}Client")
    with made.sync(peer.servers.urls["stream"], timeout=SECONDS) as client:
        assert client.add(terms=[1, 2]).total == 3
        assert client.list_tools()
