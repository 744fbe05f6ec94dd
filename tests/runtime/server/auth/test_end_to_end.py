"""A generated server behind a real authorization server, with real OAuth clients.

Discovery, registration, PKCE, call, step-up, refresh, revocation; the generated client,
and the official SDK's.
"""

from __future__ import annotations

import importlib
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from aiohttp import ClientSession
from mcp import Client as SDKClient
from mcp import ClientSession as SDKSession
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl, SecretStr

from tests.packages import Package, package

from ..conftest import serving
from .authority import RESOURCE_SERVER, Authority

TOOLS = [
    {"name": "look", "scopes": ["read"]},
    {"name": "change", "scopes": ["read", "write"]},
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A server whose manifest asks for scopes, and its client."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    auth = {"kind": "jwt", "issuer": "https://login.example.com", "scopes": ["read"]}
    more: dict[str, Any] = {
        "auth": auth,
        "features": {"server": ["introspection"]},
        "transports": ["http", "stdio", "sse"],
    }
    return package("guarded", folder, TOOLS, mcpgen=1, name="guarded", **more)


class Place:
    """A guarded server, its authority, and clients that sign in.

    Attributes:
        consents: How often the user was brought to the authority.
    """

    def __init__(self, made: Package, authority: Authority, url: str) -> None:
        self.made = made
        self.authority = authority
        self.url = url
        self.consents = 0
        self.oauth: Any = None

    def client(self) -> Any:
        """The generated client, which opens a browser that consents."""
        client = self.made.client
        if self.oauth is None:
            auth = importlib.import_module(f"{client.__name__}.auth")
            self.oauth = auth.OAuth(
                redirect=auth.LoopbackRedirect(timeout=60, open_browser=self._browse),
                offline=False,
            )
        return client.GuardedClient(self.url, auth=self.oauth)

    def _browse(self, url: str) -> None:
        assert url.startswith(self.authority.issuer)
        self.consents += 1
        with urllib.request.urlopen(url, timeout=60) as page:
            page.read()


def service(made: Package) -> Any:
    async def tell(_: Any, args: Any, ctx: Any) -> str:
        return f"{ctx.principal.subject}: {' '.join(sorted(ctx.scopes))}"

    base: Any = made.service.__dict__["GuardedService"]
    return type("Guarded", (base,), {"look": tell, "change": tell})()


@asynccontextmanager
async def place(
    made: Package, authority: Authority, **settings: Any
) -> AsyncIterator[Place]:
    generated = made.service
    async with authority.running():
        chosen = generated.Settings(auth_issuer=authority.issuer, **settings)
        app = generated.create_app(service(made), chosen)
        async with serving(app) as url:
            yield Place(made, authority, url)


@pytest.fixture(autouse=True)
def _loopback_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


OVER = -1
"""The life of a token that clients take for ended, and servers, by leeway, don't."""

OPAQUE = {
    "auth": "introspection",
    "auth_client_id": RESOURCE_SERVER[0],
    "auth_client_secret": SecretStr(RESOURCE_SERVER[1]),
    "auth_cache": 0.0,
}


@pytest.fixture(params=["jwt", "opaque"])
async def there(request: pytest.FixtureRequest, made: Package) -> AsyncIterator[Place]:
    opaque = request.param == "opaque"
    settings: Any = OPAQUE if opaque else {}
    async with place(made, Authority(opaque=opaque), **settings) as ready:
        yield ready


class TestTheGeneratedClient:
    async def test_it_finds_registers_signs_in_and_calls(self, there: Place) -> None:
        async with there.client() as client:
            assert text(await client.look()) == "alice: read"
            assert text(await client.look()) == "alice: read"

        assert there.consents == 1
        assert len(there.authority.clients) == 2
        assert {t.consent.resource for t in there.authority.tokens} == {there.url}

    async def test_it_asks_for_more_when_a_call_needs_more(self, there: Place) -> None:
        async with there.client() as client:
            assert text(await client.look()) == "alice: read"
            assert text(await client.change()) == "alice: read write"

        assert there.authority.asked == ["read", "read write"]

    async def test_it_hears_no_when_the_user_grants_too_little(
        self, there: Place
    ) -> None:
        there.authority.granted = ("read",)
        async with there.client() as client:
            with pytest.raises(there.made.client.AuthError, match="write"):
                await client.change()
            assert text(await client.look()) == "alice: read"

    async def test_it_renews_a_token_that_ends(self, there: Place) -> None:
        there.authority.lifetime = OVER
        async with there.client() as client:
            await client.look()
            await client.look()

        assert there.consents == 1
        assert there.authority.refreshed >= 1

    async def test_it_asks_again_when_all_is_revoked(self, made: Package) -> None:
        async with place(made, Authority(opaque=True), **OPAQUE) as there:
            async with there.client() as client:
                await client.look()
                there.authority.revoke_all()

                assert text(await client.look()) == "alice: read"

            assert there.consents == 2

    async def test_a_revoked_token_opens_nothing(
        self, made: Package, http: ClientSession
    ) -> None:
        async with place(made, Authority(opaque=True), **OPAQUE) as there:
            async with there.client() as client:
                await client.look()
            token = there.authority.tokens[-1]
            before = await ask(http, there.url, token.access)
            form = {"token": token.access, "client_id": token.client_id}
            revoke = f"{there.authority.issuer}/revoke"
            async with http.post(revoke, data=form) as answer:
                assert answer.status == 200

            assert before == 200
            assert await ask(http, there.url, token.access) == 401

    async def test_a_token_for_one_server_opens_no_other(
        self, made: Package, http: ClientSession
    ) -> None:
        async with place(made, Authority()) as one:
            settings = made.service.Settings(auth_issuer=one.authority.issuer)
            other = made.service.create_app(service(made), settings)
            async with serving(other) as url, one.client() as client:
                await client.look()
                access = one.authority.tokens[-1].access

                assert await ask(http, one.url, access) == 200
                assert await ask(http, url, access) == 401


async def ask(http: ClientSession, url: str, token: str) -> int:
    """The status of a request with a token."""
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/list",
        "params": {
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            }
        },
    }
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/list",
    }
    async with http.post(url, json=body, headers=headers) as answer:
        return answer.status


