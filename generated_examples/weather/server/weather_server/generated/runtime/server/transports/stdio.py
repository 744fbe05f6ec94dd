"""Messages over standard input and output, one a line.

Knows bytes and descriptors, nothing of methods or eras.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio
"""

from __future__ import annotations

import asyncio
import io
import os
import select
import socket
import stat
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

_HELP: Final = {"-h", "--help", "--help-all"}
_CHILD: Final = "--multiprocessing-fork"
"""The option with which multiprocessing starts a process by the method "spawn"."""
STDIO: Final = "--stdio"
"""The option that serves standard input and output instead of HTTP."""

_CHUNK: Final = 64 * 1024
_READ_AHEAD: Final = 512 * 1024
"""Bytes that wait to be taken; at twice as many, reading is paused."""
_TAIL: Final = 256
"""Bytes at the end of a line that is too long which are kept: many clients put the id
of a request there."""
_FLUSH_SECONDS: Final = 1.0
"""How long the client may take to read the rest, when the connection is closed."""
_POLL_MS: Final = 500
_GONE: Final = getattr(select, "POLLRDHUP", 0)


_claimed: list[tuple[BinaryIO, BinaryIO]] = []
"""Standard input and output, from when they were claimed until a connection has them."""


def claim_stdio(package: str, *, always: bool = False) -> None:
    """Take over the descriptors early, if this process was started to serve over stdio.

    What handlers print when they are imported is then no message either.

    Args:
        package: The `__name__` of a package inside the server's package. The process was
            started for that server by `python -m` and the package's name, or by its
            console script.
        always: Whether that server has no other transport.
    """
    arguments = sys.argv[1:]
    wanted = (always or STDIO in arguments) and not _HELP & {*arguments}
    # Processes that multiprocessing starts get the `sys.argv` of their parent.
    as_started = 0 < len(sys.argv) <= len(sys.orig_argv)
    if not wanted or _claimed or not as_started or _CHILD in sys.orig_argv:
        return
    server = package.rpartition(".")[0]
    # While a package is imported to be run, `sys.argv` does not have its name yet.
    program = sys.orig_argv[-len(sys.argv)]
    script = Path(program).stem.replace("-", "_")
    if server in (program, program.removesuffix(".__main__"), script):
        _claimed.append(_take())


