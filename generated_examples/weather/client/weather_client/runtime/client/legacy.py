"""The revisions with a session (2025-11-25 and earlier): initialize, then talk.

Knows the session and what both sides may ask of each other; how messages travel is the
channel's affair.
https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any, Final

from ..shared import errors as codes
from .calls import Request
from .channel import Channel, SessionLostError
from .errors import (
    CallTimeoutError,
    ClientError,
    MissingHandlerError,
    TransportError,
    VersionError,
)
from .options import CallSettings, LoggingLevel, Notification
from .replies import Message, result_of
from .speaker import (
    CONNECT_LIMIT,
    Parts,
    ServerInfo,
    progress_for,
    versions,
)
from .subscriptions import Filter, Subscription

logger: Final = logging.getLogger(__name__)

FAREWELL_LIMIT: Final = 3.0
"""Seconds for each message that is sent when something ends."""
LISTEN_WAIT: Final = 1.0
"""Seconds to wait for the server's own stream before the first call."""
QUEUE_SIZE: Final = 1_000
"""Notifications that wait for a slow reader; then the oldest are dropped."""


class Legacy:
    """A session with a legacy server."""

    def __init__(self, parts: Parts, channel: Channel) -> None:
        self._parts = parts
        self._channel = channel
        self._serving: dict[str | int, asyncio.Task[None]] = {}
        self._subscribed: Counter[str] = Counter()
        self._log_level = parts.log_level
        self._lock = asyncio.Lock()
        self._generation = 0
        self.server = ServerInfo(versions("legacy")[0], "legacy", {}, {}, None)

    async def open(self) -> None:
        """Makes a session.

        Raises:
            TransportError: There is no legacy server at the other end.
            ProtocolError: The server refuses.
            VersionError: It wants a version that nobody knows.
        """
        self._channel.receive = self._receive
        await self._initialize()

    async def request(self, request: Request, settings: CallSettings) -> dict[str, Any]:
        """The result; a session that the server has lost is made anew, once."""
        generation = self._generation
        try:
            return await self._exchange(request, settings)
        except SessionLostError:
            await self._renew(generation)
        try:
            return await self._exchange(request, settings)
        except SessionLostError as lost:
            raise lost.cause from None

    async def ping(self, settings: CallSettings) -> None:
        """The `ping` request."""
        await self.request(Request("ping", {}, repeatable=True), settings)

    async def set_logging_level(
        self, level: LoggingLevel, settings: CallSettings
    ) -> None:
        """The `logging/setLevel` request."""
        self._log_level = level
        await self.request(_set_level(level), settings)

    def subscribe(self, wanted: Filter) -> Subscription:
        """Updates of resources by `resources/subscribe`; list changes come unasked."""
        return Subscription(partial(self._subscription, wanted))

    async def close(self) -> None:
        """Ends the session."""
        with contextlib.suppress(ClientError, TimeoutError):
            async with asyncio.timeout(FAREWELL_LIMIT):
                await self._channel.close()

    async def _initialize(self) -> None:
        version = versions("legacy")[0]
        handlers, settings = self._parts.handlers, self._parts.settings
        params = {
            "protocolVersion": version,
            "capabilities": handlers.capabilities(version),
            "clientInfo": settings.client_info,
        }
        result = await self._setup(Request("initialize", params))
        chosen = result.get("protocolVersion")
        if chosen not in versions("legacy"):
            raise VersionError([str(chosen)])
        self.server = ServerInfo.read(
            str(chosen), "legacy", result, result.get("serverInfo")
        )
        self._channel.version = self.server.protocol_version
        await self._channel.post(
            {"jsonrpc": "2.0", "method": "notifications/initialized"}
        )
        await self._restore()

    async def _restore(self) -> None:
        """What a new session must be told, beyond its start."""
        settings = self._parts.settings
        if self._log_level is not None and "logging" in self.server.capabilities:
            await self._setup(_set_level(self._log_level))
        if (
            self._parts.handlers
            or settings.on_notification
            or settings.on_log
            or self._parts.events.listeners
        ):
            await self._channel.listen(LISTEN_WAIT)
        for uri in self._subscribed:
            await self._setup(Request("resources/subscribe", {"uri": uri}))

    async def _setup(self, request: Request) -> dict[str, Any]:
        """A request that belongs to making the session."""
        limits = self._parts.brief(CONNECT_LIMIT)
        try:
            return await self._exchange(request, limits)
        except SessionLostError as lost:
            raise lost.cause from None

    async def _renew(self, generation: int) -> None:
        """Makes a new session, unless another call has done so already."""
        async with self._lock:
            if generation == self._generation:
                await self._initialize()
                self._generation += 1

    async def _exchange(
        self, request: Request, settings: CallSettings
    ) -> dict[str, Any]:
        request_id = next(self._parts.ids)
        message = _message(request_id, request, settings)
        events, calls = self._parts.events, self._parts.calls
        try:
            async with calls.limited(request.method, settings) as clock:
                with events.expecting(request_id, settings.progress, clock):
                    answer = await self._channel.exchange(
                        message, clock, settings.headers
                    )
        except (asyncio.CancelledError, CallTimeoutError):
            self._withdraw(request, request_id)
            raise
        return result_of(answer, request.method)

    def _withdraw(self, request: Request, request_id: int) -> None:
        """Tells the server that nobody waits any more; never for `initialize`."""
        if request.method != "initialize":
            params = {"requestId": request_id, "reason": "the caller gave up"}
            self._parts.tasks.farewell(
                self._notify("notifications/cancelled", params), FAREWELL_LIMIT
            )

    async def _notify(self, method: str, params: Mapping[str, Any]) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        with contextlib.suppress(ClientError):
            await self._channel.post(message)

    async def _receive(self, message: Message) -> None:
        """Takes what the server sends of its own accord."""
        method, request_id = message.get("method"), message.get("id")
        if not isinstance(method, str):
            return
        if isinstance(request_id, str | int):
            task = self._parts.tasks.spawn(self._serve(method, request_id, message))
            self._serving[request_id] = task
            task.add_done_callback(lambda _: self._serving.pop(request_id, None))
            return
        if method == "notifications/cancelled":
            params = message.get("params")
            wanted = params.get("requestId") if isinstance(params, dict) else None
            if isinstance(wanted, str | int) and wanted in self._serving:
                self._serving[wanted].cancel()
        await self._parts.events.receive(message)

    async def _serve(
        self, method: str, request_id: str | int, message: Message
    ) -> None:
        """Answers a request of the server; calls do not age meanwhile."""
        params = message.get("params")
        with self._parts.calls.paused():
            answer = await self._answer(
                method, params if isinstance(params, dict) else {}
            )
        try:
            await self._channel.post({"jsonrpc": "2.0", "id": request_id, **answer})
        except (ClientError, SessionLostError) as error:
            logger.warning("an answer to %s did not get through: %s", method, error)

    async def _answer(self, method: str, params: Mapping[str, Any]) -> Message:
        if method == "ping":
            return {"result": {}}
        try:
            return {"result": await self._parts.handlers.answer(method, params)}
        except MissingHandlerError as error:
            return _error(codes.METHOD_NOT_FOUND, str(error))
        except ClientError as error:
            logger.warning("%s: %s", method, error)
            return _error(codes.INVALID_PARAMS, "the client could not answer this")
        except Exception:
            logger.exception("a handler of an MCP client failed: %s", method)
            return _error(codes.INTERNAL_ERROR, "the client's handler failed")

    async def _subscription(
        self, wanted: Filter
    ) -> AsyncGenerator[Notification | None, None]:
        queue: asyncio.Queue[Notification | None] = asyncio.Queue(QUEUE_SIZE)

        def take(notification: Notification) -> None:
            if wanted.admits(notification):
                _put(queue, notification)

        def end() -> None:
            _put(queue, None)

        settings = self._parts.settings.for_calls()
        self._parts.events.listeners.append(take)
        self._channel.when_deaf.append(end)
        try:
            if not await self._channel.listen(CONNECT_LIMIT):
                raise TransportError(
                    "the server offers no stream for changes",
                    url=self._parts.http.url,
                    method="GET",
                )
            await self._subscribe(wanted.resources, settings)
            yield None
            while (notification := await self._next(queue)) is not None:
                yield notification
            raise TransportError(
                "the stream of changes broke off",
                url=self._parts.http.url,
                method="GET",
            )
        finally:
            self._parts.events.listeners.remove(take)
            self._channel.when_deaf.remove(end)
            self._unsubscribe(wanted.resources)

    async def _next(
        self, queue: asyncio.Queue[Notification | None]
    ) -> Notification | None:
        endless = CallSettings(timeout=None, idle_timeout=None)
        async with self._parts.calls.limited("the next change", endless):
            return await queue.get()

    async def _subscribe(self, uris: tuple[str, ...], settings: CallSettings) -> None:
        for uri in uris:
            self._subscribed[uri] += 1
            if self._subscribed[uri] == 1:
                request = Request("resources/subscribe", {"uri": uri}, repeatable=True)
                await self.request(request, settings)

    def _unsubscribe(self, uris: tuple[str, ...]) -> None:
        for uri in uris:
            self._subscribed[uri] -= 1
            if self._subscribed[uri] <= 0:
                del self._subscribed[uri]
                self._parts.tasks.farewell(self._leave(uri), FAREWELL_LIMIT)

    async def _leave(self, uri: str) -> None:
        request = Request("resources/unsubscribe", {"uri": uri})
        limits = self._parts.brief(FAREWELL_LIMIT)
        with contextlib.suppress(ClientError, SessionLostError):
            await self._exchange(request, limits)


def _message(request_id: int, request: Request, settings: CallSettings) -> Message:
    meta = dict(settings.meta)
    if progress_for(request, settings):
        meta["progressToken"] = request_id
    params = {**request.params, "_meta": meta} if meta else request.params
    return {
        "jsonrpc": "2.0",
        "id": request_id,
        "method": request.method,
        "params": params,
    }


def _set_level(level: LoggingLevel) -> Request:
    return Request("logging/setLevel", {"level": level}, repeatable=True)


def _error(code: int, text: str) -> Message:
    return {"error": {"code": code, "message": text}}


def _put(
    queue: asyncio.Queue[Notification | None], notification: Notification | None
) -> None:
    if queue.full():
        queue.get_nowait()
        logger.warning("a subscription reads too slowly; its oldest change is dropped")
    queue.put_nowait(notification)
