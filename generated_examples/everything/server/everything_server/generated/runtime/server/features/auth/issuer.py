"""Tokens of an authorization server: its metadata, and what their claims must say."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from ....core.jsonrpc import is_array
from ...options.section import Section
from ...principal import Principal
from .authenticator import Deployment, Refusal, Unavailable
from .fetch import Fetcher, checked_url, shown

_log: Final = logging.getLogger("mcp.auth")


@dataclass(frozen=True, kw_only=True)
class IssuerSettings(Section):
    """Which tokens of an authorization server count."""

    title = "Tokens of an authorization server"

    auth_audience: Annotated[
        tuple[str, ...],
        "audiences that mean this server; empty: the public URL",
    ] = ()
    auth_leeway: Annotated[float, "how far clocks may differ"] = 30.0


def audience(settings: IssuerSettings, server: Deployment) -> tuple[str, ...]:
    """The audiences that mean this server.

    Raises:
        ValueError: Nothing says what tokens for this server name.
    """
    # Fixed ones let what was verified once be recalled without asking which server it is.
    known = settings.auth_audience or server.urls
    if not (known or server.is_local):
        raise ValueError(
            "beyond this machine, set public_url (--public-url or MCP_PUBLIC_URL) to the "
            "endpoint's URL as clients know it: tokens must be made for it"
        )
    if not server.issuer:
        raise ValueError("auth_issuer is missing: the authorization server's URL")
    return known


async def discover(fetcher: Fetcher, issuer: str, name: str) -> str:
    """A URL from an authorization server's metadata, at one of its well-known places.

    Raises:
        Unavailable: There is none, it is not safe to use, or the metadata speaks for
            another issuer.
    """
    for place in well_known(issuer):
        answer = await fetcher.send("GET", place)
        if answer.status == 200 and answer.body is not None:
            if answer.body.get("issuer") != issuer:
                _log.warning("%s: the metadata names another issuer", shown(place))
                break
            url = answer.body.get(name)
            try:
                return checked_url(url if isinstance(url, str) else "", name)
            except ValueError as error:
                _log.warning("%s: %s", shown(place), error)
                raise Unavailable(
                    f"the issuer's metadata has no usable {name}"
                ) from None
    raise Unavailable(f"{shown(issuer)} has no metadata")


def well_known(issuer: str) -> tuple[str, ...]:
    """Where an issuer's metadata can be, in the order of the specification.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery
    """
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    inserted = (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
    )
    if not path:
        return inserted
    return (*inserted, f"{origin}{path}/.well-known/openid-configuration")


def principal_of(
    claims: Mapping[str, Any],
    issuer: str,
    audiences: Collection[str],
    leeway: float,
    *,
    complete: bool,
) -> Principal:
    """Whom a token's claims name, where they are those of a token for this server.

    Args:
        claims: The claims.
        issuer: Whose they must be.
        audiences: One of them they must name.
        leeway: Seconds by which clocks may differ.
        complete: Whether they must name issuer and end, and each time must be one.

    Raises:
        Refusal: The token does not count here, or not now.
    """
    if claims.get("iss", None if complete else issuer) != issuer:
        raise Refusal("the token comes from another issuer")
    _check_audience(claims.get("aud"), audiences)
    now = time.time()
    expires, begins, issued = (
        _seconds(claims, name, complete) for name in ("exp", "nbf", "iat")
    )
    if complete and expires is None:
        raise Refusal("the token has no valid `exp`")
    if expires is not None and expires <= now - leeway:
        raise Refusal("the token has expired")
    if begins is not None and begins > now + leeway:
        raise Refusal("the token is not valid yet")
    if complete and issued is not None and issued > now + leeway:
        raise Refusal("the token was issued in the future")
    client = claims.get("client_id", claims.get("azp") if complete else None)
    client = client if isinstance(client, str) else ""
    subject = claims.get("sub", client)
    if not isinstance(subject, str) or not subject:
        raise Refusal("the token names no subject")
    until = None if expires is None else expires + leeway
    return Principal(subject, issuer, client, _scopes_of(claims), claims, until)


def _seconds(claims: Mapping[str, Any], name: str, strict: bool) -> float | None:
    value: Any = claims.get(name)
    try:
        allowed = math.isfinite(value) if strict else not math.isnan(value)
        if allowed and not isinstance(value, bool):
            return float(value)
    except (OverflowError, TypeError):
        pass
    if strict and value is not None:
        raise Refusal(f"the token has no valid `{name}`")
    return None


def _check_audience(named: object, audiences: Collection[str]) -> None:
    """Refuse a token that was made for someone else.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#token-handling
    """
    listed = [named] if isinstance(named, str) else named
    accepted = {_canonical(uri) for uri in audiences}
    if not is_array(listed) or not any(
        isinstance(entry, str) and _canonical(entry) in accepted for entry in listed
    ):
        raise Refusal("the token is meant for another server")


def _canonical(uri: str) -> str:
    """A URI with scheme and host in lower case and no slash at its end."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return uri
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}".rstrip("/")


def _scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of a token: `scope` of RFC 9068, or `scp` as some servers write it."""
    given = claims.get("scope", claims.get("scp"))
    if isinstance(given, str):
        return frozenset(given.split())
    if is_array(given):
        return frozenset(entry for entry in given if isinstance(entry, str))
    return frozenset()
