"""The stateless revisions (2026-07-28 and later): every request stands for itself.

Each request carries version, client and capabilities; a server that needs input says so
in its result, and the request is sent again with the answers.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from ....core import errors as codes
from ....core import headers
from ...calls import Request, invalid_result
from ...errors import ClientError, ProtocolError, TransportError, VersionError
from ...options import CallSettings, LoggingLevel, Notification
from ...shapes import members
from ...speaker import EraLostError, Parts, ServerInfo, named_versions, progress_for
from ...transports.http.replies import (
    ACCEPT,
    Message,
    body_messages,
    drain,
    failure,
    final_status,
    is_answer,
    messages,
    result_of,
    unanswered,
)
from ...work.clock import Clock
from .input import gather

if TYPE_CHECKING:
    import aiohttp

    from ...subscriptions import Filter, Subscription

MAX_ROUNDS: Final = 20
"""How often one call may ask for input."""

_META: Final = "io.modelcontextprotocol/"
_MAY_ASK: Final = frozenset(["tools/call", "prompts/get", "resources/read"])
_FOREIGN: Final = frozenset([400, 404, 405])
"""Statuses that servers of other eras and transports answer with."""


class Modern:
    """A connection to a modern server."""

    def __init__(self, parts: Parts, version: str) -> None:
        self._parts = parts
        self._log_level = parts.log_level
        self._meta: dict[str, Any] = {}
        self._headers: dict[str, str] = {}
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
        self._headers = {**ACCEPT, headers.PROTOCOL_VERSION: version}

    async def discover(self, settings: CallSettings) -> dict[str, Any]:
        """The server's own account, in the version that is spoken."""
        result = await self.request(Request("server/discover", {}), settings)
        info = members(result.get("_meta")).get(f"{_META}serverInfo")
        version = self.server.protocol_version
        self.server = ServerInfo.read(
            version, "modern", result, info or result.get("serverInfo")
        )
        return result

    async def request(self, request: Request, settings: CallSettings) -> dict[str, Any]:
        """The result, after as many rounds of input as the server needs."""
        async with self._parts.calls.limited(request.method, settings) as clock:
            params = request.params
            result: dict[str, Any] = {}
            for _ in range(MAX_ROUNDS):
                result = await self._in_common_version(request, params, settings, clock)
                kind = result.get("resultType")
                if kind is None or kind == "complete":
                    return result
                if kind != "input_required" or request.method not in _MAY_ASK:
                    raise invalid_result(
                        request.method, f"its `resultType` {kind!r} is unknown", result
                    )
                with clock.paused():
                    params = {
                        **request.params,
                        **await gather(self._parts.handlers, result),
                    }
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
        self,
        request: Request,
        params: Mapping[str, Any],
        settings: CallSettings,
        clock: Clock,
    ) -> dict[str, Any]:
        """The result, in another version if the server does not know this one."""
        try:
            return await self._exchange(request, params, settings, clock)
        except ProtocolError as error:
            if error.code != codes.UNSUPPORTED_PROTOCOL_VERSION:
                raise
            version = self._other_version(error)
        self.use(version)
        return await self._exchange(request, params, settings, clock)

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

    async def _exchange(
        self,
        request: Request,
        params: Mapping[str, Any],
        settings: CallSettings,
        clock: Clock,
    ) -> dict[str, Any]:
        """One request and its answer."""
        request_id = next(self._parts.ids)
        message = self._message(request_id, request, params, settings)
        response = await self._send(request, message, settings)
        try:
            if response.content_type == "application/json":
                answer = await self._answer_of(response, request_id, request)
            else:
                with self._parts.events.expecting(request_id, settings.progress, clock):
                    answer = await self._answer_in(response, request_id, request, clock)
        except BaseException:
            # Closing the stream is how the server learns that nobody waits.
            response.close()
            raise
        if response.content.at_eof():
            response.release()
        else:
            self._parts.tasks.spawn(drain(response), response.close)
        return result_of(answer, request.method, self._parts.http.quirks)

    def _message(
        self,
        request_id: int,
        request: Request,
        params: Mapping[str, Any],
        settings: CallSettings,
    ) -> Message:
        meta = {**self._meta, **settings.meta}
        if progress_for(request, settings):
            meta["progressToken"] = request_id
        if self._log_level is not None:
            meta[f"{_META}logLevel"] = self._log_level
        return {
            "jsonrpc": "2.0",
            "id": request_id,
            "method": request.method,
            "params": {**params, "_meta": meta},
        }

    async def _send(
        self, request: Request, message: Message, settings: CallSettings
    ) -> aiohttp.ClientResponse:
        """The answer to a request, if its status says that it is one."""
        sent = {
            **settings.headers,
            **self._headers,
            headers.METHOD: request.method,
            **request.headers,
        }
        if request.name is not None:
            sent[headers.NAME] = headers.encode(request.name)
        response = await self._parts.http.send("POST", sent, to_json(message))
        if response.status >= 400:
            try:
                error = await failure(self._parts.http, response, request.method)
            finally:
                response.close()
            raise _judged(error)
        return response

    async def _answer_of(
        self, response: aiohttp.ClientResponse, request_id: int, request: Request
    ) -> Message:
        """The answer that is a single JSON object, without the costs of a stream."""
        http = self._parts.http
        for message in await body_messages(http, response):
            if is_answer(message, request_id, http.quirks):
                return message
        raise unanswered(http, request.method, response.status)

    async def _answer_in(
        self,
        response: aiohttp.ClientResponse,
        request_id: int,
        request: Request,
        clock: Clock,
    ) -> Message:
        http = self._parts.http
        parser = http.parser()
        async with contextlib.aclosing(messages(http, response, parser)) as stream:
            async for message in stream:
                if is_answer(message, request_id, http.quirks):
                    return message
                clock.heard()
                if "method" in message and "id" not in message:
                    await self._parts.events.receive(message)
        raise unanswered(http, request.method, final_status(response), parser)

    def _listen(self, wanted: Filter) -> AsyncGenerator[Notification | None, None]:
        from .listen import listen

        async def connect() -> tuple[int, aiohttp.ClientResponse]:
            request_id = next(self._parts.ids)
            request = Request("subscriptions/listen", {})
            settings = self._parts.settings.for_calls()
            message = self._message(
                request_id, request, {"notifications": wanted.to_json()}, settings
            )
            return request_id, await self._send(request, message, settings)

        return listen(self._parts, wanted, connect)


def _judged(error: ClientError) -> ClientError:
    """An error as it is, or the news that this is no modern server."""
    if isinstance(error, TransportError) and error.status in _FOREIGN:
        return EraLostError(error)
    return error
