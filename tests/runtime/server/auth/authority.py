"""An authorization server on loopback: authlib's, with real keys, over real HTTP.

What authlib leaves to frameworks is done with aiohttp; RFC 8707's `resource` is added.
"""

# Stubs of authlib that others wrote are stricter than authlib.
# pyright: reportIncompatibleMethodOverride=false, reportOptionalMemberAccess=false
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    OAuth2Error,
    OAuth2Request,
    TokenMixin,
    grants,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oauth2.rfc9207 import IssuerParameter
from joserfc import jwk

Json: TypeAlias = dict[str, Any]

RESOURCE_SERVER = ("resource-server", "its-secret")
"""Who may introspect."""

LEEWAY = 20.0
"""Seconds that opaque tokens live longer than clients are told."""


@dataclass
class Client(ClientMixin):
    """A registered client."""

    client_id: str
    secret: str
    metadata: Json

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return str(self.metadata["redirect_uris"][0])

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.metadata["redirect_uris"]

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        chosen = self.metadata.get("token_endpoint_auth_method", "client_secret_basic")
        return bool(method == chosen)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.metadata.get("grant_types", ["authorization_code"])


@dataclass(frozen=True)
class Consent:
    """Who agreed, and for which resource."""

    subject: str
    resource: str

    def get_user_id(self) -> str:
        return self.subject


@dataclass
class Code:
    """An authorization code."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    consent: Consent
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Issued(TokenMixin):
    """A token that was issued."""

    client_id: str
    scope: str
    consent: Consent
    access: str
    refresh: str | None
    expires: float
    revoked: bool = False

    def check_client(self, client: Client) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return self.expires <= time.time()

    def is_revoked(self) -> bool:
        return self.revoked


class Asked(OAuth2Request):
    """A request, read already, as authlib wants it."""

    def __init__(self, request: web.Request, form: Json, body: Json) -> None:
        super().__init__(request.method, str(request.url), headers=request.headers)
        self._args = dict(request.query)
        self._form = form
        self.payload = BasicOAuth2Payload(body or {**self._args, **form})

    @property
    def args(self) -> Json:
        return self._args

    @property
    def form(self) -> Json:
        return self._form


@dataclass
class Answer:
    """An answer, until it becomes aiohttp's."""

    status: int
    body: Any
    headers: list[tuple[str, str]]

    @property
    def location(self) -> str | None:
        return dict(self.headers).get("Location")

    @location.setter
    def location(self, value: str) -> None:
        self.headers = [("Location", value)]


