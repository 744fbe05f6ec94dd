"""Your own code around every call: audits, metrics, the choice of a tenant, refusals.

Knows calls and their outcomes, not HTTP. Without a hook nothing of this is run.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias

from ..core.catalog import JsonObject
from ..core.errors import INTERNAL_ERROR, ProtocolError
from ..core.headers import NAMED_BY
from ..core.jsonrpc import is_object
from .handlers.context import Context
from .handlers.invoke import Contained, TookTooLong, contained
from .handlers.questions import InputRequired
from .handlers.results import ToolError
from .methods.answer import Answer, tool_failure

if TYPE_CHECKING:
    from .features.auth.principal import Principal

_log: Final = logging.getLogger("mcp.server")

OutcomeKind: TypeAlias = Literal[
    "ok", "tool_error", "input_required", "error", "cancelled"
]
Method: TypeAlias = Callable[[JsonObject, Context], Awaitable[Answer]]


class Call:
    """One request that is to be answered; nothing of it has been checked yet.

    Attributes:
        method: The JSON-RPC method, such as "tools/call".
        name: The wire name of the tool or prompt, or the URI of the resource; None for
            methods that name nothing, and where it is no string.
        params: The request's parameters. Read them, don't change them.
        ctx: The request as its handler will see it.
        notes: Yours, from `before` to `after`.
    """

    __slots__ = ("ctx", "method", "name", "notes", "params")

    def __init__(
        self, method: str, name: str | None, params: JsonObject, ctx: Context
    ) -> None:
        self.method = method
        self.name = name
        self.params = params
        self.ctx = ctx
        self.notes: dict[object, Any] = {}

    @property
    def arguments(self) -> JsonObject:
        """The arguments of a tool or prompt; empty for everything else."""
        given = self.params.get("arguments")
        return given if is_object(given) else {}

    @property
    def principal(self) -> Principal | None:
        """Who is asking, when the server authenticates; else None."""
        return self.ctx.principal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call.

    Attributes:
        kind: "ok"; "tool_error" for a result with `isError`; "input_required" when the
            client must answer first and the call is run again; "error" for a JSON-RPC
            error; "cancelled".
        seconds: How long it took, hooks that ran within it included.
        error: The error that the client gets, if it is one.
    """

    kind: OutcomeKind
    seconds: float
    error: ProtocolError | None = None


class Vitals:
    """What a server is busy with, as numbers."""

    __slots__ = ("_calls", "_sessions", "_streams")

    def __init__(
        self,
        calls: Callable[[], int],
        sessions: Callable[[], int],
        streams: Callable[[], int],
    ) -> None:
        self._calls = calls
        self._sessions = sessions
        self._streams = streams

    @property
    def calls(self) -> int:
        """Calls that run now."""
        return self._calls()

    @property
    def sessions(self) -> int:
        """Legacy sessions that are open now."""
        return self._sessions()

    @property
    def streams(self) -> int:
        """Open-ended streams that are open now: subscriptions, and legacy GET streams."""
        return self._streams()


class Hook:
    """The base of your hooks; override what you need, as `async def` or plain `def`.

    Plain ones run on the event loop, so they must not block. Several hooks enclose each
    other, the first one outermost. Context variables that `before` sets are seen by the
    handler. Calls are all requests but `initialize`, `ping`, `subscriptions/listen` and
    what only changes a legacy session.
    """

    after_timeout: ClassVar[float] = 30.0
    """Seconds that `after` may take."""

    def attach(self, vitals: Vitals) -> None:
        """Called once, before the first call."""
        return

    def before(self, call: Call) -> Awaitable[None] | None:
        """Called before anything else is done for a call.

        Raises:
            ProtocolError: Refuses the call.
            ToolError: Refuses it with a result that has `isError`, for tools.
        """
        return None

    def after(self, call: Call, outcome: Outcome) -> Awaitable[None] | None:
        """Called when a call is over whose `before` let it pass; can't change it any more.

        It runs to its end when the client has given up, too, but no longer than
        `after_timeout`. What it raises is logged.
        """
        return None


