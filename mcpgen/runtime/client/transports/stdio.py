"""A server that is a program: messages over its standard streams, one a line.

Starts the program without a shell and ends it, with all that it has started. Knows lines
and processes, nothing of messages.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import Process, SubprocessStreamProtocol
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from .messages import MessageTransport

EXIT_LIMIT: Final = 2.0
"""Seconds that a program has to end after its input was closed, and again after SIGTERM."""
REASON_LIMIT: Final = 1.0
"""Seconds to wait for the exit code and the last lines of a program that ended."""
_FOR_CMD: Final = frozenset('"&|<>^%!\r\n')
"""Characters in arguments that `cmd.exe` interprets."""
KEPT_ERRORS: Final = 2_000
"""Bytes of the end of a program's standard error that errors show."""

_AT_ONCE: Final = (
    " before it sent anything; the variables that it needs are handed over by name "
    "(`env`, or --env NAME)"
)

if sys.platform == "win32":
    _KILL = signal.SIGTERM
    _INHERITED = (
        "APPDATA",
        "HOMEDRIVE",
        "HOMEPATH",
        "LOCALAPPDATA",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "USERNAME",
        "USERPROFILE",
    )
else:
    _KILL = signal.SIGKILL
    _INHERITED = (
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LOGNAME",
        "PATH",
        "SHELL",
        "TERM",
        "TMPDIR",
        "TZ",
        "USER",
    )


def default_environment() -> dict[str, str]:
    """The environment variables that every program gets: none of them holds secrets."""
    return {
        name: value
        for name in _INHERITED
        # A shell's exported function is code.
        if (value := os.environ.get(name)) is not None and not value.startswith("()")
    }


def program(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None,
    cwd: str | os.PathLike[str] | None,
    stderr: TextIO | None,
    max_bytes: int,
) -> MessageTransport:
    """The transport to a program; the first request starts it.

    Raises:
        ValueError: The command is empty, or a string.
    """
    if isinstance(command, str) or not command:
        raise ValueError(
            f"{command!r} is not a command; it looks like "
            '["uvx", "mcp-server-time"]; shlex.split makes one from a string'
        )
    words = tuple(map(str, command))
    environment = {**default_environment(), **(env or {})}
    return MessageTransport(
        partial(_start, words, environment, cwd, stderr, max_bytes),
        name=name_of(words),
        max_bytes=max_bytes,
        key=("stdio", shlex.join(words), 0),
    )


def name_of(command: Sequence[str]) -> str:
    """What errors call a program: its command without what may be secret."""
    shown = [Path(command[0]).name]
    for word in command[1:]:
        if word not in ("-m", "-y") and (
            word.startswith("-") or set("=:@?") & set(word[1:])
        ):
            shown.append("...")
            break
        shown.append(word)
    return shlex.join(shown)


async def _start(
    command: tuple[str, ...],
    environment: Mapping[str, str],
    cwd: str | os.PathLike[str] | None,
    stderr: TextIO | None,
    max_bytes: int,
) -> StdioConnection:
    """Start the program.

    Raises:
        OSError: It can't be started.
    """
    loop = asyncio.get_running_loop()
    words = startable(command, environment.get("PATH"))
    make = partial(SubprocessStreamProtocol, limit=max_bytes, loop=loop)
    output, stdout = _output_pipe()
    try:
        transport, protocol = await loop.subprocess_exec(
            make,
            *words,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=cwd,
            start_new_session=True,
        )
    except BaseException as error:
        if output is not None:
            output.close()
        if not isinstance(error, (ValueError, OSError)):
            raise
        place = getattr(error, "filename", None)
        reason = getattr(error, "strerror", None) or error
        where = f": {place}" if place else ""
        raise OSError(f"the program can't be started: {reason}{where}") from error
    finally:
        if output is not None:
            os.close(stdout)
    connection = StdioConnection(transport, protocol, stderr)
    if output is not None:
        try:
            await connection.read_from(output, max_bytes)
        except BaseException:
            connection.kill()
            raise
    return connection


def startable(
    command: tuple[str, ...], path: str | None, platform: str = sys.platform
) -> tuple[str, ...]:
    """A command as the platform can start it without a shell.

    Windows itself finds files that end in `.exe` alone, while `npx` and others are batch
    files there. It has these read by `cmd.exe`, for which some characters have a meaning
    that no quotes take from them.

    Args:
        command: The program and its arguments.
        path: The folders to look in, as `PATH` has them.
        platform: As `sys.platform` says.

    Raises:
        OSError: The program is a batch file, and an argument can't be passed to it.
    """
    if platform != "win32":
        return command
    found = shutil.which(command[0], path=path) or command[0]
    # Windows ignores dots and spaces at the end of a name.
    if found.lower().rstrip(". ").endswith((".cmd", ".bat")):
        for number, word in enumerate(command[1:], 1):
            if bad := sorted(_FOR_CMD & {*word}):
                # Without the argument, which may be a secret.
                raise OSError(
                    f"{Path(found).name} is a batch file, and its argument {number} has "
                    f"{' '.join(map(repr, bad))}, which cmd.exe would interpret: name the "
                    "program that the batch file starts, or pass the value in `env`"
                )
    return found, *command[1:]


def _output_pipe() -> tuple[BinaryIO | None, int]:
    """A pipe for the program's output: the end to read, and what it gets.

    The event loop passes on what comes over a pipe of its own one turn later.
    """
    if sys.platform == "win32":
        return None, subprocess.PIPE
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb", 0), writing


