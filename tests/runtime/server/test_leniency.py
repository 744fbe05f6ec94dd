"""What has only one possible meaning is accepted; what can't be sent is replaced."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession, http_parser

from mcpgen.runtime.server import (
    Context,
    Elicit,
    ElicitURL,
    ListRoots,
    Settings,
    ToolError,
    content,
    create_app,
)
from mcpgen.runtime.server.handlers.questions import Question
from mcpgen.runtime.server.runner import ApplicationRunner, Runner
from mcpgen.runtime.server.server import Server
from tests.pace import patient

from .conftest import Serve
from .wire import LEGACY, LegacyWire, ModernWire
from .workshop import NAME_FORM, Workshop

LONE = "\ud800"
OBJECT: dict[str, Any] = {"type": "object"}
WORDS: dict[str, Any] = {
    "name": "words",
    "inputSchema": OBJECT,
    "outputSchema": {**OBJECT, "properties": {"text": {"type": "string"}}},
}


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
        assert "Content-Encoding" in reply.error["message"]
        assert "id" not in reply.json

    @pytest.mark.parametrize("mounted", [False, True])
    @pytest.mark.parametrize("encoding", ["br", "zstd", "BR"])
    async def test_an_encoding_whose_library_aiohttp_lacks_is_415_too(
        self, http: ClientSession, encoding: str, mounted: bool
    ) -> None:
        settings = Settings()
        runner: Runner | ApplicationRunner
        if mounted:
            runner = ApplicationRunner(create_app(Workshop(), settings), settings)
        else:
            runner = Runner(Server(Workshop(), settings), settings)
        await runner.setup()
        try:
            await runner.listen("127.0.0.1", 0)
            wire = ModernWire(http, f"http://127.0.0.1:{runner.addresses[0][1]}/mcp")
            packed = {"Content-Encoding": encoding}
            reply = await wire.tool("add", {"a": 1}, headers=packed)
            after = await wire.tool("add", {"a": 1})
        finally:
            await runner.cleanup()

        assert reply.status == 415
        assert reply.headers["Accept-Encoding"] == "gzip, deflate"
        assert reply.headers["Content-Type"] == "application/json"
        assert "Content-Encoding" in reply.error["message"]
        assert after.status == 200

    @pytest.mark.parametrize("encoding", ["br", "zstd"])
    async def test_the_parser_of_ones_own_runner_refuses_what_it_lacks_a_library_for(
        self,
        http: ClientSession,
        serve: Serve,
        monkeypatch: pytest.MonkeyPatch,
        encoding: str,
    ) -> None:
        """No application gets to see such a request; see docs/how-to/mount.md."""
        monkeypatch.setattr(http_parser, "HAS_BROTLI", False)
        monkeypatch.setattr(http_parser, "HAS_ZSTD", False)
        wire = ModernWire(http, await serve(Settings()))
        reply = await wire.tool("add", {"a": 1}, headers={"Content-Encoding": encoding})
        after = await wire.tool("add", {"a": 1})

        assert reply.status == 400
        assert "Can not decode content-encoding" in reply.text
        assert after.status == 200

    async def test_an_encoding_that_the_parser_reads_is_415_under_any_runner(
        self, http: ClientSession, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Brotli:
            """The library, with a trivial encoding."""

            data_available = False

            def decompress_sync(self, data: bytes, max_length: int = 0) -> bytes:
                return data

            def flush(self) -> bytes:
                return b""

        monkeypatch.setattr(http_parser, "HAS_BROTLI", True)
        monkeypatch.setattr(http_parser, "BrotliDecompressor", Brotli)
        wire = ModernWire(http, await serve(Settings()))
        reply = await wire.tool("add", {"a": 1}, headers={"Content-Encoding": "br"})

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

    async def test_in_structured_results(
        self, http: ClientSession, serve: Serve
    ) -> None:
        async def words(args: Any, ctx: Context) -> Any:
            return {"text": "a" + LONE}

        class Growing(Workshop):
            async def change_lists(self, args: Any, ctx: Context) -> str:
                ctx.catalog.tools.add(WORDS, words)
                return "added"

        url = await serve(None, Growing())
        legacy = LegacyWire(http, url)
        await legacy.initialize()
        await legacy.tool("change_lists")
        for wire in (ModernWire(http, url), legacy):
            result = (await wire.tool("words")).result
            assert result["structuredContent"] == {"text": "a\ufffd"}

    async def test_in_questions(self, http: ClientSession, serve: Serve) -> None:
        class Broken(Workshop):
            async def asking(self, args: Any, ctx: Context) -> str:
                ctx.state["seen"] = LONE
                return str(await ctx.elicit("Name?" + LONE, NAME_FORM))

        wire = ModernWire(http, await serve(None, Broken()))
        reply = await wire.tool("asking", capabilities={"elicitation": {}})

        (question,) = reply.result["inputRequests"].values()
        assert question["params"]["message"] == "Name?\ufffd"

    async def test_in_names_of_tools(self, http: ClientSession, serve: Serve) -> None:
        async def greet(args: Any, ctx: Context) -> str:
            return "hello"

        class Growing(Workshop):
            async def change_lists(self, args: Any, ctx: Context) -> str:
                tools = ctx.catalog.tools
                tools.add({"name": "x" + LONE, "inputSchema": OBJECT}, greet)
                return "added"

            async def failing(self, args: Any, ctx: Context) -> str:
                ctx.catalog.tools.remove("x" + LONE)
                return "removed"

        wire = ModernWire(http, await serve(None, Growing()))
        await wire.tool("change_lists")
        listed = (await wire.call("tools/list")).result["tools"]

        assert "x\ufffd" in [tool["name"] for tool in listed]
        assert (await wire.tool("x\ufffd")).content == "hello"
        assert (await wire.tool("failing")).content == "removed"
        assert (await wire.tool("x\ufffd")).error["code"] == -32602


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

    async def test_the_texts_of_content_blocks_are_kept(
        self, http: ClientSession, serve: Serve
    ) -> None:
        blocks: list[Any] = ["no such city:", content.text("Osloo")]
        blocks.append(content.image(b"png", "image/png"))

        class Refusing(Workshop):
            def hello(self, ctx: Context) -> str:
                raise ToolError(blocks)

            async def read_text(self, ctx: Context) -> str:
                raise ToolError(blocks)

        wire = ModernWire(http, await serve(None, Refusing()))
        prompt = await wire.call("prompts/get", {"name": "hello"})
        read = await wire.call("resources/read", {"uri": "shop://text"})

        assert prompt.error["message"] == "no such city:\nOsloo"
        assert read.error["message"] == "no such city:\nOsloo"


class TestModes:
    """Of elicitation: the missing one is named, in the words of the official SDKs."""

    @pytest.mark.parametrize(
        ("tool", "declared", "mode"),
        [("asking", {"url": {}}, "form"), ("asking_url", {"form": {}}, "url")],
    )
    async def test_a_missing_mode_is_named(
        self, http: ClientSession, url: str, tool: str, declared: Any, mode: str
    ) -> None:
        capabilities = {"elicitation": declared}
        legacy = LegacyWire(http, url)
        await legacy.initialize(capabilities=capabilities)
        modern = ModernWire(http, url)
        for reply in (
            await legacy.tool(tool),
            await modern.tool(tool, capabilities=capabilities),
        ):
            assert f"{mode} elicitation" in reply.error["message"]
            assert reply.error["data"] == {
                "requiredCapabilities": {"elicitation": {mode: {}}}
            }

    async def test_all_that_is_missing_is_named_at_once(
        self, http: ClientSession, serve: Serve
    ) -> None:
        class Curious(Workshop):
            async def asking(self, args: Any, ctx: Context) -> str:
                page = ElicitURL("Pay here", "https://example.com/pay")
                wanted: dict[str, Question[Any]] = {
                    "a": Elicit("Name?", NAME_FORM),
                    "b": page,
                    "c": ListRoots(),
                }
                return str(await ctx.ask(wanted))

        url = await serve(None, Curious())
        declared: Any = {"elicitation": {"later": {}}}
        legacy = LegacyWire(http, url)
        await legacy.initialize(capabilities=declared)
        for reply in (
            await legacy.tool("asking"),
            await ModernWire(http, url).tool("asking", capabilities=declared),
        ):
            assert reply.error["data"]["requiredCapabilities"] == {
                "elicitation": {"form": {}, "url": {}},
                "roots": {},
            }


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
    await asyncio.wait_for(service.started.wait(), patient(60))
    await wire.notify("notifications/cancelled", {"requestId": wire.last_id})
    reply = await call

    assert (reply.status, "id:" in reply.text and "result" in reply.text) == (
        200,
        False,
    )
