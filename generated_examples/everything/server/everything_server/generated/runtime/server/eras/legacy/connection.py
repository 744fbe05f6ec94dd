"""The legacy era on a connection, which is the session.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ....core.errors import INVALID_REQUEST, ProtocolError
from ....core.jsonrpc import RequestId, is_object, is_request_id
from ...incoming import Incoming
from ...methods.answer import EMPTY
from ...methods.registry import Change, Changes
from ..announcements import notification
from ..era import Connected, ConnectionEra, ResponseChannel
from .era import Legacy, legacy_result
from .server_requests import take_answer
from .session_manager import SessionManager
from .sessions import LegacySession


class LegacyConnection(ConnectionEra):
    """The session of one connection, once there was an `initialize`."""

    def __init__(
        self,
        era: Legacy,
        manager: SessionManager,
        connection: Connected,
        changes: Changes,
    ) -> None:
        self._era = era
        self._manager = manager
        self._connection = connection
        self._session: LegacySession | None = None
        self._stop = changes.listen(self)

    def __call__(self, change: Change, /) -> Iterator[None]:
        """Hear of a change."""
        session = self._session
        if session is not None and (
            change.uri is None or change.uri in session.subscribed
        ):
            self._connection.push(notification(change))
        yield

    async def respond(
        self,
        incoming: Incoming,
        channel: ResponseChannel,
        request_id: RequestId,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """See `ConnectionEra`."""
        method = message["method"]
        if method == "initialize":
            return self._initialize(incoming, request_id, message)
        if self._session is not None:
            self._era.require(incoming, [message])
            return await self._era.respond(incoming, self._session, channel, message)
        if method != "ping":
            raise ProtocolError(INVALID_REQUEST, "Start with `initialize`")
        return legacy_result(request_id, EMPTY)

    def _initialize(
        self, incoming: Incoming, request_id: RequestId, message: Mapping[str, Any]
    ) -> bytes:
        if self._session is not None:
            raise ProtocolError(INVALID_REQUEST, "The session is initialized already")
        client = self._era.negotiate(message.get("params"))
        if self._connection.session_id is None:
            self._session = LegacySession(client, (), incoming.owner)
            self._session.connect(self._connection)
        else:
            self._session = self._manager.open(incoming, client, self._connection)
        return self._era.welcome(request_id, client)

    async def batch(
        self, incoming: Incoming, channel: ResponseChannel, messages: Sequence[Any]
    ) -> list[bytes]:
        """See `ConnectionEra`."""
        if self._session is None:
            return await super().batch(incoming, channel, messages)
        self._era.check_batch(len(messages))
        return await self._era.batch(incoming, self._session, channel, messages)

    @property
    def has_begun(self) -> bool:
        """See `ConnectionEra`."""
        return self._session is not None

    def answered(self, message: Mapping[str, Any]) -> None:
        """See `ConnectionEra`."""
        if self._session is not None:
            take_answer(self._session, message)

    def notified(self, message: Mapping[str, Any]) -> bool:
        """See `ConnectionEra`."""
        if self._session is None:
            return False
        params = message.get("params")
        known = params.get("requestId") if is_object(params) else None
        self._era.notified(self._session, message)
        return is_request_id(known) and known in self._session.running

    def end(self) -> None:
        """See `ConnectionEra`."""
        self._stop()
        if self._session is None:
            return
        if self._connection.session_id is None:
            self._session.end()
        else:
            self._manager.close_session(self._session)
