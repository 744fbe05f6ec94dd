"""Code of one's own around every call, and around every HTTP request."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import cast

import pytest
from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

from mcpgen.runtime.server import (
    Call,
    Context,
    Hook,
    Outcome,
    ProtocolError,
    ServerStats,
    Settings,
    ToolError,
    create_app,
)
from mcpgen.runtime.server.incoming import Incoming
from mcpgen.runtime.server.methods.steps import Answer
from mcpgen.runtime.server.middleware import Chain, Next, Request, from_users
from mcpgen.runtime.server.monitor import PERIOD
from tests.pace import patient

from ..conftest import serving
from ..wire import SECONDS, LegacyWire, ModernWire, Reply
from ..workshop import Workshop

ROOT = Path(__file__).parents[4]
Wire = ModernWire | LegacyWire


class Audit(Hook):
    """Keeps what it sees."""

    def __init__(self) -> None:
        self.seen: list[tuple[Call, Outcome]] = []
        self.begun: list[Call] = []
        self.done = asyncio.Event()

    def before(self, call: Call) -> None:
        self.begun.append(call)

    def after(self, call: Call, outcome: Outcome) -> None:
        self.seen.append((call, outcome))
        self.done.set()

    @property
    def last(self) -> tuple[Call, Outcome]:
        return self.seen[-1]


@asynccontextmanager
async def wires(
    http: ClientSession, *hooks: Hook, service: Workshop | None = None
) -> AsyncIterator[tuple[ModernWire, LegacyWire]]:
    """A server with hooks, and a client of each era."""
    async with serving(create_app(service or Workshop(), hooks=hooks)) as url:
        legacy = LegacyWire(http, url)
        await legacy.initialize(capabilities={"elicitation": {}})
        yield ModernWire(http, url), legacy


class TestWhatHooksSee:
    """Method, name, arguments, principal, context, outcome and duration."""

    async def test_a_call_of_a_tool(self, http: ClientSession) -> None:
        audit = Audit()
        async with wires(http, audit) as both:
            for wire in both:
                await wire.tool("add", {"a": 3})

                call, outcome = audit.last
                assert (call.method, call.name) == ("tools/call", "add")
                assert call.arguments == {"a": 3}
                assert call.principal is None
                assert call.ctx.request_id == wire.last_id
                assert (outcome.kind, outcome.error) == ("ok", None)
                assert 0 < outcome.seconds < SECONDS
            assert [call.ctx.era for call, _ in audit.seen] == ["modern", "legacy"]

    @pytest.mark.parametrize(
        ("method", "params", "name"),
        [
            ("prompts/get", {"name": "hello"}, "hello"),
            ("resources/read", {"uri": "shop://text"}, "shop://text"),
            ("tools/list", {}, None),
            ("resources/templates/list", {}, None),
        ],
    )
    async def test_other_methods(
        self,
        http: ClientSession,
        method: str,
        params: dict[str, str],
        name: str | None,
    ) -> None:
        audit = Audit()
        async with wires(http, audit) as both:
            for wire in both:
                await wire.call(method, params)

                call, outcome = audit.last
                assert (call.method, call.name, call.arguments) == (method, name, {})
                assert outcome.kind == "ok"

    async def test_discovery_is_a_call_too(self, http: ClientSession) -> None:
        audit = Audit()
        async with wires(http, audit) as (modern, _):
            await modern.call("server/discover")

        assert audit.last[0].method == "server/discover"

    @pytest.mark.parametrize(
        ("tool", "kind", "code"),
        [
            ("failing", "tool_error", None),
            ("broken", "tool_error", None),
            ("refused", "error", -31000),
            ("missing", "error", -32602),
        ],
    )
    async def test_failures(
        self, http: ClientSession, tool: str, kind: str, code: int | None
    ) -> None:
        audit = Audit()
        async with wires(http, audit) as both:
            for wire in both:
                await wire.tool(tool)

                _, outcome = audit.last
                found = None if outcome.error is None else outcome.error.code
                assert (outcome.kind, found) == (kind, code)

    async def test_a_question_ends_one_round_of_a_modern_call(
        self, http: ClientSession
    ) -> None:
        audit = Audit()
        async with wires(http, audit) as (modern, _):
            await modern.tool("asking", capabilities={"elicitation": {}})

        assert audit.last[1].kind == "input_required"

    async def test_a_client_that_goes_away(
        self, http: ClientSession, service: Workshop
    ) -> None:
        audit = Audit()
        async with wires(http, audit, service=service) as (modern, legacy):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await modern.tool("blocking")
            await asyncio.wait_for(audit.done.wait(), SECONDS)
            assert audit.last[1].kind == "cancelled"

            audit.done.clear()
            service.started.clear()
            running = asyncio.ensure_future(legacy.tool("blocking"))
            await asyncio.wait_for(service.started.wait(), SECONDS)
            await legacy.notify(
                "notifications/cancelled", {"requestId": legacy.last_id}
            )
            await asyncio.wait_for(audit.done.wait(), SECONDS)
            await asyncio.wait_for(running, SECONDS)

        assert audit.last[1].kind == "cancelled"

    async def test_every_entry_of_a_batch(self, http: ClientSession) -> None:
        audit = Audit()
        async with serving(create_app(Workshop(), hooks=[audit])) as url:
            wire = LegacyWire(http, url)
            await wire.initialize("2025-03-26")
            await wire.send([wire.request("tools/list"), wire.request("prompts/list")])

        assert {c.method for c, _ in audit.seen} == {"tools/list", "prompts/list"}

    async def test_how_busy_the_server_is(
        self, http: ClientSession, service: Workshop
    ) -> None:
        class Busy(Audit):
            vitals: ServerStats

            def attach(self, vitals: ServerStats) -> None:
                self.vitals = vitals

        busy = Busy()
        async with wires(http, busy, service=service) as (modern, legacy):
            running = asyncio.ensure_future(modern.tool("blocking"))
            await asyncio.wait_for(service.started.wait(), SECONDS)
            async with legacy.get():
                vitals = busy.vitals
                assert (vitals.calls, vitals.sessions, vitals.streams) == (1, 1, 1)
            service.release.set()
            await asyncio.wait_for(running, SECONDS)

            assert vitals.calls == 0


class Refusing(Hook):
    """Refuses everything, in a way that the test chooses."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def before(self, call: Call) -> None:
        raise self.error


