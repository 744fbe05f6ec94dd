"""What has only one possible meaning is accepted; what can't be sent is replaced."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Context, Elicit, Settings, ToolError
from tests.pace import patient

from .conftest import Serve
from .wire import LEGACY, LegacyWire, ModernWire
from .workshop import Workshop

LONE = "\ud800"


class TestHeaders:
    """Media types, quality values and paths."""

    @pytest.mark.parametrize(
        "kind", ["Application/JSON", "application/Json; charset=x"]
    )
    async def test_media_types_have_no_case(
        self, modern: ModernWire, kind: str
    ) -> None:
        reply = await modern.tool("add", {"a": 1}, headers={"Content-Type": kind})

        assert reply.status == 200

    @pytest.mark.parametrize(
        ("accept", "status", "kind"),
        [
            ("Application/JSON", 200, "application/json"),
            ("TEXT/EVENT-STREAM", 200, "text/event-stream"),
            ("text/event-stream;q=0, application/json", 200, "application/json"),
            ("application/json;q=0, text/event-stream", 200, "text/event-stream"),
            ("*/*, text/event-stream; q=0.0", 200, "application/json"),
            ("application/json; q=0", 406, "application/json"),
            ("text/html", 406, "application/json"),
        ],
    )
    async def test_accept(
        self, modern: ModernWire, accept: str, status: int, kind: str
    ) -> None:
        reply = await modern.tool("add", {"a": 1}, headers={"Accept": accept})

        assert reply.status == status
        assert reply.headers["Content-Type"].partition(";")[0] == kind

    @pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
    async def test_a_slash_at_the_end_makes_no_difference(
        self, http: ClientSession, serve: Serve, path: str
    ) -> None:
        url = (await serve(Settings(path=path))).rstrip("/")
        for each in (url, url + "/"):
            assert (await ModernWire(http, each).tool("add", {"a": 1})).status == 200

    @pytest.mark.parametrize("encoding", ["compress", "gzip, gzip"])
    async def test_an_unsupported_content_encoding_is_415(
        self, modern: ModernWire, encoding: str
    ) -> None:
        headers = {"Content-Encoding": encoding}
        reply = await modern.tool("add", {"a": 1}, headers=headers)

        assert reply.status == 415
        assert reply.headers["Accept-Encoding"] == "gzip, deflate"


class TestIds:
    """Ids of requests."""

    async def test_an_integer_may_be_written_as_a_float(
        self, modern: ModernWire, legacy: LegacyWire
    ) -> None:
        body, headers = modern.request("tools/list")
        for wire, call in ((modern, body), (legacy, legacy.request("tools/list"))):
            text = json.dumps({**call, "id": 7}).replace('"id": 7', '"id": 7.0')
            reply = await wire.send(
                text.encode(), headers=headers if wire is modern else None
            )
            assert reply.json["id"] == 7
            assert "result" in reply.json

    async def test_a_lone_surrogate_is_answered_with_the_request_s_id(
        self, modern: ModernWire, legacy: LegacyWire
    ) -> None:
        for wire in (modern, legacy):
            body: Any = wire.request("tools/call", {"name": "add", "arguments": {}})
            message = body[0] if isinstance(body, tuple) else body
            message["params"]["arguments"] = {"a": LONE}
            reply = await wire.send(json.dumps(message).encode())

            assert reply.status == 400
            assert reply.json["id"] == message["id"]
            assert reply.error["code"] == -32700


class TestLoneSurrogates:
    """Of handlers: they become U+FFFD."""

    async def test_in_results_and_errors(
        self, http: ClientSession, serve: Serve
    ) -> None:
        class Broken(Workshop):
            async def context(self, args: Any, ctx: Context) -> str:
                return "a" + LONE

            async def failing(self, args: Any, ctx: Context) -> str:
                raise ToolError("b" + LONE)

        url = await serve(None, Broken())
        legacy = LegacyWire(http, url)
        await legacy.initialize()
        for wire in (ModernWire(http, url), legacy):
            assert (await wire.tool("context")).content == "a\ufffd"
            assert (await wire.tool("failing")).content == "b\ufffd"


class TestToolErrors:
    """Of prompts and resources: their message reaches the client."""

    async def test_the_message_is_kept(self, http: ClientSession, serve: Serve) -> None:
        class Refusing(Workshop):
            def hello(self, ctx: Context) -> str:
                raise ToolError("no such city")

            async def read_text(self, ctx: Context) -> str:
                raise ToolError("no such city")

        url = await serve(None, Refusing())
        wire = ModernWire(http, url)
        prompts = (await wire.call("prompts/list")).result["prompts"]
        assert any(each["name"] == "hello" for each in prompts)
        prompt = await wire.call("prompts/get", {"name": "hello"})
        resources = (await wire.call("resources/list")).result["resources"]
        read = [
            await wire.call("resources/read", {"uri": each["uri"]})
            for each in resources
        ]

        assert prompt.error["message"] == "no such city"
        assert any(
            each.json.get("error", {}).get("message") == "no such city" for each in read
        )


def test_a_confirmation_without_fields_needs_no_content() -> None:
    question: Elicit[Any] = Elicit("Sure?", {"type": "object", "properties": {}})

    answer = question.read({"action": "accept"})

    assert answer.accepted
    assert answer.content == {}


@pytest.mark.parametrize("accept", ["application/json, text/event-stream", "*/*"])
async def test_a_canceled_request_is_no_accepted_one(
    http: ClientSession, serve: Serve, service: Workshop, accept: str
) -> None:
    wire = LegacyWire(http, await serve())
    await wire.initialize(LEGACY)
    call = asyncio.create_task(wire.tool("blocking", headers={"Accept": accept}))
    await asyncio.wait_for(service.started.wait(), patient(5))
    await wire.notify("notifications/cancelled", {"requestId": wire.last_id})
    reply = await call

    assert (reply.status, "id:" in reply.text and "result" in reply.text) == (
        200,
        False,
    )
