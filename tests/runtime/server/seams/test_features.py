"""Features and message middleware from outside the package, over HTTP in both eras."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import (
    SERVER,
    Answer,
    Hook,
    Next,
    ProtocolError,
    Request,
    Settings,
    ToolError,
    create_app,
)
from mcpgen.runtime.server.server import Server

from ..conftest import serving
from ..wire import LegacyWire, ModernWire
from ..workshop import Workshop
from .audit import Audit

Wire = ModernWire | LegacyWire


async def wires(http: ClientSession, url: str) -> tuple[ModernWire, LegacyWire]:
    legacy = LegacyWire(http, url)
    await legacy.initialize(capabilities={"elicitation": {}})
    return ModernWire(http, url), legacy


class TestFeatures:
    async def test_a_method_a_capability_and_middleware(
        self, http: ClientSession
    ) -> None:
        audit = Audit(most=2)
        async with serving(create_app(Workshop(), features=[audit])) as url:
            assert audit.running
            for wire in await wires(http, url):
                audit.calls.clear()
                await wire.tool("add", {"a": 1})
                await wire.tool("add", {"a": 1})
                refused = await wire.tool("add", {"a": 1})
                assert refused.error["message"] == "Called too often"
                report = (await wire.call("com.example/audit")).result
                assert report["calls"] == {"add": 3}
                assert report["era"] == (
                    "modern" if isinstance(wire, ModernWire) else "legacy"
                )
        assert not audit.running

    async def test_the_capability_is_declared_in_both_eras(
        self, http: ClientSession
    ) -> None:
        declared = {"com.example/audit": {"most": 1_000}}
        async with serving(create_app(Workshop(), features=[Audit()])) as url:
            modern = ModernWire(http, url)
            found = (await modern.call("server/discover")).result
            legacy = LegacyWire(http, url)
            session = await legacy.initialize()

        assert found["capabilities"]["experimental"] == declared
        assert session["capabilities"]["experimental"] == declared

    async def test_without_it_the_method_is_unknown(self, http: ClientSession) -> None:
        async with serving(create_app(Workshop())) as url:
            for wire in await wires(http, url):
                answer = await wire.call("com.example/audit")
                assert answer.error["code"] == -32601

    def test_a_method_of_the_protocol_cannot_be_taken(self) -> None:
        class Greedy(Audit):
            def methods(self) -> dict[str, Any]:
                return {"tools/call": self.report}

        with pytest.raises(ValueError, match="'tools/call' exists already"):
            create_app(Workshop(), features=[Greedy()])


class TestMiddleware:
    async def test_it_changes_a_request(self, http: ClientSession) -> None:
        async def doubled(request: Request, proceed: Next) -> Answer:
            arguments = {"a": int(str(request.arguments["a"])) * 2}
            return await proceed(
                request.replace({**request.params, "arguments": arguments})
            )

        async with serving(create_app(Workshop(), hooks=[doubled])) as url:
            for wire in await wires(http, url):
                answer = await wire.tool("add", {"a": 3})
                assert answer.result["structuredContent"] == {"sum": 7}

    async def test_it_answers_early(self, http: ClientSession) -> None:
        async def cached(request: Request, proceed: Next) -> Answer:
            return Answer.of({"content": [{"type": "text", "text": "cached"}]})

        async with serving(create_app(Workshop(), hooks=[cached])) as url:
            for wire in await wires(http, url):
                assert (await wire.tool("failing")).content == "cached"

    async def test_it_reads_results_and_errors(self, http: ClientSession) -> None:
        seen: list[object] = []

        async def reading(request: Request, proceed: Next) -> Answer:
            try:
                answer = await proceed(request)
            except ProtocolError as error:
                seen.append(error.code)
                raise
            seen.append(answer.result["structuredContent"])
            return answer

        async with serving(create_app(Workshop(), hooks=[reading])) as url:
            for wire in await wires(http, url):
                seen.clear()
                await wire.tool("add", {"a": 1})
                await wire.tool("refused")
                assert seen == [{"sum": 2}, -31000]

    async def test_what_it_raises_is_what_a_handler_would(
        self, http: ClientSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def strict(request: Request, proceed: Next) -> Answer:
            if request.name == "add":
                raise ToolError("not today")
            raise SystemExit(3)

        async with serving(create_app(Workshop(), hooks=[strict])) as url:
            for wire in await wires(http, url):
                answer = await wire.tool("add", {"a": 1})
                assert answer.result["isError"]
                assert answer.content == "not today"
                with caplog.at_level(logging.ERROR):
                    failed = await wire.tool("failing")
                assert failed.error == {"code": -32603, "message": "Internal error"}
                assert "SystemExit in a handler" in caplog.text

    async def test_the_order_can_be_printed(self) -> None:
        class Outer(Hook):
            pass

        async def inner(request: Request, proceed: Next) -> Answer:
            return await proceed(request)

        server = Server(
            Workshop(), Settings(), hooks=[Outer(), inner], features=[Audit()]
        )
        assert server.middleware == ("limits", "Outer", "inner", "audit")
        app = create_app(Workshop(), hooks=[inner])
        assert app[SERVER].middleware == ("limits", "inner")
