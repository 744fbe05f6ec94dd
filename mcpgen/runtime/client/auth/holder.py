"""The base of all OAuth hooks: holds a token, signs with it, renews it, answers challenges.

Where a token comes from is its subclasses' affair.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ..errors import AuthError, ClientError, public_url
from . import challenges, discovery
from .discovery import AuthorizationServer, Resource
from .grants import RefusedGrant, ask
from .hooks import Challenge, Outgoing
from .identity import ClientRegistration
from .storage import MemoryStorage, TokenStorage
from .tokens import Token

if TYPE_CHECKING:
    import aiohttp

    from .dpop import ProofKey

logger: Final = logging.getLogger(__name__)


class TokenHolder(ABC):
    """Keeps the token for one server."""

    def __init__(
        self,
        *,
        scopes: Sequence[str] = (),
        storage: TokenStorage | None = None,
        dpop: bool = False,
    ) -> None:
        self._wanted = tuple(scopes)
        self._storage = storage or MemoryStorage()
        self._wants_dpop = dpop
        self._key: ProofKey | None = None
        self._token: Token | None = None
        self._url: str | None = None
        self._servers: dict[str, AuthorizationServer] = {}
        self._lock = asyncio.Lock()

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """The token's headers; none where there is no token yet."""
        if self._url is None:
            async with self._lock:
                await self._load(request.url)
        self._check_server(request)
        token = self._token
        if token is not None and token.is_stale:
            token = await self._renewed(token, session)
        return {} if token is None else self._headers(request, token)

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """Get a token, or one that allows more; True to send the request once more.

        Raises:
            AuthError: There is none to be had, in words that help.
        """
        said = challenges.parameters(challenge.www_authenticate)
        learnt = self._key is not None and self._key.learn(
            challenge.url, challenge.headers
        )
        if learnt and said.get("error") == "use_dpop_nonce":
            return True
        if challenge.status == 403 and said.get("error") != "insufficient_scope":
            return False
        async with self._lock:
            if self._is_newer(challenge):
                return True
            await self._obtain_for(challenge, said, session)
        return True

    @abstractmethod
    async def _obtain(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
    ) -> Token:
        """A new token, by whatever grant.

        Raises:
            AuthError: There is none to be had.
            RefusedGrant: The authorization server refuses.
        """

    @abstractmethod
    async def _client(
        self, session: aiohttp.ClientSession, server: AuthorizationServer
    ) -> ClientRegistration:
        """Who asks."""

    def _extra_scopes(self, server: AuthorizationServer) -> tuple[str, ...]:
        """Scopes to ask for besides those that the server names."""
        return ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    # ------------------------------------------------------------------ the token

    def _headers(self, request: Outgoing, token: Token) -> dict[str, str]:
        if token.kind != "DPoP" or self._key is None:
            return {"Authorization": f"Bearer {token.access}"}
        return {
            "Authorization": f"DPoP {token.access}",
            "DPoP": self._key.proof(request.method, request.url, token.access),
        }

    def _is_newer(self, challenge: Challenge) -> bool:
        """Whether the token was renewed after the refused request had been signed."""
        if self._token is None:
            return False
        sent = challenge.signed.get("Authorization", "").partition(" ")[2]
        return sent != self._token.access

    @property
    def _server_url(self) -> str:
        """The server's address, for which tokens are kept."""
        assert self._url is not None, "requests are signed before they are refused"
        return self._url

    async def _load(self, url: str) -> None:
        """Take over what an earlier process left; the first request says for whom."""
        if self._url is not None:
            return
        address = public_url(url)
        token = await self._stored(address)
        if token is not None:
            self._token = token
            if token.key is not None:
                from .dpop import ProofKey

                self._key = ProofKey(token.key)
        self._url = address

    def _check_server(self, request: Outgoing) -> None:
        """See that no server gets the token of another.

        Raises:
            ClientError: The hook is shared by clients of two servers.
        """
        if discovery.origin(request.url) != discovery.origin(self._server_url):
            raise ClientError(
                f"this {type(self).__name__} signs for {self._server_url}; "
                f"make another one for {public_url(request.url)}"
            )

    async def _stored(self, url: str) -> Token | None:
        issuer = await self._storage.get(_issuer_key(url))
        if issuer is None:
            return None
        data = await self._storage.get(_token_key(str(issuer.get("issuer")), url))
        return None if data is None else Token.from_json(data)

    async def _keep(self, token: Token | None) -> None:
        """Store a token, or forget the one that is stored; the storage is locked."""
        url = self._server_url
        before = await self._storage.get(_issuer_key(url))
        if before is not None and (
            token is None or before.get("issuer") != token.issuer
        ):
            await self._storage.put(_token_key(str(before.get("issuer")), url), None)
        if token is None:
            await self._storage.put(_issuer_key(url), None)
        else:
            await self._storage.put(_issuer_key(url), {"issuer": token.issuer})
            await self._storage.put(_token_key(token.issuer, url), token.to_json())

    async def _renewed(
        self, stale: Token, session: aiohttp.ClientSession
    ) -> Token | None:
        """The token that follows a stale one; None where there is none to be had."""
        async with self._lock:
            if self._token is not stale:
                return self._token
            resource = Resource(stale.resource, stale.issuer)
            server = await self._issuer(resource, session)
            self._token = await self._refreshed(stale, server, session)
            return self._token

    async def _refreshed(
        self,
        token: Token,
        server: AuthorizationServer,
        session: aiohttp.ClientSession,
    ) -> Token | None:
        """The token after a refresh, which of several processes only one makes."""
        async with self._storage.lock():
            stored = await self._stored(self._server_url)
            if stored is not None and stored.access != token.access:
                if stored.issuer == token.issuer and not stored.is_stale:
                    return stored
                token = stored
            if token.refresh is None or token.issuer != server.issuer:
                return None
            client = await self._client(session, server)
            form = {"grant_type": "refresh_token", "refresh_token": token.refresh}
            try:
                new = await ask(
                    session,
                    server,
                    client,
                    form,
                    resource=token.resource,
                    asked=token.scopes,
                    before=token,
                    key=self._key,
                )
            except RefusedGrant as refused:
                if refused.status >= 500:
                    raise self._error(server.token_endpoint, refused) from None
                logger.info("the refresh token is refused: %s", refused)
                await self._keep(None)
                return None
            await self._keep(new)
            return new

    async def _issuer(
        self, resource: Resource, session: aiohttp.ClientSession
    ) -> AuthorizationServer:
        """The metadata of a resource's issuer, asked for once."""
        known = self._servers.get(resource.issuer)
        if known is None:
            known = await discovery.find_authorization_server(session, resource)
            self._servers[resource.issuer] = known
        return known

    # -------------------------------------------------------------- the challenge

    async def _obtain_for(
        self,
        challenge: Challenge,
        said: Mapping[str, str],
        session: aiohttp.ClientSession,
    ) -> None:
        resource = await discovery.find_resource(
            session, self._server_url, said.get("resource_metadata")
        )
        server = await self._issuer(resource, session)
        old = self._token
        if old is not None and old.issuer != server.issuer:
            # Another authorization server: nothing of the old one is of use.
            old = None
        if challenge.status == 401 and challenge.attempt == 1 and old and old.refresh:
            # It may just be too old for the server, or revoked before its time.
            self._token = await self._refreshed(old, server, session)
            if self._token is not None:
                return
        scopes = self._scopes(challenge, said, resource, server, old)
        if self._wants_dpop and self._key is None:
            from .dpop import ProofKey

            self._key = ProofKey()
        try:
            token = await self._obtain(session, resource, server, scopes)
        except RefusedGrant as refused:
            raise self._error(server.token_endpoint, refused) from None
        async with self._storage.lock():
            await self._keep(token)
        self._token = token

    def _scopes(
        self,
        challenge: Challenge,
        said: Mapping[str, str],
        resource: Resource,
        server: AuthorizationServer,
        old: Token | None,
    ) -> tuple[str, ...]:
        """What to ask for: the challenge's scopes, else those that the server lists.

        Raises:
            AuthError: Everything that is wanted had been granted already.
        """
        asked = tuple(said.get("scope", "").split()) or resource.scopes or ()
        before = old.scopes if old is not None else ()
        if challenge.status == 403 and set(asked) <= set(before):
            raise AuthError(
                f"the scope {' '.join(asked)!r} was granted, and the server still "
                "refuses the request",
                url=challenge.url,
                method="POST",
                status=403,
                hint="Its own rules forbid it to this user or client",
            )
        everything = (*before, *self._wanted, *asked, *self._extra_scopes(server))
        return tuple(dict.fromkeys(everything))

    def _error(self, url: str, refused: RefusedGrant) -> AuthError:
        return AuthError(
            f"the authorization server refuses: {refused}",
            url=url,
            method="POST",
            status=refused.status,
        )


def _issuer_key(url: str) -> str:
    return f"issuer of {url}"


def _token_key(issuer: str, url: str) -> str:
    return f"token of {issuer} for {url}"
