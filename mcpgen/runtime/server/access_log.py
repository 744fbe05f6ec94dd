"""One line per request: what was asked, by which session, how long it took, what came.

Knows `Exchange` and the status; where lines go is the logging configuration's affair.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from pydantic_core import to_json

from .exchange import Exchange
from .settings import AccessLogFormat

LOGGER: Final = logging.getLogger("mcp.access")


class AccessLog:
    """Writes the lines, as text or JSON."""

    __slots__ = ("_format",)

    def __init__(self, kind: AccessLogFormat) -> None:
        formats: dict[AccessLogFormat, Callable[[Exchange, int, float], str]] = {
            "text": _text,
            "json": _json,
        }
        self._format = formats.get(kind)

    @property
    def enabled(self) -> bool:
        """Whether lines are written at all."""
        return self._format is not None and LOGGER.isEnabledFor(logging.INFO)

    def write(self, exchange: Exchange, status: int, seconds: float) -> None:
        """Write the line of one request."""
        if self._format is not None and LOGGER.isEnabledFor(logging.INFO):
            LOGGER.handle(_record(self._format(exchange, status, seconds)))


def _record(message: str) -> logging.LogRecord:
    # Made by hand: Logger.info would look for the caller, which is always this file.
    return logging.LogRecord(LOGGER.name, logging.INFO, "", 0, message, None, None)


def _text(exchange: Exchange, status: int, seconds: float) -> str:
    request = exchange.request
    return (
        f"{request.remote or '-'} {request.method} {status} {seconds * 1000:.1f}ms "
        f"{exchange.method or '-'} {_plain(exchange.target)} "
        f"session={_plain(exchange.session_id)} {exchange.outcome}"
    )


def _plain(value: str | None) -> str:
    """A value from outside on one line: no blanks, no control characters."""
    if value is None:
        return "-"
    return value if value.isprintable() and " " not in value else repr(value)


def _json(exchange: Exchange, status: int, seconds: float) -> str:
    return to_json(
        {
            "time": time.time(),
            "remote": exchange.request.remote,
            "http_method": exchange.request.method,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
            "method": exchange.method,
            "target": exchange.target,
            "session": exchange.session_id,
            "outcome": exchange.outcome,
        },
        inf_nan_mode="null",
    ).decode()
