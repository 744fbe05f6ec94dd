"""Message middleware in two halves: what is done before a call, and what after it.

For audits, metrics, the choice of a tenant, refusals. Knows calls and their outcomes,
not HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias

from ..core.errors import INTERNAL_ERROR, ProtocolError
from .handlers.invoke import Contained, HandlerTimeout, contained
from .handlers.questions import InputRequired
from .handlers.results import ToolError
from .methods.answer import Answer, tool_failure
from .middleware import Next, Request

_log: Final = logging.getLogger("mcp.server")

OutcomeKind: TypeAlias = Literal[
    "ok", "tool_error", "input_required", "error", "cancelled"
]


Call: TypeAlias = Request
"""What hooks get of a call."""


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


class ServerStats:
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

    def attach(self, stats: ServerStats, /) -> None:
        """Called once, before the first call."""
        return

    async def __call__(self, request: Request, proceed: Next) -> Answer:
        """Run `before`, the call and `after`: a hook is message middleware."""
        refusal = await self._refusal(request)
        if refusal is not None:
            return refusal
        started = time.perf_counter()
        kind: OutcomeKind = "error"
        failure: ProtocolError | None = None
        try:
            with Contained():
                answer = await proceed(request)
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
            seconds = time.perf_counter() - started
            await self._end(request, Outcome(kind, seconds, failure))

    async def _refusal(self, request: Request) -> Answer | None:
        """Run `before`; the answer if it refuses a call of a tool."""
        try:
            with Contained():
                waiting = self.before(request)
                if waiting is not None:
                    await contained(waiting)
        except ProtocolError:
            raise
        except ToolError as error:
            if request.method == "tools/call":
                return tool_failure(error)
            raise ProtocolError(INTERNAL_ERROR, str(error)) from None
        except Exception:
            _log.exception("a hook failed before %s", request.method)
            raise ProtocolError(INTERNAL_ERROR, "Internal error") from None
        return None

    async def _end(self, request: Request, outcome: Outcome) -> None:
        try:
            with Contained():
                waiting = self.after(request, outcome)
                if waiting is not None:
                    context = request.incoming.context
                    await _shielded(waiting, self.after_timeout, context)
        except Exception:
            _log.exception("a hook failed after %s", request.method)

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


async def _shielded(
    waiting: Awaitable[None], seconds: float, context: Context | None
) -> None:
    """Await something to its end although the current task is cancelled meanwhile.

    Raises:
        asyncio.CancelledError: The current task was cancelled.
    """
    work = _same_context(_awaited(waiting, seconds), context)
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
            raise HandlerTimeout(
                f"`after` did not finish within {seconds:g} s"
            ) from error


def _same_context(
    work: Coroutine[Any, Any, None], context: Context | None
) -> asyncio.Task[None]:
    """A task in which context variables can be reset that were set in this one.

    Args:
        work: What it does.
        context: The request's own context variables; None for those of this task.
    """
    if context is not None:
        return asyncio.create_task(work, context=context)
    task = asyncio.current_task()
    if sys.version_info >= (3, 12) and task is not None:
        return asyncio.create_task(work, context=task.get_context())
    return asyncio.create_task(work)
