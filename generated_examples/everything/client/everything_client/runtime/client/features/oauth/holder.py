"""The base of all OAuth hooks: holds a token, signs with it, renews it, answers challenges.

Tokens are got in a task of the holder's own, which all callers wait for: a caller that
gives up interrupts nothing, and a token is stored before it is used. Where a token comes
from is for subclasses to decide.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ...auth import challenges
from ...auth.hooks import Challenge, Outgoing
from ...errors import AuthError, ClientError, public_url
from . import discovery, web
from .addresses import read_exceptions
from .discovery import AuthorizationServer, Resource, UnusableServerError
from .grants import RefusedGrant, ask, refusal
from .identity import ClientRegistration, authenticate
from .issuers import IssuerSettings, same_issuer
from .records import Records
from .shared_work import Interrupted, SingleFlight, completed
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
        issuers: Mapping[str, IssuerSettings] | None = None,
        allow_private: Sequence[str] = (),
    ) -> None:
        self._wanted = tuple(scopes)
        self._storage = storage or MemoryStorage()
        self._records = Records(self._storage)
        self._wants_dpop = dpop
        self._settings = dict(issuers or {})
        self._exceptions = read_exceptions(allow_private)
        self._key: ProofKey | None = None
        self._token: Token | None = None
        self._signed_in: str | None = None
        self._url: str | None = None
        self._servers: dict[str, AuthorizationServer] = {}
        self._loading = threading.Lock()
        self._flight = SingleFlight()

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """The token's headers; none where there is no token yet."""
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
            AuthError: No token can be had; the text says why.
        """
        said = challenges.parameters(challenge.www_authenticate)
        learnt = self._key is not None and self._key.learn(
            challenge.url, challenge.headers
        )
        if learnt and said.get("error") == "use_dpop_nonce":
            return True
        if challenge.status == 403 and said.get("error") != "insufficient_scope":
            return False
        try:
            await self._flight.until(
                lambda: self._is_newer(challenge),
                lambda: self._obtain_for(challenge, said, session),
                session,
            )
        except Interrupted:
            raise AuthError(
                "the sign-in was interrupted", url=challenge.url, method="POST"
            ) from None
        return True

    async def finish(self, session: aiohttp.ClientSession) -> None:
        """Called before a client closes its session: no token may be lost by that.

        A sign-in that waits for a person is interrupted; a token request that has been
        sent is waited for.
        """
        await self._flight.interrupt(session)

    async def sign_out(
        self, url: str | None = None, *, session: aiohttp.ClientSession | None = None
    ) -> bool:
        """Forget the token for a server and this client's registration; revoke the token.

        The next request signs in anew. The token is forgotten first: a failing
        revocation (RFC 7009) is logged only.

        Args:
            url: The MCP server; None means the one that this hook has signed for.
            session: To revoke with; by default a session of its own.

        Returns:
            Whether there was a token.

        Raises:
            ValueError: No server is known.
            ClientError: The storage cannot be changed.
        """
        if url is not None:
            await self._load(url)
            self._check_server(Outgoing("POST", url))
        elif self._url is None:
            raise ValueError("name the server: sign_out('https://...')")
        await self._flight.interrupt()
        async with self._storage.lock():
            token = await completed(self._forget())
        if token is None:
            return False
        try:
            if session is not None:
                await self._revoke(token, session)
            else:
                import aiohttp

                async with aiohttp.ClientSession() as own:
                    await self._revoke(token, own)
        except (ClientError, RefusedGrant) as error:
            logger.warning("the token is forgotten, but not revoked: %s", error)
        return True

    async def _forget(self) -> Token | None:
        token = await self._records.token(self._server_url) or self._token
        self._token = None
        await self._records.drop(self._server_url)
        if token is not None and token.client is not None:
            client_id = str(token.client.get("client_id"))
            await self._records.drop_client(token.issuer, client_id)
        return token

    async def _revoke(self, token: Token, session: aiohttp.ClientSession) -> None:
        """Revoke the refresh token, which ends the others too, or else the access token."""
        server = await self._issuer(Resource(token.resource, token.issuer), session)
        url = server.revocation_endpoint
        if url is None:
            return
        client = await self._client_of(token, server, session)
        fields, headers = authenticate(client, server)
        kind = "access_token" if token.refresh is None else "refresh_token"
        form = {"token": token.refresh or token.access, "token_type_hint": kind}
        answer = await web.post(
            session,
            url,
            "revocation endpoint",
            form={**form, **fields},
            headers=headers,
            reach=server.reach,
        )
        if answer.status >= 400:
            raise refusal(answer.body, answer.status)

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
        return _sent(challenge) != self._token.access

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
        token = await self._records.token(address)
        with self._loading:
            if self._url is None:
                self._take(token)
                self._url = address

    def _take(self, token: Token | None) -> None:
        """Use a stored token, with its key."""
        if token is not None and token.key is not None:
            from .dpop import ProofKey

            self._key = ProofKey(token.key)
        self._token = token

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

    async def _renewed(
        self, stale: Token, session: aiohttp.ClientSession
    ) -> Token | None:
        """The token that follows a stale one; None where there is none to be had."""

        async def renew() -> None:
            if self._token is not stale:
                return
            resource = Resource(stale.resource, stale.issuer)
            server = await self._issuer(resource, session)
            self._token = await self._refreshed(stale, server, session)

        try:
            await self._flight.until(lambda: self._token is not stale, renew, session)
        except Interrupted:
            raise AuthError(
                "renewing the token was interrupted",
                url=self._server_url,
                method="POST",
            ) from None
        return self._token

    async def _refreshed(
        self,
        token: Token,
        server: AuthorizationServer,
        session: aiohttp.ClientSession,
    ) -> Token | None:
        """The token after a refresh, which of several processes only one makes."""
        async with self._storage.lock():
            stored = await self._records.token(self._server_url)
            if stored is not None and stored.access != token.access:
                if same_issuer(stored.issuer, token.issuer) and not stored.is_stale:
                    self._take(stored)
                    return stored
                token = stored
            if token.refresh is None or not same_issuer(token.issuer, server.issuer):
                return None
            return await completed(self._refresh(token, server, session))

    async def _refresh(
        self,
        token: Token,
        server: AuthorizationServer,
        session: aiohttp.ClientSession,
    ) -> Token | None:
        form = {"grant_type": "refresh_token", "refresh_token": token.refresh or ""}
        try:
            new = await ask(
                session,
                server,
                await self._client_of(token, server, session),
                form,
                resource=token.resource,
                asked=token.scopes,
                before=token,
                key=self._key,
            )
        except RefusedGrant as refused:
            if refused.is_temporary:
                raise self._error(server.token_endpoint, refused) from None
            logger.info("the refresh token is refused: %s", refused)
            await self._records.drop(self._server_url)
            if refused.code == "invalid_client" and token.client is not None:
                client_id = str(token.client.get("client_id"))
                await self._records.drop_client(server.issuer, client_id)
            return None
        new = replace(new, client=token.client)
        await self._publish(new)
        return new

    async def _client_of(
        self,
        token: Token,
        server: AuthorizationServer,
        session: aiohttp.ClientSession,
    ) -> ClientRegistration:
        """The client that got a token."""
        if token.client is not None:
            found = ClientRegistration.from_json(token.client)
            if found is not None:
                return found
        return await self._client(session, server)

    async def _publish(self, token: Token) -> None:
        """Store a token, then use it; the storage is locked."""
        try:
            await self._records.keep(self._server_url, token)
        except ClientError as error:
            # The old token is of no use any more, so the new one is used all the same.
            logger.warning("the token cannot be stored: %s", error)
        self._token = token

    async def _issuer(
        self, resource: Resource, session: aiohttp.ClientSession
    ) -> AuthorizationServer:
        """The metadata of a resource's issuer, asked for once."""
        known = self._servers.get(resource.issuer)
        if known is None:
            known = await discovery.find_authorization_server(
                session, resource, self._exceptions
            )
            for issuer, settings in self._settings.items():
                if same_issuer(issuer, known.issuer):
                    known = replace(known, settings=settings)
            self._servers[resource.issuer] = known
        return known

    # -------------------------------------------------------------- the challenge

    async def _obtain_for(
        self,
        challenge: Challenge,
        said: Mapping[str, str],
        session: aiohttp.ClientSession,
    ) -> None:
        if await self._took_newer(challenge):
            return
        is_new = challenge.attempt > 1 and _sent(challenge) == self._signed_in
        if challenge.status == 401 and is_new:
            raise AuthError(
                "the server refuses the token that was issued for it just now"
                + _reason(said),
                url=challenge.url,
                method="POST",
                status=401,
                hint="It may expect another audience or issuer; IssuerSettings can set "
                "`resource` and further parameters",
            )
        resource = await discovery.find_resource(
            session,
            self._server_url,
            said.get("resource_metadata"),
            self._exceptions,
        )
        old = self._token
        if old is not None and not _lists(resource, old.issuer):
            # Another authorization server: nothing of the old one is of use.
            old = None
        if challenge.status == 401 and challenge.attempt == 1 and old and old.refresh:
            # It may just be too old for the server, or revoked before its time.
            server = await self._issuer(replace(resource, issuer=old.issuer), session)
            self._token = await self._refreshed(old, server, session)
            if self._token is not None:
                return
        await self._sign_in(challenge, said, resource, old, session)

    async def _took_newer(self, challenge: Challenge) -> bool:
        """Whether another process has stored a token since the request was signed."""
        stored = await self._records.token(self._server_url)
        if stored is None or stored.access == _sent(challenge) or stored.is_stale:
            return False
        if self._token is not None and self._token.access == stored.access:
            return False
        self._take(stored)
        return True

    async def _sign_in(
        self,
        challenge: Challenge,
        said: Mapping[str, str],
        resource: Resource,
        old: Token | None,
        session: aiohttp.ClientSession,
    ) -> None:
        """Get a token from the first authorization server that can be used.

        Raises:
            AuthError: There is none, or the first one refuses.
        """
        if self._wants_dpop and self._key is None:
            from .dpop import ProofKey

            self._key = ProofKey()
        problems: list[AuthError] = []
        for issuer in resource.issuers:
            one = replace(resource, issuer=issuer, others=())
            try:
                server = await self._issuer(one, session)
            except AuthError as error:
                problems.append(error)
                continue
            scopes = self._scopes(challenge, said, resource, server, old)
            try:
                token = await self._obtain(session, one, server, scopes)
            except UnusableServerError as error:
                problems.append(error)
            except RefusedGrant as refused:
                raise self._error(server.token_endpoint, refused) from None
            else:
                self._token = token
                self._signed_in = token.access
                return
        raise _unusable(problems)

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        client: ClientRegistration,
        form: Mapping[str, str],
        scopes: tuple[str, ...],
        *,
        registered_itself: bool = False,
    ) -> Token:
        """Exchange a grant for a token and store that, even if the caller gives up.

        Raises:
            RefusedGrant: The authorization server refuses.
            AuthError: It can't be reached, or its answer is no token.
        """

        async def exchange() -> Token:
            token = await ask(
                session,
                server,
                client,
                form,
                resource=resource.identifier,
                asked=scopes,
                key=self._key,
            )
            if registered_itself:
                token = replace(token, client=client.to_json())
            async with self._storage.lock():
                await self._publish(token)
            return token

        return await completed(exchange())

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


def _sent(challenge: Challenge) -> str:
    """The token of the request that was refused."""
    return challenge.signed.get("Authorization", "").partition(" ")[2]


def _reason(said: Mapping[str, str]) -> str:
    """The server's own words, where it has some."""
    text = said.get("error_description", said.get("error", ""))
    return f" ({''.join(filter(str.isprintable, text[:200]))})" if text else ""


def _lists(resource: Resource, issuer: str) -> bool:
    return any(same_issuer(issuer, listed) for listed in resource.issuers)


def _unusable(problems: Sequence[AuthError]) -> AuthError:
    """One error for all authorization servers that could not be used."""
    first, *others = problems
    if not others:
        return first
    return AuthError(
        "none of the server's authorization servers can be used: "
        + "; ".join(problem.told for problem in problems),
        url=first.url,
        method=first.method,
        hint=first.hint,
    )