def text(result: Any) -> str:
    """What a tool without output schema said."""
    return result if isinstance(result, str) else str(result.content[0].text)


class Memory:
    """Keeps what the SDK's client gets."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Browser:
    """A user who consents; the way back is read from the redirect."""

    def __init__(self, url: str) -> None:
        self.consents = 0
        metadata = OAuthClientMetadata(
            redirect_uris=[AnyUrl("http://127.0.0.1:1/callback")],
            token_endpoint_auth_method="none",
            grant_types=["authorization_code", "refresh_token"],
        )
        self.provider = OAuthClientProvider(url, metadata, Memory(), self.go, self.back)
        self._back = ""

    async def go(self, url: str) -> None:
        self.consents += 1
        async with ClientSession() as session:
            answer = await session.get(url, allow_redirects=False)
            self._back = answer.headers["Location"]

    async def back(self) -> AuthorizationCodeResult:
        query = {k: v[0] for k, v in parse_qs(urlsplit(self._back).query).items()}
        return AuthorizationCodeResult(
            code=query["code"], state=query["state"], iss=query["iss"]
        )


@asynccontextmanager
async def official(there: Place, mode: Any) -> AsyncIterator[tuple[SDKClient, Browser]]:
    """The official SDK's client, which signs in when it must."""
    browser = Browser(there.url)
    async with (
        httpx2.AsyncClient(auth=browser.provider, timeout=60) as http,
        SDKClient(streamable_http_client(there.url, http_client=http), mode=mode) as c,
    ):
        yield c, browser


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
class TestTheOfficialClient:
    async def test_it_finds_registers_signs_in_and_calls(
        self, there: Place, mode: str
    ) -> None:
        async with official(there, mode) as (client, browser):
            assert text(await client.call_tool("look", {})) == "alice: read"

        assert browser.consents == 1

    async def test_it_asks_for_more_when_a_call_needs_more(
        self, there: Place, mode: str
    ) -> None:
        async with official(there, mode) as (client, browser):
            await client.call_tool("look", {})
            changed = await client.call_tool("change", {})

        assert text(changed) == "alice: read write"
        assert browser.consents == 2
        assert set(there.authority.asked[-1].split()) == {"read", "write"}

    async def test_it_renews_a_token_that_ends(self, there: Place, mode: str) -> None:
        async with official(there, mode) as (client, browser):
            await client.call_tool("look", {})
            browser.provider.context.token_expiry_time = 1.0
            again = await client.call_tool("look", {})

        assert text(again) == "alice: read"
        assert browser.consents == 1
        assert there.authority.refreshed >= 1


async def test_the_official_client_signs_in_over_sse(there: Place) -> None:
    """It refuses metadata of another URL than the one that it connects to."""
    url = there.url.replace("/mcp", "/sse")
    browser = Browser(url)
    async with (
        sse_client(url, auth=browser.provider) as streams,
        SDKSession(*streams) as session,
    ):
        await session.initialize()
        called = await session.call_tool("look", {})

    assert text(called) == "alice: read"
    assert browser.consents == 1
    assert {t.consent.resource for t in there.authority.tokens} == {url}
