"""Tokens of an authorization server: its public keys, and what its tokens say.

The keys are found, fetched, refreshed, and never asked for too often.
https://www.rfc-editor.org/rfc/rfc8414, https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from ....core.jsonrpc import is_array, is_object
from ...effective import LOOPBACK
from ...principal import Principal
from ...settings import Settings
from .authenticator import Refusal, Unavailable
from .fetch import Fetcher, SingleFlight, checked_url, shown
from .resource_server import resources

_log: Final = logging.getLogger("mcp.auth")

MAX_KEYS: Final = 100
_RETRY_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 0.5
_KINDS: Final[Mapping[str, str]] = {"RS": "RSA", "PS": "RSA", "ES": "EC"}


class Key(Protocol):
    """A public key of joserfc's, as far as it is looked at here."""

    @property
    def kid(self) -> str | None: ...

    @property
    def alg(self) -> str | None: ...

    @property
    def key_type(self) -> str: ...


class KeySource:
    """The keys of one issuer.

    Keys that are there are used for as long as the issuer can't be reached, and while it
    takes its time; unknown names lead to a new look at most once in `cooldown` seconds,
    whoever sends how many.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        issuer: str,
        url: str = "",
        *,
        cooldown: float = 30.0,
        max_age: float = 600.0,
    ) -> None:
        """Fetch nothing yet.

        Args:
            fetcher: How to reach the issuer.
            issuer: Its identifier, a URL.
            url: Where its keys are; empty asks its metadata.
            cooldown: Seconds between two looks for a key that is not there.
            max_age: Seconds after which keys are fetched anew.

        Raises:
            ValueError: An address is not safe to ask.
        """
        self._fetcher = fetcher
        self._issuer = checked_url(issuer, "auth_issuer")
        self._url = checked_url(url, "auth_jwks_url") if url else ""
        self._cooldown = cooldown
        self._max_age = max_age
        self._keys: tuple[Key, ...] = ()
        self._fetched = float("-inf")
        self._next = float("-inf")
        self._patience = float("-inf")
        self._flight: SingleFlight[None] = SingleFlight()

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token names; None if the issuer has no such key.

        Raises:
            Unavailable: No keys could be fetched so far.
        """
        key = self._find(kid, algorithm)
        if key is not None and await self._renew():
            key = self._find(kid, algorithm)
        if key is None and time.monotonic() >= self._next:
            await self._flight.run(b"", self._refresh)
            key = self._find(kid, algorithm)
        if not self._keys:
            raise Unavailable("the keys of the authorization server can't be fetched")
        return key

    async def close(self) -> None:
        """End a look at the keys that goes on."""
        await self._flight.close()

    async def _renew(self) -> bool:
        """Fetch keys anew that are old; whether it was done in time.

        A key that was taken back counts no more where the issuer answers as usual; where
        it hangs, nobody waits for it longer than a moment.
        """
        now = time.monotonic()
        if now - self._fetched <= self._max_age or now < self._next:
            return False
        if not self._flight:
            self._patience = now + _PATIENCE_SECONDS
        renewing = self._flight.start(b"", self._refresh)
        done, _ = await asyncio.wait([renewing], timeout=max(0.0, self._patience - now))
        return bool(done)

    def _find(self, kid: str | None, algorithm: str) -> Key | None:
        fitting = [key for key in self._keys if _fits(key, algorithm)]
        if kid is None:
            # Without a name there must be no choice.
            return fitting[0] if len(fitting) == 1 else None
        return next((key for key in fitting if key.kid == kid), None)

    async def _refresh(self) -> None:
        pause = min(self._cooldown, _RETRY_SECONDS)
        try:
            self._keys = await self._fetch()
            self._fetched = time.monotonic()
            pause = self._cooldown
        except Unavailable:
            pass  # the keys that are there go on
        finally:
            # Set at the end: whoever comes while it runs waits for it.
            self._next = time.monotonic() + pause

    async def _fetch(self) -> tuple[Key, ...]:
        url = self._url or await discover(self._fetcher, self._issuer, "jwks_uri")
        answer = await self._fetcher.ask("GET", url)
        listed = (answer.body or {}).get("keys")
        if answer.status == 200 and is_array(listed):
            return tuple(_imported(listed[:MAX_KEYS]))
        _log.warning("%s: no key set, status %d", shown(url), answer.status)
        raise Unavailable("the issuer has no key set")


async def discover(fetcher: Fetcher, issuer: str, name: str) -> str:
    """The URL of this name in an authorization server's metadata.

    Raises:
        Unavailable: There are none, they are those of another issuer, or lack the URL.
    """
    for place in well_known(issuer):
        answer = await fetcher.ask("GET", place)
        if answer.status == 200 and answer.body is not None:
            break
    else:
        raise Unavailable(f"{shown(issuer)} has no metadata")
    if answer.body.get("issuer") != issuer:
        _log.warning("%s: the metadata names another issuer", shown(place))
        raise Unavailable(f"{shown(issuer)} has no metadata")
    url = answer.body.get(name)
    try:
        return checked_url(url if isinstance(url, str) else "", name)
    except ValueError as error:
        _log.warning("the metadata of %s: %s", shown(issuer), error)
        raise Unavailable(f"the issuer's metadata has no usable {name}") from None


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


def _imported(entries: list[Any]) -> Iterator[Key]:
    """The public signing keys of a set; what can't be used is left out."""
    jwk, errors = import_module("joserfc.jwk"), import_module("joserfc.errors")
    for entry in entries:
        if not is_object(entry) or entry.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        if entry.get("use", "sig") != "sig":
            continue
        try:
            yield jwk.import_key(entry)
        except (errors.JoseError, ValueError, KeyError, TypeError):
            _log.warning("a key of the set can't be read and is left out")


def _fits(key: Key, algorithm: str) -> bool:
    if key.key_type != _KINDS.get(algorithm[:2], "OKP"):
        return False
    own = key.alg
    return own is None or own == algorithm


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


def principal_of(
    claims: Mapping[str, Any], issuer: str, client: object, expires: float | None
) -> Principal:
    """Who has a token; Refusal where its claims name nobody.

    Args:
        claims: What the token says.
        issuer: Who issued it.
        client: The application that it was issued to, if that is a text.
        expires: Until when it counts, in seconds since 1970.
    """
    name = client if isinstance(client, str) else ""
    subject = claims.get("sub", name)
    if not isinstance(subject, str) or not subject:
        raise Refusal("the token names no subject")
    return Principal(subject, issuer, name, scopes_of(claims), claims, expires)
