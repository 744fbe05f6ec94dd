"""The stateless revisions (2026-07-28 and later): every request stands for itself.

Each request carries version, client and capabilities; a server that needs input says so
in its result, and the request is sent again with the answers.
https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ...core import errors as codes
from .. import backoff
from ..calls import Request, invalid_result
from ..channel import CONNECT_LIMIT
from ..connection import Session
from ..errors import (
    AuthError,
    CallTimeoutError,
    InvalidResultError,
    ProtocolError,
    TransportError,
    VersionError,
)
from ..handlers import Handlers
from ..incoming import Message, is_answer, is_list, is_object, members, result_of
from ..limits import Clock
from ..options import CallSettings, Notification
from ..session import EraLostError, Parts, ServerInfo, is_busy, named_versions

if TYPE_CHECKING:
    from ..channel import RequestChannel
    from ..subscriptions import Filter, Put, Subscription

logger: Final = logging.getLogger(__name__)

MAX_ROUNDS: Final = 20
"""How often one call may ask for input."""

_META: Final = "io.modelcontextprotocol/"
_DISCOVER: Final = "server/discover"
_MAY_ASK: Final = frozenset(["tools/call", "prompts/get", "resources/read"])
_FOREIGN: Final = frozenset([400, 404, 405])
"""HTTP statuses that servers of other eras and transports answer with."""


class ModernSession(Session):
    """Requests to a modern server, which keeps nothing of them."""

    def __init__(self, parts: Parts, channel: RequestChannel, version: str) -> None:
        super().__init__(parts, channel)
        self._channel = channel
        channel.receive = self._receive
        self.server = ServerInfo(version, "modern", {}, {}, None)
        self.use(version)

    def use(self, version: str) -> None:
        """Speaks a version from now on."""
        self.server = dataclasses.replace(self.server, protocol_version=version)
        self._meta: dict[str, Any] = {
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
        if request.method == "ping":
            # These revisions have no `ping`.
            await self.discover(request.options)
            return {}
        if request.method == "logging/setLevel":
            # Every request from now on carries this level.
            self._log_level = request.params["level"]
            return {}
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

    def subscribe(self, wanted: Filter) -> Subscription:
        """A `subscriptions/listen` request."""
        from ..subscriptions import Subscription

        params = {"notifications": wanted.to_json()}
        options = self._parts.settings.for_calls()
        request = Request("subscriptions/listen", params, options=options)

        def stream() -> tuple[int, AsyncGenerator[Message, None]]:
            request_id = next(self._parts.ids)
            message = self._sent(request_id, request)
            return request_id, self._channel.stream(message, request.headers)

        source = partial(_listen, self._parts, wanted, stream)
        return Subscription(source, self._parts.tasks)

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
        message = self._sent(next(self._parts.ids), request)
        try:
            answer = await self._answered(
                message, clock, request.options, request.headers
            )
        except TransportError as error:
            if error.status in _FOREIGN:
                # No modern server answers so.
                raise EraLostError(error) from None
            raise
        return result_of(answer, request.method, self._parts.transport.quirks)

    def _sent(self, request_id: int, request: Request) -> Message:
        message = request.message(request_id, self._meta)
        if self._log_level is not None:
            message["params"]["_meta"][f"{_META}logLevel"] = self._log_level
        return message

    async def _receive(self, message: Message, clock: Clock | None) -> None:
        if "method" in message and "id" not in message:
            await self._parts.events.receive(message)


PROBE_LIMIT: Final = 10.0
"""Seconds for an answer to the first modern request: old servers may keep silent."""

_MODERN_ERRORS: Final = frozenset(
    [
        codes.HEADER_MISMATCH,
        codes.MISSING_CLIENT_CAPABILITY,
        codes.UNSUPPORTED_PROTOCOL_VERSION,
    ]
)


async def opened(parts: Parts) -> ModernSession:
    """A modern connection, begun with `server/discover`.

    Raises:
        EraLostError: The server is legacy, or no MCP server at all.
        ClientError: It is modern, but nothing is in common; or nobody is there.
    """
    channel = parts.transport.requests(parts.tasks)
    session = ModernSession(parts, channel, parts.wanted.first("modern"))
    timeout = parts.settings.timeout
    # A server that keeps silent leaves half of the time for the older handshake.
    limit = PROBE_LIMIT if timeout is None else min(PROBE_LIMIT, timeout / 2)
    result = await _discovered(session, parts.brief(limit))
    supported = result.get("supportedVersions")
    if not is_list(supported):
        raise EraLostError(VersionError([]))
    version = parts.wanted.common("modern", supported)
    if version is not None:
        session.use(version)
        return session
    disjoint = VersionError([str(each) for each in supported])
    if parts.wanted.common("legacy", supported) is None:
        raise disjoint
    raise EraLostError(disjoint)


async def _discovered(session: ModernSession, limits: CallSettings) -> dict[str, Any]:
    """The server's account; anything that no modern server says means legacy."""
    try:
        return await session.discover(limits)
    except ProtocolError as error:
        if error.code in _MODERN_ERRORS:
            raise
        raise EraLostError(error) from None
    except (CallTimeoutError, InvalidResultError) as error:
        raise EraLostError(error) from None
    except TransportError as error:
        if not error.sent or isinstance(error, AuthError) or is_busy(error):
            raise
        raise EraLostError(error) from None


