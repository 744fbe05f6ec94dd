"""How a user's consent comes back: by a browser to this machine, or as you arrange it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from ...errors import ClientError

if TYPE_CHECKING:
    from aiohttp import web

PATH: Final = "/callback"
_PAGE: Final = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px system-ui;margin:20vh auto;max-width:32em;text-align:center}}</style>
<h1>{title}</h1><p>You can close this window.</p>"""


class NoAnswerError(ClientError):
    """The user did not consent in time."""


class Receiver(Protocol):
    """Ready to receive one answer of an authorization server."""

    @property
    def uri(self) -> str:
        """The `redirect_uri`."""
        ...

    async def answer(self, authorization_url: str) -> str:
        """Bring the user to an address; gives the address that the server led back to.

        Raises:
            ClientError: No answer came.
        """
        ...


class Redirect(Protocol):
    """Makes receivers. Write your own for servers, kiosks and tests."""

    def open(self, known: Sequence[str]) -> AbstractAsyncContextManager[Receiver]:
        """Get ready.

        Args:
            known: The `redirect_uri`s that the client is registered with; another one
                means that it is registered anew.
        """
        ...


class LoopbackRedirect:
    """Opens the browser and listens on 127.0.0.1 for its way back (RFC 8252).

    Args:
        port: Where to listen; 0 takes a free port, or the one of last time.
        timeout: Seconds that the user has to consent.
        open_browser: Brings the user to an address; by default the system's browser.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        timeout: float = 300.0,
        open_browser: Callable[[str], object] | None = None,
    ) -> None:
        self._port = port
        self._timeout = timeout
        self._open = open_browser or _browser

    @asynccontextmanager
    async def open(self, known: Sequence[str]) -> AsyncGenerator[Receiver]:
        """Listen until the block ends."""
        from aiohttp import web

        receiver = _Loopback(self._open, self._timeout)
        app = web.Application()
        app.router.add_get(PATH, receiver.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            receiver.uri = await _listen(runner, self._ports(known))
            yield receiver
        finally:
            await runner.cleanup()

    def _ports(self, known: Sequence[str]) -> list[int]:
        if self._port:
            return [self._port]
        earlier = [part.port for part in map(urlsplit, known) if part.hostname == _HOST]
        return [*filter(None, earlier), 0]


_HOST: Final = "127.0.0.1"


class _Loopback:
    def __init__(self, open_browser: Callable[[str], object], timeout: float) -> None:
        self.uri = ""
        self._open = open_browser
        self._timeout = timeout
        self._state = ""
        self._answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(self, authorization_url: str) -> str:
        query = parse_qs(urlsplit(authorization_url).query)
        self._state = query.get("state", [""])[0]
        await asyncio.to_thread(self._open, authorization_url)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._answered
        except TimeoutError:
            problem = f"nobody consented in the browser within {self._timeout:g} s"
            raise NoAnswerError(problem) from None

    async def handle(self, request: web.Request) -> web.Response:
        """The browser's way back; a wrong state is rejected."""
        from aiohttp import web

        is_ours = bool(self._state) and request.query.get("state") == self._state
        if not is_ours or self._answered.done():
            return web.Response(status=404, text="There is nothing here.")
        failed = "error" in request.query
        self._answered.set_result(f"{self.uri}?{request.query_string}")
        page = _PAGE.format(title="Not signed in" if failed else "Signed in")
        return web.Response(
            text=page,
            content_type="text/html",
            headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        )


async def _listen(runner: web.AppRunner, ports: Sequence[int]) -> str:
    """Listen on the first port that is free; gives the redirect address."""
    from aiohttp import web

    for port in ports:
        site = web.TCPSite(runner, _HOST, port)
        try:
            await site.start()
        except OSError:
            continue
        return f"http://{_HOST}:{runner.addresses[-1][1]}{PATH}"
    raise ClientError(f"port {ports[0]} of {_HOST} is taken: name another one")


def _browser(url: str) -> None:
    import sys
    import webbrowser

    if not webbrowser.open(url):
        # The server names most of it, and a terminal obeys control characters.
        shown = "".join(c for c in url if c.isprintable())
        sys.stderr.write(f"Open this address to sign in:\n{shown}\n")
