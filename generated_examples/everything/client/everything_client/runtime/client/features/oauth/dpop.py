"""Proof of possession: tokens that are worth nothing without the client's key (RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from .identity import signing

ALGORITHM: Final = "ES256"
NONCE: Final = "DPoP-Nonce"


class ProofKey:
    """A key pair, and the nonces that each server wants to see next."""

    __slots__ = ("_jwk", "_key", "_nonces", "_public")

    def __init__(self, jwk: Mapping[str, Any] | None = None) -> None:
        """Take a stored private key, or make a new one."""
        _, keys = signing()
        ec = keys.ECKey
        self._key = (
            ec.generate_key("P-256") if jwk is None else ec.import_key(dict(jwk))
        )
        self._jwk: Mapping[str, Any] = self._key.as_dict(private=True)
        self._public = self._key.as_dict(private=False)
        for name in ("kid", "use", "key_ops"):
            self._public.pop(name, None)
        self._nonces: dict[str, str] = {}

    @property
    def jwk(self) -> Mapping[str, Any]:
        """The private key, to be stored."""
        return self._jwk

    def proof(self, method: str, url: str, token: str | None = None) -> str:
        """A proof for one request; no two are alike."""
        jwt, _ = signing()
        parts = urlsplit(url)
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
            "iat": int(time.time()),
        }
        if token is not None:
            digest = hashlib.sha256(token.encode("ascii")).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        nonce = self._nonces.get(parts.netloc)
        if nonce is not None:
            claims["nonce"] = nonce
        header = {"typ": "dpop+jwt", "alg": ALGORITHM, "jwk": self._public}
        return str(jwt.encode(header, claims, self._key, algorithms=[ALGORITHM]))

    def learn(self, url: str, headers: Mapping[str, str]) -> bool:
        """Take the nonce that a server gave; True where it is a new one."""
        nonce = headers.get(NONCE)
        host = urlsplit(url).netloc
        if not nonce or len(nonce) > 1024 or nonce == self._nonces.get(host):
            return False
        self._nonces[host] = nonce
        return True

    def __repr__(self) -> str:
        return "ProofKey(...)"
