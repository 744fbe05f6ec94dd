"""Access tokens: asking for one, whatever for (RFC 6749, sections 4 to 6), and its value.

No text that these values give of themselves has a secret in it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from ...incoming import text
from .discovery import AuthorizationServer
from .identity import ClientRegistration, ProofKey, authenticate, stored
from .web import Answer, OAuthError, fetch

if TYPE_CHECKING:
    import aiohttp

logger: Final = logging.getLogger(__name__)

_BEARER: Final = frozenset(["", "bearer", "user", "bot"])
"""Types of tokens that are sent as Bearer; the last two are Slack's names for them."""
_TEMPORARY: Final = frozenset(["temporarily_unavailable", "server_error", "slow_down"])
EARLY: Final = 30.0
"""Seconds before its end at which a token is renewed, or a tenth of its life."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what goes with it; its fields are what is stored.

    Attributes:
        access_token: The access token.
        issuer: Who issued it.
        resource: Which resource it is for.
        token_type: "Bearer" or "DPoP".
        scope: What it allows, as far as is known.
        renew_at: When it is to be renewed, shortly before its end, in seconds since 1970;
            None where the issuer does not say how long it lives.
        refresh_token: The refresh token, if there is one.
        key: The private key that it is bound to, as a JWK; only with DPoP.
        client: The registration that got it, if this client registered itself.

    Raises:
        ValueError: It can't be sent.
    """

    access_token: str = field(repr=False)
    issuer: str
    resource: str
    token_type: Literal["Bearer", "DPoP"] = "Bearer"
    scope: str = ""
    renew_at: float | None = None
    refresh_token: str | None = field(default=None, repr=False)
    key: Mapping[str, Any] | None = field(default=None, repr=False)
    client: Mapping[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        token = text(self.access_token)
        if not token or not token.isascii():
            raise ValueError("it has no `access_token` of visible ASCII characters")
        if not token.isprintable() or " " in token:
            raise ValueError(
                "its `access_token` has characters that no header can have"
            )

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes one by one."""
        return tuple(self.scope.split())

    @property
    def is_stale(self) -> bool:
        """Whether it ends soon or has ended."""
        return self.renew_at is not None and self.renew_at <= time.time()

    def to_json(self) -> dict[str, Any]:
        """What is stored; full of secrets."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Token | None:
        """What was stored; None where it is something else."""
        return stored(cls, cls.__slots__, data)


class RefusedError(OAuthError):
    """The authorization server refused.

    Attributes:
        code: The `error` of RFC 6749, section 5.2.
        reason: Its own text, short and safe to show.
        is_temporary: Whether the same request may succeed later.
    """

    def __init__(self, answer: Answer, problem: str) -> None:
        body, status = answer.body, answer.status
        # Okta names the members `errorCode` and `errorSummary` in some of its errors.
        self.code = _short(body, "error", "errorCode") or f"HTTP {status}"
        words = _short(body, "error_description", "errorSummary")
        self.reason = f"{self.code}: {words}" if words else self.code
        is_busy = status >= 500 or status in (408, 429)
        self.is_temporary = is_busy or self.code in _TEMPORARY
        problem = f"{problem}: {self.reason}"
        super().__init__(
            problem, answer.url, method=answer.method, status=status or None
        )


def _short(body: Mapping[str, Any], *names: str) -> str:
    found = next(filter(None, (text(body.get(name)) for name in names)), "")
    return "".join(c if c.isprintable() else " " for c in found[:200])


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a token is asked for with.

    Attributes:
        session: To ask with.
        server: Who issues it.
        resource: What it is for.
        scopes: What it is to allow.
        key: The key to bind it to.
    """

    session: aiohttp.ClientSession
    server: AuthorizationServer
    resource: str
    scopes: tuple[str, ...] = ()
    key: ProofKey | None = None

    @property
    def target(self) -> dict[str, str]:
        """The parameter `resource` (RFC 8707), unless the user has left it out."""
        target = self.server.settings.resource_for(self.resource)
        return {} if target is None else {"resource": target}

    @property
    def scope(self) -> dict[str, str]:
        """The parameter `scope`, where there are any."""
        return {"scope": " ".join(self.scopes)} if self.scopes else {}

    async def post(
        self,
        kind: str,
        url: str,
        client: ClientRegistration,
        form: Mapping[str, str],
        problem: str = "the authorization server refuses",
    ) -> Answer:
        """What the server answers to a form of a client.

        Raises:
            AuthError: It can't be reached, or refuses.
        """
        fields, headers = authenticate(client, self.server)
        sent = {**form, **fields}
        # Twice at most: the server may want its nonce in the proof (RFC 9449, section 8).
        for is_last in (False, True):
            if self.key is not None:
                headers["DPoP"] = self.key.proof("POST", url)
            answer = await fetch(
                self.session, url, kind, self.server.reach, form=sent, headers=headers
            )
            is_new = self.key is not None and self.key.learn(url, answer.headers)
            if is_last or not is_new or answer.body.get("error") != "use_dpop_nonce":
                break
        # GitHub and Slack refuse with status 200.
        is_error = "error" in answer.body and "access_token" not in answer.body
        if answer.status >= 300 or is_error:
            raise RefusedError(answer, problem)
        return answer

    async def token(
        self,
        client: ClientRegistration,
        form: Mapping[str, str],
        before: Token | None = None,
    ) -> Token:
        """The token for a grant.

        Args:
            client: Who asks.
            form: The grant.
            before: The token that is renewed.

        Raises:
            RefusedError: The server refuses.
            AuthError: It can't be reached, or its answer is no token.
        """
        url = self.server.token_endpoint
        answer = await self.post("token endpoint", url, client, {**form, **self.target})
        try:
            return read(answer.body, self, before)
        except ValueError as error:
            raise OAuthError(
                f"the authorization server's answer is no token: {error}",
                url,
                method="POST",
            ) from None


def read(
    body: Mapping[str, Any], request: TokenRequest, before: Token | None = None
) -> Token:
    """The token in a token endpoint's answer (RFC 6749, section 5.1).

    Args:
        body: The answer.
        request: What was asked for: its scopes count where none are named.
        before: The token that is renewed; its refresh token stays if no new one comes.

    Raises:
        ValueError: It has no usable token; the text has nothing of it.
    """
    kind = str(body.get("token_type") or "").lower()
    issuer = request.server.issuer
    if not kind:
        logger.warning("%s: a token without `token_type` is used as Bearer", issuer)
    if kind not in _BEARER and kind != "dpop":
        raise ValueError("its `token_type` is neither Bearer nor DPoP")
    if request.key is not None and kind != "dpop":
        raise ValueError("the token is not bound to the key that was proved")
    scopes = _scopes(body.get("scope"), request.scopes)
    refresh = text(body.get("refresh_token"))
    if refresh is None and before is not None:
        refresh = before.refresh_token
    return Token(
        body.get("access_token", ""),
        issuer,
        request.resource,
        "DPoP" if kind == "dpop" else "Bearer",
        " ".join(scopes),
        _renewal(body.get("expires_in")),
        refresh,
        request.key.jwk if request.key else None,
    )


def _scopes(words: object, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes in a response; GitHub and Slack separate them by commas."""
    if not isinstance(words, str):
        return asked
    found = words.split()
    if len(found) == 1 and found[0] not in asked:
        parts = [part for part in found[0].split(",") if part]
        if set(parts) & set(asked):
            return tuple(parts)
    return tuple(found)


def _renewal(seconds: object) -> float | None:
    if isinstance(seconds, str) and seconds.isdecimal():
        seconds = int(seconds[:12])
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    if not math.isfinite(seconds):
        return None
    return time.time() + seconds - min(EARLY, max(0.0, seconds / 10))
