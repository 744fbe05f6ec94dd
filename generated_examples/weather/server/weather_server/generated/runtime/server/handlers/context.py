"""What a handler knows of its request and can do while it runs; the same in both eras.

How messages travel is behind `ResponseChannel` and `Requester`. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    Protocol,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    overload,
)

from ...core import jsonrpc
from ...core.catalog import Json, JsonObject
from ...core.revision import Era
from .invoke import running_loop
from .questions import (
    Client,
    CreateMessage,
    Elicit,
    Elicitation,
    ElicitURL,
    ListRoots,
    Question,
    Root,
    Sample,
)

if TYPE_CHECKING:
    from ..incoming import Incoming
    from ..methods.registry import LiveCatalog
    from ..principal import Principal
    from ..stores import Session

T = TypeVar("T")
C = TypeVar("C")

# `set[Future[Any]]` as a factory takes ten times as long.
_futures: Final = cast("Callable[[], set[Future[Any]]]", set)

LoggingLevel: TypeAlias = Literal[
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"
]
SEVERITY: Final[Mapping[str, int]] = {
    level: number for number, level in enumerate(get_args(LoggingLevel))
}
"""Log levels of RFC 5424, the least severe first."""


Requester: TypeAlias = Callable[
    [Mapping[str, Question[Any]]], Awaitable[dict[str, Any]]
]
"""Brings questions to the client: returns the answers, by the questions' keys."""


class ResponseChannel(Protocol):
    """Where the notifications of one request go."""

    async def send(self, message: bytes) -> None:
        """Send one JSON-RPC message; opens the stream if need be."""
        ...

    async def disconnect(self, retry_ms: int | None) -> None:
        """Close the stream while the request goes on, if the client can come back."""
        ...


