"""Access tokens that are JWTs, verified against the issuer's published keys.

Cryptography is joserfc's (extra `jwt`); what is decided here is which tokens count.
https://www.rfc-editor.org/rfc/rfc9068, https://www.rfc-editor.org/rfc/rfc8725
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from pydantic_core import from_json

from ....core.jsonrpc import is_object
from ...principal import Principal
from ...settings import Settings
from .authenticator import AuthRequest, Refusal, Remembered, bearer_token, mark
from .fetch import Fetcher
from .issuer import KeySource, audience, check_audience, principal_of

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

MAX_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    thumbprint: str | None


class JWTAuthenticator:
    """Accepts bearer tokens that an issuer signed for this server.

    A verified token is remembered by its digest, at most `remember` seconds and never
    beyond its end, so that a signature is checked once and not on every call.
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
        self._issuer = issuer
        self._audiences = tuple(audiences)
        self._algorithms = frozenset(algorithms)
        self._leeway = leeway
        self._remember = remember
        self._types = frozenset(types)
        self._fetcher = Fetcher()
        self._keys = KeySource(
            self._fetcher, issuer, jwks_url, cooldown=key_cooldown, max_age=key_max_age
        )
        self._verified: Remembered[_Verified] = Remembered(MAX_REMEMBERED)

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """The token's subject; see `Authenticator`."""
        token = bearer_token(request.headers)
        if token is None:
            return None
        # One that goes by each server's own URI may be asked by several servers.
        own = () if self._audiences else request.audiences
        key = mark(token, own)
        verified = self._verified.get(key)
        if verified is None:
            verified = await self._verify(token, own)
            until = time.time() + self._remember
            expires = verified.principal.expires
            self._verified.put(
                key, verified, until if expires is None else min(until, expires)
            )
        if verified.thumbprint is not None:
            _check_binding(verified.thumbprint, request)
        return verified.principal

    def recall(self, headers: Mapping[str, str]) -> Principal | None:
        """See `Authenticator`; a token that is bound to a certificate needs a look at it."""
        verified = self._verified.of(headers)
        if verified is None or verified.thumbprint is not None:
            return None
        return verified.principal

    async def close(self) -> None:
        """Close the connections to the issuer."""
        await self._keys.close()
        await self._fetcher.close()

    async def _verify(self, token: str, own: tuple[str, ...]) -> _Verified:
        claims = await self._claims(token)
        self._check_claims(claims, own)
        client = claims.get("client_id", claims.get("azp"))
        until = float(claims["exp"]) + self._leeway
        principal = principal_of(claims, self._issuer, client, until)
        return _Verified(principal, _thumbprint(claims))

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a token whose signature is right."""
        jws, errors = import_module("joserfc.jws"), import_module("joserfc.errors")
        try:
            signed = jws.extract_compact(token.encode("ascii"))
            header: object = signed.headers()
        except (errors.JoseError, ValueError, TypeError):
            raise Refusal("the token is no JWT") from None
        if not is_object(header):
            raise Refusal("the token is no JWT")
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self._algorithms:
            raise Refusal("the token's algorithm is not accepted")
        kind = header.get("typ", "")
        if not isinstance(kind, str) or kind.lower() not in self._types:
            raise Refusal("the token is not an access token")
        if kid is not None and not isinstance(kid, str):
            raise Refusal("the token is no JWT")
        if "crit" in header:
            raise Refusal("the token has extensions that must be understood")
        key = await self._keys.find(kid, algorithm)
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
            raise Refusal("the token's signature is not valid") from None
        if not is_object(claims):
            raise Refusal("the token's signature is not valid")
        return claims

    def _check_claims(self, claims: Mapping[str, Any], own: tuple[str, ...]) -> None:
        if claims.get("iss") != self._issuer:
            raise Refusal("the token comes from another issuer")
        check_audience(claims, self._audiences or own)
        now = time.time()
        if _time(claims, "exp", required=True) <= now - self._leeway:
            raise Refusal("the token has expired")
        if _time(claims, "nbf") > now + self._leeway:
            raise Refusal("the token is not valid yet")
        if _time(claims, "iat") > now + self._leeway:
            raise Refusal("the token was issued in the future")


def _time(claims: Mapping[str, Any], name: str, *, required: bool = False) -> float:
    value = claims.get(name)
    if value is None and not required:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(f"the token has no valid `{name}`")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise Refusal(f"the token has no valid `{name}`")
    return seconds


def _thumbprint(claims: Mapping[str, Any]) -> str | None:
    """The certificate that a token is bound to, if it is bound to one.

    https://www.rfc-editor.org/rfc/rfc8705#section-3.1
    """
    binding = claims.get("cnf")
    if binding is None:
        return None
    thumbprint = binding.get("x5t#S256") if is_object(binding) else None
    if not isinstance(thumbprint, str):
        # Such as a DPoP key: without that proof, this is no bearer token.
        raise Refusal("the token is bound to something that this server can't check")
    return thumbprint


def _check_binding(thumbprint: str, request: AuthRequest) -> None:
    certificate = request.certificate_der
    if certificate is not None:
        own = urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=")
        if hmac.compare_digest(own, thumbprint.encode("utf-8")):
            return
    raise Refusal("the token is bound to another certificate")


def configured(settings: Settings, _: frozenset[str]) -> JWTAuthenticator:
    """The authenticator that settings ask for."""
    return JWTAuthenticator(
        settings.auth_issuer,
        audience(settings),
        algorithms=settings.auth_algorithms,
        jwks_url=settings.auth_jwks_url,
        leeway=settings.auth_leeway,
    )
