"""Messages on their way in: strict parsing, their senders, and how they are refused.

No two readers of untrusted JSON can disagree about what is accepted.

`Incoming` is the base of each transport's own class; knows no methods or eras.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from pydantic_core import to_json

from ..core import jsonrpc
from ..core.catalog import Json
from ..core.errors import INVALID_REQUEST, PARSE_ERROR, ProtocolError
from ..core.headers import NAMED_BY
from ..core.jsonrpc import RequestId, is_object, is_request_id

if TYPE_CHECKING:
    from contextvars import Context

    from .principal import Principal

_NO_HEADERS: Final[Mapping[str, str]] = {}
_NO_META: Final[dict[str, Any]] = {}

_ID: Final = rb'"id"\s*:\s*("[^"\\]{0,200}"|-?\d{1,18})\s*'
_METHOD: Final = rb'"method"\s*:\s*"[^"\\]*"'
_START: Final = rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2.0"\s*,\s*)?'
_FIRST_ID: Final = re.compile(
    b"%b(?:%b,\\s*%b|%b\\s*,\\s*%b,)" % (_START, _ID, _METHOD, _METHOD, _ID)
)
_REQUEST: Final = re.compile(_START + rb'"(?:method|params)"')
_LAST_ID: Final = re.compile(rb"(?<!\\)%b\}\s*\Z" % _ID)
_LONGEST_ID: Final = 250
_IDS: Final = frozenset({int, str})


TOO_MANY: Final = 429
OVERLOADED: Final = 503
"""HTTP statuses that are the JSON-RPC codes as well: the specification wants codes of
one's own outside JSON-RPC's reserved range.
https://modelcontextprotocol.io/specification/2026-07-28/basic/index#error-codes"""


