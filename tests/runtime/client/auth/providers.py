"""Authorization servers as they are: data for each, and one scripted server.

Each entry holds what was seen of a product that differs from the specification, or that
clients get wrong. The scripted server behaves accordingly on 127.0.0.1.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import BasicAuth, web

from ..wire import serving
from .authority import Authority, Grant, Guarded

Json = dict[str, Any]
SECRET: Final = "s3cret"


@dataclass(frozen=True)
class Provider:
    """How a product behaves.

    Attributes:
        name: Its name.
        issuer: Its issuer as the documentation names it.
        path: The path of its issuer.
        listed: How protected-resource metadata name it; "{}" is the issuer.
        named: How it names itself; "{}" is the issuer.
        places: Where its metadata are, below its host.
        metadata: Members of its metadata.
        registers: "all", those without a scope ("unscoped"), or nobody ("").
        methods: How clients authenticate at the token endpoint.
        takes_resource: Whether it accepts `resource`.
        audience: The `audience` without which its tokens are not for the API.
        scope: The scope of its API.
        granted: The member `scope` of a token response: its separator, or None.
        token_type: The member of that name; None leaves it out.
        offline: Whether refresh tokens need `offline_access` and `prompt=consent`.
        rotates: Whether a refresh token is used once.
        refused: Status and body when a refresh token or a code is refused.
        unknown: Status and body when it does not know the client.
        page: Status of its authorization page then.
        sends_issuer: Whether authorization responses have `iss`.
    """

    name: str
    issuer: str
    path: str
    places: tuple[str, ...]
    metadata: Mapping[str, Any]
    refused: tuple[int, Json]
    unknown: tuple[int, Json]
    listed: str = "{}"
    named: str = "{}"
    registers: str = ""
    methods: tuple[str, ...] = ("client_secret_post", "client_secret_basic")
    takes_resource: bool = True
    audience: str | None = None
    scope: str = "read"
    granted: str | None = " "
    token_type: str | None = "Bearer"
    offline: bool = False
    rotates: bool = True
    page: int = 400
    sends_issuer: bool = False


def _error(code: str, description: str = "", **more: Any) -> Json:
    described = {"error_description": description} if description else {}
    return {"error": code, **described, **more}


_PKCE: Final = {"code_challenge_methods_supported": ["plain", "S256"]}
_TENANT: Final = "/11111111-2222-3333-4444-555555555555/v2.0"

PROVIDERS: Final = (
    Provider(
        "Entra",
        f"https://login.microsoftonline.com{_TENANT}",
        _TENANT,
        (f"{_TENANT}/.well-known/openid-configuration",),
        {
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
        },
        (400, _error("invalid_grant", "AADSTS70008: The token has expired.")),
        (400, _error("unauthorized_client", "AADSTS700016: Application not found.")),
        methods=("none",),
        takes_resource=False,
        scope="api://weather/read",
        offline=True,
    ),
    Provider(
        "Cognito",
        "https://cognito-idp.eu-north-1.amazonaws.com/eu-north-1_AbCdEf",
        "/eu-north-1_AbCdEf",
        ("/eu-north-1_AbCdEf/.well-known/openid-configuration",),
        {
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
            ],
            "revocation_endpoint": "{}/revoke",
        },
        (400, _error("invalid_grant")),
        (400, _error("invalid_client")),
        scope="weather/read",
        granted=None,
        rotates=False,
    ),
    Provider(
        "Google",
        "https://accounts.google.com",
        "",
        ("/.well-known/openid-configuration",),
        {
            **_PKCE,
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "client_secret_basic",
            ],
            "authorization_response_iss_parameter_supported": True,
            "revocation_endpoint": "{}/revoke",
        },
        (400, _error("invalid_grant", "Token has been expired or revoked.")),
        (401, _error("invalid_client", "The OAuth client was not found.")),
        listed="{}/",
        scope="https://www.googleapis.com/auth/weather",
        rotates=False,
        page=401,
        sends_issuer=True,
    ),
    Provider(
        "Slack",
        "https://slack.com",
        "",
        ("/.well-known/oauth-authorization-server",),
        {
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        },
        (200, _error("invalid_refresh_token", ok=False)),
        (200, _error("invalid_client_id", ok=False)),
        methods=("client_secret_post",),
        scope="search:read.public chat:write",
        granted=",",
        token_type="user",
    ),
    Provider(
        "GitHub",
        "https://github.com/login/oauth",
        "/login/oauth",
        ("/.well-known/oauth-authorization-server/login/oauth",),
        {"code_challenge_methods_supported": ["S256"]},
        (200, _error("bad_refresh_token", "The refresh token passed is incorrect.")),
        (200, _error("incorrect_client_credentials", "The client_id is incorrect.")),
        methods=("client_secret_post",),
        scope="repo gist",
        granted=",",
        token_type="bearer",
        page=404,
    ),
    Provider(
        "Auth0",
        "https://weather.eu.auth0.com/",
        "",
        (
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ),
        {
            **_PKCE,
            "scopes_supported": ["openid", "profile", "offline_access"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            "registration_endpoint": "{}/register",
            "revocation_endpoint": "{}/revoke",
        },
        (403, _error("invalid_grant", "Unknown or invalid refresh token.")),
        (401, _error("invalid_client", "Client authentication failed.")),
        named="{}/",
        registers="all",
        methods=("none",),
        audience="https://weather.example/api",
        scope="read:weather",
        token_type="Bearer",
        offline=True,
        sends_issuer=True,
    ),
    Provider(
        "Okta",
        "https://weather.okta.com/oauth2/default",
        "/oauth2/default",
        (
            "/oauth2/default/.well-known/oauth-authorization-server",
            "/oauth2/default/.well-known/openid-configuration",
        ),
        {
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "offline_access", "weather.read"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "registration_endpoint": "{}/register",
            "revocation_endpoint": "{}/revoke",
        },
        (400, _error("invalid_grant", "The refresh token is invalid or expired.")),
        (
            401,
            {"errorCode": "invalid_client", "errorSummary": "Invalid 'client_id'."},
        ),
        methods=("none",),
        scope="weather.read",
        offline=True,
    ),
    Provider(
        "Keycloak",
        "https://keycloak.example/realms/mcp",
        "/realms/mcp",
        (
            "/.well-known/oauth-authorization-server/realms/mcp",
            "/realms/mcp/.well-known/openid-configuration",
        ),
        {
            **_PKCE,
            "scopes_supported": ["openid", "offline_access", "weather"],
            "token_endpoint_auth_methods_supported": [
                "private_key_jwt",
                "client_secret_basic",
                "none",
            ],
            "registration_endpoint": "{}/register",
            "revocation_endpoint": "{}/revoke",
            "authorization_response_iss_parameter_supported": True,
        },
        (400, _error("invalid_grant", "Token is not active")),
        (401, _error("invalid_client", "Invalid client or Invalid client credentials")),
        registers="unscoped",
        methods=("none",),
        scope="weather",
        sends_issuer=True,
    ),
)


@dataclass
class Scripted(Authority):
    """An authorization server that behaves like a product.

    Attributes:
        provider: The product.
        base: Its origin.
        server: The MCP server whose tokens it issues.
        revoked: The tokens that it was asked to revoke.
    """

    provider: Provider = field(default=PROVIDERS[0])
    base: str = ""
    server: str = ""
    revoked: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._instead])
        for place in self.provider.places:
            app.router.add_get(place, self._describe)
        endpoints = f"{self.provider.path}/endpoints"
        app.router.add_get(f"{endpoints}/authorize", self._authorize)
        for name, handler in (
            ("register", self._register),
            ("token", self._token),
            ("revoke", self._revoke),
        ):
            app.router.add_post(f"{endpoints}/{name}", handler)
        return app

    async def _describe(self, request: web.Request) -> web.Response:
        endpoints = f"{self.base}{self.provider.path}/endpoints"
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{endpoints}/authorize",
            "token_endpoint": f"{endpoints}/token",
        }
        for name, value in self.provider.metadata.items():
            is_text = isinstance(value, str)
            document[name] = value.format(endpoints) if is_text else value
        return web.json_response(document)

    async def _register(self, request: web.Request) -> web.Response:
        document = await request.json()
        self.registered.append(document)
        if not self.provider.registers:
            body = {"errorCode": "E0000005", "errorSummary": "Invalid session"}
            return web.json_response(body, status=403)
        if self.provider.registers == "unscoped" and "scope" in document:
            body = _error("insufficient_scope", "Policy 'Allowed Client Scopes' ...")
            return web.json_response(body, status=403)
        client_id = secrets.token_hex(4)
        self.clients[client_id] = None
        return web.json_response(document | {"client_id": client_id}, status=201)

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        if asked["client_id"] not in self.clients:
            return web.Response(status=self.provider.page, text="unknown client")
        if "resource" in asked and not self.provider.takes_resource:
            return web.Response(status=400, text="AADSTS9010010")
        code = secrets.token_urlsafe()
        self.codes[code] = Grant(
            asked["client_id"],
            asked.get("scope", ""),
            asked.get("audience", ""),
            asked["code_challenge"],
            asked["redirect_uri"],
        )
        back = {"code": code, "state": asked["state"]}
        if self.provider.sends_issuer:
            back["iss"] = self.issuer
        if self.provider.offline and asked.get("prompt") != "consent":
            self.codes[code].scope = asked["scope"].replace("offline_access", "")
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(self.back(back))}")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        client = self._authenticated(request, form)
        if client is None:
            status, body = self.provider.unknown
            return web.json_response(body, status=status)
        if "resource" in form and not self.provider.takes_resource:
            return web.json_response(_error("invalid_target"), status=400)
        grant = self._granted(form, client)
        if grant is None or self.refusing:
            status, body = self.provider.refused
            return web.json_response(body, status=status)
        return web.json_response(self._issue(form, grant))

    def _authenticated(self, request: web.Request, form: Json) -> str | None:
        methods = self.provider.methods
        header = request.headers.get("Authorization")
        if header is not None and "client_secret_basic" in methods:
            basic = BasicAuth.decode(header)
            client, secret = basic.login, basic.password
        elif "client_secret" in form and "client_secret_post" in methods:
            client, secret = form["client_id"], form["client_secret"]
        elif "none" in methods and "client_id" in form and header is None:
            client, secret = form["client_id"], None
        else:
            return None
        return client if self.clients.get(client, "unknown") == secret else None

    def _granted(self, form: Json, client: str) -> Grant | None:
        if form["grant_type"] == "refresh_token":
            token = form["refresh_token"]
            grant = self.refreshes.get(token)
            if self.provider.rotates:
                self.refreshes.pop(token, None)
            return grant if grant is not None and grant.client_id == client else None
        grant = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if grant is None or grant.challenge != challenge:
            return None
        return grant

    def _issue(self, form: Json, grant: Grant) -> Json:
        provider = self.provider
        access = secrets.token_urlsafe()
        scopes = grant.scope.split()
        for_api = (provider.audience or "") == grant.resource
        usable = for_api and set(provider.scope.split()) <= set(scopes)
        allowed = f"read {grant.scope}" if usable else grant.scope
        self.tokens[access] = Grant(grant.client_id, allowed, self.server)
        body: Json = {"access_token": access, "expires_in": self.lifetime}
        if provider.token_type is not None:
            body["token_type"] = provider.token_type
        if provider.granted is not None:
            body["scope"] = provider.granted.join(scopes)
        if self._gives_refresh_token(form, scopes):
            refresh = secrets.token_urlsafe()
            self.refreshes[refresh] = grant
            body["refresh_token"] = refresh
        return {"ok": True, **body} if provider.name == "Slack" else body

    def _gives_refresh_token(self, form: Json, scopes: list[str]) -> bool:
        if self.provider.offline and "offline_access" not in scopes:
            return False
        return self.provider.rotates or form["grant_type"] == "authorization_code"

    async def _revoke(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self._authenticated(request, form) is None:
            return web.json_response(_error("invalid_client"), status=401)
        self.revoked.append(form["token"])
        self.refreshes.pop(form["token"], None)
        return web.Response()


@asynccontextmanager
async def behind(provider: Provider) -> AsyncIterator[tuple[Guarded, Scripted]]:
    """An MCP server behind a product; both listen."""
    authority = Scripted(provider=provider)
    guard = Guarded(authority)
    async with serving(authority.app()) as base, serving(guard.app()) as origin:
        issuer = f"{base}{provider.path}"
        authority.base = base
        authority.issuer = provider.named.format(issuer)
        guard.origin = origin
        authority.server = guard.url
        guard.metadata["authorization_servers"] = [provider.listed.format(issuer)]
        guard.metadata["scopes_supported"] = provider.scope.split()
        guard.asks_for = provider.scope
        yield guard, authority
