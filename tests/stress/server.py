"""The storm against a server, in both eras at one time."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, Final

from aiohttp import ClientError, ClientResponse, ClientSession, TCPConnector, web

from mcpgen.runtime.server import Context, Settings
from mcpgen.runtime.server.runner import Runner
from mcpgen.runtime.server.server import Server
from tests.runtime.server.services import service
from tests.runtime.server.wire import LegacyWire, ModernWire
from tests.runtime.server.workshop import NAME_FORM

from .storm import Storm, blocks, messages

WORKERS: Final = 20
FORMS: Final[dict[str, Any]] = {"elicitation": {"form": {}}}
LARGE: Final = "x" * 200_000
ACCEPTED: Final = {"action": "accept", "content": {"name": "Bo"}}


async def storm(made: Storm) -> None:
    """Serve, storm, and see that nothing is left of it."""
    settings = Settings(
        access_log="off",
        # Loopback is not counted, so clients seem to come from elsewhere.
        trusted_proxies=("127.0.0.1",),
        address_rate=0,
        # A storm of a minute opens thousands, and ends few of them.
        address_sessions=0,
        max_sessions=1_000_000,
        client_calls=WORKERS,
        client_streams=WORKERS,
        keep_alive=0.05,
        tool_timeout=0.1,
        threads=4,
    )
    server = Server(_service(made), settings)
    runner = Runner(server, settings)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
    try:
        async with ClientSession(
            headers={"X-Forwarded-For": "192.0.2.1"}, connector=TCPConnector(limit=0)
        ) as http:
            clients = _Clients(made, http, url, server)
            await made.work(WORKERS, clients.actions)
            await made.calm(lambda: left(server))
    finally:
        await runner.cleanup()


def left(server: Server) -> dict[str, int]:
    """What a server still counts or keeps of calls; the one place that looks inside."""
    sessions = list(server._eras[-1]._manager._store)  # type: ignore[attr-defined]
    return {
        "calls": server.parts.limits.calls,
        "streams": server.parts.limits.streams,
        "held": sum(server.parts.limits._counters._held.values()),  # type: ignore[attr-defined]
        "watched": len(server.parts.monitor),
        "running": sum(len(each.running) for each in sessions),
        "questions": sum(len(each.waiting) for each in sessions),
        "open logs": sum(
            log.finished is None
            for each in sessions
            for number, log in each.streams.items()
            if number
        ),
    }


def _service(made: Storm) -> Any:
    handlers = _Handlers(made)
    names = [name for name in dir(handlers) if not name.startswith("_")]
    tools = {name: getattr(handlers, name) for name in names}
    return service(tools, announces=["tools"])


class _Handlers:
    """What a server's handlers do, the well-behaved and the others."""

    def __init__(self, made: Storm) -> None:
        self._made = made

    async def steps(self, args: Any, ctx: Context) -> str:
        for step in range(self._made.random.randrange(6)):
            await ctx.progress(step + 1)
            await self._made.pause()
        return "done"

    def thread(self, args: Any, ctx: Context) -> str:
        ctx.wait(ctx.progress(1))
        time.sleep(self._made.random.random() * 0.02)
        ctx.wait(ctx.progress(2))
        return "done"

    async def forgetful(self, args: Any, ctx: Context) -> str:
        tasks = [asyncio.create_task(ctx.progress(n + 1)) for n in range(3)]
        await ctx.info(LARGE)
        self._made.seen["forgotten"] += len(tasks)
        return "done"

    async def too_long(self, args: Any, ctx: Context) -> str:
        await ctx.progress(1)
        try:
            await asyncio.sleep(60)
        finally:
            await self._made.pause()
        return "never"

    async def fails(self, args: Any, ctx: Context) -> str:
        await ctx.progress(1)
        inner = asyncio.ensure_future(asyncio.sleep(60))
        inner.cancel()
        await inner
        return "never"

    def exits(self, args: Any, ctx: Context) -> str:
        return str(sys.exit(3))

    async def asks(self, args: Any, ctx: Context) -> str:
        return str(await ctx.elicit("Name?", NAME_FORM))

    def asks_in_thread(self, args: Any, ctx: Context) -> str:
        return str(ctx.wait(ctx.elicit("Name?", NAME_FORM)))

    async def changes(self, args: Any, ctx: Context) -> str:
        definition: Any = {"name": "extra", "inputSchema": {"type": "object"}}
        ctx.catalog.tools.add(definition, self.steps)
        return "changed"


