"""Access tokens that are JWTs, verified against the issuer's published keys.

Cryptography is joserfc's (extra `jwt`); what is decided here is which tokens count.
https://www.rfc-editor.org/rfc/rfc9068, https://www.rfc-editor.org/rfc/rfc8725
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, Final, Protocol

from pydantic_core import from_json

from ....core.jsonrpc import is_array, is_object
from ...options.section import url as is_url
from ...principal import Principal
from .authenticator import AuthRequest, Deployment, Refusal, Unavailable
from .fetch import BearerAuthenticator, Fetcher, SingleFlight, checked_url, shown
from .issuer import IssuerSettings, audience, discover, principal_of

_log: Final = logging.getLogger("mcp.auth")

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
ASYMMETRIC: Final = frozenset(
    {
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
    }
)
"""Only these can be verified with a public key alone."""

TYPES: Final = frozenset({"at+jwt", "application/at+jwt", "jwt", ""})
"""Values of `typ` for access tokens; many servers do not use RFC 9068's `at+jwt`."""

MAX_KEYS: Final = 100
_RETRY_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 0.5
_KINDS: Final[Mapping[str, str]] = {"RS": "RSA", "PS": "RSA", "ES": "EC"}


@dataclass(frozen=True, kw_only=True)
class JWTSettings(IssuerSettings):
    """How signed tokens are verified."""

    title = "Tokens of an authorization server"
    feature = "jwt"

    auth_algorithms: Annotated[
        tuple[str, ...], "signature algorithms of tokens that count"
    ] = ALGORITHMS
    auth_jwks_url: Annotated[
        str, "where the issuer's keys are; empty: its metadata says so", is_url
    ] = ""


class JWTAuthenticator(BearerAuthenticator):
    """Accepts bearer tokens that an issuer signed for this server.

    What was verified is remembered, so that a signature is not checked on every call.
    """

    def __init__(
        self,
        issuer: str,
        audiences: Collection[str] = (),
        *,
        algorithms: Collection[str] = ALGORITHMS,
        jwks_url: str = "",
        leeway: float = 30.0,
        remember: float = 300.0,
        types: Collection[str] = TYPES,
        key_cooldown: float = 30.0,
        key_max_age: float = 600.0,
    ) -> None:
        """Prepare; nothing is fetched before the first token.

        Args:
            issuer: Whose tokens count, exactly as their `iss` says it.
            audiences: Values of `aud` that mean this server; empty takes the server's
                own URI.
            algorithms: Signature algorithms that count.
            jwks_url: Where the issuer's keys are; empty asks the issuer's metadata.
            leeway: Seconds by which clocks may differ.
            remember: Seconds for which a verified token is not verified again.
            types: Values of the header's `typ` that count, in lower case.
            key_cooldown: Seconds between two looks for an unknown key.
            key_max_age: Seconds after which the keys are fetched anew.

        Raises:
            ValueError: A value can't be used, or joserfc is not installed.
        """
        if find_spec("joserfc") is None:
            raise ValueError(
                "this kind of auth needs the package joserfc: `pip install joserfc`, "
                "or the server with its extra `jwt`: `pip install '.[jwt]'`"
            )
        wrong = set(algorithms) - ASYMMETRIC
        if wrong or not algorithms:
            raise ValueError(
                f"auth_algorithms: {', '.join(sorted(wrong)) or 'none'} can't be used; "
                f"choose among {', '.join(sorted(ASYMMETRIC))}"
            )
        super().__init__(remember, audiences)
        self._issuer = issuer
        self._algorithms = tuple(algorithms)
        self._leeway = leeway
        self._types = frozenset(types)
        self._keys = KeySource(issuer, jwks_url, key_cooldown, key_max_age)

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """The token's subject; see `Authenticator`."""
        principal = await super().authenticate(request)
        if principal is not None and _is_bound(principal):
            _check_binding(principal.claims["cnf"], request)
        return principal

    def recall(self, headers: Mapping[str, str]) -> Principal | None:
        """See `Authenticator`; a token that is bound to a certificate needs a look at it."""
        principal = self._known.of(headers)
        return None if principal is None or _is_bound(principal) else principal

    async def close(self) -> None:
        """Close the connections to the issuer."""
        await self._keys.close()

    async def _verify(
        self, token: str, key: bytes, audiences: tuple[str, ...]
    ) -> Principal:
        claims = await self._claims(token)
        return principal_of(
            claims, self._issuer, audiences, self._leeway, complete=True
        )

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a token whose signature is right."""
        jws, errors = import_module("joserfc.jws"), import_module("joserfc.errors")
        try:
            signed = jws.extract_compact(token.encode("ascii"))
            header: object = signed.headers()
        except (errors.JoseError, ValueError, TypeError):
            raise Refusal("the token is no JWT") from None
        if not (is_object(header) and isinstance(header.get("kid"), str | None)):
            raise Refusal("the token is no JWT")
        algorithm = header.get("alg")
        if algorithm not in self._algorithms:
            raise Refusal("the token's algorithm is not accepted")
        if str(header.get("typ", "")).lower() not in self._types:
            raise Refusal("the token is not an access token")
        if "crit" in header:
            raise Refusal("the token has extensions that must be understood")
        key = await self._keys.find(header.get("kid"), algorithm)
        if key is None:
            raise Refusal("the token is signed with an unknown key")
        try:
            with warnings.catch_warnings():
                # joserfc warns of `EdDSA`, the older name of `Ed25519` (RFC 9864).
                warnings.simplefilter("ignore")
                # Members that nobody knows are passed over.
                # https://www.rfc-editor.org/rfc/rfc7515#section-4
                rules = jws.JWSRegistry(
                    algorithms=[algorithm], strict_check_header=False
                )
                genuine = jws.validate_compact(signed, key, registry=rules)
            claims = from_json(signed.payload) if genuine else None
        except (errors.JoseError, ValueError, TypeError):
            claims = None
        if not is_object(claims):
            raise Refusal("the token's signature is not valid")
        return claims


def _is_bound(principal: Principal) -> bool:
    return principal.claims.get("cnf") is not None


def _check_binding(binding: object, request: AuthRequest) -> None:
    """Refuse a token that is bound to another certificate than the request's.

    https://www.rfc-editor.org/rfc/rfc8705#section-3.1
    """
    certificate = request.certificate_der
    thumbprint = binding.get("x5t#S256") if is_object(binding) else None
    if not isinstance(thumbprint, str):
        # Such as a DPoP key: without that proof, this is no bearer token.
        raise Refusal("the token is bound to something that this server can't check")
    own = urlsafe_b64encode(hashlib.sha256(certificate or b"").digest()).rstrip(b"=")
    if certificate is None or not hmac.compare_digest(own, thumbprint.encode("utf-8")):
        raise Refusal("the token is bound to another certificate")


class Key(Protocol):
    """A public key of joserfc's, as far as it is looked at here."""

    kid: str | None
    alg: str | None
    key_type: str


