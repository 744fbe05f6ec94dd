"""`requestState`: what a multi-round-trip request remembers, signed, bound and dated.

Any replica with the same keys can go on where another stopped. The client can read what
is inside, but not change it, keep it for long, or use it for another request.
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
from dataclasses import dataclass, field
from typing import Final

from pydantic_core import from_json

from ....core.catalog import Json, JsonObject
from ....core.errors import INVALID_PARAMS, ProtocolError
from ....core.jsonrpc import encode

_PURPOSE: Final = b"mcp requestState 1"
_MAC_BYTES: Final = 32
_LOG_SECONDS: Final = 60.0

_log: Final = logging.getLogger("mcp.server")


@dataclass(frozen=True, slots=True)
class State:
    """What one call remembers between its rounds.

    Attributes:
        answers: The client's answers so far, by question.
        values: What the handler put into `ctx.state`.
    """

    answers: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])


class StateSealer:
    """Makes `requestState` strings, and reads them back if they are genuine.

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
            raise ProtocolError(
                INVALID_PARAMS, "requestState is not valid for this request"
            )
        content = from_json(body)
        if content["until"] < time.time():
            raise ProtocolError(
                INVALID_PARAMS, "requestState has expired; start the request again"
            )
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
