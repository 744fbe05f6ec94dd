"""Legacy sessions: negotiation, ids, limits, the end; and the requests of that era."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Context, Settings
from mcpgen.runtime.server.app import SERVER
from tests.requirements import requirement

from .conftest import Serve
from .wire import SECONDS, LegacyWire, until
from .workshop import Workshop

HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


@pytest.fixture
async def stranger(http: ClientSession, url: str) -> LegacyWire:
    """A client that has not initialised yet."""
    return LegacyWire(http, url)


@requirement(
    "2025-11-25/server/base-protocol",
    "2025-11-25/server/initialize-result",
    "2025-11-25/server/version-supported",
)
@pytest.mark.parametrize("version", VERSIONS)
async def test_initialize_agrees_on_a_version_that_both_speak(
    stranger: LegacyWire, version: str
) -> None:
    result = await stranger.initialize(version)

    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "workshop"
    assert result["instructions"] == "Use with care."
    assert ("completions" in result["capabilities"]) == (version > "2024-11-05")
    assert result["capabilities"]["tools"] == {"listChanged": True}
    assert "resultType" not in result


@requirement("2025-11-25/server/version-other")
@pytest.mark.parametrize("version", ["2026-07-28", "1999-01-01", "soon", ""])
async def test_any_other_version_is_answered_with_the_newest_legacy_one(
    stranger: LegacyWire, version: str
) -> None:
    assert (await stranger.initialize(version))["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {},
        {"protocolVersion": 3, "capabilities": {}, "clientInfo": {}},
        {"protocolVersion": "2025-11-25", "clientInfo": {}},
        {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": "me"},
    ],
)
async def test_a_malformed_initialize_is_refused(
    stranger: LegacyWire, params: Any
) -> None:
    reply = await stranger.call("initialize", params)

    assert (reply.status, reply.error["code"]) == (400, -32602)
    assert "Mcp-Session-Id" not in reply.headers


@requirement("2025-11-25/server/session-id-visible")
async def test_a_session_id_is_long_visible_ascii_and_new_each_time(
    http: ClientSession, url: str
) -> None:
    ids = set()
    for _ in range(3):
        wire = LegacyWire(http, url)
        await wire.initialize()
        ids.add(wire.headers["Mcp-Session-Id"])

    assert len(ids) == 3
    assert all(re.fullmatch(r"[\x21-\x7e]{32,}", session_id) for session_id in ids)


@requirement("2025-11-25/server/initialization-first")
async def test_without_a_session_id_a_request_is_bad(stranger: LegacyWire) -> None:
    reply = await stranger.call("tools/list")

    assert reply.status == 400
    assert "Mcp-Session-Id" in reply.error["message"]
    assert "id" not in reply.json


@requirement("2025-11-25/server/initialization-first")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_a_session_id_other_requests_are_bad_too(
    stranger: LegacyWire, method: str
) -> None:
    assert (await stranger.other(method)).status == 400


@requirement("2025-11-25/server/session-ended")
async def test_an_unknown_session_is_not_found(stranger: LegacyWire) -> None:
    stranger.headers["Mcp-Session-Id"] = "who-is-that"

    assert (await stranger.call("tools/list")).status == 404
    assert (await stranger.other("GET")).status == 404
    assert (await stranger.other("DELETE")).status == 404


@requirement("2025-11-25/server/session-ended")
async def test_delete_ends_a_session_at_once(legacy: LegacyWire) -> None:
    async with legacy.get() as stream:
        reply = await legacy.other("DELETE")
        assert await stream.ended()

    assert reply.status == 204
    assert (await legacy.call("ping")).status == 404


async def test_a_second_initialize_in_a_session_is_refused_and_changes_nothing(
    legacy: LegacyWire,
) -> None:
    version = legacy.headers["MCP-Protocol-Version"]

    reply = await legacy.call("initialize", {**HELLO, "protocolVersion": "2025-03-26"})

    assert reply.status == 400
    assert reply.error["code"] == -32600
    assert "Mcp-Session-Id" in reply.error["message"]
    assert "Mcp-Session-Id" not in reply.headers
    assert (await legacy.call("ping")).result == {}
    assert legacy.headers["MCP-Protocol-Version"] == version


async def test_initialize_after_the_end_of_a_session_opens_another_one(
    legacy: LegacyWire,
) -> None:
    ended = legacy.headers["Mcp-Session-Id"]
    await legacy.other("DELETE")

    reply = await legacy.call("initialize", HELLO)

    assert reply.status == 200
    assert reply.headers["Mcp-Session-Id"] != ended


@pytest.mark.parametrize("method", ["ping", "tools/list"])
async def test_requests_before_initialized_are_answered_as_the_sdks_do(
    stranger: LegacyWire, method: str
) -> None:
    opened = await stranger.call("initialize", HELLO)
    stranger.headers["Mcp-Session-Id"] = opened.headers["Mcp-Session-Id"]

    assert (await stranger.call(method)).status == 200


async def test_delete_stops_what_runs(legacy: LegacyWire, service: Workshop) -> None:
    call = asyncio.ensure_future(legacy.tool("blocking"))
    await asyncio.wait_for(service.started.wait(), SECONDS)

    await legacy.other("DELETE")

    await asyncio.wait_for(service.cancelled.wait(), SECONDS)
    ended = await asyncio.wait_for(call, SECONDS)
    assert (ended.status, "jsonrpc" in ended.text) == (200, False)


@requirement("2025-11-25/server/version-header")
async def test_a_version_that_is_not_served_is_bad(legacy: LegacyWire) -> None:
    reply = await legacy.call("ping", headers={"MCP-Protocol-Version": "2020-01-01"})

    assert reply.status == 400
    assert "2025-11-25" in reply.error["message"]


async def test_the_version_header_may_be_missing(legacy: LegacyWire) -> None:
    reply = await legacy.call("ping", headers={"MCP-Protocol-Version": None})

    assert reply.result == {}


async def test_sessions_are_capped(http: ClientSession, serve: Serve) -> None:
    url = await serve(Settings(max_sessions=1))
    first, second = LegacyWire(http, url), LegacyWire(http, url)
    await first.initialize()
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }

    full = await second.call("initialize", hello)
    await first.other("DELETE")
    free = await second.call("initialize", hello)

    assert (full.status, full.headers["Retry-After"]) == (503, "30")
    assert free.status == 200


@requirement("2025-11-25/server/session-ended")
async def test_an_idle_session_ends_unless_it_has_an_open_stream(
    http: ClientSession, serve: Serve
) -> None:
    url = await serve(Settings(session_idle=0.1))
    idle, open_ = LegacyWire(http, url), LegacyWire(http, url)
    await open_.initialize()

    async with open_.get():
        await idle.initialize()
        await until(lambda: serve.app[SERVER].sessions == 1)

        assert (await idle.call("ping")).status == 404
        assert (await open_.call("ping")).status == 200

    await until(lambda: serve.app[SERVER].sessions == 0)
    assert (await open_.call("ping")).status == 404


# --- requests --------------------------------------------------------------------


@requirement("2025-11-25/server/base-protocol", "2025-11-25/server/ping")
async def test_ping(legacy: LegacyWire) -> None:
    assert (await legacy.call("ping")).result == {}


@pytest.mark.parametrize("method", ["nope", "server/discover", "subscriptions/listen"])
async def test_an_unknown_method(legacy: LegacyWire, method: str) -> None:
    reply = await legacy.call(method)

    assert (reply.status, reply.error["code"]) == (200, -32601)


@requirement("2025-11-25/server/request-ids")
@pytest.mark.parametrize("request_id", [None, True, 1.5, []])
async def test_an_id_is_a_string_or_an_integer(
    legacy: LegacyWire, request_id: Any
) -> None:
    reply = await legacy.send({"jsonrpc": "2.0", "id": request_id, "method": "ping"})

    assert (reply.status, reply.error["code"]) == (400, -32600)


@pytest.mark.parametrize("params", [[], "x", 3])
async def test_params_are_an_object(legacy: LegacyWire, params: Any) -> None:
    assert (await legacy.call("tools/list", params)).error["code"] == -32602


@requirement("2025-11-25/server/meta-keys", "2025-11-25/server/operation")
async def test_results_have_none_of_the_modern_members(legacy: LegacyWire) -> None:
    for result in (
        (await legacy.call("tools/list")).result,
        (await legacy.tool("add", {"a": 1})).result,
        (await legacy.call("resources/read", {"uri": "shop://text"})).result,
    ):
        assert not result.keys() & {"resultType", "ttlMs", "cacheScope", "_meta"}


async def test_the_log_level_belongs_to_the_session(legacy: LegacyWire) -> None:
    def levels(messages: list[Any]) -> list[str]:
        return [m["params"]["level"] for m in messages if "method" in m]

    before = await legacy.tool("logging")
    assert (await legacy.call("logging/setLevel", {"level": "error"})).result == {}
    after = await legacy.tool("logging")

    assert levels(before.messages) == ["info", "warning", "error", "emergency"]
    assert levels(after.messages) == ["error", "emergency"]


@pytest.mark.parametrize("level", ["loud", 3, None])
async def test_an_unknown_log_level(legacy: LegacyWire, level: Any) -> None:
    reply = await legacy.call("logging/setLevel", {"level": level})

    assert reply.error["code"] == -32602


async def test_a_cancelled_request_is_stopped_and_gets_no_response(
    legacy: LegacyWire, service: Workshop
) -> None:
    call = asyncio.ensure_future(legacy.tool("blocking"))
    await asyncio.wait_for(service.started.wait(), SECONDS)

    await legacy.notify(
        "notifications/cancelled", {"requestId": legacy.last_id, "reason": "enough"}
    )

    reply = await asyncio.wait_for(call, SECONDS)
    # The stream just ends; 202 is for messages that need no response.
    assert (reply.status, "jsonrpc" in reply.text) == (200, False)
    assert service.cancelled.is_set()
    assert service.seen[0].cancelled is True
    assert (await legacy.call("ping")).status == 200


@requirement("2025-11-25/server/cancellation-races")
@pytest.mark.parametrize(
    "params", [None, {}, {"requestId": 99}, {"requestId": []}, {"requestId": None}]
)
async def test_a_cancellation_of_nothing_is_ignored(
    legacy: LegacyWire, params: Any
) -> None:
    assert (await legacy.notify("notifications/cancelled", params)).status == 202


async def test_another_session_can_not_cancel(
    legacy: LegacyWire, http: ClientSession, service: Workshop
) -> None:
    other = LegacyWire(http, legacy.url)
    await other.initialize()
    call = asyncio.ensure_future(legacy.tool("blocking"))
    await asyncio.wait_for(service.started.wait(), SECONDS)

    await other.notify("notifications/cancelled", {"requestId": legacy.last_id})
    service.release.set()

    assert (await call).content == "released"


async def test_an_id_that_is_in_use_is_refused(
    legacy: LegacyWire, service: Workshop
) -> None:
    call = asyncio.ensure_future(legacy.tool("blocking"))
    await asyncio.wait_for(service.started.wait(), SECONDS)

    again = legacy.request("tools/call", {"name": "nothing"})
    again["id"] -= 1
    reply = await legacy.send(again)
    service.release.set()

    assert reply.error["code"] == -32600
    assert (await call).content == "released"


async def test_a_cancelled_call_has_its_id_and_its_session_until_it_has_ended(
    http: ClientSession, serve: Serve
) -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()
    release, ended = asyncio.Event(), asyncio.Event()

    class Tidy(Workshop):
        async def blocking(self, args: Any, ctx: Context) -> str:
            try:
                started.set()
                return await asyncio.Future()
            finally:
                cancelled.set()
                await release.wait()
                ended.set()

    legacy = LegacyWire(http, await serve(Settings(session_idle=0.5), Tidy()))
    await legacy.initialize()
    body = legacy.request("tools/call", {"name": "blocking"})
    call = asyncio.ensure_future(legacy.send(body))
    await asyncio.wait_for(started.wait(), SECONDS)
    for _ in range(2):
        await legacy.notify("notifications/cancelled", {"requestId": legacy.last_id})
        await asyncio.wait_for(cancelled.wait(), SECONDS)

    again = await legacy.send({**body, "params": {"name": "nothing"}})
    assert again.error["message"] == f"Request {legacy.last_id} still runs"
    other = LegacyWire(http, legacy.url)
    await other.initialize()
    # An idle session ends meanwhile, as the other one shows, but not this one.
    await until(lambda: serve.app[SERVER].sessions == 1)
    assert not ended.is_set()
    assert (await legacy.call("ping")).status == 200
    release.set()
    await asyncio.wait_for(call, SECONDS)
    assert ended.is_set()


class TestMalformed:
    """Messages whose `id` or `method` is not valid, in a session."""

    @pytest.mark.parametrize(
        ("members", "known", "logged"),
        [
            ({"id": 7, "method": 5}, 7, "5 -"),
            ({"id": "s-1", "method": None, "result": {}}, "s-1", "None -"),
            ({"method": ["x"]}, None, "['x'] -"),
            ({"id": None, "method": "ping"}, None, "ping -"),
            (
                {"id": [1], "method": "tools/call", "params": {"name": "add"}},
                None,
                "tools/call add",
            ),
        ],
        ids=str,
    )
    async def test_the_error_has_the_id_and_the_log_line_the_session(
        self,
        legacy: LegacyWire,
        caplog: pytest.LogCaptureFixture,
        members: dict[str, Any],
        known: Any,
        logged: str,
    ) -> None:
        caplog.set_level(logging.INFO, "mcp.access")

        reply = await legacy.send({"jsonrpc": "2.0", **members})

        assert (reply.status, reply.error["code"]) == (400, -32600)
        assert reply.json.get("id") == known
        await until(lambda: bool(caplog.records))
        session = legacy.headers["Mcp-Session-Id"][:8]
        end = f"{logged} session={session} error -32600"
        assert caplog.records[-1].message.endswith(end)

    async def test_a_session_that_is_not_there_comes_first(
        self, legacy: LegacyWire
    ) -> None:
        body = {"jsonrpc": "2.0", "id": 7, "method": 5}

        reply = await legacy.send(body, headers={"Mcp-Session-Id": "gone"})

        assert reply.status == 404

    async def test_initialize_needs_no_session(self, stranger: LegacyWire) -> None:
        body = {"jsonrpc": "2.0", "id": None, "method": "initialize", "params": HELLO}

        reply = await stranger.send(body)

        assert reply.status == 400
        assert "`id`" in reply.error["message"]


class TestBatches:
    """Only 2025-03-26 has them."""

    @pytest.fixture
    async def old(self, stranger: LegacyWire) -> LegacyWire:
        await stranger.initialize("2025-03-26")
        return stranger

    @requirement("2025-03-26/server/batches")
    async def test_every_request_is_answered(self, old: LegacyWire) -> None:
        reply = await old.send(
            [
                old.request("ping"),
                {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"},
                old.request("tools/call", {"name": "add", "arguments": {"a": 1}}),
                "nonsense",
                old.request("nope"),
                {"jsonrpc": "2.0", "id": 99},
            ]
        )

        by_id = {message.get("id"): message for message in reply.json}
        first = old.last_id - 2
        assert by_id[first]["result"] == {}
        assert by_id[first + 1]["result"]["content"][0]["text"] == '{"sum":2}'
        assert by_id[first + 2]["error"]["code"] == -32601
        assert by_id[None]["error"]["code"] == -32600
        assert len(reply.json) == 5

    async def test_the_error_of_an_entry_has_its_id(self, old: LegacyWire) -> None:
        reply = await old.send(
            [
                {"id": 7, "method": "ping"},
                {"jsonrpc": "2.0", "id": 8, "method": 5},
                "nonsense",
            ]
        )

        assert [message.get("id") for message in reply.json] == [7, 8, None]
        nonsense = reply.json[2]["error"]
        assert nonsense["message"] == "An entry of a batch must be an object"

    @requirement("2025-03-26/server/batches")
    async def test_one_request_is_answered_with_a_list(self, old: LegacyWire) -> None:
        assert len((await old.send([old.request("ping")])).json) == 1

    @requirement("2025-03-26/server/batches")
    async def test_notifications_alone_are_accepted(self, old: LegacyWire) -> None:
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}

        assert (await old.send([note, note])).status == 202

    @requirement("2025-03-26/server/batches")
    async def test_a_batch_may_become_a_stream(self, old: LegacyWire) -> None:
        meta = {"_meta": {"progressToken": 1}}
        reply = await old.send(
            [
                old.request("tools/call", {"name": "threaded", **meta}),
                old.request("ping"),
            ]
        )

        ids = [message["id"] for message in reply.messages if "id" in message]
        assert sorted(ids) == [old.last_id - 1, old.last_id]

    async def test_an_empty_batch_is_bad(self, old: LegacyWire) -> None:
        assert (await old.send([])).status == 400

    @requirement("2025-11-25/server/one-message-per-post")
    @pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25"])
    async def test_other_revisions_have_none(
        self, stranger: LegacyWire, version: str
    ) -> None:
        await stranger.initialize(version)

        assert (await stranger.send([stranger.request("ping")])).status == 400
