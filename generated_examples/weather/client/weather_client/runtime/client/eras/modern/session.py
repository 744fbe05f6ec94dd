"""The stateless revisions (2026-07-28 and later): every request stands for itself.

Each request carries version, client and capabilities; a server that needs input says so
in its result, and the request is sent again with the answers.
https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ....core import errors as codes
from ...calls import Request, invalid_result
from ...errors import ClientError, ProtocolError, TransportError, VersionError
from ...incoming import Message, result_of
from ...options import CallSettings, LoggingLevel, Notification
from ...session import (
    DETACHED_LIMIT,
    EraLostError,
    Parts,
    ServerInfo,
    cancellation,
    named_versions,
)
from ...shapes import members
from ...work.limits import Clock
from .input import gather

if TYPE_CHECKING:
    from ...channel import RequestChannel
    from ...subscriptions import Filter, Subscription

MAX_ROUNDS: Final = 20
"""How often one call may ask for input."""

_META: Final = "io.modelcontextprotocol/"
_DISCOVER: Final = "server/discover"
_MAY_ASK: Final = frozenset(["tools/call", "prompts/get", "resources/read"])
_FOREIGN: Final = frozenset([400, 404, 405])
"""HTTP statuses that servers of other eras and transports answer with."""


class ModernSession:
    """Requests to a modern server, which keeps nothing of them."""

    def __init__(self, parts: Parts, channel: RequestChannel, version: str) -> None:
        self._parts = parts
        self._channel = channel
        channel.receive = self._receive
        self._log_level = parts.log_level
        self._meta: dict[str, Any] = {}
        self.server = ServerInfo(version, "modern", {}, {}, None)
        self._speak(version)

    def use(self, version: str) -> None:
        """Speaks another version from now on."""
        self._speak(version)
        self.server = dataclasses.replace(self.server, protocol_version=version)

    def _speak(self, version: str) -> None:
        self._meta = {
            f"{_META}protocolVersion": version,
            f"{_META}clientInfo": self._parts.settings.client_info,
            f"{_META}clientCapabilities": self._parts.handlers.capabilities(version),
        }

    async def discover(self, settings: CallSettings) -> dict[str, Any]:
        """The server's own account, in the version that is spoken."""
        result = await self.request(Request(_DISCOVER, {}, options=settings))
        info = members(result.get("_meta")).get(f"{_META}serverInfo")
        version = self.server.protocol_version
        self.server = ServerInfo.read(
            version, "modern", result, info or result.get("serverInfo")
        )
        return result

    async def request(self, request: Request) -> dict[str, Any]:
        """The result, after as many rounds of input as the server needs."""
        async with self._parts.calls.limited(request.method, request.options) as clock:
            current = request
            result: dict[str, Any] = {}
            for _ in range(MAX_ROUNDS):
                result = await self._in_common_version(current, clock)
                kind = result.get("resultType")
                if kind is None or kind == "complete":
                    return result
                if kind != "input_required" or request.method not in _MAY_ASK:
                    raise invalid_result(
                        request.method, f"its `resultType` {kind!r} is unknown", result
                    )
                with clock.paused():
                    added = await gather(self._parts.handlers, result)
                current = request.replace(params={**request.params, **added})
                clock.heard()
        problem = f"the server asked for input {MAX_ROUNDS} times"
        raise invalid_result(request.method, problem, result)

    async def ping(self, settings: CallSettings) -> None:
        """Asks for the server's account: these revisions have no `ping`."""
        await self.discover(settings)

    async def set_logging_level(
        self, level: LoggingLevel, settings: CallSettings
    ) -> None:
        """Every request from now on carries this level."""
        self._log_level = level

    async def roots_changed(self) -> None:
        """Nothing: servers of these revisions ask for the roots in each request."""

    def subscribe(self, wanted: Filter) -> Subscription:
        """A `subscriptions/listen` request."""
        from ...subscriptions import Subscription

        return Subscription(partial(self._listen, wanted), self._parts.tasks)

    async def close(self) -> None:
        """Nothing: there is no session to end."""

    async def _in_common_version(
        self, request: Request, clock: Clock
    ) -> dict[str, Any]:
        """The result, in another version if the server does not know this one."""
        try:
            return await self._exchange(request, clock)
        except ProtocolError as error:
            if error.code != codes.UNSUPPORTED_PROTOCOL_VERSION:
                raise
            version = self._other_version(error)
        self.use(version)
        return await self._exchange(request, clock)

    def _other_version(self, error: ProtocolError) -> str:
        supported = named_versions(error, self.server.protocol_version)
        if not supported:
            raise error
        version = self._parts.wanted.common("modern", supported)
        if version is not None:
            return version
        if self._parts.wanted.common("legacy", supported) is not None:
            raise EraLostError(error)
        raise VersionError(supported) from error

    async def _exchange(self, request: Request, clock: Clock) -> dict[str, Any]:
        """One request and its answer."""
        request_id = next(self._parts.ids)
        message = self._message(request_id, request)
        calls = self._parts.events.calls
        calls[request_id] = request.options.progress, clock
        try:
            answer = await self._channel.exchange(message, clock, request.headers)
        except asyncio.CancelledError:
            if request.method != _DISCOVER:
                self._withdraw(request_id)
            raise
        except TransportError as error:
            if error.status in _FOREIGN:
                # No modern server answers so.
                raise EraLostError(error) from None
            raise
        finally:
            del calls[request_id]
        return result_of(answer, request.method, self._parts.transport.quirks)

    def _message(self, request_id: int, request: Request) -> Message:
        params = request.params
        meta = {**self._meta, **request.options.meta, **params.get("_meta", {})}
        if request.wants_progress:
            meta["progressToken"] = request_id
        if self._log_level is not None:
            meta[f"{_META}logLevel"] = self._log_level
        return {
            "jsonrpc": "2.0",
            "id": request_id,
            "method": request.method,
            "params": {**params, "_meta": meta},
        }

    async def _receive(self, message: Message, clock: Clock | None) -> None:
        if "method" in message and "id" not in message:
            await self._parts.events.receive(message)

    def _withdraw(self, request_id: int) -> None:
        """Cancel a request whose answer nobody awaits any more."""
        if not self._channel.cancels:
            cancelled = cancellation(request_id)
            self._parts.tasks.detached(self._post(cancelled), DETACHED_LIMIT)

    async def _post(self, message: Message) -> None:
        with contextlib.suppress(ClientError):
            await self._channel.post(message)

    def _listen(self, wanted: Filter) -> AsyncGenerator[Notification | None, None]:
        from .listen import listen

        params = {"notifications": wanted.to_json()}
        options = self._parts.settings.for_calls()
        request = Request("subscriptions/listen", params, options=options)

        def stream() -> tuple[int, AsyncGenerator[Message, None]]:
            request_id = next(self._parts.ids)
            message = self._message(request_id, request)
            return request_id, self._channel.stream(message, request.headers)

        return listen(self._parts, wanted, stream)
