"""The revisions with a session (2025-11-25 and earlier): initialize, then talk.

Knows the session; how messages travel is the channel's affair.
https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Generator
from functools import partial
from typing import Any, Final

from ....core import errors as codes
from ...calls import Request, ToolError
from ...channel import (
    CONNECT_LIMIT,
    LISTEN_WAIT,
    SessionChannel,
    SessionLostError,
)
from ...connection import Session, lacking, require
from ...errors import (
    CallTimeoutError,
    ClientError,
    MissingHandlerError,
    ProtocolError,
    TransportError,
    VersionError,
)
from ...handlers import ROOTS_CHANGED
from ...incoming import members, result_of
from ...session import DETACHED_LIMIT, Parts, ServerInfo, named_versions
from ...subscriptions import Filter, Subscription
from .changes import LegacyChanges
from .serving import Serving, with_pages

logger: Final = logging.getLogger(__name__)

STEP_LIMIT: Final = 10.0
"""Seconds for each further step of the handshake."""


class LegacySession(Session):
    """A session with a legacy server."""

    def __init__(self, parts: Parts, channel: SessionChannel) -> None:
        super().__init__(parts, channel)
        self._channel = channel
        self._lock = asyncio.Lock()
        self._generation = 0
        self._alive = True
        self._serving = Serving(parts, channel)
        self._changes = LegacyChanges(parts, channel, self.request, self._exchange)
        self.server = ServerInfo(parts.wanted.first("legacy"), "legacy", {}, {}, None)

    async def request(self, request: Request) -> dict[str, Any]:
        """The result, after a person has visited what pages the server wants."""
        if request.method == "logging/setLevel":
            self._log_level = request.params["level"]
        async with self._parts.calls.limited(request.method, request.options) as clock:
            try:
                return await self._in_session(request)
            except ProtocolError as error:
                if error.code != codes.URL_ELICITATION_REQUIRED:
                    raise
                return await with_pages(
                    self._parts, clock, error, lambda: self._in_session(request)
                )

    async def _in_session(self, request: Request) -> dict[str, Any]:
        """The result; a session that the server has lost is made anew, once."""
        if not self._alive:
            await self._renew(self._generation)
        generation = self._generation
        try:
            return await self._exchange(request)
        except SessionLostError as lost:
            try:
                await self._renew(generation)
            except ClientError as error:
                raise error from lost.cause
            if not lost.untouched:
                raise lost.cause from None
        try:
            return await self._exchange(request)
        except SessionLostError as lost:
            raise lost.cause from None

    async def roots_changed(self) -> None:
        """The notification that the client's roots have changed."""
        try:
            await self._channel.post({"jsonrpc": "2.0", "method": ROOTS_CHANGED})
        except SessionLostError:
            # A new session asks for the roots anew.
            await self._renew(self._generation)

    def subscribe(self, wanted: Filter) -> Subscription:
        """Updates of resources by `resources/subscribe`; list changes come unasked."""
        if wanted.resources:
            self._require_subscriptions()
        return Subscription(partial(self._changes.follow, wanted), self._parts.tasks)

    def _require_subscriptions(self) -> None:
        """Raises CapabilityError where the server declares no subscriptions."""
        require("resources/subscribe", self.server, self._parts.wanted)
        if not self.server.capabilities:
            return
        declared = members(self.server.capabilities.get("resources")).get("subscribe")
        if declared is False:
            # The official Python SDK 1 declares that for servers that have them, too.
            self._parts.transport.quirks.note(
                "subscriptions are tried, but not declared"
            )
        elif declared is not True:
            raise lacking("resources/subscribe", "resources.subscribe", self.server)

    async def close(self) -> None:
        """Ends the session."""
        self._serving.end()
        with contextlib.suppress(ClientError, TimeoutError):
            async with asyncio.timeout(DETACHED_LIMIT):
                await self._channel.close()

    async def open(self) -> None:
        """Makes a session.

        Raises:
            TransportError: There is no legacy server at the other end.
            ProtocolError: The server refuses.
            VersionError: It wants a version that nobody knows.
        """
        self._serving.end()
        self._serving = Serving(self._parts, self._channel)
        self._channel.receive = self._serving.receive
        result = await self._introduced()
        chosen = result.get("protocolVersion")
        if self._parts.wanted.version not in (None, chosen):
            raise VersionError([str(chosen)])
        if chosen not in self._parts.wanted.versions("legacy"):
            if chosen not in self._parts.wanted.versions("modern"):
                raise VersionError([str(chosen)])
            # It has a handshake, so it is legacy, whatever it calls itself.
            logger.warning("the server names %s in a legacy handshake", chosen)
        self.server = ServerInfo.read(
            str(chosen), "legacy", result, result.get("serverInfo")
        )
        self._channel.version = self.server.protocol_version
        with self._optional("notifications/initialized"):
            await self._channel.post(
                {"jsonrpc": "2.0", "method": "notifications/initialized"}
            )
        await self._restore()

    async def _introduced(self) -> dict[str, Any]:
        """The result of `initialize`, with a version that the server supports.

        Raises:
            VersionError: It names versions, and this client has none of them.
        """
        wanted = self._parts.wanted
        version = wanted.first("legacy")
        try:
            return await self._setup(self._introduction(version))
        except (ProtocolError, TransportError) as error:
            named = named_versions(error, version)
            if not named or version in named:
                raise
            other = wanted.common("legacy", named)
            if other is None:
                raise VersionError(named) from error
        return await self._setup(self._introduction(other))

    def _introduction(self, version: str) -> Request:
        params = {
            "protocolVersion": version,
            "capabilities": self._parts.handlers.capabilities(version),
            "clientInfo": self._parts.settings.client_info,
        }
        return Request("initialize", params)

    async def _restore(self) -> None:
        """What a new session needs to know, beyond its start."""
        if self._log_level is not None and "logging" in self.server.capabilities:
            with self._optional("logging/setLevel"):
                level = {"level": self._log_level}
                await self._setup(Request("logging/setLevel", level))
        if self._parts.wants_messages:
            await self._channel.listen(LISTEN_WAIT)
        for uri in self._changes.uris:
            with self._optional("resources/subscribe"):
                await self._setup(Request("resources/subscribe", {"uri": uri}))
        self._changes.renewed()

    @contextlib.contextmanager
    def _optional(self, step: str) -> Generator[None]:
        """A step without which a session is of use, too: a refusal is a warning.

        Raises:
            TransportError: The server can't be reached any more.
        """
        try:
            yield
        except (ClientError, SessionLostError) as error:
            cause = error.cause if isinstance(error, SessionLostError) else error
            is_lost = isinstance(cause, TransportError) and cause.status is None
            if is_lost and not isinstance(cause, CallTimeoutError):
                raise cause from None
            self._parts.transport.quirks.note(
                f"{step} failed; going on without it", cause
            )

    async def _setup(self, request: Request) -> dict[str, Any]:
        """A request that belongs to making the session."""
        is_first = request.method == "initialize"
        limits = self._parts.brief(CONNECT_LIMIT if is_first else STEP_LIMIT)
        try:
            return await self._exchange(request.replace(options=limits))
        except SessionLostError as lost:
            raise lost.cause from None

    async def _renew(self, generation: int) -> None:
        """Makes a new session, unless another call has done so already."""
        async with self._lock:
            if generation == self._generation:
                self._alive = False
                await self.open()
                self._generation += 1
                self._alive = True

    async def _exchange(self, request: Request) -> dict[str, Any]:
        message = request.message(next(self._parts.ids), {})
        options = request.options
        async with self._parts.calls.limited(request.method, options) as clock:
            answer = await self._answered(message, clock, options, options.headers)
        unanswered = None
        if self._serving.has_unanswered:
            unanswered = self._serving.unanswered(clock)
        try:
            result = result_of(answer, request.method, self._parts.transport.quirks)
        except ProtocolError as error:
            if unanswered is not None:
                raise unanswered from error
            if request.method == "initialize" or not self._channel.has_session:
                raise
            lost = _lost_in_answer(error, repeatable=request.repeatable)
            raise lost or error from None
        if unanswered is not None and result.get("isError") is True:
            failed = ToolError(str(request.name), result)
            raise MissingHandlerError(str(unanswered), result) from failed
        return result


