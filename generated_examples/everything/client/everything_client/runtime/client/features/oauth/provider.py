"""OAuth 2.1 with a user: the authorization code grant with PKCE.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from typing import Final, Unpack
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from ...errors import AuthError
from ...incoming import text
from .discovery import AuthorizationServer, UnusableServerError
from .holder import OAuthOptions, TokenHolder
from .identity import SECRET_METHODS, ClientRegistration, sha256
from .redirect import LoopbackRedirect, NoAnswerError, Receiver, Redirect
from .shared_work import completed
from .tokens import RefusedError, Token, TokenRequest
from .web import Answer, OAuthError, check_secure, fetch

logger: Final = logging.getLogger(__name__)

OFFLINE: Final = "offline_access"
PATIENCE: Final = 1.0
"""Seconds after which an authorization page that led nowhere is asked for its status."""

_UNKNOWN_CLIENT: Final = frozenset(["invalid_client", "unauthorized_client"])
_REFUSALS: Final = frozenset([400, 401, 404, 410, 422])
"""Not 403, which many sites send to all programs that are no browser."""


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
        redirect: How the consent comes back; by default the browser is opened.
        offline: Whether to ask for a token that can be renewed without the user, where
            the authorization server offers it.
        options: See `OAuthOptions`: `scopes`, `storage`, `dpop`, `issuers`,
            `allow_private`. `storage=FileStorage(path)` lets a user sign in once.

    Raises:
        ValueError: The metadata document can't lie at that URL.
    """

    def __init__(
        self,
        *,
        client: ClientRegistration | None = None,
        client_metadata_url: str | None = None,
        client_name: str = "MCP client",
        redirect: Redirect | None = None,
        offline: bool = True,
        **options: Unpack[OAuthOptions],
    ) -> None:
        if client_metadata_url is not None and not _names_document(client_metadata_url):
            raise ValueError(
                "client_metadata_url must be an https URL with a path, without a user, "
                f"password or fragment, not {client_metadata_url!r}"
            )
        super().__init__(client, **options)
        self._metadata_url = client_metadata_url
        self._name = client_name
        self._redirect = redirect or LoopbackRedirect()
        self._offline = offline

    async def _obtain(self, request: TokenRequest) -> Token:
        server = request.server
        if server.authorization_endpoint is None:
            raise _unusable(server, "has no authorization endpoint")
        if not (server.pkce or server.settings.assume_pkce):
            raise _unusable(
                server,
                "does not list S256 among its code challenge methods",
                hint="If it supports PKCE, set IssuerSettings(assume_pkce=True) for it",
            )
        offers = self._offline and OFFLINE in (server.scopes or ())
        if offers and OFFLINE not in request.scopes:
            request = replace(request, scopes=(*request.scopes, OFFLINE))
        token = await self._consented(request)
        if token is None:
            logger.info("%s: this client registers again", server.issuer)
            token = await self._consented(request)
        if token is None:
            raise _unusable(server, "does not know this client any more")
        return token

    async def _consented(self, request: TokenRequest) -> Token | None:
        """The token after the user has consented.

        None where the authorization server knows a registration of earlier no more,
        which is forgotten then.
        """
        known = await self._client(request.server)
        async with self._redirect.open(known.redirect_uris if known else ()) as back:
            check_secure(back.uri, "redirect address")
            client = await self._usable(request, known, back.uri)
            is_own = not self._was_given(client)
            remembered = client if is_own and client is known else None
            asked = _Authorization(request, client, back.uri)
            answered = await self._answered(request, asked.url, back, remembered)
        if answered is None:
            await self._forget_client(request.server, client)
            return None
        unknown = _UNKNOWN_CLIENT | {"invalid_scope"}
        try:
            form = {
                "grant_type": "authorization_code",
                "code": asked.code(answered),
                "redirect_uri": back.uri,
                "code_verifier": asked.verifier,
            }
            # The scopes of a registration matter to the authorization page alone.
            unknown = _UNKNOWN_CLIENT
            return await self._exchange(request, client, form, registered_itself=is_own)
        except RefusedError as refused:
            if remembered is None or refused.code not in unknown:
                raise
            await self._forget_client(request.server, remembered)
            return None

    async def _answered(
        self,
        request: TokenRequest,
        url: str,
        back: Receiver,
        remembered: ClientRegistration | None,
    ) -> str | None:
        """Where the user's browser was led back to.

        An authorization page that does not know the client leads nowhere. So if a
        registration of earlier gets no answer at once, the page is asked for its
        status; None where it refuses the client.

        Raises:
            AuthError: The page refuses the request.
        """
        waiting = asyncio.ensure_future(back.answer(url))
        try:
            await asyncio.wait([waiting], timeout=PATIENCE if remembered else None)
            answered = waiting.done() and waiting.exception() is None
            if remembered and not answered and await _page_refusal(request, url):
                return None
            return await waiting
        except NoAnswerError:
            if remembered:
                # The page may have refused it in a way that only the user can see.
                await self._forget_client(request.server, remembered)
            refused = await _page_refusal(request, url)
            if refused is None:
                raise
            raise refused from None
        finally:
            waiting.cancel()

    async def _forget_client(
        self, server: AuthorizationServer, client: ClientRegistration
    ) -> None:
        async with self._storage.lock():
            await self._records.drop_client(server.issuer, client.client_id)

    def _was_given(self, client: ClientRegistration) -> bool:
        """Whether the user's code names the client; else it registered itself."""
        return client is self._given or client.client_id == self._metadata_url

    async def _client(self, server: AuthorizationServer) -> ClientRegistration | None:
        given = await super()._client(server)
        if given is None and self._metadata_url and server.takes_metadata_documents:
            return ClientRegistration(self._metadata_url, auth_method="none")
        return given or await self._records.client(server.issuer)

    async def _usable(
        self, request: TokenRequest, known: ClientRegistration | None, uri: str
    ) -> ClientRegistration:
        """A client that may use the redirect address and ask for the scopes."""
        if known is not None and self._was_given(known):
            if not known.redirect_uris or uri in known.redirect_uris:
                return known
        elif known is not None:
            if uri in known.redirect_uris and known.covers(request.scopes):
                return known
            scopes = dict.fromkeys((*(known.scopes or ()), *request.scopes))
            request = replace(request, scopes=tuple(scopes))
        client = await _registered(request, self._name, uri)
        async with self._storage.lock():
            issuer = request.server.issuer
            await completed(self._records.keep_client(issuer, client))
        return client


