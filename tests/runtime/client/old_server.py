"""A server of the oldest transport, for tests."""

from __future__ import annotations

import asyncio

from aiohttp import web

from .wire import LIMIT, event, legacy, text


class OldServer:
    """HTTP+SSE of 2024-11-05."""

    def __init__(self, endpoint: str = "/messages?id=1") -> None:
        self.endpoint = endpoint
        self.wire = legacy("2024-11-05", session=None, tools_call=text)
        self.streams: list[web.StreamResponse] = []
        self.ended = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/sse", self.open)
        app.router.add_post("/messages", self.post)
        return app

    async def open(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(event(self.endpoint, event="endpoint"))
        self.streams.append(stream)
        await asyncio.wait_for(self.ended.wait(), LIMIT)
        self.streams.remove(stream)
        return stream

    async def post(self, request: web.Request) -> web.StreamResponse:
        reply = await self.wire.handle(request)
        if isinstance(reply, web.Response) and reply.body and self.streams:
            assert isinstance(reply.body, bytes)
            await self.streams[-1].write(event(reply.body.decode()))
        return web.Response(status=202)
