"""Messages over standard input and output, one a line.

Knows bytes and descriptors, nothing of methods or eras.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import Any, BinaryIO, Final

_CHUNK: Final = 64 * 1024
_READ_AHEAD: Final = 1024 * 1024
"""Bytes that wait to be taken, before reading is paused."""


class StdioConnection:
    """The standard input and output of this process, as a `Connection`.

    While it is open, descriptor 1 is standard error, and descriptor 0 is empty: what
    handlers and their child processes print is not taken for a message.
    """

    def __init__(self, longest: int) -> None:
        """Prepare.

        Args:
            longest: Bytes of a line above which the rest of it is dropped.
        """
        self._lines = _Lines(longest)
        self._input: BinaryIO | None = None
        self._output: BinaryIO | None = None
        self._reading: asyncio.ReadTransport | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Take over the descriptors."""
        sys.stdout.flush()
        self._input = os.fdopen(os.dup(0), "rb", 0)
        self._output = os.fdopen(os.dup(1), "wb", 0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        loop = asyncio.get_running_loop()
        if _can_wait(self._input):
            self._reading, _ = await loop.connect_read_pipe(
                lambda: self._lines, self._input
            )
        else:
            threading.Thread(
                target=_read, args=(self._input, self._lines, loop), daemon=True
            ).start()
        if _can_wait(self._output):
            transport, protocol = await loop.connect_write_pipe(
                lambda: asyncio.streams.FlowControlMixin(loop=loop), self._output
            )
            self._writer = asyncio.StreamWriter(transport, protocol, None, loop)

    async def receive(self) -> bytes | None:
        """Return the next line, or None at the end of the input."""
        return await self._lines.next()

    async def send(self, message: bytes) -> None:
        """Write a line.

        Raises:
            ConnectionError: Nobody reads any more.
        """
        writer = self._writer
        if writer is None and self._output is not None:
            self._output.write(b"%b\n" % message)
            return
        if writer is None or writer.is_closing():
            raise ConnectionResetError("standard output is closed")
        writer.write(b"%b\n" % message)
        await writer.drain()

    async def close(self) -> None:
        """Give up the descriptors; what was sent is written first."""
        if self._reading is not None:
            self._reading.close()
        if self._writer is not None:
            self._writer.close()
        elif self._output is not None:
            self._output.close()


def _can_wait(file: BinaryIO) -> bool:
    """Whether event loops can wait for a file: not for regular ones, and devices."""
    mode = os.fstat(file.fileno()).st_mode
    return sys.platform != "win32" and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))


def _read(file: BinaryIO, lines: _Lines, loop: asyncio.AbstractEventLoop) -> None:
    """Read in a thread of its own."""
    with suppress(RuntimeError):  # the loop is closed
        while data := file.read(_CHUNK):
            loop.call_soon_threadsafe(lines.feed, data)
        loop.call_soon_threadsafe(lines.eof_received)


class _Lines(asyncio.Protocol):
    """Splits what is read into lines, of which empty ones are skipped."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._transport: Any = None
        self._begun = bytearray()
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.feed(data)
        if self._size > _READ_AHEAD:
            self._transport.pause_reading()

    def feed(self, data: bytes) -> None:
        """Take what was read."""
        first, *others = data.split(b"\n")
        self._extend(first)
        for line in others:
            self._end_line()
            self._extend(line)
        self._wake()

    def eof_received(self) -> None:
        self._end_line()
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended:
            self.eof_received()

    async def next(self) -> bytes | None:
        """The next line, or None at the end."""
        while not self._lines:
            if self._ended:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        line = self._lines.popleft()
        before, self._size = self._size, self._size - len(line)
        if before > _READ_AHEAD >= self._size and self._transport is not None:
            self._transport.resume_reading()
        return line

    def _extend(self, data: bytes) -> None:
        # One byte more than the longest, so that whoever reads it sees that it is.
        room = self._longest + 1 - len(self._begun)
        self._begun += data[:room]

    def _end_line(self) -> None:
        line = bytes(self._begun).rstrip(b"\r")
        self._begun.clear()
        if line.strip():
            self._lines.append(line)
            self._size += len(line)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
