"""Multi-round-trip requests: questions of a modern handler become the call's result.

A question without an answer ends the call; on the retry the handler runs again, and the
questions that were answered return at once.
https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import math
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from ....core.catalog import Json, JsonObject
from ....core.errors import invalid_params, missing_capabilities
from ....core.jsonrpc import encode
from ...handlers.questions import (
    AnswerRefused,
    Client,
    InputRequired,
    Question,
    missing_of,
)
from ...handlers.repeats import Repeats

_PURPOSE: Final = b"mcp requestState 1"
_MAC_BYTES: Final = 32
_LOG_SECONDS: Final = 60.0

_log: Final = logging.getLogger("mcp.server")

ASKING_METHODS = frozenset(["tools/call", "prompts/get", "resources/read"])
"""The requests that may be answered with questions."""


@dataclass(eq=False, repr=False, slots=True)
class MultiRoundTrip:
    """The rounds of one call, taken up where an earlier one left it.

    Attributes:
        values: What the handler keeps between the rounds.
        repeats: Observes what this round repeats; None where nothing is observed.

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

    _client: Client
    _sealer: StateSealer
    _method: str
    _params: JsonObject
    _owner: str | None = None
    observed: InitVar[object | None] = None
    _answers: dict[str, JsonObject] = field(init=False)
    values: dict[str, Json] = field(init=False)
    repeats: Repeats | None = field(init=False)

    def __post_init__(self, observed: object | None) -> None:
        self._answers, self.values = {}, {}
        self._resume(self._params)
        again = observed is not None and bool(self._answers)
        self.repeats = Repeats(observed) if again else None

    def _resume(self, params: JsonObject) -> None:
        text = params.get("requestState")
        if text is not None:
            if not isinstance(text, str):
                raise invalid_params("`requestState` must be a string")
            state = self._sealer.open(text, self._fingerprint())
            self._answers.update(state.answers)
            self.values.update(state.values)
        responses = params.get("inputResponses")
        if responses is not None:
            if text is None and _has_arguments(params):
                # It says what the questions were about. Where there is nothing that
                # they could have been about, the official suite wants to go without.
                raise invalid_params(
                    "`inputResponses` without the `requestState` that came with the "
                    "questions"
                )
            if not isinstance(responses, Mapping):
                raise invalid_params("`inputResponses` must be an object")
            for key, response in responses.items():
                if isinstance(response, Mapping):
                    self._answers.setdefault(key, response)

    async def ask(self, questions: Mapping[str, Question[Any]]) -> dict[str, Any]:
        """The answers, or InputRequired if one is not there or does not fit."""
        answers = _answered(self._client, self._answers, questions)
        if self.repeats is not None:
            self.repeats.answered()
        return answers

    def result(self, required: InputRequired) -> bytes:
        """The members of the `InputRequiredResult` for questions that are open."""
        version = self._client.version
        requests = {
            key: {"method": question.method, "params": question.params(version)}
            for key, question in required.questions.items()
        }
        state = self._sealer.seal(
            State(self._answers, self.values), self._fingerprint()
        )
        return b'"inputRequests":%b,"requestState":%b' % (
            encode(requests),
            to_json(state),
        )

    def _fingerprint(self) -> bytes:
        return fingerprint(self._owner, self._method, self._params)


async def ask_first(
    client: Client, questions: Mapping[str, Question[Any]]
) -> dict[str, Any]:
    """What `MultiRoundTrip.ask` does in the first round, without an object."""
    return _answered(client, {}, questions)


def _answered(
    client: Client,
    given: dict[str, JsonObject],
    questions: Mapping[str, Question[Any]],
) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    open_questions: dict[str, Question[Any]] = {}
    for key, question in questions.items():
        if key in given:
            try:
                answers[key] = question.read(given[key])
                continue
            except AnswerRefused:
                del given[key]
        open_questions[key] = question
    if lacking := missing_of(open_questions.values(), client):
        raise missing_capabilities(lacking)
    if open_questions:
        raise InputRequired(open_questions)
    return answers


def _has_arguments(params: JsonObject) -> bool:
    """Whether a request is about more than what a name says."""
    return bool(params.get("arguments")) or "uri" in params


class State(NamedTuple):
    """What one call remembers between its rounds.

    Attributes:
        answers: The client's answers so far, by question.
        values: What the handler put into `ctx.state`.
    """

    answers: Mapping[str, JsonObject]
    values: Mapping[str, Json]


class StateSealer:
    """Makes `requestState` strings, signed, bound and dated, and reads them back.

    Any replica with the same keys can go on where another stopped. The client can read
    what is inside, but not change it, keep it for long, or use it for another request.

    Args:
        keys: Secrets, the newest first: it signs, all of them verify. None at all make
            one for this process.
        lifetime: Seconds for which a string is valid.
    """

    __slots__ = ("_keys", "_lifetime", "_logged", "_shared")

    def __init__(self, keys: Sequence[str], lifetime: float) -> None:
        self._shared = bool(keys)
        self._logged = -math.inf
        given = [key.encode() for key in keys] or [secrets.token_bytes(32)]
        self._keys = [hmac.digest(key, _PURPOSE, "sha256") for key in given]
        self._lifetime = lifetime

    def seal(self, state: State, request: bytes) -> str:
        """A string for the client to bring back; `request` is from `fingerprint`."""
        body = encode(
            {
                "until": int(time.time() + self._lifetime),
                "answers": state.answers,
                "values": state.values,
            }
        )
        mac = self._mac(self._keys[0], body, request)
        return urlsafe_b64encode(mac + body).decode("ascii").rstrip("=")

    def open(self, text: str, request: bytes) -> State:
        """The state behind a string.

        Raises:
            ProtocolError: It is forged, expired, or was made for another request.
        """
        mac, body = _split(text)
        if not any(
            hmac.compare_digest(mac, self._mac(key, body, request))
            for key in self._keys
        ):
            self._log_missing_keys()
            raise invalid_params("requestState is not valid for this request")
        content = from_json(body)
        if content["until"] < time.time():
            raise invalid_params("requestState has expired; start the request again")
        return State(content["answers"], content["values"])

    def _log_missing_keys(self) -> None:
        """Say why another replica's state is not known here, but not for every request."""
        now = time.monotonic()
        if self._shared or now - self._logged < _LOG_SECONDS:
            return
        self._logged = now
        _log.warning(
            "a requestState was refused: it is forged, or another replica or an earlier "
            "run of this server made it; give all of them the same MCP_STATE_KEYS "
            "(setting state_keys)"
        )

    @staticmethod
    def _mac(key: bytes, body: bytes, request: bytes) -> bytes:
        return hmac.digest(key, request + body, "sha256")


def fingerprint(principal: str | None, method: str, params: JsonObject) -> bytes:
    """What binds a state to its request: who asks for what, with which arguments."""
    salient = {
        key: value
        for key, value in params.items()
        if key not in ("_meta", "inputResponses", "requestState")
    }
    text = json.dumps([principal, method, salient], sort_keys=True, default=dict)
    return hashlib.sha256(text.encode()).digest()


def _split(text: str) -> tuple[bytes, bytes]:
    try:
        given = text.encode("ascii")
        raw = urlsafe_b64decode(given + b"=" * (-len(text) % 4))
    except ValueError:
        return b"", b""
    if urlsafe_b64encode(raw).rstrip(b"=") != given:
        # The decoder overlooks what does not belong there; one state has one text.
        return b"", b""
    return raw[:_MAC_BYTES], raw[_MAC_BYTES:]
