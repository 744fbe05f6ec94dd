"""OAuth 2.1 with a user: the authorization code grant with PKCE.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from ..errors import AuthError, ClientError
from . import web
from .discovery import AuthorizationServer, Resource
from .grants import ask, refusal
from .holder import TokenHolder
from .identity import ClientRegistration
from .redirect import LoopbackRedirect, Receiver, Redirect
from .tokens import Token

if TYPE_CHECKING:
    import aiohttp

    from .storage import TokenStorage

OFFLINE: Final = "offline_access"
_PREFERRED: Final = ("none", "client_secret_basic", "client_secret_post")


class OAuth(TokenHolder):
    """Signs in with a user's consent, and stays signed in.

    Who issues tokens, which scopes are needed and how this client is known there is found
    out from the server's refusal. A token is renewed before it ends; when the server asks
    for further scopes, the user is asked again.

    Args:
        client: A client that was registered beforehand.
        client_metadata_url: The https URL of this client's metadata document, which is
            its identifier where the authorization server takes such.
        client_name: What users read when they consent, if the client registers itself.
        scopes: Scopes to ask for besides those that the server names.
        storage: Where tokens stay; by default in memory. `FileStorage(path)` lets a user
            sign in once.
        redirect: How the consent comes back; by default the browser is opened.
        offline: Whether to ask for a token that can be renewed without the user, where
            the authorization server offers it.
        dpop: Whether tokens are to be bound to a key (RFC 9449); wants the extra `oauth`.

    Raises:
        ValueError: The metadata document can't lie at that URL.
    """

    def __init__(
        self,
        *,
        client: ClientRegistration | None = None,
        client_metadata_url: str | None = None,
        client_name: str = "MCP client",
        scopes: Sequence[str] = (),
        storage: TokenStorage | None = None,
        redirect: Redirect | None = None,
        offline: bool = True,
        dpop: bool = False,
    ) -> None:
        if client_metadata_url is not None and not _names_document(client_metadata_url):
            raise ValueError(
                "client_metadata_url must be an https URL with a path, without a user, "
                f"password or fragment, not {client_metadata_url!r}"
            )
        super().__init__(scopes=scopes, storage=storage, dpop=dpop)
        self._registered = client
        self._bound_to = client.issuer if client else None
        self._metadata_url = client_metadata_url
        self._name = client_name
        self._redirect = redirect or LoopbackRedirect()
        self._offline = offline

    async def _obtain(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
    ) -> Token:
        if server.authorization_endpoint is None or not server.pkce:
            problem = "has no authorization endpoint"
            if server.authorization_endpoint is not None:
                problem = "does not list S256 among its code challenge methods"
            raise AuthError(
                f"the authorization server {problem}", url=server.issuer, method="GET"
            )
        known = await self._known(server)
        async with self._redirect.open(known.redirect_uris if known else ()) as back:
            web.check(back.uri, "redirect address")
            client = await self._usable(session, server, known, back)
            request = _Request(server, client, back.uri, resource.identifier, scopes)
            code = request.code(await back.answer(request.url))
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back.uri,
            "code_verifier": request.verifier,
        }
        return await ask(
            session,
            server,
            client,
            form,
            resource=resource.identifier,
            asked=scopes,
            key=self._key,
        )

    async def _client(
        self, session: aiohttp.ClientSession, server: AuthorizationServer
    ) -> ClientRegistration:
        known = await self._known(server)
        if known is None:
            raise AuthError(
                "the client that got the token is not known any more",
                url=server.issuer,
                method="GET",
            )
        return known

    def _extra_scopes(self, server: AuthorizationServer) -> tuple[str, ...]:
        offered = self._offline and OFFLINE in (server.scopes or ())
        return (OFFLINE,) if offered else ()

    async def _known(self, server: AuthorizationServer) -> ClientRegistration | None:
        """The client at an authorization server, unless it has to register first.

        Raises:
            AuthError: The client that was given belongs to another one.
        """
        if self._registered is not None:
            self._bound_to = self._bound_to or server.issuer
            if self._bound_to != server.issuer:
                raise AuthError(
                    "the server wants tokens of this issuer now, and the client is "
                    f"registered with {self._bound_to}",
                    url=server.issuer,
                    method="GET",
                    hint="Register it there, if you trust the change",
                )
            return self._registered
        if self._metadata_url is not None and server.takes_metadata_documents:
            return ClientRegistration(self._metadata_url, auth_method="none")
        data = await self._storage.get(_client_key(server.issuer))
        return None if data is None else ClientRegistration.from_json(data)

    async def _usable(
        self,
        session: aiohttp.ClientSession,
        server: AuthorizationServer,
        known: ClientRegistration | None,
        back: Receiver,
    ) -> ClientRegistration:
        """A client that may use the redirect address."""
        if known is not None and (
            not known.redirect_uris or back.uri in known.redirect_uris
        ):
            return known
        client = await self._register(session, server, back.uri)
        async with self._storage.lock():
            await self._storage.put(_client_key(server.issuer), client.to_json())
        return client

    async def _register(
        self, session: aiohttp.ClientSession, server: AuthorizationServer, uri: str
    ) -> ClientRegistration:
        """Register this client by itself (RFC 7591)."""
        if server.registration_endpoint is None:
            raise AuthError(
                "this client is not known to the authorization server, and can't "
                "register itself",
                url=server.issuer,
                method="GET",
                hint="Register it there, and pass client=ClientRegistration(...)",
            )
        document: dict[str, Any] = {
            "client_name": self._name,
            "redirect_uris": [uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": _preferred(server),
            "application_type": "web" if uri.startswith("https:") else "native",
        }
        url = server.registration_endpoint
        answer = await web.post(
            session, url, "registration endpoint", document=document
        )
        client_id = answer.body.get("client_id")
        secret = answer.body.get("client_secret")
        method = answer.body.get("token_endpoint_auth_method")
        if answer.status not in (200, 201) or not isinstance(client_id, str):
            said = refusal(answer.body, answer.status)
            raise AuthError(
                f"the authorization server does not register this client: {said}",
                url=url,
                method="POST",
                status=answer.status,
                hint="Register it by hand, and pass client=ClientRegistration(...)",
            )
        return ClientRegistration(
            client_id,
            secret if isinstance(secret, str) else None,
            auth_method=method if method in _PREFERRED else None,
            issuer=server.issuer,
            redirect_uris=(uri,),
        )


def _names_document(url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and parts.path not in ("", "/")
        and parts.username is parts.password is None
        and not parts.fragment
    )


class _Request:
    """One authorization request, and what its answer has to fit."""

    def __init__(
        self,
        server: AuthorizationServer,
        client: ClientRegistration,
        redirect_uri: str,
        resource: str,
        scopes: tuple[str, ...],
    ) -> None:
        self._server = server
        self._state = secrets.token_urlsafe(32)
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": redirect_uri,
            "state": self._state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "resource": resource,
        }
        if scopes:
            asked["scope"] = " ".join(scopes)
        endpoint = server.authorization_endpoint or ""
        web.check(endpoint, "authorization endpoint")
        parts = urlsplit(endpoint)
        query = [*parse_qsl(parts.query, keep_blank_values=True), *asked.items()]
        self.url = urlunsplit(parts._replace(query=urlencode(query), fragment=""))

    def code(self, answered: str) -> str:
        """The code in the address that the server led back to.

        Raises:
            AuthError: The answer is another request's, another server's, or a refusal.
        """
        found = parse_qs(urlsplit(answered).query)
        if found.get("state") != [self._state]:
            raise self._error("belongs to another request (its state is wrong)")
        issuer = found.get("iss", [])
        if issuer != [self._server.issuer] and (issuer or self._server.sends_issuer):
            said = "another server's" if issuer else "without its sender (`iss`)"
            raise self._error(f"is {said}, so its code is not used")
        if "error" in found:
            reason = found.get("error_description", found["error"])[0][:200]
            raise self._error(
                f"is a refusal: {''.join(filter(str.isprintable, reason))}"
            )
        codes = found.get("code", [])
        if len(codes) != 1:
            raise self._error("has no code")
        return codes[0]

    def _error(self, problem: str) -> AuthError:
        return AuthError(
            f"the authorization response {problem}",
            url=self._server.issuer,
            method="GET",
        )


def _preferred(server: AuthorizationServer) -> str:
    """How to authenticate, of what the server takes: the least secrets first."""
    for method in _PREFERRED:
        if method in server.auth_methods:
            return method
    if not server.auth_methods:
        return "none"
    raise ClientError(
        f"{server.issuer} takes no client that registers itself: "
        f"its methods are {', '.join(server.auth_methods)}"
    )


def _client_key(issuer: str) -> str:
    return f"client of {issuer}"
