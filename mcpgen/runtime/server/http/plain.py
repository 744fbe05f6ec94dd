"""The answer that nearly every request gets: one JSON object, head and body in one write.

`web.Response` makes its headers anew for each answer, which costs a tenth of a call.
Here they are bytes that stay the same for a second. Knows HTTP and nothing of messages.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE

_LARGEST: Final = 64 * 1024
"""Bytes above which another copy costs more than a second write."""


class Plain(web.StreamResponse):
    """A JSON object with status 200 and no headers of its own."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._json = body

    @staticmethod
    def fits(request: web.BaseRequest, body: bytes) -> bool:
        """Whether this is how a request can be answered.

        Otherwise something looks at the answer's headers on its way (an application's
        middlewares and signals), or the head must say more.
        """
        return (
            type(request) is web.BaseRequest
            and request.version == HttpVersion11
            and request.keep_alive
            and len(body) <= _LARGEST
        )

    @property
    def keep_alive(self) -> bool:
        """Always: the connection stays open, as a head that says nothing of it means."""
        return True

    @property
    def prepared(self) -> bool:
        """Always: nothing can be changed."""
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send everything.

        Raises:
            ConnectionError: The client is gone.
        """
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        body = self._json
        transport.write(b"%b%d\r\n\r\n%b" % (_head(), len(body), body))
        writer = request.writer
        if transport.get_write_buffer_size():
            await writer.drain()
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be sent."""


_second: tuple[int, bytes] = (0, b"")


def _head() -> bytes:
    """The head up to the length of the body."""
    global _second
    now = int(time.time())
    if _second[0] != now:
        lines = (
            "HTTP/1.1 200 OK",
            "Content-Type: application/json",
            f"Date: {formatdate(now, usegmt=True)}",
            f"Server: {SERVER_SOFTWARE}",
            "Content-Length: ",
        )
        _second = (now, "\r\n".join(lines).encode("ascii"))
    return _second[1]
