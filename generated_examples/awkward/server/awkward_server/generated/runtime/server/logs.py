"""The server's own log: one entry cannot look like two, and noise is no alarm.

Knows `logging` and streams. The access log has a module of its own.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from typing import Final, TextIO

from .transports.http.aiohttp_parts import is_expected, is_no_http, quotes_url

HTTP: Final = logging.getLogger("mcp.http")
"""Takes what aiohttp says of connections."""

_FLUSH_SECONDS: Final = 0.2
_FLUSH_LINES: Final = 500

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_PHRASE: Final = re.compile(r"[A-Z][A-Za-z0-9 ]{3,80}")
"""The words that aiohttp's messages begin with, before anything that they quote."""


class OneEntry(logging.Formatter):
    """Begins lines of its own only: what goes on, as tracebacks do, is indented.

    Untrusted text gets into messages of exceptions. It can't begin a line that
    looks like another entry then, nor give commands to a terminal.
    """

    def format(self, record: logging.LogRecord) -> str:
        """An entry of one line, or of several of which all but the first are indented."""
        entry = super().format(record)
        return _CONTROLS.sub(_escaped, entry).replace("\n", "\n    ")


class _Calm(logging.Filter):
    """Turns requests that are no HTTP, and clients that go away, into one line each.

    aiohttp reports them as errors with a traceback: forty lines for a few bytes of
    anyone's, where the server has done what it should.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not is_expected(error):
            return True
        record.exc_info = None
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = f"{record.getMessage()}: {_reason(error)}", ()
        return HTTP.isEnabledFor(logging.INFO)


def _reason(error: BaseException) -> str:
    """What was wrong with a request, without any of its bytes.

    aiohttp's messages quote the request, and a header that is too long may be
    `Authorization`; a URL may have a token in it.
    """
    name = type(error).__name__
    if not is_no_http(error) or quotes_url(error):
        return name
    phrase = _PHRASE.match(str(getattr(error, "message", "")).strip())
    return f"{name} ({phrase[0].strip()})" if phrase else name


def _escaped(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]


HTTP.addFilter(_Calm())


class Lines:
    """A sink that writes lines together: one line at a time costs as much as a call.

    The lines of the last fifth of a second are lost if the process is killed.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, line: str) -> None:
        """Take a line; needs a running loop."""
        self._lines.append(line)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_FLUSH_SECONDS, self.flush)
        elif len(self._lines) >= _FLUSH_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what is there; it is lost where the stream takes nothing.

        A disk that is full, or a stream that is closed, is no reason to refuse requests,
        nor to fill the memory.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            lines.append("")
            with suppress(OSError, ValueError):
                self._stream.write("\n".join(lines))
                self._stream.flush()
