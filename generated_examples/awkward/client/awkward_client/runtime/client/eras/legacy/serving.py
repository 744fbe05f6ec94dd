"""The requests that a legacy server makes of its client, and the answers.

Knows the handlers and the channel; nothing of sessions.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ....core import errors as codes
from ...channel import SessionChannel, SessionLostError
from ...errors import ClientError, MissingHandlerError, ProtocolError
from ...shapes import members

if TYPE_CHECKING:
    from ...incoming import Message
    from ...session import Parts
    from ...work.limits import Clock

logger: Final = logging.getLogger(__name__)

MAX_REQUESTS: Final = 100
"""Requests of a server that are answered side by side."""


class Serving:
    """Takes what the server sends of its own accord in one session.

    Its ids are the session's: those of the next one begin anew.

    Attributes:
        has_unanswered: Whether there was a question that had no handler.
    """

    def __init__(self, parts: Parts, channel: SessionChannel) -> None:
        self._parts = parts
        self._channel = channel
        self._running: dict[str | int, asyncio.Task[None]] = {}
        self._unanswered: dict[Clock | None, MissingHandlerError] = {}
        self.has_unanswered = False
        self._ended = False

    def unanswered(self, clock: Clock) -> MissingHandlerError | None:
        """The question that had no handler while a call ran; it is reported once."""
        on_own_stream = self._unanswered.pop(clock, None)
        return on_own_stream or self._unanswered.pop(None, None)

    def end(self) -> None:
        """The session is no more: nobody waits for the answers to its requests."""
        self._ended = True
        for task in self._running.values():
            task.cancel()

    async def receive(self, message: Message, clock: Clock | None) -> None:
        """Starts to answer a request, or passes a notification on."""
        method, request_id = message.get("method"), message.get("id")
        if not isinstance(method, str):
            return
        params = members(message.get("params"))
        if isinstance(request_id, str | int):
            self._start(method, request_id, params, clock)
            return
        if method == "notifications/cancelled":
            wanted = params.get("requestId")
            if isinstance(wanted, str | int) and wanted in self._running:
                self._running[wanted].cancel()
        await self._parts.events.receive(message)

    def _start(
        self,
        method: str,
        request_id: str | int,
        params: Mapping[str, Any],
        clock: Clock | None,
    ) -> None:
        if self._ended:
            logger.debug("%s of a session that has ended is ignored", method)
            return
        if request_id in self._running or len(self._running) >= MAX_REQUESTS:
            logger.warning("the server asks too much at once: %s is ignored", method)
            return
        task = self._parts.tasks.spawn(self._serve(method, request_id, params, clock))
        self._running[request_id] = task
        task.add_done_callback(lambda _: self._running.pop(request_id, None))

    async def _serve(
        self,
        method: str,
        request_id: str | int,
        params: Mapping[str, Any],
        clock: Clock | None,
    ) -> None:
        """Answers one request, while the time of the call that it belongs to stands still.

        It came on that call's stream. What comes on the session's own stream may belong
        to any call, so all are paused that run by then.
        """
        pause = self._parts.calls.all_paused if clock is None else clock.paused
        with pause():
            answer = await self._answer(method, params, clock)
        try:
            await self._channel.post({"jsonrpc": "2.0", "id": request_id, **answer})
        except (ClientError, SessionLostError) as error:
            logger.warning("an answer to %s did not get through: %s", method, error)

    async def _answer(
        self, method: str, params: Mapping[str, Any], clock: Clock | None
    ) -> Message:
        if method == "ping":
            return {"result": {}}
        try:
            return {"result": await self._parts.handlers.answer(method, params)}
        except ProtocolError as error:
            return _error(error.code, error.message)
        except MissingHandlerError as error:
            self._unanswered[clock] = error
            self.has_unanswered = True
            return _error(codes.METHOD_NOT_FOUND, str(error))
        except ClientError as error:
            logger.warning("%s: %s", method, error)
            return _error(codes.INVALID_PARAMS, "the client could not answer this")
        except Exception:
            logger.exception("a handler of an MCP client failed: %s", method)
            return _error(codes.INTERNAL_ERROR, "the client's handler failed")


def _error(code: int, text: str) -> Message:
    return {"error": {"code": code, "message": text}}