class StdioConnection:
    """A running program, as a connection."""

    def __init__(
        self,
        transport: asyncio.SubprocessTransport,
        protocol: SubprocessStreamProtocol,
        stderr: TextIO | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._transport = transport
        self._process = Process(transport, protocol, loop)
        self._input = cast("asyncio.StreamWriter", self._process.stdin)
        self._output = cast("asyncio.StreamReader", self._process.stdout)
        self._reading: asyncio.BaseTransport | None = None
        self._has_sent = False
        self._copy = stderr
        self._errors = bytearray()
        self._errors_task = loop.create_task(self._keep_errors())

    async def read_from(self, output: BinaryIO, max_bytes: int) -> None:
        """Read lines from a pipe, which is closed where that fails."""
        self._output = asyncio.StreamReader(max_bytes)
        try:
            self._reading, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(self._output), output
            )
        except BaseException:
            output.close()
            raise

    async def receive(self) -> bytes | None:
        """The next line.

        Raises:
            ConnectionError: The program ended, or a line is too long; says why.
        """
        try:
            line = await self._output.readline()
        except ValueError:
            raise ConnectionAbortedError(
                "the program sent a line that is too long (`max_bytes` sets the limit)"
            ) from None
        if line:
            self._has_sent = True
            return line
        raise ConnectionResetError(await self._reason())

    async def send(self, message: bytes) -> None:
        """Write a line.

        Raises:
            ConnectionError: The program does not read any more.
        """
        self._input.write(message + b"\n")
        await self._input.drain()

    async def close(self) -> None:
        """Close the input, wait, terminate, kill; the whole process group."""
        try:
            self._input.close()
            for step in (None, signal.SIGTERM):
                if step is not None:
                    self._signal(step)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EXIT_LIMIT):
                        await self._process.wait()
                        break
        finally:
            self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """End the program at once, with what it has started itself, which may still run."""
        self._signal(_KILL)
        self._errors_task.cancel()
        self._transport.close()
        if self._reading is not None:
            self._reading.close()

    def _signal(self, number: int) -> None:
        """Send a signal to the program and what it has started; on Windows, to it alone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.terminate()
            else:
                os.killpg(self._process.pid, number)

    async def _reason(self) -> str:
        """Why the output ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REASON_LIMIT):
                await self._process.wait()
                await asyncio.wait([self._errors_task])
        lines = self._errors.decode("utf-8", "replace").strip()
        said = f"; the end of its standard error:\n{_printable(lines)}" if lines else ""
        hint = "" if self._has_sent else _AT_ONCE
        return f"the program {_ending(self._process.returncode)}{hint}{said}"

    async def _keep_errors(self) -> None:
        """Keep the end of what the program writes for people, and copy it."""
        errors = cast("asyncio.StreamReader", self._process.stderr)
        while part := await errors.read(4096):
            self._errors += part
            del self._errors[:-KEPT_ERRORS]
            if self._copy is not None:
                with contextlib.suppress(OSError, ValueError):
                    self._copy.write(part.decode("utf-8", "replace"))


def _ending(code: int | None) -> str:
    if code is None:
        return "closed its output"
    if code >= 0:
        return f"ended (exit code {code})"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _printable(text: str) -> str:
    """Text of a program without control characters, which a terminal would obey."""
    return "".join(c for c in text if c.isprintable() or c == "\n")


_PIECE: Final = re.compile(
    r'(?P<slashes>\\*+)(?P<quote>")|(?P<space>[ \t])|\\++|.', re.DOTALL
)
_IS_WINDOWS: Final = sys.platform == "win32"


def split(text: str, *, windows: bool = _IS_WINDOWS) -> list[str]:
    """The words of a command line, by the rules of the platform.

    Args:
        text: The command line: quotes group words; variables and wildcards mean nothing.
        windows: Whether the rules of Windows programs hold, where a backslash is a
            character of paths, or those of a POSIX shell.

    Raises:
        ValueError: There is no command, or a quote without its end; without the text,
            which may hold secrets.
    """
    try:
        words = _split_windows(text) if windows else shlex.split(text)
    except ValueError as error:
        why = {
            "No closing quotation": "a quote in it is not closed",
            "No escaped character": "it ends with a single backslash",
        }.get(str(error), str(error))
        raise ValueError(f"the command can't be read: {why}") from None
    if not words or not words[0]:
        raise ValueError("the command is empty")
    return words


def _split_windows(text: str) -> list[str]:
    """As the C runtime of Microsoft does."""
    words: list[str] = []
    word: str | None = None
    is_quoted, closed = False, -1
    for piece in _PIECE.finditer(text):
        if piece["space"] and not is_quoted:
            words += [] if word is None else [word]
            word = None
        elif piece["quote"]:
            slashes, is_escaped = divmod(len(piece["slashes"]), 2)
            # Two quotes in a row, within quotes, are one that is meant.
            is_meant = is_escaped or piece.span() == (closed, closed + 1)
            word = (word or "") + "\\" * slashes + ('"' if is_meant else "")
            if not is_escaped:
                is_quoted = not is_quoted
                closed = -1 if is_quoted else piece.end()
        else:
            word = (word or "") + piece[0]
    if is_quoted:
        raise ValueError("No closing quotation")
    return words if word is None else [*words, word]