@dataclass
class Authority:
    """The authorization server.

    Attributes:
        subject: Who consents when a browser comes.
        granted: The scopes that users consent to at most.
        lifetime: Seconds until an access token ends.
        opaque: Whether access tokens are to be introspected; JWTs otherwise.
        asked: The `scope` of each request for consent.
        refreshed: How many tokens were renewed.
    """

    subject: str = "alice"
    granted: tuple[str, ...] = ("read", "write")
    lifetime: int = 300
    opaque: bool = False
    issuer: str = ""
    asked: list[str] = field(default_factory=list)
    refreshed: int = 0
    introspected: int = 0
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: list[Issued] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = jwk.ECKey.generate_key("P-256", {"use": "sig"}, private=True)
        name, secret = RESOURCE_SERVER
        self.clients[name] = Client(name, secret, {})

    def revoke_all(self) -> None:
        """Take all tokens back."""
        for token in self.tokens:
            token.revoked = True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Authority]:
        """The server, listening."""
        app = web.Application()
        app.router.add_get("/.well-known/oauth-authorization-server", self._describe)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        for name in ("token", "register", "introspect", "revoke"):
            app.router.add_post(f"/{name}", self._endpoint)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._server = _server(self)
            yield self
        finally:
            await runner.cleanup()

    async def _describe(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "registration_endpoint": f"{self.issuer}/register",
                "introspection_endpoint": f"{self.issuer}/introspect",
                "revocation_endpoint": f"{self.issuer}/revoke",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "scopes_supported": ["read", "write"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = Asked(request, {}, {})
        self.asked.append(asked.payload.scope or "")
        consent = Consent(self.subject, request.query["resource"])
        try:
            grant = self._server.get_consent_grant(asked, consent)
        except OAuth2Error as error:
            return _sent(self._server.handle_error_response(asked, error))
        return _sent(
            self._server.create_authorization_response(asked, consent, grant=grant)
        )

    async def _endpoint(self, request: web.Request) -> web.Response:
        is_json = request.content_type == "application/json"
        body = await request.json() if is_json else {}
        form = {} if is_json else {k: str(v) for k, v in (await request.post()).items()}
        asked = Asked(request, form, body)
        server = self._server
        answer = {
            "/token": lambda: server.create_token_response(asked),
            "/register": lambda: server.create_endpoint_response(
                "client_registration", asked
            ),
            "/introspect": lambda: server.create_endpoint_response(
                "introspection", asked
            ),
            "/revoke": lambda: server.create_endpoint_response("revocation", asked),
        }[request.path]()
        return _sent(answer)


def _sent(answer: Answer) -> web.Response:
    if isinstance(answer.body, dict):
        return web.json_response(answer.body, status=answer.status)
    return web.Response(
        status=answer.status, text=answer.body, headers=dict(answer.headers)
    )


class _Server(AuthorizationServer):
    def __init__(self, authority: Authority) -> None:
        super().__init__(scopes_supported=["read", "write"])
        self.authority = authority

    def query_client(self, client_id: str) -> Client | None:
        return self.authority.clients.get(client_id)

    def save_token(self, token: Json, request: OAuth2Request) -> None:
        self.authority.tokens.append(
            Issued(
                request.client.client_id,
                token.get("scope", ""),
                request.user,
                token["access_token"],
                token.get("refresh_token"),
                time.time() + token["expires_in"] + LEEWAY,
            )
        )

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def create_json_request(self, request: Asked) -> Asked:
        return request

    def handle_response(
        self, status: int, body: Any, headers: list[tuple[str, str]]
    ) -> Answer:
        return Answer(status, body, headers)


class _CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("none", "client_secret_basic")

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        authority = self.server.authority
        wanted = (request.payload.scope or "").split()
        authority.codes[code] = Code(
            code,
            request.client.client_id,
            request.payload.redirect_uri,
            " ".join(scope for scope in wanted if scope in authority.granted),
            request.user,
            request.payload.data["code_challenge"],
            request.payload.data["code_challenge_method"],
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found: Code | None = self.server.authority.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.server.authority.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> Consent:
        return _for_resource(self.request, authorization_code.consent)


class _RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("none", "client_secret_basic")
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Issued | None:
        for token in self.server.authority.tokens:
            if token.refresh == refresh_token and not token.revoked:
                found: Issued = token
                return found
        return None

    def authenticate_user(self, refresh_token: Issued) -> Consent:
        return _for_resource(self.request, refresh_token.consent)

    def revoke_old_credential(self, refresh_token: Issued) -> None:
        refresh_token.revoked = True
        self.server.authority.refreshed += 1


def _for_resource(request: OAuth2Request, consent: Consent) -> Consent:
    """https://www.rfc-editor.org/rfc/rfc8707#section-2.2"""
    if request.form.get("resource") != consent.resource:
        raise OAuth2Error("not the resource of the consent", status_code=400)
    return consent


class _Registration(ClientRegistrationEndpoint):
    def get_server_metadata(self) -> Json:
        return {}

    def authenticate_token(self, request: Asked) -> bool:
        return True

    def save_client(
        self, client_info: Json, client_metadata: Json, request: Any
    ) -> Any:
        name = client_info["client_id"]
        client = Client(name, client_info["client_secret"], client_metadata)
        self.server.authority.clients[name] = client
        return client


class _Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ("none", "client_secret_basic")

    def query_token(self, token_string: str, token_type_hint: str) -> Issued | None:
        return _found(self.server.authority, token_string)

    def revoke_token(self, token: Issued, request: OAuth2Request) -> None:
        token.revoked = True


class _Introspection(IntrospectionEndpoint):
    def query_token(self, token_string: str, token_type_hint: str) -> Issued | None:
        self.server.authority.introspected += 1
        return _found(self.server.authority, token_string)

    def check_permission(self, token: Issued, client: Client, request: Any) -> bool:
        return client.client_id == RESOURCE_SERVER[0]

    def introspect_token(self, token: Issued) -> Json:
        return {
            "active": True,
            "iss": self.server.authority.issuer,
            "sub": token.consent.subject,
            "aud": token.consent.resource,
            "client_id": token.client_id,
            "scope": token.scope,
            "exp": int(token.expires),
            "token_type": "Bearer",
        }


def _found(authority: Authority, text: str) -> Issued | None:
    return next((t for t in authority.tokens if text in (t.access, t.refresh)), None)


class _Issuer(IssuerParameter):
    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        return self._issuer


class _JWTs(JWTBearerTokenGenerator):
    def __init__(self, authority: Authority) -> None:
        super().__init__(
            authority.issuer,
            "ES256",
            refresh_token_generator=_random,
            expires_generator=lambda client, grant: authority.lifetime,
        )
        self._key = authority.key

    def get_jwks(self) -> Any:
        return self._key

    def get_audiences(self, client: Client, user: Consent, scope: str) -> str:
        return user.resource


def _random(**_: Any) -> str:
    return secrets.token_urlsafe(32)


def _server(authority: Authority) -> _Server:
    server = _Server(authority)
    server.register_grant(_CodeGrant, [CodeChallenge(required=True)])
    server.register_grant(_RefreshGrant)
    for endpoint in (_Registration, _Revocation, _Introspection):
        server.register_endpoint(endpoint)
    issuer = _Issuer(authority.issuer)
    server.register_hook(
        "after_create_authorization_response", issuer.add_issuer_parameter
    )
    tokens = (
        BearerTokenGenerator(_random, _random, lambda client, grant: authority.lifetime)
        if authority.opaque
        else _JWTs(authority)
    )
    server.register_token_generator("default", tokens)
    return server
