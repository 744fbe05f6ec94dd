"""Whatever a handler raises or returns is one logged failure and one response."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import (
    Call,
    Context,
    Hook,
    LiveCatalog,
    Outcome,
    ProtocolError,
    Service,
    Settings,
    ToolError,
    ToolResult,
    create_app,
)
from mcpgen.runtime.server.handlers.invoke import Threads, awaitable, contained

from .conftest import serving
from .services import Handler, service
from .wire import LegacyWire, ModernWire, Reply
from .workshop import NAME_FORM

Wire = ModernWire | LegacyWire
FORMS: dict[str, Any] = {"elicitation": {"form": {}}, "roots": {}}


class Own(BaseException):
    """A library's own, such as those of test frameworks and cancel scopes."""


class Mute(Exception):
    """An exception that can't be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


RAISED: list[Callable[[], BaseException]] = [
    StopIteration,
    StopAsyncIteration,
    GeneratorExit,
    KeyboardInterrupt,
    asyncio.CancelledError,
    TimeoutError,
    MemoryError,
    Own,
    Mute,
    lambda: SystemExit(3),
    lambda: RuntimeError(b"caf\xe9".decode("utf-8", "surrogateescape")),
    lambda: ExceptionGroup("several", [ValueError("a"), ToolError("b")]),
    lambda: BaseExceptionGroup("several", [KeyboardInterrupt(), ValueError("a")]),
]


def names(value: Any) -> str:
    return getattr(value, "__name__", "") or repr(value)


def raising(make: Callable[[], BaseException]) -> tuple[Handler, Handler]:
    """Handlers that raise: `async def`, and plain `def`."""

    async def waits(*_: Any) -> Any:
        await asyncio.sleep(0)
        raise make()

    def plain(*_: Any) -> Any:
        raise make()

    return waits, plain


@contextlib.asynccontextmanager
async def wires(
    http: ClientSession, served: Any, **options: Any
) -> AsyncIterator[tuple[ModernWire, LegacyWire]]:
    """A server, and a client of each era."""
    async with serving(create_app(served, Settings(), **options)) as url:
        legacy = LegacyWire(http, url)
        await legacy.initialize(capabilities=FORMS)
        yield ModernWire(http, url), legacy


class Log(logging.Filter):
    """Keeps errors of the server's log from pytest's, which can't pass surrogates on."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[logging.LogRecord] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        logging.Formatter().format(record)
        self._records.append(record)
        return False

    def failures(self) -> list[logging.LogRecord]:
        """What was logged as an error since the last time."""
        found, self._records = self._records, []
        return found


@pytest.fixture
def log() -> Iterator[Log]:
    kept, logger = Log(), logging.getLogger("mcp.server")
    logger.addFilter(kept)
    yield kept
    logger.removeFilter(kept)


def the_answer(reply: Reply) -> Any:
    """The one response in an answer."""
    assert reply.status == 200, reply.text
    if reply.headers["Content-Type"] == "text/event-stream":
        answers = [each for each in reply.messages if "method" not in each]
        assert len(answers) == 1
        return answers[0]
    return reply.json


