"""Bytes of a server to JSON-RPC messages, and answers to results or errors.

Strict where something could mean two things, lenient where it can't. Knows neither
transports nor eras.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Collection
from typing import Any, Final, TypeAlias, TypeGuard, cast

from pydantic_core import from_json, to_json

from .errors import InvalidResultError, ProtocolError

Message: TypeAlias = dict[str, Any]

_BOM: Final = b"\xef\xbb\xbf"
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_SHAPE: Final = bytes.maketrans(b"123456789E", b"000000000e")
_OVERFLOWS: Final = (b"e000", b"e+000", b"0" * 309)
"""What a number beyond a float has, once each digit is a zero."""


def read_json(data: bytes, quirks: Quirks) -> Any:
    """The value of some JSON text.

    A byte order mark is skipped; half a surrogate pair and bytes that are not UTF-8
    become U+FFFD.

    Raises:
        ValueError: It is not JSON, or has a number that no float can hold.
    """
    try:
        value = _parsed(data)
    except ValueError:
        corrected = _corrected(data, quirks)
        if corrected == data:
            raise
        value = _parsed(corrected)
    shape = data.translate(_SHAPE)
    if any(each in shape for each in _OVERFLOWS) and _has_infinity(value):
        raise ValueError("a number is out of range")
    return value


def _parsed(data: bytes) -> Any:
    return from_json(data, allow_inf_nan=False, cache_strings="keys")


def _corrected(data: bytes, quirks: Quirks) -> bytes:
    if data.startswith(_BOM):
        quirks.note("messages begin with a byte order mark, which is skipped")
        data = data.removeprefix(_BOM)
    try:
        data.decode()
    except UnicodeDecodeError:
        quirks.note("messages have bytes that are not UTF-8; they become U+FFFD")
        data = data.decode("utf-8", "replace").encode()
    paired = _ESCAPE.sub(lambda each: rb"\ufffd" if each["lone"] else each[0], data)
    if paired != data:
        quirks.note("messages have half a surrogate pair, which becomes U+FFFD")
    return paired


def _has_infinity(value: object) -> bool:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, float) and math.isinf(current):
            return True
        if is_object(current):
            waiting.extend(current.values())
        elif is_list(current):
            waiting.extend(current)
    return False


def whole_answer(data: bytes, request_id: int, quirks: Quirks) -> Message | None:
    """The answer to a request where it is all that a body holds, as it nearly always is."""
    try:
        value = read_json(data, quirks)
    except ValueError:
        return None
    if type(value) is not dict:
        return None
    message = cast("Message", value)
    if message.get("jsonrpc") != "2.0":
        return None
    return message if is_answer(message, request_id, quirks) else None


def messages_in(value: object, quirks: Quirks) -> list[Message]:
    """The JSON-RPC messages of a JSON value: one, or those of a batch."""
    if _is_message(value, quirks):
        return [value]
    if not is_list(value):
        return []
    found = [message for message in value if _is_message(message, quirks)]
    if found and len(found) < len(value):
        quirks.note("batches hold other things than messages; ignored")
    return found


def _is_message(value: object, quirks: Quirks) -> TypeGuard[Message]:
    if not is_object(value):
        return False
    if value.get("jsonrpc") == "2.0":
        return True
    answers = value.get("id") is not None and ("result" in value or "error" in value)
    if answers:
        quirks.note('responses lack `"jsonrpc": "2.0"`')
    return answers


def is_answer(message: Message, request_id: int, quirks: Quirks) -> bool:
    """Whether a message on a request's own stream answers it.

    An id may come back as another type of JSON, or be missing: there is only one request
    that the message can answer.
    """
    if message.get("method") is not None:
        return False
    found = message.get("id")
    if type(found) is int:
        return found == request_id
    if found is None:
        if message.get("error") is None and "result" in message:
            quirks.note("results come without the request's id")
        return "error" in message or "result" in message
    if isinstance(found, str):
        same = found.strip() == str(request_id)
    else:
        same = isinstance(found, float) and found == float(request_id)
    if same:
        quirks.note("ids come back as another type of JSON", repr(found))
    return same


def answered(message: Message, waiting: Collection[int], quirks: Quirks) -> int | None:
    """The request that a message on a stream of several answers; None if none waits."""
    found = message.get("id")
    if type(found) is int and "method" not in message:
        return found if found in waiting else None
    if found is None and len(waiting) != 1:
        return None
    return next((each for each in waiting if is_answer(message, each, quirks)), None)


def result_of(
    message: Message, method: str, quirks: Quirks, response_status: int = 200
) -> Message:
    """The result in an answer.

    Raises:
        ProtocolError: The answer is an error.
        InvalidResultError: The result is not an object.
    """
    error = message.get("error")
    if error is not None:
        raise refusal(error, method, response_status)
    result = message.get("result")
    if isinstance(result, dict):
        return cast("Message", result)
    if "result" not in message:
        raise ProtocolError(
            -32603, "the response has neither result nor error", method=method
        )
    if result is None:
        quirks.note("a result is null, which counts as an empty object", method)
        return {}
    from ..core.schema.validator import Problem

    problem = Problem("", f"must be an object, got {to_json(result).decode()[:100]}")
    raise InvalidResultError(f"result of {method}", [problem], result)


def refusal(error: object, method: str, status: int) -> ProtocolError:
    """The exception for the `error` of an answer."""
    fields = members(error)
    return ProtocolError(
        _code(fields.get("code")),
        words_of(error) or "the server gave no reason",
        fields.get("data"),
        method=method,
        status=status,
    )


def _code(value: object) -> int:
    if isinstance(value, str | float):
        try:
            value = int(value)
        except (ValueError, OverflowError):
            value = None
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number else -32603  # type: ignore[return-value]  # mypy does not follow `is_number`


_WORDED: Final = ("message", "error_description", "error", "detail", "data")


def words_of(error: object) -> str | None:
    """The text of an error, in whatever member the server put it."""
    if isinstance(error, str) or error is None:
        return error or None
    fields = members(error)
    found = (text(fields.get(key)) for key in _WORDED)
    nested = words_of(fields["error"]) if is_object(fields.get("error")) else None
    return next(filter(None, found), nested)


logger: Final = logging.getLogger(__name__)


class Quirks:
    """The deviations of one server that were met so far."""

    __slots__ = ("_seen", "_url")

    def __init__(self, url: str) -> None:
        self._url = url
        self._seen: set[str] = set()

    def note(self, deviation: str, detail: object = "") -> None:
        """Log a deviation, at its first occurrence.

        Args:
            deviation: The kind, and what is made of it.
            detail: What differs between occurrences of the same kind.
        """
        if deviation not in self._seen:
            self._seen.add(deviation)
            logger.warning(
                "%s: %s%s", self._url, deviation, f": {detail}" if detail else ""
            )

    def clear(self) -> None:
        """Forget what was met, for a new connection."""
        self._seen.clear()


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def members(value: object) -> dict[str, Any]:
    """The members of a JSON object; none if the value is something else."""
    return value if is_object(value) else {}


def integer(value: object) -> int | None:
    """An integer, which may be written as 2.0; None for anything else."""
    if type(value) is int or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return None


def text(value: object) -> str | None:
    """A JSON string; None if the value is something else."""
    return value if isinstance(value, str) else None
