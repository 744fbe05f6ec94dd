"""OAuth 2.1 with a user: the authorization code grant with PKCE.

https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from ...errors import AuthError
from . import web
from .discovery import AuthorizationServer, Resource, UnusableServerError
from .grants import RefusedGrant, refusal
from .holder import TokenHolder
from .identity import ClientRegistration
from .issuers import IssuerSettings, same_issuer
from .redirect import LoopbackRedirect, NoAnswerError, Receiver, Redirect
from .registration import register
from .shared_work import completed
from .tokens import Token

if TYPE_CHECKING:
    import aiohttp

    from .storage import TokenStorage

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
        scopes: Scopes to ask for besides those that the server names.
        storage: Where tokens stay; by default in memory. `FileStorage(path)` lets a user
            sign in once.
        redirect: How the consent comes back; by default the browser is opened.
        offline: Whether to ask for a token that can be renewed without the user, where
            the authorization server offers it.
        dpop: Whether tokens are to be bound to a key (RFC 9449); wants the extra `oauth`.
        issuers: Settings for single authorization servers, by issuer.
        allow_private: Hosts and networks inside, such as `sso.corp.example` and
            `10.1.0.0/16`, that a server outside may lead this client to.

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
        issuers: Mapping[str, IssuerSettings] | None = None,
        allow_private: Sequence[str] = (),
    ) -> None:
        if client_metadata_url is not None and not _names_document(client_metadata_url):
            raise ValueError(
                "client_metadata_url must be an https URL with a path, without a user, "
                f"password or fragment, not {client_metadata_url!r}"
            )
        super().__init__(
            scopes=scopes,
            storage=storage,
            dpop=dpop,
            issuers=issuers,
            allow_private=allow_private,
        )
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
        if server.authorization_endpoint is None:
            raise _unusable(server, "has no authorization endpoint")
        if not (server.pkce or server.settings.assume_pkce):
            raise _unusable(
                server,
                "does not list S256 among its code challenge methods",
                hint="If it supports PKCE, set IssuerSettings(assume_pkce=True) for it",
            )
        try:
            return await self._consented(session, resource, server, scopes)
        except _Forgotten as forgotten:
            logger.info("%s: this client registers again", server.issuer)
            async with self._storage.lock():
                await self._records.drop_client(server.issuer, forgotten.client_id)
        # A registration that is new is not given up.
        return await self._consented(session, resource, server, scopes)

    async def _consented(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
    ) -> Token:
        """The token after the user has consented.

        Raises:
            _Forgotten: The authorization server does not know this client any more.
        """
        known = await self._known(server)
        async with self._redirect.open(known.redirect_uris if known else ()) as back:
            web.check(back.uri, "redirect address")
            client = await self._usable(session, server, known, back, scopes)
            is_own = not self._was_given(client)
            remembered = client if is_own and client is known else None
            request = _Request(server, client, back.uri, resource.identifier, scopes)
            answered = await self._answered(session, server, request, back, remembered)
            try:
                code = request.code(answered)
            except _Refused as refused:
                if remembered and refused.code in _UNKNOWN_CLIENT | {"invalid_scope"}:
                    raise _Forgotten(remembered.client_id) from None
                raise
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back.uri,
            "code_verifier": request.verifier,
        }
        try:
            return await self._exchange(
                session,
                resource,
                server,
                client,
                form,
                scopes,
                registered_itself=is_own,
            )
        except RefusedGrant as refused:
            if remembered and refused.code in _UNKNOWN_CLIENT:
                raise _Forgotten(remembered.client_id) from None
            raise

    async def _answered(
        self,
        session: aiohttp.ClientSession,
        server: AuthorizationServer,
        request: _Request,
        back: Receiver,
        remembered: ClientRegistration | None,
    ) -> str:
        """Where the user's browser was led back to.

        An authorization page that does not know the client leads nowhere. So if a
        registration of earlier gets no answer at once, the page is asked for its status.

        Raises:
            _Forgotten: The page refuses the client.
            AuthError: The page refuses the request.
        """
        waiting = asyncio.ensure_future(back.answer(request.url))
        try:
            await asyncio.wait([waiting], timeout=PATIENCE if remembered else None)
            answered = waiting.done() and waiting.exception() is None
            if (
                remembered is not None
                and not answered
                and await _page_refuses(session, request.url, server)
            ):
                raise _Forgotten(remembered.client_id)
            return await waiting
        except NoAnswerError:
            if remembered:
                # The page may have refused it in a way that only the user can see.
                async with self._storage.lock():
                    await self._records.drop_client(server.issuer, remembered.client_id)
            refused = await _page_refuses(session, request.url, server)
            if refused is None:
                raise
            raise AuthError(
                f"the authorization page refuses the request: {refused}",
                url=server.authorization_endpoint or "",
                method="GET",
                status=refused.status,
            ) from None
        finally:
            waiting.cancel()

    async def _client(
        self, session: aiohttp.ClientSession, server: AuthorizationServer
    ) -> ClientRegistration:
        known = await self._known(server)
        if known is None:
            raise RefusedGrant("invalid_client", "this client has no registration", 401)
        return known

    def _extra_scopes(self, server: AuthorizationServer) -> tuple[str, ...]:
        offered = self._offline and OFFLINE in (server.scopes or ())
        return (OFFLINE,) if offered else ()

    def _was_given(self, client: ClientRegistration) -> bool:
        """Whether the user's code names the client; else it registered itself."""
        return client is self._registered or client.client_id == self._metadata_url

    async def _known(self, server: AuthorizationServer) -> ClientRegistration | None:
        """The client at an authorization server, unless it has to register first.

        Raises:
            UnusableServerError: The client that was given belongs to another one.
        """
        if self._registered is not None:
            self._bound_to = self._bound_to or server.issuer
            if not same_issuer(self._bound_to, server.issuer):
                raise UnusableServerError(
                    "the server wants tokens of this issuer now, and the client is "
                    f"registered with {self._bound_to}",
                    url=server.issuer,
                    method="GET",
                    hint="Register it there, if you trust the change",
                )
            return self._registered
        if self._metadata_url is not None and server.takes_metadata_documents:
            return ClientRegistration(self._metadata_url, auth_method="none")
        return await self._records.client(server.issuer)

    async def _usable(
        self,
        session: aiohttp.ClientSession,
        server: AuthorizationServer,
        known: ClientRegistration | None,
        back: Receiver,
        scopes: tuple[str, ...],
    ) -> ClientRegistration:
        """A client that may use the redirect address and ask for the scopes."""
        if known is not None and self._was_given(known):
            uris = known.redirect_uris
            if not uris or back.uri in uris:
                return known
        elif known is not None:
            if back.uri in known.redirect_uris and known.covers(scopes):
                return known
            scopes = tuple(dict.fromkeys((*(known.scopes or ()), *scopes)))
        client = await register(session, server, self._name, back.uri, scopes)
        async with self._storage.lock():
            await completed(self._records.keep_client(server.issuer, client))
        return client


