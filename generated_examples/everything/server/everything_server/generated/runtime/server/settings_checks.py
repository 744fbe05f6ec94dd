"""What makes the value of a setting unusable, as text for people.

Knows values, not where they come from; reads no files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from .transports.http.proxies import Proxies

Problem: TypeAlias = tuple[str, str]
"""A setting's name, and what is wrong with its value."""

KEY_BYTES: Final = 16
METADATA_PATH: Final = "/.well-known/oauth-protected-resource"

_PATH: Final = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]+(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?)?"
)
_PATHS: Final = ("path", "health_path", "ready_path", "metrics_path")
_HOST: Final = re.compile(
    r"\*|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?:[0-9]{1,5}|\*))?"
)
_ORIGIN: Final = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?"
)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


def type_problem(kind: Any, value: Any) -> str | None:
    """What is wrong with a value by its type alone; None if nothing is."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return None if value in choices else f"{value!r} is not one of {_list(choices)}"
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


def value_problems(
    values: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Iterator[Problem]:
    """What is wrong with values that all have their types."""
    for name, check in _CHECKS.items():
        reason = check(values[name])
        if reason is not None:
            yield name, reason
    yield from _shadowed(values, defaults)


def _path(value: str) -> str | None:
    if not value.startswith("/"):
        return f"{value!r} does not begin with /"
    if not _PATH.fullmatch(value):
        return f"{value!r} is not the path of a URL (no query, no encoded characters)"
    if value.startswith(METADATA_PATH):
        return f"{value!r} is where the metadata of OAuth belongs"
    return None


def _path_or_off(value: str) -> str | None:
    return _path(value) if value else None


def _shadowed(
    values: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Iterator[Problem]:
    """Paths that are the same, so that only one of them would ever answer."""
    taken: dict[str, str] = {}
    # The one that was set is the one to change.
    for name in sorted(_PATHS, key=lambda each: bool(values[each] != defaults[each])):
        path = values[name].rstrip("/") or values[name]
        if path in taken:
            yield name, f"{path!r} is the value of {taken[path]} as well"
        elif path:
            taken[path] = name


def _port(value: int) -> str | None:
    return None if value <= 65535 else f"{value} is not a port (0 to 65535)"


def _at_least_one(value: int) -> str | None:
    return None if value >= 1 else f"{value} is less than 1"


def _split(value: str) -> SplitResult | None:
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


def _url(value: str) -> str | None:
    if not value or _split(value) is not None:
        return None
    return f"{value!r} is not a URL that begins with https:// or http://"


def _public_url(value: str) -> str | None:
    parts = _split(value)
    if not value or parts is None:
        return _url(value)
    if parts.query or parts.fragment or "@" in parts.netloc:
        return f"{value!r} has a user, a query or a fragment"
    return None


def _hosts(values: Iterable[str]) -> str | None:
    for value in values:
        if "://" in value:
            return f"{value!r} is a URL, not a host: {urlsplit(value).netloc!r}"
        if not _HOST.fullmatch(value):
            hint = "; an IPv6 address needs brackets" if value.count(":") > 1 else ""
            return f"{value!r} is not a host as name, name:port or name:*{hint}"
    return None


def _origins(values: Iterable[str]) -> str | None:
    for value in values:
        if value in ("*", "null"):
            continue
        found = _ORIGIN.fullmatch(value)
        if found is None:
            return (
                f"{value!r} can never match: browsers send scheme://name[:port], in "
                "lower case and without a path"
            )
        if found[2] is not None and found[2] == _DEFAULT_PORTS.get(found[1]):
            return f"{value!r} can never match: browsers leave out the port {found[2]}"
    return None


def _proxies(values: Iterable[str]) -> str | None:
    try:
        Proxies(values)
    except ValueError as error:
        return str(error).removeprefix("trusted_proxies: ")
    return None


def _keys(values: Iterable[SecretStr]) -> str | None:
    if all(len(key.get_secret_value().encode()) >= KEY_BYTES for key in values):
        return None
    return (
        f"a key is shorter than {KEY_BYTES} bytes; make one by python -c "
        "'import secrets; print(secrets.token_urlsafe(32))'"
    )


def _list(values: Iterable[str]) -> str:
    return ", ".join(values)


_CHECKS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "port": _port,
    "path": _path,
    "health_path": _path_or_off,
    "ready_path": _path_or_off,
    "metrics_path": _path_or_off,
    "allowed_hosts": _hosts,
    "allowed_origins": _origins,
    "trusted_proxies": _proxies,
    "max_body": _at_least_one,
    "max_values": _at_least_one,
    "max_sessions": _at_least_one,
    "threads": _at_least_one,
    "state_keys": _keys,
    "public_url": _public_url,
    "auth_issuer": _url,
    "auth_jwks_url": _url,
    "auth_introspection_url": _url,
    "auth_github_url": _url,
}
