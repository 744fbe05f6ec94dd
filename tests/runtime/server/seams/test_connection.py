"""Both eras on a connection of one's own; see `lines`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mcpgen.runtime.server import Context, Server, Settings
from mcpgen.runtime.server.features.auth import Principal

from ..wire import SECONDS, until
from ..workshop import Workshop
from .lines import Peer, listening, modern

Connect = Callable[[], AbstractAsyncContextManager[Peer]]


@pytest.fixture
def shop() -> Workshop:
    return Workshop()


@pytest.fixture
async def connect(shop: Workshop, tmp_path: Path) -> AsyncIterator[Connect]:
    path = tmp_path / "mcp"
    async with listening(Server(shop, Settings()), path):
        yield lambda: Peer.connected(path)


class TestModern:
    async def test_discovery_lists_and_calls(self, connect: Connect) -> None:
        async with connect() as peer:
            found = await peer.call("server/discover", modern())
            assert found["supportedVersions"][0] == "2026-07-28"
            tools = await peer.call("tools/list", modern())
            assert "add" in [tool["name"] for tool in tools["tools"]]
            call = {"name": "add", "arguments": {"a": 1}}
            result = await peer.call("tools/call", modern(call))

        assert result["structuredContent"] == {"sum": 2}
        assert result["resultType"] == "complete"

    async def test_progress_comes_before_the_response(
        self, connect: Connect, shop: Workshop
    ) -> None:
        async with connect() as peer:
            params = modern({"name": "threaded"}, progressToken="t")
            number = await peer.begin("tools/call", params)
            progress = await peer.next()
            response = await peer.answer(number)

        assert progress["params"] == {"progressToken": "t", "progress": 1, "total": 2}
        assert response["result"]["content"]

    async def test_a_question_is_a_round(self, connect: Connect) -> None:
        async with connect() as peer:
            can: dict[str, object] = {"elicitation": {}}
            first = await peer.call("tools/call", modern({"name": "asking"}, can))
            assert first["resultType"] == "input_required"
            ((key, _),) = first["inputRequests"].items()
            said = {"action": "accept", "content": {"name": "Bo"}}
            second = await peer.call(
                "tools/call",
                modern(
                    {
                        "name": "asking",
                        "inputResponses": {key: said},
                        "requestState": first["requestState"],
                    },
                    can,
                ),
            )

        assert second["content"][0]["text"] == "accept: {'name': 'Bo'}"

    async def test_a_cancelled_request_gets_no_response(
        self, connect: Connect, shop: Workshop
    ) -> None:
        async with connect() as peer:
            number = await peer.begin("tools/call", modern({"name": "blocking"}))
            await asyncio.wait_for(shop.started.wait(), SECONDS)
            await peer.notify("notifications/cancelled", {"requestId": number})
            await asyncio.wait_for(shop.cancelled.wait(), SECONDS)
            assert await peer.call("server/discover", modern())

    async def test_a_subscription_hears_of_changes_until_it_is_cancelled(
        self, connect: Connect
    ) -> None:
        async with connect() as peer:
            wanted = {"notifications": {"toolsListChanged": True}}
            number = await peer.begin("subscriptions/listen", modern(wanted))
            acknowledged = await peer.next()
            assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
            changing = await peer.begin("tools/call", modern({"name": "change_lists"}))
            messages = [await peer.next(), await peer.next()]
            (change,) = [each for each in messages if "method" in each]
            assert changing in [each.get("id") for each in messages]
            assert change["method"] == "notifications/tools/list_changed"
            key = "io.modelcontextprotocol/subscriptionId"
            assert change["params"]["_meta"] == {key: number}
            await peer.notify("notifications/cancelled", {"requestId": number})
            assert await peer.call("server/discover", modern())

    async def test_shutdown_ends_a_subscription_with_its_response(
        self, shop: Workshop, tmp_path: Path
    ) -> None:
        path = tmp_path / "mcp"
        async with listening(Server(shop, Settings()), path):
            context = Peer.connected(path)
            peer = await context.__aenter__()
            wanted = {"notifications": {"toolsListChanged": True}}
            number = await peer.begin("subscriptions/listen", modern(wanted))
            await peer.next()
        response = await peer.answer(number)
        assert response["result"]["resultType"] == "complete"
        assert await peer.next() is None
        await context.__aexit__(None, None, None)


class TestLegacy:
    async def test_a_session_is_the_connection(self, connect: Connect) -> None:
        async with connect() as peer, connect() as other:
            result = await peer.initialize()
            assert result["protocolVersion"] == "2025-11-25"
            result = await peer.call(
                "tools/call", {"name": "add", "arguments": {"a": 1}}
            )
            assert result["structuredContent"] == {"sum": 2}
            assert await peer.call("ping") == {}
            refused = await other.answer(await other.begin("tools/list"))

        assert refused["error"]["message"] == "Start with `initialize`"

    async def test_a_second_initialize_is_refused(self, connect: Connect) -> None:
        async with connect() as peer:
            await peer.initialize()
            params = {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "x", "version": "1"},
            }
            refused = await peer.answer(await peer.begin("initialize", params))

        assert refused["error"]["message"] == "The session is initialized already"

    async def test_a_question_is_a_request(self, connect: Connect) -> None:
        async with connect() as peer:
            await peer.initialize({"elicitation": {}})
            number = await peer.begin("tools/call", {"name": "asking"})
            question = await peer.next()
            assert question["method"] == "elicitation/create"
            await peer.send(
                {
                    "jsonrpc": "2.0",
                    "id": question["id"],
                    "result": {"action": "accept", "content": {"name": "Bo"}},
                }
            )
            response = await peer.answer(number)

        assert response["result"]["content"][0]["text"] == "accept: {'name': 'Bo'}"

    async def test_a_cancelled_request_gets_no_response(
        self, connect: Connect, shop: Workshop
    ) -> None:
        async with connect() as peer:
            await peer.initialize()
            number = await peer.begin("tools/call", {"name": "blocking"})
            await asyncio.wait_for(shop.started.wait(), SECONDS)
            await peer.notify("notifications/cancelled", {"requestId": number})
            await asyncio.wait_for(shop.cancelled.wait(), SECONDS)
            assert await peer.call("ping") == {}

    async def test_changes_and_updates_are_announced(self, connect: Connect) -> None:
        async with connect() as peer:
            await peer.initialize()
            await peer.call("resources/subscribe", {"uri": "shop://text"})
            number = await peer.begin("tools/call", {"name": "change_lists"})
            messages = [await peer.next() for _ in range(5)]

        assert [each["id"] for each in messages if "id" in each] == [number]
        assert {each["method"] for each in messages if "method" in each} == {
            "notifications/tools/list_changed",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
            "notifications/resources/updated",
        }

    async def test_batches(self, connect: Connect) -> None:
        async with connect() as peer:
            await peer.call(
                "initialize",
                {
                    "protocolVersion": "2025-03-26",
                    "capabilities": {},
                    "clientInfo": {"name": "x", "version": "1"},
                },
            )
            await peer.send(
                [
                    {"jsonrpc": "2.0", "id": "a", "method": "ping"},
                    {"jsonrpc": "2.0", "id": "b", "method": "tools/list"},
                ]
            )
            answers = await peer.next()

        assert [each["id"] for each in answers] == ["a", "b"]


class TestBadInput:
    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (b"no json", -32700),
            (b'{"jsonrpc":"2.0","id":1,"method":"x\xff"}', -32700),
            (b"7", -32600),
            (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
            (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
            (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
            (b"[]", -32600),
        ],
    )
    async def test_a_bad_line_gets_its_error_and_nothing_stops(
        self, connect: Connect, line: bytes, code: int
    ) -> None:
        async with connect() as peer:
            await peer.send(line)
            assert (await peer.next())["error"]["code"] == code
            assert await peer.call("ping") == {}

    async def test_a_message_that_is_too_large(self, connect: Connect) -> None:
        async with connect() as peer:
            await peer.send(b'"' + b"x" * Settings().max_body + b'"')
            message = (await peer.next())["error"]["message"]
            assert await peer.call("ping") == {}

        assert message.endswith("setting max_body")

    async def test_a_message_with_too_many_values(self, connect: Connect) -> None:
        async with connect() as peer:
            await peer.send(b"[" + b"0," * Settings().max_values + b"0]")
            message = (await peer.next())["error"]["message"]
            assert await peer.call("ping") == {}

        assert message.endswith("values; setting max_values")

    async def test_an_id_that_still_runs(
        self, connect: Connect, shop: Workshop
    ) -> None:
        async with connect() as peer:
            number = await peer.begin("tools/call", modern({"name": "blocking"}))
            await asyncio.wait_for(shop.started.wait(), SECONDS)
            await peer.send(
                {
                    "jsonrpc": "2.0",
                    "id": number,
                    "method": "server/discover",
                    "params": modern(),
                }
            )
            refused = await peer.next()
            shop.release.set()
            assert "result" in await peer.answer(number)

        assert refused["error"]["message"] == f"Request {number} still runs"

    async def test_a_client_that_leaves_cancels_its_calls(
        self, connect: Connect, shop: Workshop
    ) -> None:
        async with connect() as peer:
            await peer.begin("tools/call", modern({"name": "blocking"}))
            await asyncio.wait_for(shop.started.wait(), SECONDS)
        await asyncio.wait_for(shop.cancelled.wait(), SECONDS)

    async def test_what_runs_may_end_when_the_input_has(
        self, connect: Connect, shop: Workshop, tmp_path: Path
    ) -> None:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "mcp")
        peer = Peer(reader, writer)
        number = await peer.begin("tools/call", modern({"name": "blocking"}))
        await asyncio.wait_for(shop.started.wait(), SECONDS)
        writer.write_eof()
        shop.release.set()
        assert "result" in await peer.answer(number)
        assert await peer.next() is None
        writer.close()


class TestPrincipals:
    async def test_a_server_that_authenticates_wants_to_know_who_it_is(
        self, shop: Workshop
    ) -> None:
        settings = Settings(
            auth="token", auth_tokens=(SecretStr("a token of some length"),)
        )
        async with Server(shop, settings).running() as server:
            with pytest.raises(ValueError, match="name the principal"):
                await server.serve(Silent())
            await asyncio.wait_for(server.serve(Silent(), Principal("local")), SECONDS)


class Silent:
    """A connection that ends at once."""

    async def receive(self) -> bytes | None:
        return None

    async def send(self, message: bytes) -> None:
        raise AssertionError(message)

    async def close(self) -> None:
        return


async def test_nothing_is_left_of_a_connection(
    connect: Connect, shop: Workshop
) -> None:
    before = len(asyncio.all_tasks())
    async with connect() as peer:
        await peer.initialize()
        await peer.begin("tools/call", {"name": "blocking"})
        await asyncio.wait_for(shop.started.wait(), SECONDS)

    await until(lambda: len(asyncio.all_tasks()) <= before)


class Tidy(Workshop):
    """Its call needs a while to end once it was cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.tidied = asyncio.Event()

    async def blocking(self, args: Any, ctx: Context) -> str:
        try:
            self.started.set()
            return await asyncio.Future()
        finally:
            self.cancelled.set()
            await self.release.wait()
            self.tidied.set()


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_second_cancellation_leaves_the_end_of_a_call_alone(
    era: str, tmp_path: Path
) -> None:
    shop = Tidy()
    path = tmp_path / "mcp"
    async with listening(Server(shop, Settings()), path), Peer.connected(path) as peer:
        await peer.initialize()
        params: dict[str, Any] = {"name": "blocking"}
        number = await peer.begin(
            "tools/call", modern(params) if era == "modern" else params
        )
        await asyncio.wait_for(shop.started.wait(), SECONDS)
        await peer.notify("notifications/cancelled", {"requestId": number})
        await asyncio.wait_for(shop.cancelled.wait(), SECONDS)
        await peer.notify("notifications/cancelled", {"requestId": number})
        assert await peer.call("ping") == {}
        shop.release.set()
        await asyncio.wait_for(shop.tidied.wait(), SECONDS)
        assert await peer.call("ping") == {}
