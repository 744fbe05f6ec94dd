"""A link to a server that is a program: JSON-RPC messages, one a line.

Part of the pull stage. Knows both eras, as far as lists need them; the program is the
user's own command line and is started without a shell.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from mcpgen import identity
from mcpgen.diagnostics import MCPGenError
from mcpgen.runtime.client.errors import ClientError, ProtocolError, VersionError
from mcpgen.runtime.client.session import common_version, versions
from mcpgen.runtime.client.shapes import is_list, is_object, members
from mcpgen.runtime.core import errors as codes

from .live import CAPABILITIES, Era, Facts

MAX_LINE: Final = 64 * 1024 * 1024
"""Bytes of one message."""
PROBE_LIMIT: Final = 10.0
"""Seconds for an answer to the first modern request, in which the program starts, too:
old servers may keep silent."""
GOODBYE_LIMIT: Final = 2.0
"""Seconds that a program has to end, and again after it was asked to."""
MAX_SAID: Final = 2_000
"""Characters of what a program wrote to its standard error that are shown."""

_META: Final = "io.modelcontextprotocol/"
_MODERN_ERRORS: Final = frozenset(
    [codes.MISSING_CLIENT_CAPABILITY, codes.UNSUPPORTED_PROTOCOL_VERSION]
)


class ServerEndedError(ClientError):
    """The program ended, or closed its output."""


class StdioLink:
    """A running program that speaks the protocol."""

    def __init__(self, process: asyncio.subprocess.Process, seconds: float) -> None:
        self._process = process
        self._seconds = seconds
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._said = bytearray()
        self._meta: dict[str, Any] = {}
        self._facts = Facts({}, {}, None)
        self._tasks = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._hear()),
        ]

    @property
    def facts(self) -> Facts:
        """What the server said of itself."""
        return self._facts

    async def discover(self, limit: float) -> bool:
        """Begin as a modern client; False where the server is legacy, or silent.

        Raises:
            VersionError: The server is modern, and no revision is in common.
            ServerEndedError: It did not survive the question.
        """
        supported: Sequence[object] = versions("modern")
        for _ in range(2):
            version = common_version("modern", supported)
            if version is None:
                break
            self._meta = self._modern_meta(version)
            try:
                result = await self._ask("server/discover", {}, limit)
            except ProtocolError as error:
                if error.code not in _MODERN_ERRORS:
                    break
                supported = _list(members(error.data).get("supported"))
                continue
            except TimeoutError:
                break
            supported = _list(result.get("supportedVersions"))
            chosen = common_version("modern", supported)
            if chosen is None:
                break
            self._meta = self._modern_meta(chosen)
            info = members(result.get("_meta")).get(f"{_META}serverInfo")
            self._facts = _facts(result, info)
            return True
        self._meta = {}
        if not any(common_version(era, supported) for era in ("modern", "legacy")):
            raise VersionError([str(each) for each in supported])
        return False

    async def begin(self, era: Era, limit: float) -> None:
        """Find a common language.

        Args:
            era: "auto" finds out what the server speaks; the others insist.
            limit: Seconds for an answer to the first modern request.

        Raises:
            ClientError: There is none.
        """
        if era != "legacy" and await self.discover(limit):
            return
        if era == "modern":
            raise VersionError([])
        await self.initialize()

    async def initialize(self) -> None:
        """Begin as a legacy client.

        Raises:
            ClientError: The server refuses, or no revision is in common.
        """
        params = {
            "protocolVersion": versions("legacy")[0],
            "capabilities": CAPABILITIES,
            "clientInfo": _own_name(),
        }
        result = await self._request("initialize", params)
        version = result.get("protocolVersion")
        if version not in versions("legacy"):
            raise VersionError([str(version)])
        self._facts = _facts(result, result.get("serverInfo"))
        await self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a request; raises `ClientError`."""
        return await self._request(method, params)

    async def close(self) -> None:
        """End the program: its input closes, then it is asked, then it is killed."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        for end in (None, self._ask_to_end, self._kill):
            if end is not None:
                end()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), GOODBYE_LIMIT)
                break
        # What the program has started itself may hold its output open.
        self._kill()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ask_to_end(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.terminate()
            else:
                os.killpg(self._process.pid, signal.SIGTERM)

    def _kill(self) -> None:
        """End the program and what it has started; on Windows, the program alone."""
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return await self._ask(method, params, self._seconds)
        except TimeoutError:
            raise ClientError(
                f"{method}: no answer within {self._seconds:g} s{self._words()}"
            ) from None

    async def _ask(
        self, method: str, params: Mapping[str, Any], seconds: float
    ) -> dict[str, Any]:
        if self._tasks[0].done():
            raise self._ended()
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = (
            asyncio.get_running_loop().create_future()
        )
        self._waiting[number] = answer
        whole = dict(params)
        if self._meta:
            whole["_meta"] = self._meta
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": whole}
        try:
            await self._send(message)
            reply = await asyncio.wait_for(answer, seconds)
        finally:
            del self._waiting[number]
        error = reply.get("error")
        if is_object(error):
            raise _refusal(error, method)
        result = reply.get("result")
        if not is_object(result):
            raise ClientError(f"{method}: the answer has no result that is an object")
        return result

    async def _send(self, message: Mapping[str, Any]) -> None:
        stdin = self._process.stdin
        if stdin is None:
            raise self._ended()
        stdin.write(json.dumps(message).encode() + b"\n")
        try:
            await stdin.drain()
        except OSError:
            raise self._ended() from None

    async def _read(self) -> None:
        """Take messages until the output ends, then let nobody wait any longer."""
        try:
            stdout = self._process.stdout
            while stdout is not None:
                try:
                    line = await stdout.readline()
                except ValueError:
                    break
                if not line:
                    break
                await self._take(line)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(self._ended())

    async def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            # Some programs greet their user first; that is no message.
            return
        if not is_object(message):
            return
        number, method = message.get("id"), message.get("method")
        if isinstance(method, str):
            if number is not None:
                await self._answer(number, method)
            return
        waiting = self._waiting.get(number) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def _answer(self, number: Any, method: str) -> None:
        """Tell a legacy server that this client offers nothing."""
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": number}
        if method == "ping":
            reply["result"] = {}
        else:
            message = f"this client has no {method}"
            reply["error"] = {"code": codes.METHOD_NOT_FOUND, "message": message}
        with suppress(ClientError):
            await self._send(reply)

    async def _hear(self) -> None:
        """Keep the end of what the program says to people."""
        stderr = self._process.stderr
        while stderr is not None and (part := await stderr.read(4096)):
            self._said += part
            del self._said[:-MAX_SAID]

    def _ended(self) -> ServerEndedError:
        code = self._process.returncode
        how = "" if code is None else f" (exit code {code})"
        return ServerEndedError(f"the program ended{how}{self._words()}")

    def _words(self) -> str:
        said = self._said.decode("utf-8", "replace").strip()
        return f"; it said:\n{said}" if said else ""

    def _modern_meta(self, version: str) -> dict[str, Any]:
        return {
            f"{_META}protocolVersion": version,
            f"{_META}clientInfo": _own_name(),
            f"{_META}clientCapabilities": CAPABILITIES,
        }


@asynccontextmanager
async def start(
    command: Sequence[str], *, seconds: float, era: Era
) -> AsyncGenerator[StdioLink]:
    """Run a program and find out what it speaks.

    Args:
        command: The program and its arguments.
        seconds: Seconds for one request.
        era: "auto" finds out what the server speaks; the others insist.

    Raises:
        MCPGenError: It can't be started (MG701).
        ClientError: It is no server that can be talked to.
    """
    link = await _start(command, seconds)
    try:
        try:
            await link.begin(era, PROBE_LIMIT)
        except (ServerEndedError, ProtocolError) as error:
            again = _second_try(era, error)
            if again is None:
                raise
            await link.close()
            link = await _start(command, seconds)
            await link.begin(again, seconds)
        yield link
    finally:
        await link.close()


def _second_try(era: Era, error: ClientError) -> Era | None:
    """In which era to begin with a new process, if that may help."""
    if era != "auto":
        return None
    if isinstance(error, ServerEndedError):
        # Some old servers end on a question that they don't know.
        return "legacy"
    if isinstance(error, ProtocolError) and error.code in _MODERN_ERRORS:
        # A modern server that took too long to start has been asked in the old way.
        return "modern"
    return None


async def _start(command: Sequence[str], seconds: float) -> StdioLink:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"the program {command[0]!r} can't be started: {reason}"
        raise MCPGenError.of("MG701", message) from None
    return StdioLink(process, seconds)


def _own_name() -> dict[str, str]:
    return {"name": "mcpgen", "version": identity.version()}


def _facts(result: Mapping[str, Any], info: object) -> Facts:
    instructions = result.get("instructions")
    return Facts(
        members(info),
        members(result.get("capabilities")),
        instructions if isinstance(instructions, str) else None,
    )


def _refusal(error: Mapping[str, Any], method: str) -> ProtocolError:
    code, message = error.get("code"), error.get("message")
    return ProtocolError(
        code if isinstance(code, int) else codes.INTERNAL_ERROR,
        str(message),
        error.get("data"),
        method=method,
    )


def _list(value: object) -> Sequence[object]:
    return value if is_list(value) else []
