"""An authorization server and a server that wants its tokens, on 127.0.0.1.

Both follow the specification unless a test tells them not to, and keep what they saw.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import urllib.request
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp import BasicAuth, web

from mcpgen.runtime.client import LoopbackRedirect

from ..wire import LIMIT, Call, Reply, Wire, modern, serving, text

Form: TypeAlias = dict[str, str]
G = TypeVar("G", bound="Guarded")


@dataclass
class Grant:
    """What a code or a refresh token stands for."""

    client_id: str
    scope: str
    resource: str
    challenge: str = ""
    redirect_uri: str = ""


@dataclass
class Authority:
    """The authorization server.

    Attributes:
        metadata: Members of its metadata that differ from the usual.
        answers: What paths answer in place of the usual.
        back: Changes what the user's browser is sent back with.
        lifetime: Seconds until a token ends.
        refusing: The `error` that refreshes are answered with.
        held: While it is not set, token requests are handled but not answered.
        reached: Set when a token request was handled.
        renewable: Whether refresh tokens are issued.
        jwt_grants: Assertions that it takes as grants (RFC 7523).
        proofs: The proofs of keys that came with token requests (RFC 9449).
    """

    issuer: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Callable[[web.Request], web.Response]] = field(
        default_factory=dict
    )
    back: Callable[[Form], Form] = dict
    lifetime: int = 3600
    refusing: str | None = None
    held: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    renewable: bool = True
    jwt_grants: set[str] = field(default_factory=set)
    clients: dict[str, str | None] = field(default_factory=dict)
    codes: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    asked: list[Form] = field(default_factory=list)
    registered: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)

    def grants(self, kind: str) -> list[Form]:
        """The token requests of one grant type."""
        return [form for form in self.forms if form["grant_type"] == kind]

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._instead])
        app.router.add_get("/.well-known/oauth-authorization-server", self._describe)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/register", self._register)
        app.router.add_post("/token", self._token)
        return app

    @web.middleware
    async def _instead(self, request: web.Request, handler: Any) -> web.StreamResponse:
        other = self.answers.get(request.path)
        if other is not None:
            return other(request)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _describe(self, request: web.Request) -> web.Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "registration_endpoint": f"{self.issuer}/register",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "scopes_supported": ["read", "write", "offline_access"],
            "authorization_response_iss_parameter_supported": True,
        }
        return web.json_response(document | self.metadata)

    async def _register(self, request: web.Request) -> web.Response:
        document = await request.json()
        self.registered.append(document)
        client_id = f"client-{len(self.clients) + 1}"
        self.clients[client_id] = None
        return web.json_response(document | {"client_id": client_id}, status=201)

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        code = secrets.token_urlsafe()
        self.codes[code] = Grant(
            asked["client_id"],
            asked.get("scope", ""),
            asked["resource"],
            asked["code_challenge"],
            asked["redirect_uri"],
        )
        back = self.back({"code": code, "state": asked["state"], "iss": self.issuer})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        proof = request.headers.get("DPoP")
        self.proofs += [proof] if proof else []
        client = self._client(request, form)
        if client is None:
            return web.json_response({"error": "invalid_client"}, status=401)
        grant = self._grant(form, client)
        if isinstance(grant, str):
            return web.json_response({"error": grant}, status=400)
        access, refresh = secrets.token_urlsafe(), secrets.token_urlsafe()
        self.tokens[access] = grant
        renewal = {"refresh_token": refresh} if self.renewable else {}
        self.refreshes.update(dict.fromkeys(renewal.values(), grant))
        self.reached.set()
        if self.held is not None:
            await asyncio.wait_for(self.held.wait(), LIMIT)
        return web.json_response(
            {
                "access_token": access,
                **renewal,
                "token_type": "DPoP" if proof else "Bearer",
                "expires_in": self.lifetime,
                "scope": grant.scope,
            }
        )

    def _client(self, request: web.Request, form: Form) -> str | None:
        header = request.headers.get("Authorization")
        if header is None:
            name = form.get("client_id", "")
            return name if self.clients.get(name, "unknown") is None else None
        basic = BasicAuth.decode(header)
        return basic.login if self.clients.get(basic.login) == basic.password else None

    def _grant(self, form: Form, client: str) -> Grant | str:
        match form["grant_type"]:
            case "authorization_code":
                grant = self.codes.pop(form["code"], None)
                digest = hashlib.sha256(form["code_verifier"].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if grant is None or grant.challenge != challenge:
                    return "invalid_grant"
                if grant.redirect_uri != form["redirect_uri"]:
                    return "invalid_grant"
            case "refresh_token":
                if self.refusing is not None:
                    return self.refusing
                grant = self.refreshes.pop(form["refresh_token"], None)
            case "client_credentials":
                grant = Grant(client, form.get("scope", ""), form["resource"])
            case "urn:ietf:params:oauth:grant-type:jwt-bearer" if self.jwt_grants:
                if form["assertion"] not in self.jwt_grants:
                    return "invalid_grant"
                grant = Grant(client, form.get("scope", ""), form["resource"])
            case _:
                return "unsupported_grant_type"
        if grant is None or grant.client_id != client:
            return "invalid_grant"
        return grant if grant.resource == form["resource"] else "invalid_target"


@dataclass
class Guarded:
    """A server behind an authorization server.

    Attributes:
        authority: Whose tokens it takes.
        wire: What it does once it believes a request.
        metadata: Members of its metadata that differ from the usual.
        scopes: The scopes that a JSON-RPC method needs; "read" is needed always.
        forbidden: JSON-RPC methods that it refuses whatever the token allows.
        refused: Tokens that it takes no longer.
        seen: The `Authorization` headers that reached it.
        proofs: The `DPoP` headers that came with them.
        takes_nothing: Whether it refuses every token.
        get_needs: The scope that a GET request needs besides.
        asks_for: The scope that its refusal of a request without a token names.
    """

    authority: Authority
    wire: Wire = field(default_factory=lambda: modern(tools_call=text))
    metadata: dict[str, Any] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    seen: list[str | None] = field(default_factory=list)
    proofs: list[str | None] = field(default_factory=list)
    origin: str = ""
    takes_nothing: bool = False
    get_needs: str = ""
    asks_for: str = "read"

    @property
    def url(self) -> str:
        return f"{self.origin}/mcp"

    def answer_lists(self) -> None:
        """Let it have one tool."""

        async def listed(call: Call) -> Reply:
            tool = {"name": "get_forecast", "inputSchema": {"type": "object"}}
            return call.result(
                resultType="complete", tools=[tool], ttlMs=0, cacheScope="private"
            )

        self.wire.methods["tools/list"] = listed

    def app(self) -> web.Application:
        app = web.Application()
        well_known = "/.well-known/oauth-protected-resource"
        app.router.add_get(f"{well_known}/mcp", self._describe)
        app.router.add_route("*", "/mcp", self._handle)
        return app

    async def _describe(self, request: web.Request) -> web.Response:
        document = {
            "resource": self.url,
            "authorization_servers": [self.authority.issuer],
            "scopes_supported": ["read"],
        }
        return web.json_response(document | self.metadata)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        header = request.headers.get("Authorization")
        self.seen.append(header)
        self.proofs.append(request.headers.get("DPoP"))
        token = (header or "").rpartition(" ")[2]
        grant = None if self.takes_nothing else self.authority.tokens.get(token)
        if grant is None or token in self.refused or grant.resource != self.url:
            named = {"scope": self.asks_for} if self.asks_for else {}
            return self._challenge(401, **named)
        method = request.headers.get("Mcp-Method", "")
        needed = {"read", *self.scopes.get(method, "").split()}
        if request.method == "GET":
            needed |= set(self.get_needs.split())
        if method in self.forbidden or not needed <= set(grant.scope.split()):
            scope = " ".join(sorted(needed))
            return self._challenge(403, error="insufficient_scope", scope=scope)
        return await self.wire.handle(request)

    def _challenge(self, status: int, **said: str) -> web.Response:
        metadata = f"{self.origin}/.well-known/oauth-protected-resource/mcp"
        said["resource_metadata"] = metadata
        listed = ", ".join(f'{name}="{value}"' for name, value in said.items())
        headers = {"WWW-Authenticate": f"Bearer {listed}"}
        return web.Response(status=status, headers=headers)


def guarded(
    authority: Authority | None = None,
) -> AbstractAsyncContextManager[Guarded]:
    """Both servers, listening."""
    return listening(Guarded(authority or Authority()))


@asynccontextmanager
async def listening(guard: G) -> AsyncIterator[G]:
    """A guarded server and its authority, listening."""
    authority = guard.authority
    async with serving(authority.app()) as issuer, serving(guard.app()) as origin:
        authority.issuer = issuer
        guard.origin = origin
        yield guard


def browse(url: str) -> None:
    """A user who consents to everything, and whose browser follows redirects."""
    assert urlsplit(url).hostname == "127.0.0.1"
    with suppress(HTTPError), urllib.request.urlopen(url, timeout=60) as page:
        page.read()


def consenting() -> LoopbackRedirect:
    return LoopbackRedirect(timeout=60, open_browser=browse)


class Elsewhere:
    """A way back without a listener: where the browser is sent is handed over."""

    uri = "https://app.example/callback"

    @asynccontextmanager
    async def open(self, known: Sequence[str]) -> AsyncGenerator[Elsewhere]:
        yield self

    async def answer(self, authorization_url: str) -> str:
        async with aiohttp.ClientSession() as session:
            answer = await session.get(authorization_url, allow_redirects=False)
            return answer.headers["Location"]