class Hooks:
    """The hooks of one server."""

    __slots__ = ("_hooks",)

    def __init__(self, hooks: Sequence[Hook] = ()) -> None:
        """Take hooks, the outermost first."""
        self._hooks = tuple(hooks)

    def attach(self, vitals: Vitals) -> None:
        """Let all hooks know what the server is busy with."""
        for hook in self._hooks:
            hook.attach(vitals)

    def around(self, table: Mapping[str, Method]) -> Mapping[str, Method]:
        """Methods with the hooks around them; the same ones if there are no hooks."""
        if not self._hooks:
            return table
        return {
            method: self._enclosed(method, function)
            for method, function in table.items()
        }

    def _enclosed(self, method: str, function: Method) -> Method:
        key = NAMED_BY.get(method)

        async def enclosed(params: JsonObject, ctx: Context) -> Answer:
            name = params.get(key) if key is not None else None
            call = Call(method, name if isinstance(name, str) else None, params, ctx)
            return await self._run(call, function)

        return enclosed

    async def _run(self, call: Call, function: Method) -> Answer:
        started = time.perf_counter()
        begun: list[Hook] = []
        kind: OutcomeKind = "error"
        failure: ProtocolError | None = None
        try:
            with Contained():
                answer = await self._answer(call, function, begun)
            kind = "tool_error" if answer.is_error else "ok"
            return answer
        except ProtocolError as error:
            failure = error
            raise
        except InputRequired:
            kind = "input_required"
            raise
        except asyncio.CancelledError:
            kind = "cancelled"
            raise
        except Exception:
            failure = ProtocolError(INTERNAL_ERROR, "Internal error")
            raise
        finally:
            outcome = Outcome(kind, time.perf_counter() - started, failure)
            await _end(begun, call, outcome)

    async def _answer(self, call: Call, function: Method, begun: list[Hook]) -> Answer:
        try:
            for hook in self._hooks:
                with Contained():
                    waiting = hook.before(call)
                    if waiting is not None:
                        await contained(waiting)
                begun.append(hook)
        except ProtocolError:
            raise
        except ToolError as error:
            if call.method == "tools/call":
                return tool_failure(error)
            raise ProtocolError(INTERNAL_ERROR, str(error)) from None
        except Exception:
            _log.exception("a hook failed before %s", call.method)
            raise ProtocolError(INTERNAL_ERROR, "Internal error") from None
        return await function(call.params, call.ctx)


async def _end(begun: list[Hook], call: Call, outcome: Outcome) -> None:
    """Run what hooks do afterwards, the innermost first; nothing keeps the others off."""
    cancelled: asyncio.CancelledError | None = None
    for hook in reversed(begun):
        try:
            with Contained():
                waiting = hook.after(call, outcome)
                if waiting is not None:
                    await _shielded(waiting, hook.after_timeout)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:
            _log.exception("a hook failed after %s", call.method)
    if cancelled is not None:
        raise cancelled


async def _shielded(waiting: Awaitable[None], seconds: float) -> None:
    """Await something to its end although the current task is cancelled meanwhile.

    Raises:
        asyncio.CancelledError: The current task was cancelled.
    """
    work = _same_context(_awaited(waiting, seconds))
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if (failure := work.exception()) is not None:
            _log.error("a hook failed after a call", exc_info=failure)
        raise cancelled
    work.result()


async def _awaited(waiting: Awaitable[None], seconds: float) -> None:
    with Contained():
        try:
            async with asyncio.timeout(seconds):
                await waiting
        except TimeoutError as error:
            raise TookTooLong(f"`after` did not finish within {seconds:g} s") from error


def _same_context(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task in which context variables can be reset that were set in this one."""
    task = asyncio.current_task()
    if sys.version_info >= (3, 12) and task is not None:
        return asyncio.create_task(work, context=task.get_context())
    return asyncio.create_task(work)