async def gather(handlers: Handlers, result: Mapping[str, Any]) -> dict[str, Any]:
    """What an `InputRequiredResult` adds to the request when it is sent again.

    Raises:
        InvalidResultError: The result asks for nothing.
        ClientError: A handler is missing, or its answer does not fit.
    """
    added: dict[str, Any] = {}
    requests = result.get("inputRequests")
    if is_object(requests) and requests:
        added["inputResponses"] = await _answers(handlers, requests)
    if "requestState" in result:
        added["requestState"] = result["requestState"]
    if not added:
        raise invalid_result("input_required", "it does not say what is needed", result)
    return added


async def _answers(
    handlers: Handlers, requests: Mapping[str, object]
) -> dict[str, dict[str, Any]]:
    """The answers by key; the first failure cancels the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {
                key: group.create_task(
                    handlers.answer(
                        str(members(wanted).get("method")),
                        members(members(wanted).get("params")),
                    )
                )
                for key, wanted in requests.items()
            }
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {key: task.result() for key, task in tasks.items()}


Stream: TypeAlias = Callable[[], tuple[int, AsyncGenerator[Message, None]]]
"""The id of a new request, and what sends it and yields the messages for it."""

_LISTEN: Final = "subscriptions/listen"
_ACKNOWLEDGED: Final = "notifications/subscriptions/acknowledged"


async def _listen(
    parts: Parts, wanted: Filter, stream: Stream, ready: Callable[[], None], put: Put
) -> None:
    """Put each notification, until the server ends the subscription.

    Args:
        parts: The connection's.
        wanted: The changes.
        stream: Begins a stream of them.
        ready: Called once the server has agreed.
        put: Called with each change.

    Raises:
        ProtocolError: The server refuses the subscription.
        TransportError: The stream broke and could not be opened again.
    """
    failures = 0
    agreed = False
    reopening = backoff.Reopening()

    def acknowledged() -> None:
        nonlocal failures, agreed
        failures = 0
        reopening.opened()
        if agreed:
            for missed in wanted.missed():
                put(missed)
        agreed = True
        ready()

    while True:
        try:
            return await _once(parts, wanted, stream, acknowledged, put)
        except TransportError as error:
            if not agreed or isinstance(error, AuthError) or parts.calls.closed:
                raise
            failures += 1
            if failures > backoff.MAX_TRIES:
                raise
            logger.debug("the stream of changes is lost: %s", error)
        # A stream that was open is one failure; the next ones are of those who knock.
        await (reopening.wait() if failures == 1 else backoff.wait(failures))


async def _once(
    parts: Parts,
    wanted: Filter,
    stream: Stream,
    acknowledged: Callable[[], None],
    put: Put,
) -> None:
    """One stream, until a graceful end.

    Raises:
        TransportError: It ended otherwise.
    """
    request_id, incoming = stream()
    async with contextlib.aclosing(incoming):
        async with parts.calls.limited(_LISTEN, parts.brief(CONNECT_LIMIT)):
            message = await anext(incoming, None)
        if message is not None and message.get("method") == _ACKNOWLEDGED:
            _compare(wanted, message)
            acknowledged()
            message = await parts.next_change(anext(incoming, None))
        while message is not None:
            if is_answer(message, request_id, parts.transport.quirks):
                result_of(message, _LISTEN, parts.transport.quirks)
                return
            if _is_end(message, request_id):
                return
            if "method" in message:
                await parts.events.receive(message)
                put(Notification(message["method"], members(message.get("params"))))
            message = await parts.next_change(anext(incoming, None))
    transport = parts.transport
    problem = "the stream of changes broke off"
    raise TransportError(problem, url=transport.url, method=transport.verb)


def _is_end(message: Message, request_id: int) -> bool:
    """Whether the server tears the subscription down."""
    params = members(message.get("params"))
    is_cancelled = message.get("method") == "notifications/cancelled"
    return is_cancelled and params.get("requestId") == request_id


def _compare(wanted: Filter, acknowledged: Message) -> None:
    """Says in the log what the server does not report."""
    granted = members(acknowledged.get("params")).get("notifications")
    if not is_object(granted):
        return
    missing = [key for key in wanted.to_json() if not granted.get(key)]
    if missing:
        logger.warning("the server does not report %s", ", ".join(missing))
