"""Access tokens as values: what a token endpoint answers, and what is stored of it.

No text that these values give of themselves has a secret in it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

logger: Final = logging.getLogger(__name__)

_BEARER: Final = frozenset(["", "bearer", "user", "bot"])
"""Types of tokens that are sent as Bearer; the last two are Slack's names for them."""

EARLY: Final = 30.0
"""Seconds before its end at which a token is renewed, or a tenth of its life."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what goes with it.

    Attributes:
        access: The access token.
        issuer: Who issued it.
        resource: Which resource it is for.
        kind: "Bearer" or "DPoP".
        scopes: What it allows, as far as is known.
        renew_at: When it is to be renewed, shortly before its end, in seconds since 1970;
            None where the issuer does not say how long it lives.
        refresh: The refresh token, if there is one.
        key: The private key that it is bound to, as a JWK; only with DPoP.
        client: The registration that got it, if this client registered itself.
    """

    access: str = field(repr=False)
    issuer: str
    resource: str
    kind: str = "Bearer"
    scopes: tuple[str, ...] = ()
    renew_at: float | None = None
    refresh: str | None = field(default=None, repr=False)
    key: Mapping[str, Any] | None = field(default=None, repr=False)
    client: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def is_stale(self) -> bool:
        """Whether it ends soon or has ended."""
        return self.renew_at is not None and self.renew_at <= time.time()

    def to_json(self) -> dict[str, Any]:
        """What is stored; full of secrets."""
        return {
            "access_token": self.access,
            "issuer": self.issuer,
            "resource": self.resource,
            "token_type": self.kind,
            "scope": " ".join(self.scopes),
            "renew_at": self.renew_at,
            "refresh_token": self.refresh,
            "key": self.key,
            "client": self.client,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Token | None:
        """What was stored; None where it is something else."""
        try:
            return cls(
                _visible(data["access_token"]),
                str(data["issuer"]),
                str(data["resource"]),
                "DPoP" if data["token_type"] == "DPoP" else "Bearer",
                tuple(str(data["scope"]).split()),
                None if data["renew_at"] is None else float(data["renew_at"]),
                None if data["refresh_token"] is None else str(data["refresh_token"]),
                data["key"],
                data.get("client"),
            )
        except (KeyError, TypeError, ValueError):
            return None


def read(
    body: Mapping[str, Any],
    *,
    issuer: str,
    resource: str,
    asked: tuple[str, ...],
    before: Token | None = None,
    key: Mapping[str, Any] | None = None,
) -> Token:
    """The token in a token endpoint's answer (RFC 6749, section 5.1).

    Args:
        body: The answer.
        issuer: Who answered.
        resource: What the token was asked for.
        asked: The scopes that were asked for, which count where none are named.
        before: The token that is renewed; its refresh token stays if no new one comes.
        key: The key that the token is to be bound to.

    Raises:
        ValueError: It has no usable token; the text has nothing of it.
    """
    access = body.get("access_token")
    kind = str(body.get("token_type") or "").lower()
    if not kind:
        logger.warning("%s: a token without `token_type` is used as Bearer", issuer)
    if kind not in _BEARER and kind != "dpop":
        raise ValueError("its `token_type` is neither Bearer nor DPoP")
    if key is not None and kind != "dpop":
        raise ValueError("the token is not bound to the key that was proved")
    scope = body.get("scope")
    refresh = body.get("refresh_token")
    return Token(
        _visible(access),
        issuer,
        resource,
        "DPoP" if kind == "dpop" else "Bearer",
        _scopes(scope, asked) if isinstance(scope, str) else asked,
        _renewal(body.get("expires_in")),
        refresh if isinstance(refresh, str) else before.refresh if before else None,
        key,
    )


def _scopes(text: str, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes in a response; GitHub and Slack separate them by commas."""
    found = text.split()
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


def _visible(token: object) -> str:
    if not isinstance(token, str) or not token or not token.isascii():
        raise ValueError("it has no `access_token` of visible ASCII characters")
    if not token.isprintable() or " " in token:
        raise ValueError("its `access_token` has characters that no header can have")
    return token