class Refused(Exception):
    """A request that gets an HTTP error instead of an answer.

    Attributes:
        status: The HTTP status.
        error: What the body says.
        headers: Further response headers.
        request_id: The JSON-RPC request that it answers, where that is known.
    """

    def __init__(
        self, status: int, error: ProtocolError, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(str(error))
        self.status = status
        self.error = error
        self.headers = headers or {}
        self.request_id: RequestId | None = None


def refused(
    status: int, message: str, headers: dict[str, str] | None = None
) -> Refused:
    """A refusal for reasons that lie outside the protocol's own errors."""
    return Refused(status, ProtocolError(INVALID_REQUEST, message), headers)


def too_many(status: int, message: str, setting: str | None, seconds: int) -> Refused:
    """The refusal of what is too much, by which setting, and when to come again."""
    data: Json = {"retryAfter": seconds}
    if setting is not None:
        message += f"; setting {setting}"
    error = ProtocolError(status, message, data)
    return Refused(status, error, {"Retry-After": str(seconds)})


class Counted(Protocol):
    """What limits count a sender as; nobody else looks into it."""

    @property
    def key(self) -> str:
        """Who it is, such as `address:192.0.2.1`."""
        ...


class Incoming:
    """A message on its way in.

    Attributes:
        method: The JSON-RPC method, for the access log.
        target: The tool, prompt or URI that it names, for the access log.
        session_id: The legacy session, for the access log.
        request_id: The JSON-RPC request's id, once it is known.
        address: What the client's address counts as; None where it is not counted.
        client: What the client counts as: its principal, else its address.
        principal: Who sends it, when the server authenticates.
        outcome: "ok", or in a word what became of it, for the access log.
        context: The context variables that it is answered with, where they are not those
            of the task.
        network_transport: "tcp", "unix" or "pipe" for telemetry; None if not known.
    """

    network_protocol: ClassVar[str | None] = None
    """What carries messages over that, such as "http", for telemetry."""

    # Defaults here cost a call nothing.
    method: str | None = None
    target: str | None = None
    session_id: str | None = None
    request_id: RequestId | None = None
    address: Counted | None = None
    client: Counted | None = None
    principal: Principal | None = None
    outcome: str = "ok"
    context: Context | None = None
    network_transport: str | None = None

    def __init__(
        self,
        principal: Principal | None = None,
        network_transport: str | None = None,
    ) -> None:
        self.principal = principal
        self.network_transport = network_transport

    def checked(self, message: Any) -> dict[str, Any]:
        """A message as every era wants it, of which is noted what it is about.

        Where it has a method, that is a string, and its id, if it has one, is valid.

        Raises:
            Unreadable: It is none. The id in it is that of a request, no response's.
        """
        if not is_object(message):
            raise Unreadable("Not a JSON-RPC 2.0 message", None, INVALID_REQUEST)
        request_id, method = message.get("id"), message.get("method")
        if is_request_id(request_id):
            self.request_id = request_id
        if message.get("jsonrpc") != "2.0":
            known = self.request_id if "method" in message else None
            raise Unreadable("Not a JSON-RPC 2.0 message", known, INVALID_REQUEST)
        if "method" not in message:
            return message
        self.method = str(method)[:100]
        if not isinstance(method, str):
            known = self.request_id
            raise Unreadable("`method` must be a string", known, INVALID_REQUEST)
        if method in NAMED_BY and is_object(params := message.get("params")):
            target = params.get(NAMED_BY[method])
            if isinstance(target, str):
                self.target = target[:200]
        if self.request_id is None and "id" in message:
            problem = "`id` must be a string or an integer"
            raise Unreadable(problem, None, INVALID_REQUEST)
        return message

    @property
    def owner(self) -> str | None:
        """Whose sessions and states this request may use; None without authentication."""
        return None if self.principal is None else self.principal.key

    @property
    def has_expired(self) -> bool:
        """Whether the credentials that it came with have ended."""
        expires = None if self.principal is None else self.principal.expires
        return expires is not None and expires <= time.time()

    @property
    def visible_headers(self) -> Mapping[str, str]:
        """HTTP headers, as far as handlers may see them; none in other transports."""
        return _NO_HEADERS

    @property
    def is_streaming(self) -> bool:
        """Whether it is too late for an error that is not a JSON-RPC response."""
        return False


def meta_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """The `_meta` of a message; empty where it has none."""
    params = message.get("params")
    meta = params.get("_meta") if is_object(params) else None
    return meta if is_object(meta) else _NO_META


class Unreadable(ProtocolError):
    """A body or message that is refused, whose request's id may be known.

    Attributes:
        request_id: That id.
    """

    def __init__(
        self,
        message: str,
        request_id: RequestId | None,
        code: int = PARSE_ERROR,
    ) -> None:
        super().__init__(code, message)
        self.request_id = request_id


_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[^"]++', re.DOTALL)
"""A JSON string, closed or not, or what stands between two of them."""


def has_more_values(body: bytes, most: int) -> bool:
    """Whether a body has more values than so many, found out without parsing it.

    Counts members of objects and elements of arrays; an empty object or array counts
    once more. The work is in proportion to `most`, and lets other threads run.
    """
    if len(body) <= most or _marks(body) <= most:
        return False
    # Some of these may stand in strings.
    count = 0
    for text in _TEXT.finditer(body):
        if not text[0].startswith(b'"'):
            count += _marks(text[0])
            if count > most:
                return True
    return False


def _marks(text: bytes) -> int:
    """How many characters that a value follows."""
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def parse(body: bytes) -> Any:
    """The JSON value of a request's body.

    Refuses names that come twice in an object: what stands in front of a server may take
    the first for the real one where this parser takes the last. Refuses numbers beyond
    what a float can hold: they would be infinite here, which JSON can't say again.
    https://www.rfc-editor.org/rfc/rfc8259#section-4

    Raises:
        ProtocolError: Not JSON, not UTF-8, ambiguous, or nested deeper than 200 levels.
    """
    try:
        value = jsonrpc.parse(body)
    except ProtocolError as error:
        request_id = _id_beside_surrogates(body)
        if request_id is None:
            raise
        raise Unreadable(error.message, request_id) from None
    said = to_json(value)
    # What most clients write is said in the same bytes.
    if said != body and (
        said.count(b":") != body.count(b":")
        or b"Infinity" in said
        # The one escape that makes a colon, and could make up for one that is lost.
        or (b"\\" in body and b"\\u003" in body)
    ):
        _read_again(body)
    if is_object(value):
        # Requests, nearly all of them, have an id that needs no look at the rest.
        if type(value.get("id")) not in _IDS:
            _make_ids_whole(value)
    elif jsonrpc.is_array(value):
        for message in filter(is_object, value):
            _make_ids_whole(message)
    return value


def id_of_cut(body: bytes) -> RequestId | None:
    """The id of a request without its middle, if it is the first or last member."""
    found = _FIRST_ID.match(body)
    if found is None and _REQUEST.match(body):
        found = _LAST_ID.search(body[-_LONGEST_ID:])
    if found is None:
        return None
    try:
        value = json.loads(found[found.lastindex or 1])
    except ValueError:
        return None
    return value if is_request_id(value) else None


def _make_ids_whole(message: dict[str, Any]) -> None:
    """Make integers of ids such as `1.0`, which some languages write for 1."""
    request_id, params = message.get("id"), message.get("params")
    if type(request_id) is float and request_id.is_integer():
        message["id"] = int(request_id)
    if is_object(params):
        named = params.get("requestId")
        if type(named) is float and named.is_integer():
            params["requestId"] = int(named)


def _id_beside_surrogates(body: bytes) -> RequestId | None:
    """The id of a request that only lone surrogates (`\\ud800`) make unreadable."""
    if b"\\ud" not in body.lower():
        return None
    try:
        message = json.loads(body)
        found = message.get("id") if is_object(message) else None
        if is_request_id(found):
            str(found).encode()
            return found
    except (ValueError, RecursionError):
        pass
    return None


def _read_again(body: bytes) -> None:
    """Read slowly, and exactly; the body is known to be JSON."""
    try:
        json.loads(
            body.decode(),
            object_pairs_hook=_check_names,
            parse_float=_check_range,
            # Long numbers have been refused; whole ones need no check.
            parse_int=len,
        )
    except ValueError as error:
        raise ProtocolError(PARSE_ERROR, f"Not valid JSON: {error}") from None


def _check_names(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise ValueError(f"the name {name[:100]!r} comes twice in one object")
        seen.add(name)


def _check_range(text: str) -> None:
    if math.isinf(float(text)):
        raise ValueError(f"number out of range: {text[:50]}")
