"""Strict parsing of untrusted JSON, so that no two readers of it can disagree.

Knows bytes and values, not messages or HTTP.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from pydantic_core import to_json

from ..core import jsonrpc
from ..core.errors import PARSE_ERROR, ProtocolError

_ID: Final = rb'"id"\s*:\s*("[^"\\]{0,200}"|-?\d{1,18})\s*'
_METHOD: Final = rb'"method"\s*:\s*"[^"\\]*"'
_START: Final = rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2.0"\s*,\s*)?'
_FIRST_ID: Final = re.compile(
    b"%b(?:%b,\\s*%b|%b\\s*,\\s*%b,)" % (_START, _ID, _METHOD, _METHOD, _ID)
)
_REQUEST: Final = re.compile(_START + rb'"(?:method|params)"')
_LAST_ID: Final = re.compile(rb"(?<!\\)%b\}\s*\Z" % _ID)
_LONGEST_ID: Final = 250


class Unreadable(ProtocolError):
    """A body that is refused, whose request's id may be known.

    Attributes:
        request_id: That id.
    """

    def __init__(
        self,
        message: str,
        request_id: jsonrpc.RequestId | None,
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
    if jsonrpc.is_object(value):
        _make_ids_whole(value)
    elif jsonrpc.is_array(value):
        for message in filter(jsonrpc.is_object, value):
            _make_ids_whole(message)
    return value


def id_of_cut(body: bytes) -> jsonrpc.RequestId | None:
    """The id of a request whose middle is missing, if its first or last member is that."""
    found = _FIRST_ID.match(body)
    if found is None and _REQUEST.match(body):
        found = _LAST_ID.search(body[-_LONGEST_ID:])
    if found is None:
        return None
    try:
        value = json.loads(found[found.lastindex or 1])
    except ValueError:
        return None
    return value if jsonrpc.is_request_id(value) else None


def _make_ids_whole(message: dict[str, Any]) -> None:
    """Make integers of ids such as `1.0`, which some languages write for 1."""
    request_id, params = message.get("id"), message.get("params")
    if type(request_id) is float and request_id.is_integer():
        message["id"] = int(request_id)
    if jsonrpc.is_object(params):
        named = params.get("requestId")
        if type(named) is float and named.is_integer():
            params["requestId"] = int(named)


def _id_beside_surrogates(body: bytes) -> jsonrpc.RequestId | None:
    """The id of a request that only lone surrogates, such as `\\ud800`, make unreadable."""
    if b"\\ud" not in body.lower():
        return None
    try:
        message = json.loads(body)
        found = message.get("id") if jsonrpc.is_object(message) else None
        if jsonrpc.is_request_id(found):
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
            # Long numbers have been refused; whole ones are none of this check's business.
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