_NO_ENDPOINT: Final = frozenset([400, 404, 405])


async def opened(parts: Parts) -> LegacySession:
    """A legacy session, over the first of the transport's channels that there is."""
    first, *others = parts.transport.sessions(parts.tasks)
    try:
        return await _session(parts, first())
    except (ProtocolError, TransportError) as error:
        if error.status not in _NO_ENDPOINT:
            raise
        for other in others:
            # The newer transport's refusal says more.
            with contextlib.suppress(ClientError):
                return await _session(parts, other())
        raise


async def _session(parts: Parts, channel: SessionChannel) -> LegacySession:
    legacy = LegacySession(parts, channel)
    try:
        await legacy.open()
    except BaseException:
        await legacy.close()
        raise
    return legacy


_SESSION_NOT_FOUND: Final = -32001
_CODES: Final = frozenset(
    [_SESSION_NOT_FOUND, -32000, -32002, codes.INVALID_REQUEST, codes.INVALID_PARAMS]
)
_EXACT_WORDS: Final = re.compile(
    r"session\b.{0,40}\b(not found|unknown|invalid|expired|missing|closed|terminated"
    r"|not exist|doesn't exist|lost|gone|not active|required)\b"
    r"|\b(no|unknown|invalid|expired|missing|bad|lost)( \w+)? session\b"
    r"|\bnot( been| yet)? initiali[sz]ed\b|\bexpect\w* (an )?initiali[sz]e",
    re.IGNORECASE | re.DOTALL,
)


def _lost_in_answer(
    error: ProtocolError, *, repeatable: bool
) -> SessionLostError | None:
    """An error inside a successful response, if it says that no session is known.

    Only some codes say for sure that the request was not looked at.
    """
    if error.code not in _CODES or _EXACT_WORDS.search(error.message) is None:
        return None
    surely = error.code in (_SESSION_NOT_FOUND, codes.INVALID_REQUEST)
    return SessionLostError(error, untouched=surely or repeatable)