class _Clients:
    """What clients do, each time with a connection and an id of its own."""

    def __init__(
        self, made: Storm, http: ClientSession, url: str, server: Server
    ) -> None:
        self._made = made
        self._http = http
        self._url = url
        self._server = server
        self.actions = [
            self.reads_modern,
            self.reads_legacy,
            self.hangs_up_modern,
            self.hangs_up_legacy,
            self.cancels,
            self.resumes,
            self.resumes,
            self.answers_modern,
            self.answers_legacy,
            self.subscribes,
            self.ends_its_session,
        ]

    def _tool(self) -> str:
        names = [
            "steps",
            "thread",
            "forgetful",
            "too_long",
            "fails",
            "exits",
            "changes",
        ]
        return self._made.random.choice(names)

    def _modern(self, name: str, **more: Any) -> tuple[int, Any, dict[str, Any]]:
        wire = ModernWire(self._http, self._url)
        number = self._made.new_id()
        meta = {
            "progressToken": number,
            "io.modelcontextprotocol/logLevel": "debug",
            "io.modelcontextprotocol/clientCapabilities": FORMS,
        }
        params = {"name": name, **more, "_meta": meta}
        body, headers = wire.request("tools/call", params)
        body["id"] = number
        return number, body, wire._headers(headers)

    async def _session(self) -> LegacyWire:
        wire = LegacyWire(self._http, self._url)
        await wire.initialize(capabilities=FORMS)
        return wire

    def _legacy(self, name: str) -> tuple[int, Any]:
        number = self._made.new_id()
        params = {"name": name, "_meta": {"progressToken": number}}
        body = {"jsonrpc": "2.0", "id": number, "method": "tools/call"}
        return number, {**body, "params": params}

    def _post(self, body: Any, headers: Any) -> Any:
        return self._http.post(self._url, json=body, headers=headers)

    async def _read(self, response: ClientResponse) -> str:
        """The whole body; now and then as slowly as a phone in a train."""
        if self._made.random.random() < 0.8:
            return (await response.read()).decode()
        text = b""
        async for chunk in response.content.iter_chunked(4096):
            text += chunk
            if len(text) < 40_000:
                await self._made.pause(0.01)
        return text.decode()

    async def reads_modern(self) -> None:
        number, body, headers = self._modern(self._tool())
        async with self._post(body, headers) as response:
            text = await self._read(response)
        found = messages(text)
        self._made.answer(found, number, ended=True)
        self._made.check(bool(found), "a modern request without a response")

    async def reads_legacy(self) -> None:
        wire = await self._session()
        number, body = self._legacy(self._tool())
        async with self._post(body, wire._headers(None)) as response:
            text = await self._read(response)
        found = messages(text)
        self._made.answer(found, number, ended=True)
        self._made.check(bool(found), "a legacy request without a response")
        await self._leave(wire)

    async def hangs_up_modern(self) -> None:
        _, body, headers = self._modern(self._tool())
        await self._hang_up(body, headers)

    async def hangs_up_legacy(self) -> None:
        wire = await self._session()
        _, body = self._legacy(self._tool())
        await self._hang_up(body, wire._headers(None))

    async def _hang_up(self, body: Any, headers: Any) -> None:
        async def send() -> None:
            async with self._post(body, headers) as response:
                await self._read(response)

        task = asyncio.ensure_future(send())
        await self._made.pause()
        task.cancel()
        await asyncio.wait([task])

    async def cancels(self) -> None:
        wire = await self._session()
        number, body = self._legacy(self._tool())

        async def send() -> str:
            async with self._post(body, wire._headers(None)) as response:
                return await self._read(response)

        task = asyncio.ensure_future(send())
        for _ in range(2):
            await self._made.pause()
            await wire.notify("notifications/cancelled", {"requestId": number})
        self._made.answer(messages(await task), number, ended=True)
        await self._leave(wire)

    async def resumes(self) -> None:
        """A stream that is torn, and asked for again until its end."""
        wire = await self._session()
        number, body = self._legacy(self._tool())
        text = await self._torn(self._post(body, wire._headers(None)))
        found = blocks(text)
        rest = text if text.startswith("{") else ""
        while not rest and not any('"result"' in e.get("data", "") for e in found):
            if not found or "id" not in found[-1]:
                return
            self._made.seen["torn"] += 1
            headers = {"Accept": "text/event-stream", "Last-Event-ID": found[-1]["id"]}
            get = self._http.get(self._url, headers=wire._headers(headers))
            found += blocks(await self._torn(get))
        ids = [each["id"] for each in found]
        if ids:
            stream = ids[0].partition("-")[0]
            wanted = [f"{stream}-{n + 1}" for n in range(len(ids))]
            self._made.check(ids == wanted, f"a gap or a duplicate: {ids}")
            text = "".join(f"data: {e['data']}\n\n" for e in found if e.get("data"))
        self._made.answer(messages(text), number, ended=True)
        await self._leave(wire)

    async def _torn(self, request: Any) -> str:
        """The beginning of an answer: up to a random place, or all of it."""
        text = b""
        async with request as response:
            self._made.check(response.status == 200, f"status {response.status}")
            async for chunk in response.content.iter_any():
                text += chunk
                if self._made.random.random() < 0.4:
                    response.close()
                    break
        # What is cut in the middle is no event.
        whole = text if text.startswith(b"{") else text[: text.rfind(b"\n\n") + 2]
        return whole.decode() if whole.strip() else ""

    async def answers_modern(self) -> None:
        name = self._made.random.choice(["asks", "asks_in_thread"])
        number, body, headers = self._modern(name)
        async with self._post(body, headers) as response:
            found = messages(await self._read(response))
        self._made.answer(found, number, ended=True)
        result = found[-1].get("result", {})
        if result.get("resultType") != "input_required":
            return
        answers = dict.fromkeys(result["inputRequests"], ACCEPTED)
        state = result["requestState"]
        number, body, headers = self._modern(
            name, inputResponses=answers, requestState=state
        )
        async with self._post(body, headers) as response:
            found = messages(await self._read(response))
        self._made.answer(found, number, ended=True)
        self._made.seen["answered"] += "accept" in str(found[-1])

    async def answers_legacy(self) -> None:
        wire = await self._session()
        number, body = self._legacy(
            self._made.random.choice(["asks", "asks_in_thread"])
        )
        found: list[Any] = []
        async with self._post(body, wire._headers(None)) as response:
            text = b""
            async for chunk in response.content.iter_any():
                text += chunk
                found = messages(text.decode())
                asked = [e for e in found if "method" in e and "id" in e]
                if asked and self._made.random.random() < 0.7:
                    await wire.answer(asked[-1], ACCEPTED)
        self._made.answer(found, number, ended=True)
        self._made.check(
            any("method" not in each for each in found), "a question without an end"
        )
        self._made.seen["answered"] += "accept" in str(found[-1:])
        await self._leave(wire)

    async def subscribes(self) -> None:
        wire = ModernWire(self._http, self._url)
        wanted = {"notifications": {"toolsListChanged": True}}
        try:
            async with wire.streaming("subscriptions/listen", wanted) as stream:
                await stream.message()
                await self._made.pause(0.1)
        except (ClientError, AssertionError):
            # Too many streams of one client.
            self._made.seen["refused"] += 1

    async def ends_its_session(self) -> None:
        """With DELETE, while something runs in it."""
        wire = await self._session()
        number, body = self._legacy(self._tool())

        async def send() -> str:
            async with self._post(body, wire._headers(None)) as response:
                return await self._read(response)

        task = asyncio.ensure_future(send())
        await self._made.pause()
        await self._leave(wire)
        text = await task
        if not text.startswith('{"jsonrpc":"2.0","error":{"code":-32600'):
            self._made.answer(messages(text), number, ended=True)

    async def _leave(self, wire: LegacyWire) -> None:
        reply = await wire.other("DELETE")
        self._made.check(reply.status == 204, f"DELETE got {reply.status}")