@pytest.mark.parametrize("make", RAISED, ids=names)
class TestWhatIsRaised:
    async def test_by_tools(
        self,
        http: ClientSession,
        log: Log,
        make: Callable[[], BaseException],
    ) -> None:
        waits, plain = raising(make)
        tools = {"waits": waits, "plain": plain}
        async with wires(http, service(tools, structured={"s": waits})) as both:
            for wire in both:
                for name in (*tools, "s"):
                    answer = the_answer(await wire.tool(name))
                    assert answer["id"] == wire.last_id
                    assert answer["result"]["isError"] is True
                    assert len(log.failures()) == 1

    @pytest.mark.parametrize("place", [0, 1], ids=["async def", "def"])
    async def test_by_prompts_resources_and_completions(
        self,
        http: ClientSession,
        log: Log,
        make: Callable[[], BaseException],
        place: int,
    ) -> None:
        handler = raising(make)[place]
        made = service(
            prompts={"p": handler},
            resources={"x://r": handler},
            templates={"x://t/{a}": handler},
            completions={"c": handler},
        )
        requests: list[tuple[str, dict[str, Any]]] = [
            ("prompts/get", {"name": "p"}),
            ("resources/read", {"uri": "x://r"}),
            ("resources/read", {"uri": "x://t/1"}),
            (
                "completion/complete",
                {
                    "ref": {"type": "ref/prompt", "name": "c"},
                    "argument": {"name": "x", "value": ""},
                },
            ),
        ]
        async with wires(http, made) as both:
            for wire in both:
                for method, params in requests:
                    answer = the_answer(await wire.call(method, params))
                    assert answer["id"] == wire.last_id
                    assert answer["error"]["code"] == -32603
                    assert len(log.failures()) == 1

    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("place", [0, 1], ids=["async def", "def"])
    async def test_by_hooks(
        self,
        http: ClientSession,
        log: Log,
        make: Callable[[], BaseException],
        when: str,
        place: int,
    ) -> None:
        async def fine(args: Any, ctx: Context) -> str:
            return "fine"

        hook = type("Bad", (Hook,), {when: staticmethod(raising(make)[place])})()
        async with wires(http, service({"fine": fine}), hooks=[hook]) as both:
            for wire in both:
                answer = the_answer(await wire.tool("fine"))
                assert ("error" in answer) is (when == "before")
                assert len(log.failures()) == 1


async def nothing() -> str:
    return ""


def several() -> Iterator[str]:
    yield "x"


def endless() -> Iterator[str]:
    while True:
        yield "x"


async def several_later() -> AsyncIterator[str]:
    yield "x"


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


SURROGATE = b"caf\xe9.txt".decode("utf-8", "surrogateescape")

RETURNED: list[Callable[[], Any]] = [
    object,
    lambda: object,
    lambda: {1, 2},
    several,
    several_later,
    endless,
    lambda: {"type": "text", "text": endless()},
    lambda: [endless()],
    lambda: ToolResult(structured=endless()),
    lambda: ToolResult(content="x", structured={"values": [endless()]}),
    itertools.count,
    lambda: 3,
    lambda: float("nan"),
    lambda: SURROGATE,
    lambda: {"type": "text", "text": SURROGATE},
    lambda: [object()],
    lambda: [[]],
    cyclic,
    lambda: {"deep": nested(10_000)},
    lambda: ToolResult(content=cast(Any, object())),
    lambda: ToolResult(content="x", meta=cast(Any, object())),
    lambda: ToolResult(content="x", meta=cast(Any, {"x": object()})),
    lambda: ToolResult(structured=object()),
    lambda: ToolResult,
    lambda: RuntimeError("returned, not raised"),
]
"""What no result can be made of, whichever kind of handler returns it."""


