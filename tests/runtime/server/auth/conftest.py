"""Issuers, and servers whose tools, prompts and resources need scopes."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.server import Settings, create_app
from mcpgen.runtime.server.features.auth import Authenticator

from ..conftest import serving
from ..wire import LegacyWire, ModernWire
from .issuer import Issuer
from .vault import Names, Vault

ISSUER = "https://login.example.com"


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer().running() as issuer:
        yield issuer


class Serving:
    """Starts vaults, and gives clients with tokens."""

    def __init__(self, http: ClientSession, stack: AsyncExitStack) -> None:
        self._http = http
        self._stack = stack
        self.app = web.Application()
        self.vault = Vault()
        self.url = ""

    async def __call__(self, rule: Authenticator | None = None, **settings: Any) -> str:
        """Start a vault; its URL."""
        self.vault = Vault(rule)
        chosen = Settings(**settings)
        self.app = create_app(self.vault, chosen)
        self.url = await self._stack.enter_async_context(serving(self.app, chosen.path))
        return self.url

    def modern(self, token: str | None = None) -> ModernWire:
        """A modern client with a token."""
        return ModernWire(self._http, self.url, _headers(token))

    async def legacy(self, token: str | None = None, **options: Any) -> LegacyWire:
        """A legacy client with a token, and a session."""
        wire = LegacyWire(self._http, self.url, _headers(token))
        await wire.initialize(**options)
        return wire

    def intruder(self, victim: LegacyWire, token: str | None) -> LegacyWire:
        """Somebody else who knows a client's session."""
        stolen = {k: v for k, v in victim.headers.items() if k != "Authorization"}
        return LegacyWire(
            self._http, self.url, {**stolen, **_headers(token)}, victim.last_id
        )


def basic(header: str) -> tuple[str, str]:
    """Name and password of HTTP's Basic authentication, as they travel."""
    kind, _, encoded = header.partition(" ")
    assert kind == "Basic"
    name, _, password = base64.b64decode(encoded).decode().partition(":")
    return name, password


def _headers(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def vault(http: ClientSession) -> AsyncIterator[Serving]:
    """A vault that asks `Names`, and what starts others."""
    async with AsyncExitStack() as stack:
        serving = Serving(http, stack)
        await serving(Names(), auth_issuer=ISSUER)
        yield serving