@dataclass(eq=False, repr=False)
class Context:
    """One request, as its handler sees it; made by the runtime, in the event loop."""

    era: Era
    """"modern" (2026-07-28 and later) or "legacy"."""
    request_id: jsonrpc.RequestId
    """The JSON-RPC id of the request."""
    _client: Client
    meta: JsonObject
    """The request's `_meta`."""
    _incoming: Incoming
    _channel: ResponseChannel
    _request: Requester
    state: dict[str, Json]
    """JSON values of yours, kept while one call asks the client: in the modern era the
    handler starts over after each question, and what was put here before it is back. The
    client carries it and can read, but not change it."""
    _log_floor: int | None
    """The severity from which on log messages are wanted; None for none."""
    catalog: LiveCatalog
    """What the server offers: change it, and announce changes."""
    session: Session | None = None
    """The legacy session; None in the modern era."""
    cancelled: bool = field(init=False, default=False)
    """Whether the call is over before its time: the client gave up, or the time limit has
    passed. Plain `def` handlers look here, others are stopped."""
    left_behind: Future[Any] | None = field(init=False, default=None)
    """The thread's work that went on when a plain handler's call was over."""
    _interrupted: bool = field(init=False, default=False)
    _loop: asyncio.AbstractEventLoop = field(
        init=False, default_factory=asyncio.get_running_loop
    )
    _progress: float | None = field(init=False, default=None)
    _questions: int = field(init=False, default=0)
    _waits: set[Future[Any]] = field(init=False, default_factory=_futures)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The HTTP request's headers; names in any case. Those with credentials are left
        out when the server authenticates, unless a setting says otherwise."""
        return self._incoming.visible_headers

    @cached_property
    def principal(self) -> Principal | None:
        """Who is asking, when the server authenticates; else None."""
        return self._incoming.principal

    @cached_property
    def scopes(self) -> frozenset[str]:
        """What the principal may do."""
        principal = self._incoming.principal
        return frozenset() if principal is None else principal.scopes

    @cached_property
    def completed(self) -> Mapping[str, str]:
        """In completions: the arguments that are filled in already."""
        return {}

    @property
    def protocol_version(self) -> str:
        """The protocol version of this request."""
        return self._client.version

    @property
    def client_info(self) -> JsonObject:
        """Name and version of the client, as it says; never a reason for trust."""
        return self._client.info

    @property
    def client_capabilities(self) -> JsonObject:
        """What the client can do, as it declared."""
        return self._client.capabilities

    async def progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        """Report progress, if the client wants it.

        Args:
            progress: How far the work is; a value that is no larger than the one
                before is not sent, since progress must increase.
            total: The value at the end, if known.
            message: What is going on, for a person.
        """
        token = self.meta.get("progressToken")
        if not isinstance(token, str | int) or isinstance(token, bool):
            return
        if self._progress is not None and progress <= self._progress:
            return
        self._progress = progress
        params: dict[str, Json] = {"progressToken": token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        await self._channel.send(jsonrpc.notification("notifications/progress", params))

    async def log(
        self, level: LoggingLevel, data: Json, logger: str | None = None
    ) -> None:
        """Send a log message to the client, if it wants messages of this level.

        Never put secrets or personal data into one.
        """
        floor = self._log_floor
        if floor is None or SEVERITY[level] < floor:
            return
        params: dict[str, Json] = {"level": level, "data": data}
        if logger is not None:
            params["logger"] = logger
        await self._channel.send(jsonrpc.notification("notifications/message", params))

    async def debug(self, data: Json, logger: str | None = None) -> None:
        """Log for developers of the client."""
        await self.log("debug", data, logger)

    async def info(self, data: Json, logger: str | None = None) -> None:
        """Log what goes on."""
        await self.log("info", data, logger)

    async def warning(self, data: Json, logger: str | None = None) -> None:
        """Log what may be wrong."""
        await self.log("warning", data, logger)

    async def error(self, data: Json, logger: str | None = None) -> None:
        """Log what went wrong."""
        await self.log("error", data, logger)

    @overload
    async def elicit(
        self, message: str, schema: type[C], *, key: str | None = None
    ) -> Elicitation[C]: ...

    @overload
    async def elicit(
        self, message: str, schema: JsonObject, *, key: str | None = None
    ) -> Elicitation[dict[str, Any]]: ...

    async def elicit(
        self, message: str, schema: JsonObject | type[Any], *, key: str | None = None
    ) -> Elicitation[Any]:
        """Ask a person to fill in a form.

        In the modern era the call ends here, and the handler **starts over** once the
        answer is there: everything before this line is done again in each round. So
        ask first and act afterwards:

            answer = await ctx.elicit("Lend it?", Confirm)
            if answer.accepted:
                await self.lend(args.book)

        What has to come before a question is done once if `ctx.state` says whether it
        was, or if repeating it changes nothing (an idempotency key, an upsert):

            if "hold" not in ctx.state:
                ctx.state["hold"] = await self.hold(args.book)

        A client may also never come back, or send an earlier round again. The setting
        `warn_repeats` logs what a handler repeats. Questions are recognized by their
        order, or by `key` where their order can change.

        Args:
            message: What is asked.
            schema: The form: a flat object schema, or a pydantic model.
            key: A name for the question, unique in the handler.

        Raises:
            ProtocolError: The client can't show forms.
        """
        question: Elicit[Any] = Elicit(message, schema)
        return await self._ask(question, key)

    async def elicit_url(
        self,
        message: str,
        url: str,
        *,
        key: str | None = None,
        elicitation_id: str | None = None,
    ) -> Elicitation[None]:
        """Ask a person to open a page; see `elicit`.

        The answer says that the person agreed to open it, not that anything was done
        there. `ctx.session.elicitation_complete` notifies a legacy client of that.

        Args:
            message: Why, for the person.
            url: The page's absolute URL.
            key: A name for the question, unique in the handler.
            elicitation_id: What names the page then; None means a new one.

        Raises:
            ProtocolError: The client can't open pages.
            ValueError: The URL is invalid.
        """
        question = (
            ElicitURL(message, url)
            if elicitation_id is None
            else ElicitURL(message, url, elicitation_id)
        )
        return await self._ask(question, key)

    async def sample(
        self,
        messages: str | Sequence[JsonObject],
        *,
        max_tokens: int,
        key: str | None = None,
        **options: Json,
    ) -> Sample:
        """Ask the client's model; see `elicit` for how this goes in the modern era.

        Args:
            messages: A user message's text, or `SamplingMessage` objects as JSON.
            max_tokens: The most tokens to generate.
            key: A name for the question, unique in the handler.
            options: Further parameters by wire name, such as `systemPrompt`.
        """
        return await self._ask(CreateMessage(messages, max_tokens, options), key)

    async def list_roots(self, *, key: str | None = None) -> tuple[Root, ...]:
        """Ask for the directories that the client opens to the server."""
        return await self._ask(ListRoots(), key)

    async def ask(self, questions: Mapping[str, Question[Any]]) -> dict[str, Any]:
        """Ask several questions at once: `{"name": Elicit(...), "roots": ListRoots()}`.

        Returns:
            The answers by the same keys, each of its question's type.
        """
        return await self._request(questions)

    async def _ask(self, question: Question[T], key: str | None) -> T:
        if key is None:
            self._questions += 1
            key = f"{question.method}#{self._questions}"
        answers = await self._request({key: question})
        answer: T = answers[key]
        return answer

    async def disconnect(self, retry_ms: int | None = None) -> None:
        """Close this request's stream while the work goes on; the client polls.

        Only 2025-11-25 knows this; in other revisions it does nothing.

        Args:
            retry_ms: When the client should come back; None means the setting.
        """
        await self._channel.disconnect(retry_ms)

    def wait(self, awaitable: Awaitable[T]) -> T:
        """For plain `def` handlers: `ctx.wait(ctx.progress(1, 3))`.

        Blocks the handler's thread until the result is there.

        Raises:
            asyncio.CancelledError: The call is over before its time. It is raised once,
                so that what cleans up can wait for more.
            RuntimeError: Called in an `async def` handler, where `await` belongs.
        """
        if running_loop() is not None:
            close = getattr(awaitable, "close", None)
            if close is not None:
                close()
            raise RuntimeError("ctx.wait is for plain `def` handlers; use `await`")

        async def result() -> T:
            return await awaitable

        waiting = asyncio.run_coroutine_threadsafe(result(), self._loop)
        self._waits.add(waiting)
        if self.cancelled and not self._interrupted:
            waiting.cancel()
        try:
            return waiting.result()
        except CancelledError:
            self._interrupted = True
            raise asyncio.CancelledError("the call was cancelled") from None
        finally:
            self._waits.discard(waiting)

    def cancel(self) -> None:
        """For the runtime: let a plain `def` handler know that its call is over."""
        self.cancelled = True
        if not self._interrupted:
            for waiting in tuple(self._waits):
                waiting.cancel()
