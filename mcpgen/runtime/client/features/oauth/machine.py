"""OAuth without a user: programs that act for themselves, or for a signed-in employee."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Final, TypeAlias, Unpack

from .discovery import AuthorizationServer
from .holder import OAuthOptions, TokenHolder
from .identity import ClientRegistration
from .tokens import Token, TokenRequest
from .web import OAuthError

Assertion: TypeAlias = "str | Callable[[], str | Awaitable[str]]"
"""A JWT, or what gives a fresh one each time it is asked."""

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"
_NO_GRANT: Final = "the identity provider gives no grant for this server"
ID_JAG: Final = "urn:ietf:params:oauth:token-type:id-jag"


class _Machine(TokenHolder):
    """A holder whose client is always the same one."""

    async def _obtain(self, request: TokenRequest) -> Token:
        client = await self._client(request.server)
        assert client is not None, "it is always given"
        form = await self._grant(request)
        return await self._exchange(request, client, {**form, **request.scope})

    @abstractmethod
    async def _grant(self, request: TokenRequest) -> dict[str, str]:
        """What is exchanged for a token."""


class ClientCredentials(_Machine):
    """A program with credentials of its own (RFC 6749, section 4.4).

    Args:
        client: Its identifier, with a secret or a private key.
        options: See `OAuthOptions`: `scopes`, `storage`, `dpop`, `issuers`,
            `allow_private`.
    """

    def __init__(
        self, client: ClientRegistration, **options: Unpack[OAuthOptions]
    ) -> None:
        super().__init__(client, **options)

    async def _grant(self, request: TokenRequest) -> dict[str, str]:
        return {"grant_type": "client_credentials"}


class WorkloadIdentity(_Machine):
    """A workload that its platform vouches for with a JWT (RFC 7523, section 2.1).

    Args:
        assertion: The platform's JWT, or what gives a fresh one.
        client_id: The workload's identifier at the authorization server.
        options: See `OAuthOptions`: `scopes`, `storage`, `dpop`, `issuers`,
            `allow_private`.
    """

    def __init__(
        self,
        assertion: Assertion,
        *,
        client_id: str,
        **options: Unpack[OAuthOptions],
    ) -> None:
        super().__init__(ClientRegistration(client_id, auth_method="none"), **options)
        self._assertion = assertion

    async def _grant(self, request: TokenRequest) -> dict[str, str]:
        return {"grant_type": JWT_BEARER, "assertion": await _value(self._assertion)}


class EnterpriseAuth(_Machine):
    """An employee whom the company's identity provider lets in, without a dialogue.

    The identity provider turns the employee's ID token into a grant for the server's
    authorization server (an ID-JAG), which gives the access token for it.

    Args:
        client: This client at the server's authorization server.
        id_token: The employee's ID token, or what gives a fresh one.
        token_endpoint: The identity provider's token endpoint.
        idp_client: This client at the identity provider.
        options: See `OAuthOptions`: `scopes`, `storage`, `dpop`, `issuers`,
            `allow_private`.
    """

    def __init__(
        self,
        client: ClientRegistration,
        *,
        id_token: Assertion,
        token_endpoint: str,
        idp_client: ClientRegistration,
        **options: Unpack[OAuthOptions],
    ) -> None:
        super().__init__(client, **options)
        self._id_token = id_token
        self._idp = AuthorizationServer(
            idp_client.issuer or token_endpoint, token_endpoint
        )
        self._idp_client = idp_client

    async def _grant(self, request: TokenRequest) -> dict[str, str]:
        """The identity provider's grant for the authorization server (RFC 8693)."""
        url = self._idp.token_endpoint
        form = {
            "grant_type": TOKEN_EXCHANGE,
            "requested_token_type": ID_JAG,
            "subject_token": await _value(self._id_token),
            "subject_token_type": ID_TOKEN,
            "audience": request.server.issuer,
            **request.target,
            **request.scope,
        }
        asking = TokenRequest(request.session, self._idp, request.resource)
        answer = await asking.post(
            "identity provider", url, self._idp_client, form, _NO_GRANT
        )
        grant = answer.body.get("access_token")
        if not isinstance(grant, str):
            raise OAuthError(_NO_GRANT, url, method="POST", status=answer.status)
        return {"grant_type": JWT_BEARER, "assertion": grant}


async def _value(assertion: Assertion) -> str:
    if isinstance(assertion, str):
        return assertion
    value = assertion()
    return await value if isawaitable(value) else value