class _Authorization:
    """An authorization request, and what its answer has to fit."""

    def __init__(
        self, request: TokenRequest, client: ClientRegistration, redirect_uri: str
    ) -> None:
        self._server = server = request.server
        self._state = secrets.token_urlsafe(32)
        self.verifier = secrets.token_urlsafe(48)
        asked = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": redirect_uri,
            "state": self._state,
            "code_challenge": sha256(self.verifier),
            "code_challenge_method": "S256",
            **request.target,
            **request.scope,
        }
        if OFFLINE in request.scopes:
            # Required with that scope by OpenID Connect Core, section 11.
            asked["prompt"] = "consent"
        asked |= server.settings.parameters
        endpoint = server.authorization_endpoint or ""
        check_secure(endpoint, "authorization endpoint")
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
            body = {name: values[0] for name, values in found.items()}
            refused = Answer(0, body, {}, None, self._server.issuer, "GET")
            raise RefusedError(refused, "the authorization response is a refusal")
        codes = found.get("code", [])
        if len(codes) != 1:
            raise self._error("has no code")
        return codes[0]

    def _error(self, problem: str) -> AuthError:
        return OAuthError(f"the authorization response {problem}", self._server.issuer)


async def _page_refusal(request: TokenRequest, url: str) -> RefusedError | None:
    """How an authorization page refuses a request without leading back, if it does."""
    server = request.server
    try:
        answer = await fetch(
            request.session, url, "authorization endpoint", server.reach
        )
    except AuthError:
        return None
    if answer.status not in _REFUSALS:
        return None
    return RefusedError(answer, "the authorization page refuses the request")


async def _registered(request: TokenRequest, name: str, uri: str) -> ClientRegistration:
    """A new client that registers itself (RFC 7591).

    A server that refuses a client with the scopes (as Keycloak may) is asked for one
    without.

    Args:
        request: What the client will ask for.
        name: What users read when they consent.
        uri: The redirect address.

    Raises:
        UnusableServerError: The server registers no clients, or not this one.
    """
    server, scopes = request.server, request.scopes
    url = server.registration_endpoint
    if url is None:
        raise UnusableServerError(
            "this client is not known to the authorization server, and can't "
            "register itself",
            server.issuer,
            hint="Register it there, and pass client=ClientRegistration(...)",
        )
    document = {
        "client_name": name,
        "redirect_uris": [uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": _preferred(server),
        "application_type": "web" if uri.startswith("https:") else "native",
    }

    async def ask(**more: str) -> Answer:
        what, sent = "registration endpoint", {**document, **more}
        return await fetch(request.session, url, what, server.reach, document=sent)

    answer = first = await ask(**request.scope)
    if scopes and 400 <= first.status < 500 and first.status != 429:
        answer, scopes = await ask(), ()
    client_id = text(answer.body.get("client_id"))
    if answer.status not in (200, 201) or client_id is None:
        reason = RefusedError(first, "").reason
        raise _not_registered(first, f"does not register this client: {reason}")
    method = text(answer.body.get("token_endpoint_auth_method"))
    secret = text(answer.body.get("client_secret"))
    # What was registered may differ from what was asked for.
    useless = None
    if method in SECRET_METHODS and secret is None:
        useless = f"{method} without a secret"
    elif method not in (None, "none", *SECRET_METHODS):
        useless = "".join(filter(str.isprintable, method[:50]))
    if useless is not None:
        problem = f"registers this client with {useless}, which it cannot use"
        raise _not_registered(answer, problem)
    expires = answer.body.get("client_secret_expires_at")
    is_time = isinstance(expires, int | float) and not isinstance(expires, bool)
    return ClientRegistration(
        client_id,
        secret,
        auth_method=method,
        issuer=server.issuer,
        redirect_uris=(uri,),
        scopes=scopes or None,
        secret_expires_at=expires if is_time and expires and secret else None,
    )


def _not_registered(answer: Answer, problem: str) -> UnusableServerError:
    return UnusableServerError(
        f"the authorization server {problem}",
        answer.url,
        method="POST",
        status=answer.status,
        hint="Register it by hand, and pass client=ClientRegistration(...)",
    )


def _preferred(server: AuthorizationServer) -> str:
    """How to authenticate: without a secret if the server takes that, else as it prefers.

    Raises:
        UnusableServerError: The server takes only clients that it knows already.
    """
    if "none" in server.auth_methods or not server.auth_methods:
        return "none"
    for method in server.auth_methods:
        if method in SECRET_METHODS:
            return method
    methods = ", ".join(server.auth_methods)
    problem = f"takes no client that registers itself: its methods are {methods}"
    raise _unusable(server, problem)


def _unusable(
    server: AuthorizationServer, problem: str, hint: str | None = None
) -> UnusableServerError:
    return UnusableServerError(
        f"the authorization server {problem}", server.issuer, hint=hint
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
