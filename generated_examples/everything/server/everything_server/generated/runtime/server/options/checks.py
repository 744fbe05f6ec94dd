"""What makes the value of a setting unusable, as text for people.

Checks that sections use: each takes a value and says what is wrong with it, or None.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

Check: TypeAlias = Callable[[Any], str | None]
"""Says what is wrong with a value that has the setting's type; None if nothing is."""

METADATA_PATH: Final = "/.well-known/oauth-protected-resource"

_PATH: Final = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]+(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?)?"
)


def type_problem(kind: Any, value: Any) -> str | None:
    """What is wrong with a value by its type alone; None if nothing is."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return (
            None
            if value in choices
            else f"{value!r} is not one of {', '.join(choices)}"
        )
    if kind in (int, float):
        return _number_problem(kind, value)
    if kind in (tuple[str, ...], tuple[SecretStr, ...]):
        return _sequence_problem(get_args(kind)[0], value)
    wanted: tuple[type, ...] = (kind,) if isinstance(kind, type) else get_args(kind)
    if Path in wanted:
        wanted = (*wanted, str)
    if isinstance(value, wanted):
        return None
    return f"needs a value of type {wanted[0].__name__}, not {_shown(value)}"


def _number_problem(kind: type, value: Any) -> str | None:
    wanted = (int,) if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        name = "a whole number" if kind is int else "a number"
        return f"{_shown(value)} is not {name}"
    return None if 0 <= value < math.inf else f"{value!r} is not a number from 0 on"


def _sequence_problem(kind: type, value: Any) -> str | None:
    if not isinstance(value, tuple | list):
        return f"needs a tuple of {kind.__name__}, not {_shown(value)}"
    for each in value:  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(each, kind):
            return (
                f"needs a tuple of {kind.__name__}; one of its values is another type"
            )
    return None


def _shown(value: Any) -> str:
    """A value in a message; not one that may be a secret in the wrong place."""
    if isinstance(value, bool | int | float):
        return repr(value)
    return f"one of type {type(value).__name__}"


def served_path(value: str) -> str | None:
    """A path at which this server answers."""
    if not value.startswith("/"):
        return f"{value!r} does not begin with /"
    if not _PATH.fullmatch(value):
        return f"{value!r} is not the path of a URL (no query, no encoded characters)"
    if value.startswith(METADATA_PATH):
        return f"{value!r} is where the metadata of OAuth belongs"
    return None


def served_path_or_off(value: str) -> str | None:
    """The same, or nothing."""
    return served_path(value) if value else None


def at_least_one(value: int) -> str | None:
    """A number from 1 on."""
    return None if value >= 1 else f"{value} is less than 1"


def split_url(value: str) -> SplitResult | None:
    """The parts of an http or https URL; None where it is none."""
    if " " in value or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and port != 0
    return parts if usable else None


def url(value: str) -> str | None:
    """A URL, or nothing."""
    if not value or split_url(value) is not None:
        return None
    return f"{value!r} is not a URL that begins with https:// or http://"
