"""OAuth without a user: programs that act for themselves, or for a signed-in employee."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Final, TypeAlias

from ...errors import AuthError
from . import web
from .discovery import AuthorizationServer, Resource, UnusableServerError
from .holder import TokenHolder
from .identity import ClientRegistration, authenticate
from .issuers import IssuerSettings, same_issuer
from .tokens import Token

if TYPE_CHECKING:
    import aiohttp

    from .storage import TokenStorage

Assertion: TypeAlias = "str | Callable[[], str | Awaitable[str]]"
"""A JWT, or what gives a fresh one each time it is asked."""

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"
ID_JAG: Final = "urn:ietf:params:oauth:token-type:id-jag"


class _Machine(TokenHolder):
    """A holder whose client is always the same one."""

    def __init__(
        self,
        client: ClientRegistration,
        *,
        scopes: Sequence[str] = (),
        storage: TokenStorage | None = None,
        dpop: bool = False,
        issuers: Mapping[str, IssuerSettings] | None = None,
        allow_private: Sequence[str] = (),
    ) -> None:
        super().__init__(
            scopes=scopes,
            storage=storage,
            dpop=dpop,
            issuers=issuers,
            allow_private=allow_private,
        )
        self._identity = client
        self._bound_to = client.issuer

    async def _client(
        self, session: aiohttp.ClientSession, server: AuthorizationServer
    ) -> ClientRegistration:
        # The first issuer binds: what proves who this is goes to no other one.
        self._bound_to = self._bound_to or server.issuer
        if not same_issuer(self._bound_to, server.issuer):
            raise UnusableServerError(
                f"the server wants tokens of this issuer now; the client is known to "
                f"{self._bound_to} alone",
                url=server.issuer,
                method="GET",
            )
        return self._identity

    async def _granted(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
        form: Mapping[str, str],
    ) -> Token:
        asked = {"scope": " ".join(scopes)} if scopes else {}
        client = await self._client(session, server)
        return await self._exchange(
            session, resource, server, client, {**form, **asked}, scopes
        )


class ClientCredentials(_Machine):
    """A program with credentials of its own (RFC 6749, section 4.4).

    Args:
        client: Its identifier, with a secret or a private key.
        scopes: Scopes to ask for besides those that the server names.
        storage: Where the token stays; by default in memory.
        dpop: Whether tokens are to be bound to a key.
        issuers: Settings for single authorization servers.
        allow_private: Hosts and networks inside, such as `sso.corp.example` and
            `10.1.0.0/16`, that a server outside may lead this client to.
    """

    async def _obtain(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
    ) -> Token:
        form = {"grant_type": "client_credentials"}
        return await self._granted(session, resource, server, scopes, form)


class WorkloadIdentity(_Machine):
    """A workload that its platform vouches for with a JWT (RFC 7523, section 2.1).

    Args:
        assertion: The platform's JWT, or what gives a fresh one.
        client_id: The workload's identifier at the authorization server.
        scopes: Scopes to ask for besides those that the server names.
        storage: Where the token stays; by default in memory.
        issuers: Settings for single authorization servers.
        allow_private: Hosts and networks inside that a server outside may lead this
            client to.
    """

    def __init__(
        self,
        assertion: Assertion,
        *,
        client_id: str,
        scopes: Sequence[str] = (),
        storage: TokenStorage | None = None,
        issuers: Mapping[str, IssuerSettings] | None = None,
        allow_private: Sequence[str] = (),
    ) -> None:
        super().__init__(
            ClientRegistration(client_id, auth_method="none"),
            scopes=scopes,
            storage=storage,
            issuers=issuers,
            allow_private=allow_private,
        )
        self._assertion = assertion

    async def _obtain(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
    ) -> Token:
        form = {"grant_type": JWT_BEARER, "assertion": await _value(self._assertion)}
        return await self._granted(session, resource, server, scopes, form)


class EnterpriseAuth(_Machine):
    """An employee whom the company's identity provider lets in, without a dialogue.

    The identity provider turns the employee's ID token into a grant for the server's
    authorization server (an ID-JAG), which gives the access token for it.

    Args:
        client: This client at the server's authorization server.
        id_token: The employee's ID token, or what gives a fresh one.
        token_endpoint: The identity provider's token endpoint.
        idp_client: This client at the identity provider.
        scopes: Scopes to ask for besides those that the server names.
        storage: Where the token stays; by default in memory.
        issuers: Settings for single authorization servers.
        allow_private: Hosts and networks inside that a server outside may lead this
            client to.
    """

    def __init__(
        self,
        client: ClientRegistration,
        *,
        id_token: Assertion,
        token_endpoint: str,
        idp_client: ClientRegistration,
        scopes: Sequence[str] = (),
        storage: TokenStorage | None = None,
        issuers: Mapping[str, IssuerSettings] | None = None,
        allow_private: Sequence[str] = (),
    ) -> None:
        super().__init__(
            client,
            scopes=scopes,
            storage=storage,
            issuers=issuers,
            allow_private=allow_private,
        )
        self._id_token = id_token
        self._idp = AuthorizationServer(
            idp_client.issuer or token_endpoint, token_endpoint
        )
        self._idp_client = idp_client

    async def _obtain(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
    ) -> Token:
        await self._client(session, server)
        grant = await self._exchanged(session, resource, server, scopes)
        form = {"grant_type": JWT_BEARER, "assertion": grant}
        return await self._granted(session, resource, server, scopes, form)

    async def _exchanged(
        self,
        session: aiohttp.ClientSession,
        resource: Resource,
        server: AuthorizationServer,
        scopes: tuple[str, ...],
    ) -> str:
        """The identity provider's grant for the authorization server (RFC 8693)."""
        fields, headers = authenticate(self._idp_client, self._idp)
        form = {
            "grant_type": TOKEN_EXCHANGE,
            "requested_token_type": ID_JAG,
            "subject_token": await _value(self._id_token),
            "subject_token_type": ID_TOKEN,
            "audience": server.issuer,
            **fields,
        }
        target = server.settings.resource_for(resource.identifier)
        if target is not None:
            form["resource"] = target
        if scopes:
            form["scope"] = " ".join(scopes)
        url = self._idp.token_endpoint
        answer = await web.post(
            session, url, "identity provider", form=form, headers=headers
        )
        grant = answer.body.get("access_token")
        if answer.status != 200 or not isinstance(grant, str):
            raise AuthError(
                "the identity provider gives no grant for this server",
                url=url,
                method="POST",
                status=answer.status,
            )
        return grant


async def _value(assertion: Assertion) -> str:
    if isinstance(assertion, str):
        return assertion
    value = assertion()
    return await value if isawaitable(value) else value
