"""Opaque access tokens: the authorization server is asked what they are.

https://www.rfc-editor.org/rfc/rfc7662
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote_plus

from ...principal import Principal
from ...settings import Settings
from .authenticator import Refusal, Unavailable
from .fetch import AskingAuthenticator, checked_url, client_secret
from .issuer import audience, check_audience, discover, principal_of


class IntrospectionAuthenticator(AskingAuthenticator):
    """Accepts bearer tokens that an authorization server calls active.

    An answer is remembered `remember` seconds and never beyond the token's end; a
    revoked token can be used that long.
    """

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
        super().__init__(remember, tuple(audiences))
        self._issuer = checked_url(issuer, "auth_issuer")
        self._url = checked_url(url, "auth_introspection_url") if url else ""
        self._leeway = leeway
        # https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        basic = b64encode(pair.encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {basic}"}

    async def _ask(self, token: str, own: tuple[str, ...]) -> Principal | str:
        """The principal behind a token, or in words why there is none."""
        if not self._url:
            self._url = await discover(
                self._fetcher, self._issuer, "introspection_endpoint"
            )
        answer = await self._fetcher.ask(
            "POST",
            self._url,
            self._headers,
            form={"token": token, "token_type_hint": "access_token"},
        )
        claims = answer.body
        if answer.status != 200 or claims is None:
            raise Unavailable("the authorization server does not answer as it should")
        if claims.get("active") is not True:
            return "the token is not active"
        try:
            return self._principal(claims, own)
        except Refusal as refusal:
            return refusal.reason

    def _principal(self, claims: Mapping[str, Any], own: tuple[str, ...]) -> Principal:
        if claims.get("iss", self._issuer) != self._issuer:
            raise Refusal("the token comes from another issuer")
        if str(claims.get("token_type", "Bearer")).lower() not in (
            "bearer",
            "access_token",
        ):
            raise Refusal("the token is no bearer token")
        if "cnf" in claims:
            raise Refusal(
                "the token is bound to something that this server can't check"
            )
        check_audience(claims, self._audiences or own)
        now = time.time()
        expires = _seconds(claims.get("exp"))
        if expires is not None and expires <= now - self._leeway:
            raise Refusal("the token has expired")
        if (_seconds(claims.get("nbf")) or 0) > now + self._leeway:
            raise Refusal("the token is not valid yet")
        until = None if expires is None else expires + self._leeway
        return principal_of(claims, self._issuer, claims.get("client_id"), until)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def configured(settings: Settings, _: frozenset[str]) -> IntrospectionAuthenticator:
    """The authenticator that settings ask for."""
    return IntrospectionAuthenticator(
        settings.auth_issuer,
        audience(settings),
        client_id=settings.auth_client_id,
        client_secret=client_secret(settings),
        url=settings.auth_introspection_url,
        remember=settings.auth_cache,
        leeway=settings.auth_leeway,
    )
