"""Clients over connections of one's own: what happens when peers or connections fail."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcpgen.runtime.client import (
    BearerAuth,
    CallTimeoutError,
    Client,
    Notification,
    TransportError,
    backoff,
)
from mcpgen.runtime.client.eras import modern as opening
from mcpgen.runtime.client.transports import messages

from .wire import LIMIT

SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId"
Message = dict[str, Any]
Answer = Callable[["Peer", Message], Awaitable[None]]
TOOL = {
    "name": "add",
    "inputSchema": {"type": "object"},
    "annotations": {"readOnlyHint": True},
}


class Peer:
    """A server in this process, one connection to it at a time."""

    def __init__(self, answer: Answer | None = None, era: str = "modern") -> None:
        self.era = era
        self.seen: list[Message] = []
        self.opened = 0
        self.closed = 0
        self.answer = answer
        self.tasks: set[asyncio.Task[None]] = set()
        self.queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    async def connect(self) -> Peer:
        self.opened += 1
        self.queue = asyncio.Queue()
        return self

    def methods(self) -> list[str]:
        return [message["method"] for message in self.seen if "method" in message]

    def say(self, message: object) -> None:
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.queue.put_nowait(data)

    def result(self, request: Message, **members: Any) -> None:
        self.say({"jsonrpc": "2.0", "id": request["id"], "result": members})

    def refuse(self, request: Message, code: int) -> None:
        error = {"code": code, "message": "refused"}
        self.say({"jsonrpc": "2.0", "id": request["id"], "error": error})

    def notify(self, method: str, **params: Any) -> None:
        self.say({"jsonrpc": "2.0", "method": method, "params": params})

    def end(self, reason: Exception | None = None) -> None:
        self.queue.put_nowait(reason)

    # The connection.

    async def receive(self) -> bytes | None:
        found = await self.queue.get()
        if isinstance(found, Exception):
            raise found
        return found

    async def send(self, message: bytes) -> None:
        read = json.loads(message)
        self.seen.append(read)
        task = asyncio.create_task(self.serve(read))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        self.closed += 1

    async def serve(self, message: Message) -> None:
        method = message.get("method")
        capabilities = {
            "tools": {"listChanged": True},
            "resources": {"subscribe": True},
        }
        if method == "server/discover" and self.era == "modern":
            self.result(
                message, supportedVersions=["2026-07-28"], capabilities=capabilities
            )
        elif method == "initialize" and self.era == "legacy":
            info = {"name": "peer", "version": "1"}
            self.result(
                message,
                protocolVersion="2025-11-25",
                capabilities=capabilities,
                serverInfo=info,
            )
        elif method in ("server/discover", "initialize"):
            self.refuse(message, -32602)
        elif method == "tools/list":
            self.result(message, tools=[TOOL])
        elif "id" in message and method is not None and self.answer is not None:
            await self.answer(self, message)


async def done(peer: Peer, message: Message) -> None:
    peer.result(message, content=[], resultType="complete")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_FIRST", 0.001)


def client(peer: Peer, **options: Any) -> Client:
    return Client.over(peer.connect, name="the peer", timeout=LIMIT, **options)


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_the_era_is_probed_and_the_connection_closed_once(era: str) -> None:
    peer = Peer(done, era)

    async with client(peer) as made:
        assert made.era == era
        await made.call_tool("add")

    began = ["server/discover"]
    if era == "legacy":
        began += ["initialize", "notifications/initialized"]
    assert peer.methods() == [*began, "tools/call"]
    assert (peer.opened, peer.closed) == (1, 1)


async def test_a_silent_server_is_legacy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PROBE_LIMIT", 0.1)

    class Silent(Peer):
        async def serve(self, message: Message) -> None:
            if message.get("method") != "server/discover":
                await super().serve(message)

    async with client(Silent(era="legacy")) as made:
        assert made.era == "legacy"


async def test_a_modern_server_may_be_slow_to_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "PROBE_LIMIT", 0.1)

    class Slow(Peer):
        async def serve(self, message: Message) -> None:
            if message.get("method") != "server/discover" or len(self.seen) > 1:
                await super().serve(message)

    async with client(Slow()) as made:
        assert made.era == "modern"


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize("reason", [None, ConnectionResetError("the cable is cut")])
async def test_calls_in_flight_end_with_one_error_and_the_next_one_connects_anew(
    era: str, reason: Exception | None
) -> None:
    async def fail(peer: Peer, message: Message) -> None:
        if peer.opened == 1:
            if peer.methods().count("tools/call") == 3:
                peer.end(reason)
        else:
            await done(peer, message)

    peer = Peer(fail, era)
    async with client(peer) as made:
        calls = [made.call_tool("add") for _ in range(3)]
        errors = await asyncio.gather(*calls, return_exceptions=True)
        words = "the cable is cut" if reason else "the connection ended"
        assert [str(error) for error in errors] == [f"the peer: {words}"] * 3
        assert all(isinstance(error, TransportError) for error in errors)

        await made.call_tool("add")

    assert (peer.opened, peer.closed) == (2, 2)
    assert peer.methods().count("initialize") == (2 if era == "legacy" else 0)


async def test_what_may_be_repeated_is_sent_again_over_a_new_connection() -> None:
    class Dying(Peer):
        async def serve(self, message: Message) -> None:
            if message["method"] == "tools/list" and self.opened == 1:
                self.end()
            else:
                await super().serve(message)

    peer = Dying()
    async with client(peer) as made:
        assert [tool.name for tool in await made.list_tools()] == ["add"]

    assert peer.opened == 2


async def test_a_server_that_cannot_be_reached_is_an_error() -> None:
    async def connect() -> Peer:
        raise ConnectionRefusedError(111, "Connection refused")

    with pytest.raises(TransportError) as caught:
        await Client.over(connect).open()

    assert str(caught.value) == "the connection: cannot connect: Connection refused"
    assert not caught.value.sent


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_call_that_takes_too_long_is_cancelled(era: str) -> None:
    async def never(peer: Peer, message: Message) -> None:
        """No answer."""

    peer = Peer(never, era)
    async with client(peer) as made:
        with pytest.raises(CallTimeoutError, match="the peer: no answer to tools/call"):
            await made.with_options(timeout=0.05).call_tool("add")

    call = next(m for m in peer.seen if m.get("method") == "tools/call")
    (cancelled,) = [m for m in peer.seen if m["method"] == "notifications/cancelled"]
    assert cancelled["params"]["requestId"] == call["id"]


async def test_what_is_no_message_is_skipped_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def noisy(peer: Peer, message: Message) -> None:
        for line in (b"Welcome!", b"", b"[1]", b'{"a": 1}'):
            peer.say(line)
        peer.say({"jsonrpc": "2.0", "id": 999, "result": {}})
        peer.say({"jsonrpc": "2.0", "id": 998, "result": {}})
        await done(peer, message)

    async with client(Peer(noisy)) as made:
        await made.call_tool("add")

    words = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert words == [
        "the peer: what is not a JSON-RPC message is skipped: 'Welcome!'",
        "the peer: answers with unknown ids are ignored: 999",
    ]


async def test_a_peer_that_sends_no_messages_at_all_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(messages, "MAX_NOISE", 10)

    async def noisy(peer: Peer, message: Message) -> None:
        for _ in range(11):
            peer.say(b"log line")

    async with client(Peer(noisy)) as made:
        with pytest.raises(TransportError, match="were not messages"):
            await made.call_tool("add")


@pytest.mark.parametrize("token", [[1], {"a": 1}, None, 10**30, 0.5])
async def test_odd_ids_in_notifications_end_no_connection(token: Any) -> None:
    async def answer(peer: Peer, message: Message) -> None:
        peer.notify("notifications/progress", progressToken=token, progress=1)
        peer.notify("notifications/cancelled", requestId=token)
        peer.notify("notifications/odd", _meta={SUBSCRIPTION_ID: token})
        await done(peer, message)

    peer = Peer(answer)
    async with client(peer) as made:
        await made.call_tool("add")
        await made.call_tool("add")
    assert peer.opened == 1


async def test_a_notification_names_its_request_by_a_whole_number() -> None:
    async def answer(peer: Peer, message: Message) -> None:
        token = message["params"]["_meta"]["progressToken"]
        peer.notify("notifications/progress", progressToken=float(token), progress=1)
        peer.notify("notifications/progress", progressToken=True, progress=2)
        await done(peer, message)

    heard: list[float] = []
    async with client(Peer(answer)) as made:
        made = made.with_options(progress=lambda each: heard.append(each.progress))
        await asyncio.gather(*(made.call_tool("add") for _ in range(3)))
    assert heard == [1, 1, 1]


async def test_messages_are_bounded() -> None:
    async def huge(peer: Peer, message: Message) -> None:
        peer.result(message, content=[{"type": "text", "text": "x" * 2000}])

    async with client(Peer(huge), max_bytes=1000) as made:
        with pytest.raises(TransportError, match="greater than 1000 bytes"):
            await made.call_tool("add")


async def test_a_slow_callback_stops_no_answer_and_may_call() -> None:
    async def reporting(peer: Peer, message: Message) -> None:
        peer.notify("notifications/tools/list_changed")
        await done(peer, message)

    async def hear(notification: Notification) -> None:
        heard.append(await made.list_tools())
        await asyncio.Event().wait()

    heard: list[Any] = []
    async with client(Peer(reporting, "legacy"), on_notification=hear) as made:
        await made.call_tool("add")
        await made.call_tool("add")
        assert len(heard) == 1


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_subscription_survives_the_loss_of_its_connection(era: str) -> None:
    async def listen(peer: Peer, message: Message) -> None:
        if message["method"] == "subscriptions/listen":
            tag = {"_meta": {"io.modelcontextprotocol/subscriptionId": message["id"]}}
            asked = message["params"]["notifications"]
            peer.notify(
                "notifications/subscriptions/acknowledged", notifications=asked, **tag
            )
            tags.append(tag)
        else:
            await done(peer, message)

    tags: list[Message] = [{}]
    peer = Peer(listen, era)
    async with client(peer) as made, made.subscribe(tools_changed=True) as changes:
        peer.notify("notifications/tools/list_changed", **tags[-1])
        async with asyncio.timeout(LIMIT):
            assert not (await anext(changes)).missed
            peer.end()
            assert (await anext(changes)).missed
            peer.notify("notifications/tools/list_changed", **tags[-1])
            assert not (await anext(changes)).missed
    assert peer.opened == 2
    if era == "modern":
        last = peer.seen[-1]
        assert last["method"] == "notifications/cancelled"


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_pings_are_answered_in_a_session(era: str) -> None:
    async def ping(peer: Peer, message: Message) -> None:
        peer.say({"jsonrpc": "2.0", "id": "p1", "method": "ping"})
        await done(peer, message)

    peer = Peer(ping, era)
    async with client(peer) as made:
        await made.call_tool("add")
        await made.call_tool("add")

    answers = [message for message in peer.seen if message.get("id") == "p1"]
    answer = {"jsonrpc": "2.0", "id": "p1", "result": {}}
    assert answers[:1] == ([answer] if era == "legacy" else [])


def test_options_for_http_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`auth`: only for servers with a URL"):
        client(Peer(), auth=BearerAuth("secret"))