def _take() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output; what is read and printed from now on is not theirs."""
    files = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # What was printed before, too, goes to standard error: here and from now on.
    sys.stdout.flush()
    out: object = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(line_buffering=True)
    return files


class StdioConnection:
    """The standard input and output of this process, as a `Connection`.

    Once they are taken, descriptor 1 is standard error and descriptor 0 is empty: what
    handlers and their child processes print is not a message, and they read none.
    """

    network_transport: Final = "pipe"

    def __init__(self, longest: int) -> None:
        """Prepare.

        Args:
            longest: Bytes of a line above which its middle is dropped.
        """
        self._longest = longest
        self._begun = bytearray()
        self._lines: deque[bytes] = deque()
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        self._reader: asyncio.StreamReader
        self._reading: Any = None
        self._writer: asyncio.StreamWriter | None = None
        self._held: list[bytes] = []
        self._held_size = 0
        self._closed = threading.Event()

    def take(self) -> None:
        """Take over the descriptors; before anything can print."""
        if self._files is None:
            self._files = _claimed.pop() if _claimed else _take()

    async def open(self, on_hang_up: Callable[[], None] | None = None) -> None:
        """Begin to read.

        Args:
            on_hang_up: Called in a thread once the client has closed its end, even if
                the event loop is blocked.
        """
        self.take()
        assert self._files is not None
        source, target = self._files
        loop = asyncio.get_running_loop()
        if on_hang_up is not None and _can_wait(source):
            self._monitor(source, target, on_hang_up)
        if _is_one_socket(source, target):
            connection = socket.socket(fileno=os.dup(source.fileno()))
            source.close()
            target.close()
            self._reader, self._writer = await _connect(connection)
            return
        reader = self._reader = asyncio.StreamReader(_READ_AHEAD)
        if _can_wait(source):
            self._reading, _ = await loop.connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), source
            )
        else:
            self._reading = _Thread(source, reader)
        if _can_wait(target):
            transport, protocol = await loop.connect_write_pipe(
                lambda: _Output(self._reading.close), target
            )
            self._writer = asyncio.StreamWriter(transport, protocol, None, loop)

    async def receive(self) -> bytes | None:
        """Return the next line but empty ones, or None at the end of the input."""
        while not self._lines:
            try:
                data = await self._reader.read(_CHUNK)
            except OSError:
                data = b""
            *complete, rest = data.split(b"\n")
            for line in complete:
                self._complete(line)
            self._extend(rest)
            if not data:
                self._complete(b"")
                if not self._lines:
                    return None
        return self._lines.popleft()

    async def send(self, message: bytes) -> None:
        """Write a line.

        Raises:
            ConnectionError: Nobody reads any more.
        """
        writer = self._writer
        if self._files is None:
            raise ConnectionResetError("standard output is closed")
        if writer is None:
            await asyncio.to_thread(_write_all, self._files[1], b"%b\n" % message)
            return
        self._held.append(message)
        self._held_size += len(message)
        if not self._lines or self._held_size > _CHUNK:
            self._write()
        elif len(self._held) == 1:
            asyncio.get_running_loop().call_soon(self._write)
        output = writer.transport
        if output.get_write_buffer_size() or output.is_closing():
            await writer.drain()

    def _write(self) -> None:
        """Write what is held while the client has sent more: answers go out together."""
        writer = self._writer
        if self._held and writer is not None and not writer.is_closing():
            writer.write(b"\n".join((*self._held, b"")))
            self._held.clear()
            self._held_size = 0

    async def close(self) -> None:
        """Give up the descriptors; what was sent is written first, as far as it is read."""
        self._closed.set()
        if self._reading is not None:
            self._reading.close()
        writer = self._writer
        if writer is None:
            if self._files is not None:
                self._files[1].close()
            return
        self._write()
        writer.close()
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await writer.wait_closed()
        except TimeoutError:
            writer.transport.abort()
        except OSError:
            """Nobody reads any more."""

    def _extend(self, data: bytes) -> None:
        # More bytes than the longest has, which shows that the line is longer.
        self._begun += data
        if len(self._begun) > self._longest + 2 * _TAIL:
            del self._begun[self._longest + _TAIL : -_TAIL]

    def _complete(self, line: bytes) -> None:
        if self._begun:
            self._extend(line)
            line = bytes(self._begun)
            self._begun.clear()
        if line and not line.isspace():
            self._lines.append(line)

    def _monitor(
        self, source: BinaryIO, target: BinaryIO, on_hang_up: Callable[[], None]
    ) -> None:
        # Descriptors of its own: those of the transports may be closed and used again.
        own = [os.dup(source.fileno())]
        if _can_wait(target):
            own.append(os.dup(target.fileno()))

        def wait() -> None:
            while not self._closed.is_set():
                if _has_hung_up(*own):
                    on_hang_up()
                    break
            for each in own:
                os.close(each)

        threading.Thread(target=wait, name="stdio-hang-up", daemon=True).start()


def _has_hung_up(source: int, *target: int) -> bool:
    """Wait for some time until the other side has closed one of these."""
    if sys.platform != "win32":
        poll = select.poll()
        poll.register(source, _GONE)
        for each in target:
            poll.register(each, 0)
        return bool(poll.poll(_POLL_MS))
    raise AssertionError("Windows cannot wait for pipes")


def _can_wait(file: BinaryIO) -> bool:
    """Whether event loops can wait for a file: not for regular ones, and devices."""
    mode = os.fstat(file.fileno()).st_mode
    return sys.platform != "win32" and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))


def _is_one_socket(source: BinaryIO, target: BinaryIO) -> bool:
    """Whether input and output are the two directions of one socket, as with inetd."""
    one, other = os.fstat(source.fileno()), os.fstat(target.fileno())
    return stat.S_ISSOCK(one.st_mode) and os.path.samestat(one, other)


async def _connect(
    connection: socket.socket,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if sys.platform != "win32" and connection.family == socket.AF_UNIX:
        return await asyncio.open_unix_connection(sock=connection, limit=_READ_AHEAD)
    return await asyncio.open_connection(sock=connection, limit=_READ_AHEAD)


def _write_all(file: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


class _Thread(asyncio.ReadTransport):
    """Reads in a thread, what no event loop can wait for."""

    def __init__(self, file: BinaryIO, reader: asyncio.StreamReader) -> None:
        super().__init__()
        self._file = file
        self._reader = reader
        self._loop = asyncio.get_running_loop()
        self._going = threading.Event()
        self._paused = self._closed = False
        reader.set_transport(self)
        threading.Thread(target=self._read, name="stdio", daemon=True).start()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._going.set()

    def close(self) -> None:
        """End the input; a thread that waits for a terminal ends with the process."""
        self._closed = True
        self._reader.feed_eof()

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            while data := self._data():
                self._going.clear()
                self._loop.call_soon_threadsafe(self._take, data)
                self._going.wait()
            self._loop.call_soon_threadsafe(self._reader.feed_eof)

    def _data(self) -> bytes:
        try:
            return self._file.read(_CHUNK)
        except OSError:
            return b""

    def _take(self, data: bytes) -> None:
        if self._closed:
            return
        self._reader.feed_data(data)
        if not self._paused:
            self._going.set()


class _Output(asyncio.StreamReaderProtocol):
    """The output, as a protocol that ends the input once nobody reads any more."""

    def __init__(self, end_input: Callable[[], None]) -> None:
        super().__init__(asyncio.StreamReader())
        self._end_input = end_input

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Nothing: what is read comes from a transport of its own."""

    def eof_received(self) -> bool:
        """Give up the output: what uvloop calls where asyncio says that it is lost."""
        self._end_input()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc or ConnectionResetError("nobody reads any more"))
        self._end_input()
