"""Opaque access tokens: the authorization server is asked what they are.

https://www.rfc-editor.org/rfc/rfc7662
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote_plus

from ...options.section import url as is_url
from ...principal import Principal
from .authenticator import Deployment, Refusal, Unavailable
from .fetch import AskingAuthenticator, ClientSettings, basic, checked_url
from .issuer import IssuerSettings, audience, discover, principal_of


@dataclass(frozen=True, kw_only=True)
class IntrospectionSettings(ClientSettings, IssuerSettings):
    """Where an authorization server is asked about tokens."""

    title = "Asking about tokens"
    feature = "introspection"

    auth_introspection_url: Annotated[
        str, "the introspection endpoint; empty: the issuer's metadata says so", is_url
    ] = ""


class IntrospectionAuthenticator(AskingAuthenticator):
    """Accepts bearer tokens that an authorization server calls active."""

    def __init__(
        self,
        issuer: str,
        audiences: Collection[str] = (),
        *,
        client_id: str,
        client_secret: str,
        url: str = "",
        remember: float = 60.0,
        leeway: float = 30.0,
    ) -> None:
        """Prepare; nothing is asked before the first token.

        Args:
            issuer: The authorization server.
            audiences: Values of `aud` that mean this server; empty takes the server's
                own URI.
            client_id: What this server is called at the authorization server.
            client_secret: What it proves that with (`client_secret_basic`).
            url: The introspection endpoint; empty asks the issuer's metadata.
            remember: Seconds for which an answer is not asked for again.
            leeway: Seconds by which clocks may differ.

        Raises:
            ValueError: A value can't be used.
        """
        if not (client_id and client_secret):
            raise ValueError(
                "introspection needs auth_client_id and auth_client_secret"
            )
        super().__init__(remember, audiences)
        self._issuer = checked_url(issuer, "auth_issuer")
        self._url = checked_url(url, "auth_introspection_url") if url else ""
        self._leeway = leeway
        # https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
        credentials = basic(quote_plus(client_id), quote_plus(client_secret))
        self._headers = {"Authorization": credentials}

    async def _ask(self, token: str, audiences: tuple[str, ...]) -> Principal:
        if not self._url:
            self._url = await discover(
                self._fetcher, self._issuer, "introspection_endpoint"
            )
        form = {"token": token, "token_type_hint": "access_token"}
        answer = await self._fetcher.send("POST", self._url, self._headers, form=form)
        claims = answer.body
        if answer.status != 200 or claims is None:
            raise Unavailable("the authorization server does not answer as it should")
        if claims.get("active") is not True:
            raise Refusal("the token is not active")
        kind = str(claims.get("token_type", "Bearer")).lower()
        if kind not in ("bearer", "access_token"):
            raise Refusal("the token is no bearer token")
        if "cnf" in claims:
            raise Refusal(
                "the token is bound to something that this server can't check"
            )
        return principal_of(
            claims, self._issuer, audiences, self._leeway, complete=False
        )


def configured(
    settings: IntrospectionSettings, server: Deployment
) -> IntrospectionAuthenticator:
    """The authenticator that settings ask for."""
    return IntrospectionAuthenticator(
        server.issuer,
        audience(settings, server),
        client_id=settings.auth_client_id,
        client_secret=settings.client_secret(),
        url=settings.auth_introspection_url,
        remember=settings.auth_cache,
        leeway=settings.auth_leeway,
    )
