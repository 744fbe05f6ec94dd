"""An issuer of JWTs on loopback: real keys, real HTTP, and every fault that is asked for."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from joserfc import jwk, jwt

AUDIENCE = "https://mcp.example.com/mcp"


class Issuer:
    """Publishes keys and signs tokens with them."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: list[jwk.Key] = [jwk.ECKey.generate_key("P-256", {"kid": "first"})]
        self.uses: dict[str | None, str] = {}
        self.fetched = 0
        self.discovered = 0
        self.down = False
        self.delay: asyncio.Event | None = None
        self.metadata: dict[str, Any] = {}
        self.redirect = ""

    def rotate(self, kid: str) -> None:
        """Replace all keys by a new one."""
        self.keys = [jwk.ECKey.generate_key("P-256", {"kid": kid})]

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Good claims, with changes; None takes one away."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "alice",
            "aud": AUDIENCE,
            "client_id": "app",
            "scope": "read",
            "iat": now,
            "exp": now + 300,
            **changes,
        }
        return {key: value for key, value in claims.items() if value is not None}

    def token(
        self,
        header: dict[str, Any] | None = None,
        key: jwk.Key | None = None,
        **changes: Any,
    ) -> str:
        """A signed token."""
        key = key or self.keys[0]
        head = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid, **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `EdDSA` is deprecated, and still in use
            return jwt.encode(
                head, self.claims(**changes), key, algorithms=[head["alg"]]
            )

    async def _keys(self, _: web.Request) -> web.StreamResponse:
        self.fetched += 1
        if self.delay is not None:
            await self.delay.wait()
        if self.redirect:
            raise web.HTTPFound(self.redirect)
        if self.down:
            return web.Response(status=500)
        return web.json_response(
            {
                "keys": [
                    key.as_dict(private=False, use=self.uses.get(key.kid, "sig"))
                    for key in self.keys
                ]
            }
        )

    async def _metadata(self, _: web.Request) -> web.StreamResponse:
        self.discovered += 1
        document = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.metadata}
        return web.json_response(document)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Issuer]:
        """The issuer, reachable."""
        app = web.Application()
        app.router.add_get("/keys", self._keys)
        for where in (
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/tenant",
            "/other/.well-known/openid-configuration",
        ):
            app.router.add_get(where, self._metadata)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()