class TestWhatIsReturned:
    @pytest.mark.parametrize("make", RETURNED, ids=range(len(RETURNED)))
    async def test_that_no_result_can_be_made_of(
        self,
        http: ClientSession,
        log: Log,
        make: Callable[[], Any],
    ) -> None:
        async def waits(*_: Any) -> Any:
            return make()

        def plain(*_: Any) -> Any:
            return make()

        made = service({"waits": waits, "plain": plain}, structured={"s": waits})
        async with wires(http, made) as both:
            for wire in both:
                for name in ("waits", "plain", "s"):
                    answer = the_answer(await wire.tool(name))
                    assert answer["id"] == wire.last_id
                    if "error" in answer:
                        assert len(log.failures()) == 1
                    else:
                        assert log.failures() == []

    @pytest.mark.parametrize(
        "make",
        [
            lambda: ToolError(cast(Any, object())),
            lambda: ToolError("x", meta=cast(Any, {"x": object()})),
            lambda: ProtocolError(-31000, "x", cast(Any, object())),
            lambda: ProtocolError(cast(Any, "x"), "x"),
            lambda: ProtocolError(-31000, cast(Any, object())),
        ],
        ids=range(5),
    )
    async def test_errors_that_can_not_be_sent(
        self,
        http: ClientSession,
        log: Log,
        make: Callable[[], BaseException],
    ) -> None:
        waits, plain = raising(make)
        made = service({"waits": waits, "plain": plain}, prompts={"p": waits})
        async with wires(http, made) as both:
            for wire in both:
                for method, name in (
                    ("tools/call", "waits"),
                    ("tools/call", "plain"),
                    ("prompts/get", "p"),
                ):
                    answer = the_answer(await wire.call(method, {"name": name}))
                    assert answer["id"] == wire.last_id
                    assert "error" in answer or answer["result"]["isError"]
                    # Of a ToolError, a prompt needs no more than the texts.
                    made_error = make()
                    is_text = (
                        method == "prompts/get"
                        and isinstance(made_error, ToolError)
                        and isinstance(made_error.content, str)
                    )
                    assert len(log.failures()) == (0 if is_text else 1)


def cancel_this_task() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


