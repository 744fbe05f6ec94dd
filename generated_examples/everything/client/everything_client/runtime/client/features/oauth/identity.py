"""Who a client is to an authorization server, and how it proves that: by secrets and keys.

Signing is done by joserfc and cryptography, which are imported only when a key is used.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from ...errors import ClientError

if TYPE_CHECKING:
    from .discovery import AuthorizationServer

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = 300
SECRET_METHODS: Final = ("client_secret_basic", "client_secret_post")
PROOF_ALGORITHM: Final = "ES256"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key with which a client signs who it is (`private_key_jwt`).

    Attributes:
        pem: The key, as PKCS #8 text.
        algorithm: How it signs, such as ES256, RS256, PS256 or EdDSA.
        key_id: Its `kid`, where the server knows several.
    """

    pem: str = field(repr=False)
    algorithm: str = "ES256"
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClientRegistration:
    """A client that an authorization server knows.

    Attributes:
        client_id: Its identifier.
        client_secret: Its secret, if it has one.
        private_key: Its key, if it signs in place of showing a secret.
        auth_method: How it authenticates at the token endpoint; None takes what the
            server lists and the client can.
        issuer: The only authorization server that gets to see it; None binds it to the
            first one that asks.
        redirect_uris: What was registered for it.
        scopes: The scopes that were registered for it; None if that is not known.
        secret_expires_at: When its secret expires, in seconds since 1970; None for never.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: PrivateKey | None = None
    auth_method: str | None = None
    issuer: str | None = None
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    secret_expires_at: float | None = None

    @property
    def has_expired(self) -> bool:
        """Whether its secret is of no use any more."""
        end = self.secret_expires_at
        return end is not None and end <= time.time()

    def covers(self, scopes: tuple[str, ...]) -> bool:
        """Whether the scopes were registered, as far as is known."""
        return self.scopes is None or set(scopes) <= set(self.scopes)

    def to_json(self) -> dict[str, Any]:
        """What is stored of a client that registered itself; it has no key."""
        found = {name: getattr(self, name) for name in self.__slots__}
        del found["private_key"], found["scopes"]
        scope = None if self.scopes is None else " ".join(self.scopes)
        return {**found, "redirect_uris": [*self.redirect_uris], "scope": scope}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClientRegistration | None:
        """What was stored; None where it is something else."""
        scope = data.get("scope")
        scopes = scope.split() if isinstance(scope, str) else scope
        members = {**data, "private_key": None, "scopes": scopes}
        found = stored(cls, cls.__slots__, members)
        return found if found and found.issuer else None


def stored(kind: type[T], names: Iterable[str], data: Mapping[str, Any]) -> T | None:
    """A value of which every field was stored; None where it is something else."""
    from pydantic import TypeAdapter
    from pydantic_core import to_json

    try:
        text = to_json({name: data[name] for name in names}, fallback=dict)
        # Of values in Python, strict validation takes instances of the class alone.
        return TypeAdapter(kind).validate_json(text, strict=True)
    except (KeyError, TypeError, ValueError):
        return None


def authenticate(
    client: ClientRegistration, server: AuthorizationServer
) -> tuple[dict[str, str], dict[str, str]]:
    """Form fields and headers that say who the client is (RFC 6749, section 2.3).

    Raises:
        ClientError: It has not what the method needs.
    """
    method = client.auth_method or _method(client, server)
    fields = {"client_id": client.client_id}
    if method == "private_key_jwt":
        fields["client_assertion_type"] = ASSERTION_TYPE
        fields["client_assertion"] = _assertion(client, server.issuer)
    if method not in SECRET_METHODS:
        return fields, {}
    secret = client.client_secret
    if secret is None:
        raise ClientError(f"client {client.client_id!r} needs a client_secret")
    if method == "client_secret_post":
        return {**fields, "client_secret": secret}, {}
    pair = f"{quote(client.client_id, safe='')}:{quote(secret, safe='')}"
    return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _method(client: ClientRegistration, server: AuthorizationServer) -> str:
    """A method that both support.

    Raises:
        ClientError: The server takes nothing that the client has.
    """
    if client.private_key is not None:
        return "private_key_jwt"
    offered = server.auth_methods or ("client_secret_basic",)
    if client.client_secret is None:
        return "none"
    # In the server's order: servers of the official Python SDK list Basic last, and do
    # not take it without a `client_id` in the form.
    known = [method for method in offered if method in SECRET_METHODS]
    if known or "none" in offered:
        return next(iter(known), "none")
    raise ClientError(
        f"{server.issuer} takes {', '.join(offered)} to authenticate a client, "
        "and this one has a secret"
    )


def _assertion(client: ClientRegistration, audience: str) -> str:
    key = client.private_key
    if key is None:
        raise ClientError(f"client {client.client_id!r} needs a private_key")
    _, keys = _signing()
    now = int(time.time())
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": audience,
        "iat": now,
        "exp": now + ASSERTION_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    kind = {"ES": "EC", "Ed": "OKP"}.get(key.algorithm[:2], "RSA")
    try:
        loaded = keys.import_key(key.pem, kind)
    except ValueError:
        # The text of the error may have parts of the key.
        raise ClientError("the private key is not a PEM that can be used") from None
    named = {"kid": key.key_id} if key.key_id else {}
    return _signed({"alg": key.algorithm, "typ": "JWT", **named}, claims, loaded)


class ProofKey:
    """A key pair, and the nonces that each server wants to see next (DPoP, RFC 9449).

    Tokens that are bound to it are worth nothing without it.

    Attributes:
        jwk: The private key, to be stored.
    """

    __slots__ = ("_key", "_nonces", "_public", "jwk")

    def __init__(self, jwk: Mapping[str, Any] | None = None) -> None:
        """Take a stored private key, or make a new one."""
        ec = _signing()[1].ECKey
        self._key = (
            ec.generate_key("P-256") if jwk is None else ec.import_key(dict(jwk))
        )
        self.jwk: Mapping[str, Any] = self._key.as_dict(private=True)
        self._public = self._key.as_dict(private=False)
        for name in ("kid", "use", "key_ops"):
            self._public.pop(name, None)
        self._nonces: dict[str, str] = {}

    def proof(self, method: str, url: str, token: str | None = None) -> str:
        """A proof for one request; no two are alike."""
        parts = urlsplit(url)
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": urlunsplit((*parts[:3], "", "")),
            "iat": int(time.time()),
        }
        if token is not None:
            claims["ath"] = sha256(token)
        if nonce := self._nonces.get(parts.netloc):
            claims["nonce"] = nonce
        header = {"typ": "dpop+jwt", "alg": PROOF_ALGORITHM, "jwk": self._public}
        return _signed(header, claims, self._key)

    def learn(self, url: str, headers: Mapping[str, str]) -> bool:
        """Take the nonce that a server gave; True where it is a new one."""
        nonce = headers.get("DPoP-Nonce")
        host = urlsplit(url).netloc
        if not nonce or len(nonce) > 1024 or nonce == self._nonces.get(host):
            return False
        self._nonces[host] = nonce
        return True

    def __repr__(self) -> str:
        return "ProofKey(...)"


def sha256(text: str) -> str:
    """A digest as JWTs and PKCE have it."""
    digest = hashlib.sha256(text.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _signed(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    jwt, _ = _signing()
    return str(jwt.encode(header, claims, key, algorithms=[header["alg"]]))


def _signing() -> tuple[Any, Any]:
    """The modules `joserfc.jwt` and `joserfc.jwk`.

    Raises:
        ClientError: They are not installed.
    """
    try:
        from joserfc import jwk, jwt
    except ImportError:
        raise ClientError(
            "signing needs joserfc: install this package with its extra `oauth`"
        ) from None
    return jwt, jwk
