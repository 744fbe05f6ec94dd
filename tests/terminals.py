"""Programs as a person sees them: on a pseudo-terminal, or with plain pipes."""

from __future__ import annotations

import asyncio
import os
import re
import struct
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.pace import patient

LIMIT = patient(60)
"""Seconds that any wait may take; starting Python on a busy machine is the longest."""

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Finished:
    """What a program has left: its exit code and its two outputs."""

    code: int
    out: str
    err: str


async def piped(
    *arguments: str,
    cwd: Path,
    stdin: str = "",
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Runs `python ARGUMENTS` to its end, without a terminal."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT):
            out, err = await process.communicate(stdin.encode())
    finally:
        await _ended(process)
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())


class Terminal:
    """A person in front of a program.

    Attributes:
        raw: Every byte that the program has written.
    """

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.raw = b""
        self._process = process
        self._master = master
        self._seen = 0
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    @property
    def text(self) -> str:
        """What is to be read, without colours and cursor movements."""
        return _CONTROL.sub(b"", self.raw).decode("utf-8", "replace")

    async def shows(self, words: str) -> None:
        """Waits until the program writes something, behind what was waited for before."""
        try:
            async with asyncio.timeout(LIMIT):
                while (at := self.text.find(words, self._seen)) < 0:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{words!r} is not in:\n{self.text}") from None
        self._seen = at + len(words)

    def type(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._master, keys.encode())

    async def ends(self) -> int:
        """Waits for the exit code."""
        async with asyncio.timeout(LIMIT):
            return await self._process.wait()

    def leave(self) -> None:
        """Looks no more."""
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)

    def _read(self) -> None:
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # Linux says so when the program has ended.
            chunk = b""
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._master)
        self.raw += chunk
        self._more.set()


@asynccontextmanager
async def terminal(
    *arguments: str,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    columns: int = 100,
) -> AsyncIterator[Terminal]:
    """Runs `python ARGUMENTS` on a terminal of its own."""
    import fcntl
    import termios

    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 40, columns, 0, 0))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=cwd,
        env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        preexec_fn=lambda: os.login_tty(slave),
    )
    os.close(slave)
    screen = Terminal(process, master)
    try:
        yield screen
    finally:
        await _ended(process)
        screen.leave()


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def browser(directory: Path) -> str:
    """A browser for `BROWSER`: keeps the address that it is given, and visits it."""
    script = directory / "browser.py"
    script.write_text(
        "import pathlib, sys, urllib.request\n"
        "pathlib.Path(__file__).with_name('visited').write_text(sys.argv[1])\n"
        "if '127.0.0.1' in sys.argv[1]:\n"
        "    urllib.request.urlopen(sys.argv[1], timeout=60).read()\n",
        "utf-8",
    )
    return f"{sys.executable} {script} %s"
