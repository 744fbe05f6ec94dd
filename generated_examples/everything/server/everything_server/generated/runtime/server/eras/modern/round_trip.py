"""Multi-round-trip requests: questions of a modern handler become the call's result.

A question without an answer ends the call; on the retry the handler runs again, and the
questions that were answered return at once.
https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from ....core.catalog import Json, JsonObject
from ....core.errors import (
    INVALID_PARAMS,
    ProtocolError,
    both,
    missing_capabilities,
)
from ....core.jsonrpc import encode
from ...handlers.questions import AnswerRefused, Client, InputRequired, Question
from ...handlers.repeats import Repeats
from ...methods.answer import Answer
from .state import State, StateSealer, fingerprint

ASKING_METHODS = frozenset(["tools/call", "prompts/get", "resources/read"])
"""The requests that may be answered with questions."""


class MultiRoundTrip:
    """The rounds of one call: an `InputRequester` for the modern era."""

    __slots__ = (
        "_answers",
        "_client",
        "_owner",
        "_request",
        "_sealer",
        "repeats",
        "values",
    )

    values: dict[str, Json]
    """What the handler keeps between the rounds."""
    repeats: Repeats | None
    """Observes what this round repeats; None where nothing is observed."""

    def __init__(
        self,
        client: Client,
        sealer: StateSealer,
        method: str,
        params: JsonObject,
        owner: str | None = None,
        observed: object | None = None,
    ) -> None:
        """Take up the call where an earlier round left it.

        Args:
            client: Who is asked.
            sealer: Makes and reads `requestState`.
            method: The request's method.
            params: Its parameters.
            owner: The key of the principal.
            observed: The service, to observe what its handlers repeat.

        Raises:
            ProtocolError: The parameters bring a state that is not genuine.
        """
        self._client = client
        self._owner = owner
        self._sealer = sealer
        self._request: tuple[str, JsonObject] = (method, params)
        self._answers: dict[str, JsonObject] = {}
        self.values = {}
        if "requestState" in params or "inputResponses" in params:
            self._resume(params)
        again = observed is not None and bool(self._answers)
        self.repeats = Repeats(observed) if again else None

    def _resume(self, params: JsonObject) -> None:
        text = params.get("requestState")
        if text is not None:
            if not isinstance(text, str):
                raise ProtocolError(INVALID_PARAMS, "`requestState` must be a string")
            state = self._sealer.open(text, self._fingerprint())
            self._answers.update(state.answers)
            self.values.update(state.values)
        responses = params.get("inputResponses")
        if responses is not None:
            if text is None and _has_arguments(params):
                # It tells what the questions were about. Where there is nothing that
                # they could have been about, the official suite wants to go without.
                raise ProtocolError(
                    INVALID_PARAMS,
                    "`inputResponses` without the `requestState` that came with the "
                    "questions",
                )
            if not isinstance(responses, Mapping):
                raise ProtocolError(
                    INVALID_PARAMS, "`inputResponses` must be an object"
                )
            for key, response in responses.items():
                if isinstance(response, Mapping):
                    self._answers.setdefault(key, response)

    async def ask(self, questions: Mapping[str, Question[Any]]) -> dict[str, Any]:
        """The answers, or InputRequired if one is not there or does not fit."""
        answers: dict[str, Any] = {}
        open_questions: dict[str, Question[Any]] = {}
        lacking: dict[str, Json] = {}
        for key, question in questions.items():
            given = self._answers.get(key)
            if given is not None:
                try:
                    answers[key] = question.read(given)
                    continue
                except AnswerRefused:
                    del self._answers[key]
            missing = question.missing(self._client.capabilities, self._client.version)
            lacking = both(lacking, missing)
            open_questions[key] = question
        if lacking:
            raise missing_capabilities(lacking)
        if open_questions:
            raise InputRequired(open_questions)
        if self.repeats is not None:
            self.repeats.answered()
        return answers

    def result(self, required: InputRequired) -> Answer:
        """The `InputRequiredResult` for questions that are open, without resultType."""
        version = self._client.version
        requests = {
            key: {"method": question.method, "params": question.params(version)}
            for key, question in required.questions.items()
        }
        state = self._sealer.seal(
            State(self._answers, self.values), self._fingerprint()
        )
        return Answer(
            b'"inputRequests":%b,"requestState":%b' % (encode(requests), to_json(state))
        )

    def _fingerprint(self) -> bytes:
        return fingerprint(self._owner, *self._request)


def _has_arguments(params: JsonObject) -> bool:
    """Whether a request is about more than what a name says."""
    return bool(params.get("arguments")) or "uri" in params
