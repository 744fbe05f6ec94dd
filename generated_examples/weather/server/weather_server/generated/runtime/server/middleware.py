"""Message middleware: code around every call, in one order that is fixed at start; and hooks,
which are middleware in two halves: what is done before a call, and what after it.

A middleware reads a request, changes it, answers early, or sees how it ends. Knows
requests and answers, not transports or eras.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple, TypeAlias

from ..core.catalog import JsonObject
from ..core.errors import INTERNAL_ERROR, ProtocolError
from ..core.headers import NAMED_BY
from ..core.jsonrpc import is_object
from .handlers.content import ToolError
from .handlers.context import Context
from .handlers.invoke import HandlerTimeout, called, contained, limited
from .handlers.questions import InputRequired
from .incoming import Incoming
from .methods.steps import Answer, tool_failure

if TYPE_CHECKING:
    from .principal import Principal

_log: Final = logging.getLogger("mcp.server")


class Request(NamedTuple):
    """One call that is to be answered; nothing of it has been checked yet.

    Attributes:
        method: The JSON-RPC method, such as "tools/call".
        params: Its parameters. Read them; `replace` changes them.
        ctx: The request as its handler will see it.
        incoming: What its transport knows of its sender.
        notes: For middleware, as long as the call lasts.
    """

    method: str
    params: JsonObject
    ctx: Context
    incoming: Incoming
    notes: dict[object, Any]

    @property
    def name(self) -> str | None:
        """The wire name of the tool or prompt, or the URI of the resource.

        None for methods that name nothing, and where it is not a string.
        """
        key = NAMED_BY.get(self.method)
        name = self.params.get(key) if key is not None else None
        return name if isinstance(name, str) else None

    @property
    def arguments(self) -> JsonObject:
        """The arguments of a tool or prompt; empty for everything else."""
        given = self.params.get("arguments")
        return given if is_object(given) else {}

    @property
    def principal(self) -> Principal | None:
        """Who is asking, when the server authenticates; else None."""
        return self.ctx.principal

    def replace(self, params: JsonObject) -> Request:
        """Return the same request with other parameters."""
        return self._replace(params=params)


Call: TypeAlias = Request
"""What hooks get of a call."""

Next: TypeAlias = Callable[[Request], Awaitable[Answer]]
"""The rest of the chain; at its end, the method."""

Middleware: TypeAlias = Callable[[Request, Next], Awaitable[Answer]]
"""Code around a call: `await proceed(request)` runs the rest and returns its answer.

It may raise `ProtocolError`, and for tools `ToolError`, to refuse a call; it sees those
of the rest. Calls are all requests but `initialize`, `ping`, `subscriptions/listen` and
what only changes a legacy session.
"""


Around: TypeAlias = Callable[[Next], Next]
"""Makes a chain that is longer by one."""


class Chain:
    """The middleware of one server, the outermost first.

    Attributes:
        names: What each is called, in the same order.
    """

    def __init__(self, middleware: Sequence[tuple[str, Around]] = ()) -> None:
        """Take middleware, each with a name."""
        self._around = [around for _, around in reversed(middleware)]
        self.names = tuple(name for name, _ in middleware)

    def around(self, table: Mapping[str, Next]) -> dict[str, Next]:
        """The methods with all middleware around them."""
        chains = dict(table)
        for around in self._around:
            chains = {name: around(proceed) for name, proceed in chains.items()}
        return chains


def from_users(middleware: Hook | Middleware) -> Around:
    """Middleware of users, which may raise and return what handlers may."""

    def around(proceed: Next) -> Next:
        if isinstance(middleware, Hook) and type(middleware).__call__ is Hook.__call__:
            return lambda request: middleware(request, proceed)

        async def answer(request: Request) -> Answer:
            try:
                given = await contained(called(middleware, request, proceed))
            except ToolError as error:
                return _refusal(request, error)
            if isinstance(given, Answer):
                return given
            if is_object(given):
                return Answer.of(given)
            raise TypeError(
                f"middleware returned {type(given).__name__}, not an Answer"
            )

        return answer

    return around


def _refusal(request: Request, error: ToolError) -> Answer:
    """The answer to a call that is refused; ProtocolError where it is not one of a tool."""
    if request.method == "tools/call":
        return tool_failure(error)
    raise ProtocolError(INTERNAL_ERROR, str(error)) from None


OutcomeKind: TypeAlias = Literal[
    "ok", "tool_error", "input_required", "error", "cancelled"
]


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
        try:
            await self._begin(request)
        except ToolError as error:
            return _refusal(request, error)
        started = time.perf_counter()
        kind: OutcomeKind = "error"
        failure: ProtocolError | None = None
        try:
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

    async def _begin(self, request: Request) -> None:
        try:
            await contained(called(self.before, request))
        except (ProtocolError, ToolError):
            raise
        except Exception:
            _log.exception("a hook failed before %s", request.method)
            raise ProtocolError(INTERNAL_ERROR, "Internal error") from None

    async def _end(self, request: Request, outcome: Outcome) -> None:
        async def end() -> None:
            waiting = self.after(request, outcome)
            if waiting is not None:
                context = request.incoming.context
                await _shielded(waiting, self.after_timeout, context)

        try:
            await contained(end())
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
    waiting: Awaitable[None], seconds: float, context: contextvars.Context | None
) -> None:
    """Await something to its end although the current task is cancelled meanwhile.

    Args:
        waiting: What is awaited.
        seconds: How long it may take.
        context: The request's own context variables; None for those of this task.

    Raises:
        asyncio.CancelledError: The current task was cancelled.
    """
    task = asyncio.current_task()
    if context is None and sys.version_info >= (3, 12) and task is not None:
        # So that context variables can be reset that were set in this task.
        context = task.get_context()
    work = asyncio.create_task(_awaited(waiting, seconds), context=context)
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
    try:
        await limited(contained(called(lambda: waiting)), seconds)
    except HandlerTimeout as error:
        raise HandlerTimeout(f"`after` did not finish within {error}") from error