class KeySource:
    """The keys of one issuer.

    Keys that are there are used for as long as the issuer can't be reached, and while it
    takes its time; unknown names lead to a new look at most once in `cooldown` seconds,
    however many are sent.
    """

    def __init__(self, issuer: str, url: str, cooldown: float, max_age: float) -> None:
        """Fetch nothing yet.

        Args:
            issuer: Its identifier, a URL.
            url: Where its keys are; empty asks its metadata.
            cooldown: Seconds between two looks for a key that is not there.
            max_age: Seconds after which keys are fetched anew.

        Raises:
            ValueError: An address is not safe to ask.
        """
        self._fetcher = Fetcher()
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
        """End a look at the keys that goes on, and close the connections."""
        await self._flight.close()
        await self._fetcher.close()

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
            # Set at the end: who comes while it runs waits for it.
            self._next = time.monotonic() + pause

    async def _fetch(self) -> tuple[Key, ...]:
        url = self._url or await discover(self._fetcher, self._issuer, "jwks_uri")
        answer = await self._fetcher.send("GET", url)
        listed = (answer.body or {}).get("keys")
        if answer.status == 200 and is_array(listed):
            return tuple(_imported(listed[:MAX_KEYS]))
        _log.warning("%s: no key set, status %d", shown(url), answer.status)
        raise Unavailable("the issuer has no key set")


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
    return key.alg in (None, algorithm)


def configured(settings: JWTSettings, server: Deployment) -> JWTAuthenticator:
    """The authenticator that settings ask for."""
    return JWTAuthenticator(
        server.issuer,
        audience(settings, server),
        algorithms=settings.auth_algorithms,
        jwks_url=settings.auth_jwks_url,
        leeway=settings.auth_leeway,
    )
