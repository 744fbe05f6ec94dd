"""Clients over messages, with servers of the official Python SDK that are programs.

Both ways to reach one: as a command, and over a connection of one's own.
"""

from __future__ import annotations

import asyncio
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcpgen.runtime.client import (
    Client,
    Elicitation,
    LogMessage,
    Progress,
    SyncClient,
    ToolError,
)
from tests.peers import SDK1, environment

from .everything import SECONDS

SCRIPT = Path(__file__).with_name("sdk_server.py")
CASES = [
    ("sdk1", "legacy", "stdio"),
    ("sdk2", "legacy", "stdio"),
    ("sdk2", "modern", "stdio"),
    ("sdk1", "legacy", "over"),
    ("sdk2", "modern", "over"),
]


class Lines(io.StringIO):
    """What a server reports."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    def write(self, text: str, /) -> int:
        self.news.set()
        return super().write(text)

    async def has(self, words: str) -> None:
        async with asyncio.timeout(SECONDS):
            while words not in self.getvalue():
                self.news.clear()
                await self.news.wait()


class Program:
    """A connection to a program, as a user would write one."""

    def __init__(self, process: asyncio.subprocess.Process, lines: Lines) -> None:
        self._process = process
        self._copying = asyncio.create_task(self._copy(lines))

    @classmethod
    async def start(cls, command: list[str], lines: Lines) -> Program:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=2**26
        )
        return cls(process, lines)

    async def _copy(self, lines: Lines) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            lines.write(line.decode())

    async def receive(self) -> bytes | None:
        assert self._process.stdout is not None
        return await self._process.stdout.readline() or None

    async def send(self, message: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(message + b"\n")
        await self._process.stdin.drain()

    async def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        assert self._process.stdout is not None
        await self._process.stdout.read()
        await self._process.wait()
        await self._copying


@dataclass
class Peer:
    """A server and a way to it."""

    python: Path
    era: str
    way: str

    def client(self, lines: Lines | None = None, **options: Any) -> Client:
        command = [str(self.python), str(SCRIPT), "stdio"]
        lines = lines or Lines()
        options = {"timeout": SECONDS, "era": self.era, **options}
        if self.way == "stdio":
            return Client.stdio(command, stderr=lines, **options)
        return Client.over(lambda: Program.start(command, lines), **options)


@pytest.fixture(params=CASES, ids="-".join)
def peer(request: pytest.FixtureRequest) -> Peer:
    name, era, way = request.param
    is_old = name == "sdk1"
    return Peer(environment("sdk1", SDK1) if is_old else Path(sys.executable), era, way)


async def test_the_era_is_found_and_everything_can_be_read(peer: Peer) -> None:
    newest = "modern" if "peers" not in str(peer.python) else "legacy"

    async with peer.client(era="auto") as client:
        assert client.era == newest
        assert client.server_info.name == "sdk"
        assert client.instructions == "Ask me."
        await client.ping()
        assert {"add", "echo", "count"} <= {
            tool.name for tool in await client.list_tools()
        }
        note = await client.read_resource("note://one")
        assert note.contents[0].text == "first note"  # type: ignore[union-attr]
        found = await client.get_prompt("greet", {"name": "Ada"})
        assert found.messages[0].content.text == "Greet Ada"  # type: ignore[union-attr]
        values = await client.complete_prompt("greet", "name", "O")
        assert values.completion.values[0] == "Oslo"


async def test_calls_give_results_errors_progress_and_log_messages(peer: Peer) -> None:
    progress: list[Progress] = []
    log: list[LogMessage] = []

    async with peer.client(progress=progress.append, on_log=log.append) as client:
        result = await client.call_tool("add", {"terms": [1, 2]})
        assert result.structured_content == {"total": 3, "terms": [1, 2]}
        with pytest.raises(ToolError, match="Error executing tool fail"):
            await client.call_tool("fail")
        await client.call_tool("count", {"to": 3})
        assert [(p.progress, p.total) for p in progress] == [(1, 3), (2, 3), (3, 3)]
        await client.call_tool("chat")
        assert [each.data for each in log] == ["careful"]


async def test_sixty_four_calls_at_once_keep_their_answers_and_progress_apart(
    peer: Peer,
) -> None:
    async with peer.client() as client:

        async def one(n: int) -> None:
            seen: list[float] = []
            counting = client.with_options(progress=lambda p: seen.append(p.progress))
            await counting.call_tool("count", {"to": n})
            assert seen == list(range(1, n + 1))
            result = await client.call_tool("echo", {"text": str(n)})
            assert result.content[0].text == str(n)  # type: ignore[union-attr]

        await asyncio.gather(*(one(n) for n in range(1, 65)))


async def test_a_cancelled_call_ends_at_the_server(peer: Peer) -> None:
    lines = Lines()

    async with peer.client(lines) as client:
        call = asyncio.create_task(client.call_tool("hang"))
        await lines.has("hanging")
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await lines.has("cancelled")
        await client.ping()


async def test_a_message_of_ten_megabytes_goes_both_ways(peer: Peer) -> None:
    text = "x" * 10 * 1024 * 1024

    async with peer.client() as client:
        result = await client.call_tool("echo", {"text": text})

    assert result.content[0].text == text  # type: ignore[union-attr]


def answers(**more: Any) -> dict[str, Any]:
    """Handlers for all that a server may ask."""

    def fill(question: Elicitation) -> Any:
        return {"name": "Ada"}

    return {
        "elicitation": fill,
        "sampling": lambda _: "Hi!",
        "roots": ["file:///home/ada"],
        **more,
    }


async def test_the_server_asks_the_client(peer: Peer) -> None:
    async with peer.client(**answers()) as client:
        if peer.era == "modern":
            result = await client.call_tool("ask_all")
            text = result.content[0].text  # type: ignore[union-attr]
            assert text.startswith("round 1; accept {'name': 'Ada', 'age': 30}")
            assert text.endswith("Hi!; file:///home/ada")
            return
        found = [
            (await client.call_tool(tool)).content[0].text  # type: ignore[union-attr]
            for tool in ("ask_form", "ask_model", "ask_roots")
        ]
        assert found[0].startswith("accept: ")
        assert found[1:] == ["unknown: Hi!", "file:///home/ada"]


async def test_changes_are_reported(peer: Peer) -> None:
    async with (
        peer.client() as client,
        client.subscribe(resources=["note://one"], tools_changed=True) as changes,
    ):
        await client.call_tool("touch")
        async with asyncio.timeout(SECONDS):
            found = {(await anext(changes)).method for _ in range(2)}

    assert found == {
        "notifications/resources/updated",
        "notifications/tools/list_changed",
    }


def test_code_without_asyncio_does_the_same(peer: Peer) -> None:
    command = [str(peer.python), str(SCRIPT), "stdio"]
    options: dict[str, Any] = {"timeout": SECONDS, "era": peer.era, **answers()}
    made = (
        SyncClient.stdio(command, **options)
        if peer.way == "stdio"
        else SyncClient.over(lambda: Program.start(command, Lines()), **options)
    )

    with made as client:
        result = client.call_tool("add", {"terms": [1, 2]})

    assert result.structured_content == {"total": 3, "terms": [1, 2]}