class _Forgotten(Exception):
    """The authorization server does not know a client that registered itself."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        super().__init__(client_id)


class _Refused(AuthError):
    """The authorization response is an error; `code` is its kind (RFC 6749)."""

    code: str = ""


async def _page_refuses(
    session: aiohttp.ClientSession, url: str, server: AuthorizationServer
) -> RefusedGrant | None:
    """How an authorization page refuses a request without leading back, if it does."""
    try:
        answer = await web.get(session, url, "authorization endpoint", server.reach)
    except AuthError:
        return None
    if answer.status not in _REFUSALS:
        return None
    return refusal(answer.body, answer.status)


def _unusable(
    server: AuthorizationServer, problem: str, hint: str | None = None
) -> UnusableServerError:
    return UnusableServerError(
        f"the authorization server {problem}",
        url=server.issuer,
        method="GET",
        hint=hint,
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
        }
        target = server.settings.resource_for(resource)
        if target is not None:
            asked["resource"] = target
        if scopes:
            asked["scope"] = " ".join(scopes)
        if OFFLINE in scopes:
            # Required with that scope by OpenID Connect Core, section 11.
            asked["prompt"] = "consent"
        asked |= server.settings.parameters
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
            refused = _Refused(
                "the authorization response is a refusal: "
                + "".join(filter(str.isprintable, reason)),
                url=self._server.issuer,
                method="GET",
            )
            refused.code = found["error"][0]
            raise refused
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