class TestWhatHooksDo:
    """They may refuse, and prepare what the handler finds."""

    async def refused(self, http: ClientSession, error: Exception) -> list[Reply]:
        self.audit = Audit()
        inner = Audit()
        async with wires(http, self.audit, Refusing(error), inner) as both:
            replies = [await wire.tool("add", {"a": 1}) for wire in both]
        assert not inner.begun
        assert len(self.audit.seen) == 2
        return replies

    async def test_a_refusal_is_the_answer(self, http: ClientSession) -> None:
        for reply in await self.refused(http, ProtocolError(-31001, "Not today")):
            assert reply.error == {"code": -31001, "message": "Not today"}
        outcome = self.audit.last[1]
        assert outcome.kind == "error"
        assert outcome.error is not None
        assert outcome.error.code == -31001

    async def test_a_refusal_can_be_one_that_models_read(
        self, http: ClientSession
    ) -> None:
        for reply in await self.refused(http, ToolError("Ask your boss first.")):
            assert reply.result["isError"] is True
            assert reply.content == "Ask your boss first."
        assert self.audit.last[1].kind == "tool_error"

    async def test_a_hook_that_fails_lets_nothing_pass_and_tells_nothing(
        self, http: ClientSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        for reply in await self.refused(http, RuntimeError("a secret of the hook")):
            assert reply.error == {"code": -32603, "message": "Internal error"}
        assert "a secret of the hook" in caplog.text

    @pytest.mark.parametrize("failure", [asyncio.CancelledError, SystemExit])
    async def test_a_hook_with_a_call_of_its_own_is_contained(
        self, http: ClientSession, failure: type[BaseException]
    ) -> None:
        class Own(Hook):
            async def __call__(self, request: Request, proceed: Next) -> Answer:
                raise failure

        async with wires(http, Own()) as both:
            for wire in both:
                reply = await wire.tool("add", {"a": 1})
                assert reply.error == {"code": -32603, "message": "Internal error"}

    async def test_a_failure_afterwards_is_only_logged(
        self, http: ClientSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Clumsy(Hook):
            async def after(self, call: Call, outcome: Outcome) -> None:
                raise RuntimeError("too late")

        audit = Audit()
        async with wires(http, audit, Clumsy()) as both:
            for wire in both:
                assert (await wire.tool("add", {"a": 1})).status == 200

        assert len(audit.seen) == 2
        assert caplog.text.count("too late") >= 2

    async def test_a_client_that_goes_away_meanwhile_keeps_no_hook_from_its_end(
        self, http: ClientSession
    ) -> None:
        waiting, gone, written = asyncio.Event(), asyncio.Event(), asyncio.Event()

        class Slow(Hook):
            async def after(self, call: Call, outcome: Outcome) -> None:
                waiting.set()
                await gone.wait()
                written.set()

        audit = Audit()
        async with wires(http, audit, Slow()) as (modern, _):
            call = asyncio.ensure_future(modern.tool("add", {"a": 1}))
            await asyncio.wait_for(waiting.wait(), SECONDS)
            call.cancel()
            await asyncio.wait([call])
            gone.set()
            await asyncio.wait_for(audit.done.wait(), SECONDS)

        assert written.is_set()
        assert audit.last[1].kind == "ok"

    async def test_what_is_cleaned_up_and_written_takes_its_time_when_the_client_is_gone(
        self, http: ClientSession
    ) -> None:
        ended: list[str] = []

        class Rollback(Workshop):
            async def blocking(self, args: object, ctx: Context) -> str:
                self.started.set()
                try:
                    return str(await asyncio.Event().wait())
                finally:
                    await several_looks()
                    ended.append("rolled back")

        class Written(Hook):
            async def after(self, call: Call, outcome: Outcome) -> None:
                await several_looks()
                ended.append(outcome.kind)

        async def several_looks() -> None:
            # The watch looks for lost clients each tenth of a second.
            await asyncio.sleep(3.5 * PERIOD)

        audit, service = Audit(), Rollback()
        async with wires(http, audit, Written(), service=service) as both:
            for wire in both:
                call = asyncio.ensure_future(wire.tool("blocking"))
                await asyncio.wait_for(service.started.wait(), SECONDS)
                if isinstance(wire, LegacyWire):
                    for _ in range(3):
                        await wire.notify(
                            "notifications/cancelled", {"requestId": wire.last_id}
                        )
                else:
                    call.cancel()
                await asyncio.wait_for(audit.done.wait(), SECONDS)
                await asyncio.wait([call])
                service.started.clear()
                audit.done.clear()

        assert ended == ["rolled back", "cancelled"] * 2

    async def test_no_hook_takes_for_ever(
        self, http: ClientSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Stuck(Hook):
            after_timeout = 0.05

            async def after(self, call: Call, outcome: Outcome) -> None:
                await asyncio.Event().wait()

        audit = Audit()
        async with wires(http, audit, Stuck()) as both:
            for wire in both:
                assert (await wire.tool("add", {"a": 1})).status == 200

        assert len(audit.seen) == 2
        assert caplog.text.count("did not finish within 0.05 s") == 2

    async def test_a_cancellation_goes_on_when_all_hooks_have_ended(self) -> None:
        ended: list[str] = []
        begun, release = asyncio.Event(), asyncio.Event()

        class Slow(Hook):
            async def after(self, call: Call, outcome: Outcome) -> None:
                begun.set()
                await release.wait()
                ended.append("inner")

        class Outer(Hook):
            async def after(self, call: Call, outcome: Outcome) -> None:
                await asyncio.sleep(0)
                ended.append("outer")

        async def answer(request: object) -> Answer:
            return Answer(b"")

        chain = Chain([("outer", from_users(Outer())), ("slow", from_users(Slow()))])
        (run,) = chain.around({"tools/list": answer}).values()
        request = Request("tools/list", {}, cast(Context, None), Incoming(), {})
        task = asyncio.ensure_future(run(request))
        await asyncio.wait_for(begun.wait(), SECONDS)
        task.cancel()
        await asyncio.sleep(0)
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, SECONDS)

        assert ended == ["inner", "outer"]
        assert task.cancelled()

    @pytest.mark.parametrize("tool", ["plain", "threaded"])
    async def test_the_handler_finds_what_a_hook_put_into_context_variables(
        self, http: ClientSession, tool: str
    ) -> None:
        tenant: ContextVar[str] = ContextVar("tenant")

        class Tenants(Hook):
            def before(self, call: Call) -> Awaitable[None] | None:
                call.notes["token"] = tenant.set(call.ctx.headers["X-Tenant"])
                return None

            def after(self, call: Call, outcome: Outcome) -> None:
                tenant.reset(call.notes["token"])

        class Shop(Workshop):
            async def nothing(self, args: object, ctx: Context) -> None:
                raise ToolError(tenant.get())

            def threaded(self, args: object, ctx: Context) -> str:
                raise ToolError(tenant.get())

        name = "nothing" if tool == "plain" else tool
        async with wires(http, Tenants(), service=Shop()) as both:
            for wire in both:
                for who in ("red", "blue"):
                    wire.headers["X-Tenant"] = who
                    assert (await wire.tool(name)).content == who

    async def test_they_enclose_each_other(self, http: ClientSession) -> None:
        order: list[str] = []

        class Named(Hook):
            def __init__(self, name: str) -> None:
                self.name = name

            async def before(self, call: Call) -> None:
                order.append(f"+{self.name}")

            def after(self, call: Call, outcome: Outcome) -> None:
                order.append(f"-{self.name}")

        async with wires(http, Named("a"), Named("b")) as (modern, _):
            await modern.tool("add", {"a": 1})

        assert order == ["+a", "+b", "-b", "-a"]


class TestMiddlewares:
    """aiohttp's own, around HTTP requests."""

    async def test_they_are_run(self, http: ClientSession) -> None:
        @web.middleware
        async def stamp(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            response.headers["X-Stamp"] = "yes"
            return response

        app = create_app(Workshop(), Settings(), middlewares=[stamp])
        async with serving(app) as url:
            reply = await ModernWire(http, url).call("tools/list")

        assert (reply.status, reply.headers["X-Stamp"]) == (200, "yes")


async def test_a_program_takes_both(http: ClientSession, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from aiohttp import web
from mcpgen.runtime.server import Hook, main
from tests.runtime.server.workshop import Workshop

class Shout(Hook):
    def after(self, call, outcome):
        print("called", call.name, outcome.kind, flush=True)

@web.middleware
async def stamp(request, handler):
    response = await handler(request)
    response.headers["X-Stamp"] = "yes"
    return response

middlewares = [stamp] if "stamp" in sys.argv else []
main(Workshop, ["--port", "0", "--access-log", "off"], hooks=[Shout()],
     middlewares=middlewares)
"""
    )
    for arguments, stamped in (((), None), (("stamp",), "yes")):
        process = await _program(script, *arguments)
        assert process.stdout is not None
        try:
            url = await asyncio.wait_for(process.stdout.readline(), patient(60))
            reply = await ModernWire(http, url.decode().strip()).tool("add", {"a": 1})
            line = await asyncio.wait_for(process.stdout.readline(), SECONDS)
        finally:
            process.terminate()
            assert await asyncio.wait_for(process.wait(), patient(60)) == 0

        assert reply.headers.get("X-Stamp") == stamped
        assert line == b"called add ok\n"


async def _program(script: Path, *arguments: str) -> asyncio.subprocess.Process:
    command: Sequence[str] = (str(script), *arguments)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
