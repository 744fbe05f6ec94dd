"""One line per request: what was asked, by which session, how long it took, what came.

Knows `Exchange`, proxies and the status; where lines go is up to the caller.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from pydantic_core import to_json

from ... import parts
from ...settings import Settings
from ...transports.http.exchange import Exchange
from ...transports.http.proxies import Proxies
from .settings import AccessLogFormat

LOGGER: Final = logging.getLogger("mcp.access")
_log: Final = logging.getLogger("mcp.server")

_Format: TypeAlias = Callable[[Exchange, str | None, int, float], str]
"""Makes a line of an exchange, its client's address, the status and the seconds."""

_SHOWN_OF_SECRETS: Final = 8
_COMPLAIN_SECONDS: Final = 10.0
_MOST_KEPT: Final = 200
"""Characters of a value whose form in a line is kept."""


class AccessLog(parts.AccessLog):
    """Formats the lines, as text or JSON."""

    def __init__(self, settings: Settings, sink: parts.Sink | None = None) -> None:
        formats: dict[AccessLogFormat, _Format] = {"text": _text, "json": _json}
        self._format = formats.get(settings.access_log)
        proxies = Proxies(settings.trusted_proxies, settings.proxy_headers)
        self._proxies = proxies if proxies else None
        self._sink: parts.Sink = sink or LOGGER.info
        self._failed = -math.inf

    def write(self, exchange: Exchange, status: int, seconds: float) -> None:
        """Write the line of one request; a sink that fails is logged now and then."""
        if self._format is None:
            return
        request = exchange.request
        try:
            remote = request.remote
            if self._proxies is not None:
                remote = self._proxies.client(request.headers, remote)
            self._sink(self._format(exchange, remote, status, seconds))
        except Exception:
            now = time.monotonic()
            if now - self._failed > _COMPLAIN_SECONDS:
                self._failed = now
                _log.exception("the access log can't be written")


def _text(exchange: Exchange, remote: str | None, status: int, seconds: float) -> str:
    principal = exchange.principal
    who = "" if principal is None else f"principal={_plain(principal.subject)} "
    return (
        f"{_now()} {remote or '-'} {exchange.request.method} {status} "
        f"{seconds * 1000:.1f}ms {_plain(exchange.method)} {_plain(exchange.target)} "
        f"session={_plain(_session(exchange))} {who}{exchange.outcome}"
    )


def _session(exchange: Exchange) -> str | None:
    """The session; its beginning alone where its id is all that a client needs."""
    session = exchange.session_id
    if session is None or exchange.principal is not None:
        return session
    return session[:_SHOWN_OF_SECRETS]


_second: tuple[int, str] = (0, "")


def _now() -> str:
    """The time in UTC, to the second."""
    global _second
    now = int(time.time())
    if _second[0] != now:
        _second = (now, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))
    return _second[1]


def _plain(value: str | None) -> str:
    """A value from outside on one line: no blanks, no control characters."""
    if value is None:
        return "-"
    return _escaped(value) if len(value) <= _MOST_KEPT else _escaped.__wrapped__(value)


@lru_cache(256)
def _escaped(value: str) -> str:
    return value if value.isprintable() and " " not in value else repr(value)


def _json(exchange: Exchange, remote: str | None, status: int, seconds: float) -> str:
    principal = exchange.principal
    # A subject may be any text, even one that UTF-8 can't hold.
    who = (
        {}
        if principal is None
        else {"principal": principal.subject.encode("utf-8", "replace").decode()}
    )
    line = to_json(
        {
            "time": time.time(),
            "remote": remote,
            "http_method": exchange.request.method,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
            "method": exchange.method,
            "target": exchange.target,
            "session": _session(exchange),
            **who,
            "outcome": exchange.outcome,
        },
        # Some readers take U+2028 for the end of a line; terminals obey others.
        ensure_ascii=True,
    )
    return line.decode()
