"""Idle legacy sessions with an open stream each: what they take, and what comes back."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from rich.console import Console

from benchmarks import subjects
from benchmarks.process import Server, serving
from benchmarks.scale import Scale
from benchmarks.tables import rows
from benchmarks.wire import INITIALIZE, LEGACY

_KB = 1024
_AT_ONCE = 16
_SETTLE_SECONDS = 1.0
_TYPES = {"Accept": "application/json, text/event-stream"}


@dataclass(slots=True)
class Crowd:
    """Clients of one server that only listen."""

    server: Server
    has_sessions: bool
    ids: list[str] = field(default_factory=list[str])
    writers: list[asyncio.StreamWriter] = field(
        default_factory=list[asyncio.StreamWriter]
    )

    async def come(self, count: int) -> None:
        """Open sessions, and a stream in each."""
        connector = aiohttp.TCPConnector(limit=_AT_ONCE)
        async with aiohttp.ClientSession(connector=connector, headers=_TYPES) as http:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def one() -> None:
                async with gate:
                    await self._listen(await self._session(http))

            await asyncio.gather(*(one() for _ in range(count)))

    async def go(self) -> None:
        """End every session, and close the streams."""
        async with aiohttp.ClientSession() as http:
            for session_id in self.ids:
                headers = _named(session_id)
                async with http.delete(self.server.url, headers=headers) as answer:
                    answer.raise_for_status()
        self.ids.clear()
        for writer in self.writers:
            writer.close()
        self.writers.clear()
        await asyncio.sleep(_SETTLE_SECONDS)

    async def _session(self, http: aiohttp.ClientSession) -> str:
        if not self.has_sessions:
            return ""
        url = self.server.url
        async with http.post(url, json=INITIALIZE) as answer:
            answer.raise_for_status()
            await answer.read()
            session_id = answer.headers["Mcp-Session-Id"]
        ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        async with http.post(url, json=ready, headers=_named(session_id)) as answer:
            answer.raise_for_status()
        self.ids.append(session_id)
        return session_id

    async def _listen(self, session_id: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        lines = [
            "GET /mcp HTTP/1.1",
            f"Host: 127.0.0.1:{self.server.port}",
            "Accept: text/event-stream",
            *(f"{k}: {v}" for k, v in _named(session_id).items() if session_id),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        status = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        if b" 200 " not in status.partition(b"\r\n")[0]:
            raise RuntimeError(f"no stream: {status[:300]!r}")
        self.writers.append(writer)


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = subjects.project(folder / "project") / "server"
        body: list[Sequence[object]] = []
        crowds = [
            ("bare aiohttp stream", subjects.by_hand(), folder, scale.sessions, False),
            ("mcpgen", subjects.ours(), home, scale.sessions, True),
        ]
        if scale.peers:
            few = scale.peer_sessions
            crowds.append(("SDK", subjects.sdk(), folder, few, True))
            crowds.append(("FastMCP", subjects.fastmcp(), folder, few, True))
        for what, command, where, count, sessions in crowds:
            with serving(command, where) as server:
                crowd = Crowd(server, sessions)
                each, after, again = asyncio.run(_measured(crowd, count))
            base = float(str(body[0][2])) if body else each
            body.append((what, count, each, each / base, after, again))
        head = ("", "sessions", "KB each", "ratio", "KB each, ended", "KB each, again")
        console.print(rows("idle legacy sessions with an open stream", head, body))


async def _measured(crowd: Crowd, count: int) -> tuple[float, float, float]:
    """KB per session: open, after all have ended, and once they are open again."""
    await crowd.come(10)
    await crowd.go()
    before = crowd.server.memory()

    def grown() -> float:
        return (crowd.server.memory() - before) / count / _KB

    await crowd.come(count)
    each = grown()
    await crowd.go()
    after = grown()
    await crowd.come(count)
    again = grown()
    await crowd.go()
    return each, after, again


def _named(session_id: str) -> dict[str, str]:
    return {"Mcp-Session-Id": session_id, "MCP-Protocol-Version": LEGACY}
