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
_READ_AHEAD: Final = 1024 * 1024
"""Bytes that wait to be taken, before reading is paused."""
_TAIL: Final = 256
"""Bytes at the end of a line that is too long which are kept: many clients put the id
of a request there."""
_LINE_COST: Final = 64
"""What a line that waits costs beside its bytes."""
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
        self._lines = _Lines(longest)
        self._output = _Output(self._lines.end)
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        self._reading: Any = None
        self._writing: Any = None
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
            both = _Both(self._lines, self._output)
            connection = socket.socket(fileno=os.dup(source.fileno()))
            source.close()
            target.close()
            connect: Any = (
                loop.create_connection
                if connection.family in (socket.AF_INET, socket.AF_INET6)
                else loop.create_unix_connection
            )
            self._writing, _ = await connect(lambda: both, sock=connection)
            return
        if _can_wait(source):
            self._reading, _ = await loop.connect_read_pipe(lambda: self._lines, source)
        else:
            self._reading = _Thread(source, self._lines, loop)
        if _can_wait(target):
            self._writing, _ = await loop.connect_write_pipe(
                lambda: self._output, target
            )

    async def receive(self) -> bytes | None:
        """Return the next line, or None at the end of the input."""
        return await self._lines.next()

    async def send(self, message: bytes) -> None:
        """Write a line.

        Raises:
            ConnectionError: Nobody reads any more.
        """
        output = self._output
        if output.lost or self._files is None:
            raise ConnectionResetError("standard output is closed")
        if self._writing is None:
            await asyncio.to_thread(_write_all, self._files[1], b"%b\n" % message)
            return
        self._held.append(message)
        self._held_size += len(message)
        if not self._lines.has_next or self._held_size > _CHUNK:
            self._write()
        elif len(self._held) == 1:
            asyncio.get_running_loop().call_soon(self._write)
        if output.paused:
            await output.writable()

    def _write(self) -> None:
        """Write what is held while the client has sent more: answers go out together."""
        if self._held and not self._output.lost:
            self._writing.write(b"\n".join((*self._held, b"")))
            self._held.clear()
            self._held_size = 0

    async def close(self) -> None:
        """Give up the descriptors; what was sent is written first, as far as it is read."""
        self._closed.set()
        if self._reading is not None:
            self._reading.close()
        if self._writing is None:
            if self._files is not None:
                self._files[1].close()
            return
        self._write()
        self._writing.close()
        await self._output.closed(_FLUSH_SECONDS)
        if not self._output.lost:
            self._writing.abort()

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


def _write_all(file: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


class _Thread:
    """Reads in a thread, what no event loop can wait for."""

    def __init__(
        self, file: BinaryIO, lines: _Lines, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._file = file
        self._lines = lines
        self._loop = loop
        self._going = threading.Event()
        self._paused = False
        lines.connection_made(self)
        threading.Thread(target=self._read, name="stdio", daemon=True).start()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._going.set()

    def close(self) -> None:
        """Nothing: a thread that waits for a terminal ends with the process."""

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            while data := self._data():
                self._going.clear()
                self._loop.call_soon_threadsafe(self._take, data)
                self._going.wait()
            self._loop.call_soon_threadsafe(self._lines.end)

    def _data(self) -> bytes:
        try:
            return self._file.read(_CHUNK)
        except OSError:
            return b""

    def _take(self, data: bytes) -> None:
        self._lines.data_received(data)
        if not self._paused:
            self._going.set()


class _Output(asyncio.BaseProtocol):
    """Knows whether more may be written.

    Attributes:
        lost: Whether nobody reads any more.
        paused: Whether enough waits to be read.
    """

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self._on_lost = on_lost
        self._changed: asyncio.Future[None] | None = None
        self.lost = False
        self.paused = False

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._wake()
        self._on_lost()

    async def writable(self) -> None:
        """Wait until more may be written.

        Raises:
            ConnectionError: Nobody reads any more.
        """
        while self.paused and not self.lost:
            await self._change()
        if self.lost:
            raise ConnectionResetError("standard output is closed")

    async def closed(self, seconds: float) -> None:
        """Wait until everything is written, but not for longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.lost:
                    await self._change()

    async def _change(self) -> None:
        if self._changed is None:
            self._changed = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._changed)

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set_result(None)
            self._changed = None


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

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *complete, rest = data.split(b"\n")
        for line in complete:
            self._take(line)
        self._extend(rest)
        if self._size > _READ_AHEAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end()

    def end(self) -> None:
        """Give what there is, and then nothing more."""
        if not self._ended:
            self._take(b"")
            self._ended = True
            self._wake()

    @property
    def has_next(self) -> bool:
        """Whether there is a line that need not be waited for."""
        return bool(self._lines)

    async def next(self) -> bytes | None:
        """The next line, or None at the end."""
        while not self._lines:
            if self._ended:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        line = self._lines.popleft()
        before, self._size = self._size, self._size - len(line) - _LINE_COST
        if before > _READ_AHEAD >= self._size and not self._ended:
            self._transport.resume_reading()
        return line

    def _extend(self, data: bytes) -> None:
        # More bytes than the longest has, which shows that the line is longer.
        self._begun += data
        if len(self._begun) > self._longest + 2 * _TAIL:
            del self._begun[self._longest + _TAIL : -_TAIL]

    def _take(self, line: bytes) -> None:
        if self._begun:
            self._extend(line)
            line = bytes(self._begun)
            self._begun.clear()
        if not line or line.isspace():
            return
        self._lines.append(line)
        self._size += len(line) + _LINE_COST

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Both(asyncio.Protocol):
    """Input and output on one socket."""

    def __init__(self, lines: _Lines, output: _Output) -> None:
        self._output = output
        self.connection_made = lines.connection_made  # type: ignore[method-assign]
        self.data_received = lines.data_received  # type: ignore[method-assign]
        self.pause_writing = output.pause_writing  # type: ignore[method-assign]
        self.resume_writing = output.resume_writing  # type: ignore[method-assign]
        self._lines = lines

    def eof_received(self) -> bool:
        self._lines.end()
        return True  # the other direction stays open

    def connection_lost(self, exc: Exception | None) -> None:
        self._output.connection_lost(exc)
