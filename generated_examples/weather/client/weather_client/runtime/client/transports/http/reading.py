"""JSON text of servers: strict where it could mean two things, lenient where it can't.

Knows nothing of JSON-RPC.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from pydantic_core import from_json

from ...shapes import is_list, is_object
from .quirks import Quirks

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
    paired = _ESCAPE.sub(_without_lone_surrogate, data)
    if paired != data:
        quirks.note("messages have half a surrogate pair, which becomes U+FFFD")
    return paired


def _without_lone_surrogate(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["lone"] else escape[0]


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
