"""Questions of legacy handlers: requests to the client on the call's own stream, whose
answers come back in requests of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ....core import jsonrpc
from ....core.catalog import Json
from ....core.errors import INVALID_REQUEST, ProtocolError, invalid_request, named
from ....core.jsonrpc import is_object
from ....core.revision import Revision
from ...handlers.content import ToolError
from ...handlers.questions import AnswerRefused, Question, missing_of
from ..era import ResponseChannel
from .sessions import LegacySession

_TRIES: Final = 3
"""How often a question is put whose answer does not fit."""


@dataclass(eq=False, slots=True)
class ServerRequests:
    """Asks the client of a session."""

    _session: LegacySession
    _revision: Revision
    _channel: ResponseChannel
    _timeout: float

    async def ask(self, questions: Mapping[str, Question[Any]]) -> dict[str, Any]:
        """Put all questions, then wait for all answers.

        Raises:
            ProtocolError: The client can't be asked this.
            ToolError: It refused, did not answer in time, or answered something else.
        """
        self._check(questions.values())
        if not questions:
            return {}
        pending = [
            asyncio.ensure_future(self._put(question))
            for question in questions.values()
        ]
        try:
            answers = await asyncio.gather(*pending)
        finally:
            # Each takes back its own question, before the call's response goes out.
            for task in pending:
                if not task.cancelling():
                    task.cancel()
            await asyncio.wait(pending)
        return dict(zip(questions, answers, strict=True))

    def _check(self, questions: Collection[Question[Any]]) -> None:
        if questions and not self._session.is_kept:
            raise invalid_request(
                "This asks the client, for which a session is needed; start with "
                "`initialize`"
            )
        if lacking := missing_of(questions, self._session.client):
            raise ProtocolError(
                INVALID_REQUEST,
                f"The client does not support {named(lacking)}",
                {"requiredCapabilities": lacking},
            )
        for question in questions:
            if question.method not in self._revision.server_requests:
                raise invalid_request(f"The client does not support {question.method}")
        if questions and not self._channel.takes_events:
            raise invalid_request("This needs a client that accepts text/event-stream")

    async def _put(self, question: Question[Any]) -> Any:
        reason = ""
        for _ in range(_TRIES):
            try:
                return question.read(await self._request(question))
            except AnswerRefused as error:
                reason = str(error)
        raise ToolError(
            f"The client's answer to {question.method} is invalid: {reason}"
        )

    async def _request(self, question: Question[Any]) -> Any:
        session = self._session
        if self._channel.finished:
            raise ToolError(f"The call is over; {question.method} can't be asked")
        number = session.next_number()
        future = asyncio.get_running_loop().create_future()
        session.waiting[number] = future
        params = question.params(session.client.version)
        page = params.get("elicitationId")
        if isinstance(page, str):
            session.asked_to_open(page)
        try:
            await self._channel.send(
                jsonrpc.request(number, question.method, params or None)
            )
            async with asyncio.timeout(self._timeout or None):
                return await future
        except TimeoutError:
            await self._withdraw(number, "no answer in time")
            raise ToolError(
                f"The client did not answer {question.method} within {self._timeout:g} s"
            ) from None
        except asyncio.CancelledError:
            await self._withdraw(number, "the call is over")
            raise
        finally:
            session.waiting.pop(number, None)

    async def _withdraw(self, number: int, reason: str) -> None:
        params: dict[str, Json] = {"requestId": number, "reason": reason}
        await self._channel.send(
            jsonrpc.notification("notifications/cancelled", params)
        )


def is_response(message: Mapping[str, Any]) -> bool:
    """Whether a message without a method answers a request."""
    return "id" in message and ("result" in message or "error" in message)


def take_answer(session: LegacySession, message: Mapping[str, Any]) -> bool:
    """Give a response from the client to the request that waits; False without one."""
    request_id = message.get("id")
    if not is_response(message) or not jsonrpc.is_request_id(request_id):
        return False
    future = session.waiting.get(request_id)
    if future is None or future.done():
        return False
    error = message.get("error")
    if is_object(error):
        future.set_exception(ToolError(f"The client refused: {error.get('message')}"))
    else:
        result = message.get("result")
        future.set_result(result if is_object(result) else {})
    return True