class TestTasksOfHandlers:
    """Handlers that work in several tasks."""

    async def test_a_cancelled_task_that_is_awaited_fails_the_call(
        self, http: ClientSession, log: Log
    ) -> None:
        async def awaiting(args: Any, ctx: Context) -> str:
            await ctx.progress(1)
            inner = asyncio.ensure_future(asyncio.sleep(60))
            inner.cancel()
            await inner
            return "fine"

        async with wires(http, service({"awaiting": awaiting})) as both:
            replies = []
            for wire in both:
                meta = {"_meta": {"progressToken": 1}}
                reply = await wire.tool("awaiting", params=meta)
                replies.append(reply)
                assert the_answer(reply)["result"]["isError"] is True
                assert len(log.failures()) == 1
            _, legacy = both
            # Who comes back for the stream gets the rest of it, and its end.
            first = replies[-1].events[0].id
            assert first is not None
            async with legacy.get(headers={"Last-Event-ID": first}) as stream:
                assert (await stream.message())["method"] == "notifications/progress"
                assert (await stream.message())["id"] == legacy.last_id
                assert await stream.ended()

    @pytest.mark.parametrize("times", [1, 2])
    async def test_a_handler_that_cancels_its_own_task_fails_one_call(
        self, http: ClientSession, log: Log, times: int
    ) -> None:
        async def waiting(args: Any, ctx: Context) -> str:
            for _ in range(times):
                cancel_this_task()
            await asyncio.sleep(60)
            return "never"

        async def returning(args: Any, ctx: Context) -> str:
            for _ in range(times):
                cancel_this_task()
            return "fine"

        made = service({"waiting": waiting, "returning": returning})
        async with wires(http, made) as both:
            for wire in both:
                failed = await wire.tool("waiting")
                assert the_answer(failed)["result"]["isError"] is True
                assert len(log.failures()) == 1
                assert (await wire.tool("returning")).content == "fine"
                assert log.failures() == []

    async def test_a_handler_that_cancels_itself_can_be_canceled(self) -> None:
        begun = asyncio.Event()

        async def handler(ctx: object) -> None:
            cancel_this_task()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            begun.set()
            await asyncio.sleep(60)

        call = asyncio.ensure_future(contained(awaitable(handler, Threads(1))(None)))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    async def test_exits_in_a_thread_of_an_async_handler(
        self, http: ClientSession, log: Log
    ) -> None:
        async def threaded(args: Any, ctx: Context) -> str:
            return str(await asyncio.to_thread(sys.exit, 3))

        async with wires(http, service({"threaded": threaded})) as both:
            for wire in both:
                answer = the_answer(await wire.tool("threaded"))
                assert answer["result"]["isError"] is True
                assert len(log.failures()) == 1

    async def test_questions_of_a_task_group_are_asked_together(
        self, http: ClientSession
    ) -> None:
        async def group(args: Any, ctx: Context) -> str:
            async with asyncio.TaskGroup() as tasks:
                form = tasks.create_task(ctx.elicit("Name?", NAME_FORM))
                roots = tasks.create_task(ctx.list_roots())
            return f"{form.result().content} {len(roots.result())}"

        async with wires(http, service({"group": group})) as (modern, _):
            first = await modern.tool("group", capabilities=FORMS)
            asked = first.result["inputRequests"]
            assert [each["method"] for each in asked.values()] == [
                "elicitation/create",
                "roots/list",
            ]
            form, roots = asked
            answers = {
                form: {"action": "accept", "content": {"name": "Bo"}},
                roots: {"roots": [{"uri": "file:///x"}]},
            }
            more = {
                "inputResponses": answers,
                "requestState": first.result["requestState"],
            }
            second = await modern.tool("group", params=more, capabilities=FORMS)
            assert second.content == "{'name': 'Bo'} 1"

    async def test_a_refusal_in_a_task_group_is_read_by_the_model(
        self, http: ClientSession, log: Log
    ) -> None:
        async def refuse() -> None:
            raise ToolError("There is no such city.")

        async def group(args: Any, ctx: Context) -> str:
            async with asyncio.TaskGroup() as tasks:
                refused = tasks.create_task(refuse())
            return str(refused)

        async with wires(http, service({"group": group})) as both:
            for wire in both:
                reply = await wire.tool("group")
                assert reply.content == "There is no such city."
        assert log.failures() == []

    async def test_a_failure_beside_a_question_is_a_failure(
        self, http: ClientSession, log: Log
    ) -> None:
        async def fail() -> None:
            raise RuntimeError("a secret of the server")

        async def group(args: Any, ctx: Context) -> str:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(ctx.elicit("Name?", NAME_FORM))
                tasks.create_task(fail())
            return "never"

        async with wires(http, service({"group": group})) as (modern, _):
            reply = await modern.tool("group", capabilities=FORMS)
            assert reply.result["isError"] is True
            assert len(log.failures()) == 1

    async def test_one_entry_of_a_batch_that_ends_its_own_task_is_one_error(
        self, http: ClientSession
    ) -> None:
        async def cancelling(args: Any, ctx: Context) -> str:
            cancel_this_task()
            await asyncio.sleep(0)
            return "never"

        async def fine(args: Any, ctx: Context) -> str:
            return "fine"

        made = service({"cancelling": cancelling, "fine": fine})
        async with serving(create_app(made)) as url:
            wire = LegacyWire(http, url)
            await wire.initialize("2025-03-26")
            batch = [
                wire.request("tools/call", {"name": name})
                for name in ("cancelling", "fine")
            ]
            first, second = (await wire.send(batch)).json
        assert (first["id"], first["result"]["isError"]) == (batch[0]["id"], True)
        assert second["result"]["content"][0]["text"] == "fine"


class TestHooksSeeIt:
    async def test_as_an_error(self, http: ClientSession) -> None:
        seen: list[Outcome] = []

        class Audit(Hook):
            def after(self, call: Call, outcome: Outcome) -> None:
                seen.append(outcome)

        waits, plain = raising(lambda: SystemExit(3))
        made = service({"waits": waits}, prompts={"p": plain})
        async with wires(http, made, hooks=[Audit()]) as both:
            for wire in both:
                await wire.tool("waits")
                await wire.call("prompts/get", {"name": "p"})

        assert [each.kind for each in seen] == ["tool_error", "error"] * 2


async def test_a_canceled_task_at_startup_is_an_error_with_its_place(
    http: ClientSession,
) -> None:
    async def on_startup(self: Service, catalog: LiveCatalog) -> None:
        inner = asyncio.ensure_future(asyncio.sleep(60))
        inner.cancel()
        await inner

    with pytest.raises(RuntimeError, match="on_startup"):
        async with wires(http, service(on_startup=on_startup)):
            pass
