"""What tokens of an authorization server say: for whom they are, and which scopes they have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....core.jsonrpc import is_array
from ...effective import LOOPBACK
from ...settings import Settings
from .authenticator import Refusal
from .resources import resources


def audience(settings: Settings) -> tuple[str, ...]:
    """The audiences that mean this server.

    Raises:
        ValueError: Nothing says what tokens for this server name.
    """
    # Fixed ones let what was verified once be recalled without asking which server it is.
    own = tuple(each.public for each in resources(settings) if each.public)
    known = settings.auth_audience or own
    if not (known or settings.host in LOOPBACK):
        raise ValueError(
            "beyond this machine, set public_url (--public-url or MCP_PUBLIC_URL) to the "
            "endpoint's URL as clients know it: tokens must be made for it"
        )
    if not settings.auth_issuer:
        raise ValueError("auth_issuer is missing: the authorization server's URL")
    return known


def check_audience(claims: Mapping[str, Any], audiences: Collection[str]) -> None:
    """Refuse a token that was made for someone else.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#token-handling
    """
    named = claims.get("aud")
    listed = [named] if isinstance(named, str) else named
    accepted = {canonical(uri) for uri in audiences}
    if not is_array(listed) or not any(
        isinstance(entry, str) and canonical(entry) in accepted for entry in listed
    ):
        raise Refusal("the token is meant for another server")


def canonical(uri: str) -> str:
    """A URI with scheme and host in lower case and no slash at its end."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return uri
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}".rstrip("/")


def scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of a token: `scope` of RFC 9068, or `scp` as some servers write it."""
    given = claims.get("scope", claims.get("scp"))
    if isinstance(given, str):
        return frozenset(given.split())
    if is_array(given):
        return frozenset(entry for entry in given if isinstance(entry, str))
    return frozenset()
