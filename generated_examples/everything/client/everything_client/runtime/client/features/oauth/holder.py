"""The base of all OAuth hooks: holds a token, signs with it, renews it, answers challenges.

Tokens are got in a task of the holder's own, which all callers wait for: a caller that
gives up interrupts nothing, and a token is stored before it is used. Where a token comes
from is for subclasses to decide.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypedDict

from ...auth import Challenge, Outgoing, parameters
from ...errors import AuthError, ClientError, public_url
from .discovery import (
    AuthorizationServer,
    IssuerSettings,
    Resource,
    UnusableServerError,
    find_authorization_server,
    find_resource,
    origin,
    same_issuer,
)
from .identity import ClientRegistration, ProofKey
from .shared_work import Interrupted, SingleFlight, completed
from .storage import MemoryStorage, Records, TokenStorage
from .tokens import RefusedError, Token, TokenRequest
from .web import Answer, OAuthError, read_exceptions

if TYPE_CHECKING:
    import aiohttp

logger: Final = logging.getLogger(__name__)


class OAuthOptions(TypedDict, total=False):
    """The arguments that all OAuth hooks take.

    Attributes:
        scopes: Scopes to ask for besides those that the server names.
        storage: Where tokens stay; by default in memory.
        dpop: Whether tokens are to be bound to a key (RFC 9449); wants the extra
            `oauth`.
        issuers: Settings for single authorization servers, by issuer.
        allow_private: Hosts and networks inside, such as `sso.corp.example` and
            `10.1.0.0/16`, that a server outside may lead this client to.
    """

    scopes: Sequence[str]
    storage: TokenStorage | None
    dpop: bool
    issuers: Mapping[str, IssuerSettings] | None
    allow_private: Sequence[str]


class TokenHolder(ABC):
    """Keeps the token for one server.

    Args:
        client: A client that was registered beforehand.

    The other arguments: see `OAuthOptions`.
    """

    def __init__(
        self,
        client: ClientRegistration | None,
        *,
        scopes: Sequence[str] = (),
        storage: TokenStorage | None = None,
        dpop: bool = False,
        issuers: Mapping[str, IssuerSettings] | None = None,
        allow_private: Sequence[str] = (),
    ) -> None:
        self._given = client
        self._bound_to = client.issuer if client else None
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
        self._checked = ""
        self._servers: dict[str, AuthorizationServer] = {}
        self._loading = threading.Lock()
        self._flight = SingleFlight()

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """The token's headers; none where there is no token yet."""
        if request.url != self._checked:
            await self._load(request.url)
        token = self._token
        if token is not None and token.is_stale:
            token = await self._renewed(token, session)
        if token is None:
            return {}
        if token.token_type != "DPoP" or self._key is None:
            return {"Authorization": f"Bearer {token.access_token}"}
        proof = self._key.proof(request.method, request.url, token.access_token)
        return {"Authorization": f"DPoP {token.access_token}", "DPoP": proof}

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """Get a token, or one that allows more; True to send the request once more.

        Raises:
            AuthError: No token can be had; the text says why.
        """
        said = parameters(challenge.www_authenticate)
        learnt = self._key is not None and self._key.learn(
            challenge.url, challenge.headers
        )
        if learnt and said.get("error") == "use_dpop_nonce":
            return True
        if challenge.status == 403 and said.get("error") != "insufficient_scope":
            return False

        def is_newer() -> bool:
            token = self._token
            return token is not None and token.access_token != _sent(challenge)

        def obtain() -> Coroutine[Any, Any, None]:
            return self._obtain_for(challenge, session)

        await self._once(is_newer, obtain, session, "the sign-in")
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
        elif self._url is None:
            raise ValueError("name the server: sign_out('https://...')")
        await self._flight.interrupt()
        async with self._storage.lock():
            token = await completed(self._forget())
        if token is None:
            return False
        import aiohttp

        own = aiohttp.ClientSession() if session is None else nullcontext(session)
        try:
            async with own as used:
                await self._revoke(token, used)
        except ClientError as error:
            logger.warning("the token is forgotten, but not revoked: %s", error)
        return True

    async def _forget(self) -> Token | None:
        token = await self._records.token(self._server_url) or self._token
        self._token = None
        await self._records.drop(self._server_url)
        await self._drop_client(token)
        return token

    async def _drop_client(self, token: Token | None) -> None:
        """Forget the registration that got a token."""
        if token is not None and token.client is not None:
            client_id = token.client.get("client_id")
            await self._records.drop_client(token.issuer, client_id)

    async def _revoke(self, token: Token, session: aiohttp.ClientSession) -> None:
        """Revoke the refresh token, which ends the others too, or else the access token."""
        resource = Resource(session, token.resource)
        server = await self._issuer(resource, token.issuer)
        url = server.revocation_endpoint
        if url is None:
            return
        kind = "access_token" if token.refresh_token is None else "refresh_token"
        value = token.refresh_token or token.access_token
        form = {"token": value, "token_type_hint": kind}
        client = await self._client_of(token, server)
        request = TokenRequest(session, server, token.resource)
        await request.post("revocation endpoint", url, client, form)

    @abstractmethod
    async def _obtain(self, request: TokenRequest) -> Token:
        """A new token, by whatever grant.

        Raises:
            AuthError: There is none to be had.
        """

    async def _client(self, server: AuthorizationServer) -> ClientRegistration | None:
        """Who asks; None where this client has to register first.

        Raises:
            UnusableServerError: The client that was given belongs to another server.
        """
        if self._given is None:
            return None
        # The first issuer binds: what proves who this is goes to no other one.
        self._bound_to = self._bound_to or server.issuer
        if not same_issuer(self._bound_to, server.issuer):
            raise UnusableServerError(
                "the server wants tokens of this issuer now, and the client is "
                f"registered with {self._bound_to}",
                server.issuer,
                hint="Register it there, if you trust the change",
            )
        return self._given

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    # ------------------------------------------------------------------ the token

    @property
    def _server_url(self) -> str:
        """The server's address, for which tokens are kept."""
        assert self._url is not None, "requests are signed before they are refused"
        return self._url

    async def _load(self, url: str) -> None:
        """Take over what an earlier process left; the first request says for whom.

        Raises:
            ClientError: The hook is shared by clients of two servers.
        """
        if self._url is None:
            address = public_url(url)
            token = await self._records.token(address)
            with self._loading:
                if self._url is None:
                    self._take(token)
                    self._url = address
        if origin(url) != origin(self._server_url):
            raise ClientError(
                f"this {type(self).__name__} signs for {self._server_url}; "
                f"make another one for {public_url(url)}"
            )
        self._checked = url

    def _take(self, token: Token | None) -> None:
        """Use a stored token, with its key."""
        if token is not None and token.key is not None:
            self._key = ProofKey(token.key)
        self._token = token

    async def _once(
        self,
        is_done: Callable[[], bool],
        work: Callable[[], Coroutine[Any, Any, None]],
        session: aiohttp.ClientSession,
        what: str,
    ) -> None:
        """Do some work for all callers that want it.

        Raises:
            AuthError: The client whose session it used was closed.
        """
        try:
            await self._flight.until(is_done, work, session)
        except Interrupted:
            problem = f"{what} was interrupted"
            raise OAuthError(problem, self._server_url, method="POST") from None

    async def _renewed(
        self, stale: Token, session: aiohttp.ClientSession
    ) -> Token | None:
        """The token that follows a stale one; None where there is none to be had."""

        async def renew() -> None:
            if self._token is stale:
                resource = Resource(session, stale.resource)
                self._token = await self._refreshed(stale, resource)

        await self._once(
            lambda: self._token is not stale, renew, session, "renewing the token"
        )
        return self._token

    async def _refreshed(self, token: Token, resource: Resource) -> Token | None:
        """The token after a refresh, which of several processes only one makes."""
        server = await self._issuer(resource, token.issuer)
        async with self._storage.lock():
            stored = await self._records.token(self._server_url)
            if stored is not None and stored.access_token != token.access_token:
                if same_issuer(stored.issuer, token.issuer) and not stored.is_stale:
                    self._take(stored)
                    return stored
                token = stored
            if not token.refresh_token or not same_issuer(token.issuer, server.issuer):
                return None
            about = token.resource, token.scopes, self._key
            request = TokenRequest(resource.session, server, *about)
            return await completed(self._refresh(request, token, token.refresh_token))

    async def _refresh(
        self, request: TokenRequest, token: Token, refresh: str
    ) -> Token | None:
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        try:
            client = await self._client_of(token, request.server)
            new = await request.token(client, form, token)
        except RefusedError as refused:
            if refused.is_temporary:
                raise
            logger.info("the refresh token is refused: %s", refused.reason)
            await self._records.drop(self._server_url)
            if refused.code == "invalid_client":
                await self._drop_client(token)
            return None
        new = replace(new, client=token.client)
        await self._publish(new)
        return new

    async def _client_of(
        self, token: Token, server: AuthorizationServer
    ) -> ClientRegistration:
        """The client that got a token."""
        found = ClientRegistration.from_json(token.client) if token.client else None
        found = found or await self._client(server)
        if found is None:
            body, url = {"error": "invalid_client"}, server.token_endpoint
            refused = Answer(401, body, {}, None, url, "POST")
            raise RefusedError(refused, "this client has no registration")
        return found

    async def _publish(self, token: Token) -> None:
        """Store a token, then use it; the storage is locked."""
        try:
            await self._records.keep(self._server_url, token)
        except ClientError as error:
            # The old token is of no use any more, so the new one is used all the same.
            logger.warning("the token cannot be stored: %s", error)
        self._token = token

    async def _issuer(self, resource: Resource, issuer: str) -> AuthorizationServer:
        """The metadata of one of a resource's issuers, asked for once."""
        found = self._servers.get(issuer)
        if found is None:
            found = await find_authorization_server(resource, issuer, self._exceptions)
            for named, settings in self._settings.items():
                if same_issuer(named, found.issuer):
                    found = replace(found, settings=settings)
            self._servers[issuer] = found
        return found

    # -------------------------------------------------------------- the challenge

    async def _obtain_for(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> None:
        said = parameters(challenge.www_authenticate)
        if await self._took_newer(challenge):
            return
        is_new = challenge.attempt > 1 and _sent(challenge) == self._signed_in
        if challenge.status == 401 and is_new:
            raise OAuthError(
                "the server refuses the token that was issued for it just now"
                + _reason(said),
                challenge.url,
                method="POST",
                status=401,
                hint="It may expect another audience or issuer; IssuerSettings can set "
                "`resource` and further parameters",
            )
        hint = said.get("resource_metadata")
        resource = await find_resource(
            session, self._server_url, hint, self._exceptions
        )
        old = self._token
        if old and not any(same_issuer(old.issuer, each) for each in resource.issuers):
            # Another authorization server: nothing of the old one is of use.
            old = None
        is_first_401 = challenge.status == 401 and challenge.attempt == 1
        if is_first_401 and old and old.refresh_token:
            # It may just be too old for the server, or revoked before its time.
            self._token = await self._refreshed(old, resource)
            if self._token is not None:
                return
        asked = tuple(said.get("scope", "").split()) or resource.scopes or ()
        before = old.scopes if old is not None else ()
        if challenge.status == 403 and set(asked) <= set(before):
            raise OAuthError(
                f"the scope {' '.join(asked)!r} was granted, and the server still "
                "refuses the request",
                challenge.url,
                method="POST",
                status=403,
                hint="Its own rules forbid it to this user or client",
            )
        scopes = tuple(dict.fromkeys((*before, *self._wanted, *asked)))
        await self._sign_in(resource, scopes)

    async def _took_newer(self, challenge: Challenge) -> bool:
        """Whether another process has stored a token since the request was signed."""
        stored = await self._records.token(self._server_url)
        if stored is None or stored.is_stale:
            return False
        ours = self._token and self._token.access_token
        if stored.access_token in (_sent(challenge), ours):
            return False
        self._take(stored)
        return True

    async def _sign_in(self, resource: Resource, scopes: tuple[str, ...]) -> None:
        """Get a token from the first authorization server that can be used.

        Raises:
            AuthError: There is none, or the first one refuses.
        """
        if self._wants_dpop and self._key is None:
            self._key = ProofKey()
        problems: list[AuthError] = []
        for issuer in resource.issuers:
            try:
                server = await self._issuer(resource, issuer)
            except AuthError as error:
                problems.append(error)
                continue
            about = resource.identifier, scopes, self._key
            request = TokenRequest(resource.session, server, *about)
            try:
                self._token = await self._obtain(request)
            except UnusableServerError as error:
                problems.append(error)
            else:
                self._signed_in = self._token.access_token
                return
        first, *others = problems
        if not others:
            raise first
        raise OAuthError(
            "none of the server's authorization servers can be used: "
            + "; ".join(problem.summary for problem in problems),
            first.url,
            method=first.method,
            hint=first.hint,
        )

    async def _exchange(
        self,
        request: TokenRequest,
        client: ClientRegistration,
        form: Mapping[str, str],
        *,
        registered_itself: bool = False,
    ) -> Token:
        """Exchange a grant for a token and store that, even if the caller gives up.

        Raises:
            AuthError: The authorization server refuses or can't be reached, or its
                answer is no token.
        """

        async def exchange() -> Token:
            token = await request.token(client, form)
            if registered_itself:
                token = replace(token, client=client.to_json())
            async with self._storage.lock():
                await self._publish(token)
            return token

        return await completed(exchange())


def _sent(challenge: Challenge) -> str:
    """The token of the request that was refused."""
    return challenge.signed.get("Authorization", "").partition(" ")[2]


def _reason(said: Mapping[str, str]) -> str:
    """The server's own words, where it has some."""
    text = said.get("error_description", said.get("error", ""))
    return f" ({''.join(filter(str.isprintable, text[:200]))})" if text else ""
