"""Who a client is to an authorization server, and how it proves that at token endpoints.

Signing is done by joserfc and cryptography, which are imported only when a key is used.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ...errors import ClientError

if TYPE_CHECKING:
    from .discovery import AuthorizationServer

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = 300
SECRET_METHODS: Final = ("client_secret_basic", "client_secret_post")


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
        return (
            self.secret_expires_at is not None and self.secret_expires_at <= time.time()
        )

    def covers(self, scopes: tuple[str, ...]) -> bool:
        """Whether the scopes were registered, as far as is known."""
        return self.scopes is None or set(scopes) <= set(self.scopes)

    def to_json(self) -> dict[str, Any]:
        """What is stored of a client that registered itself; it has no key."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "auth_method": self.auth_method,
            "issuer": self.issuer,
            "redirect_uris": list(self.redirect_uris),
            "scope": None if self.scopes is None else " ".join(self.scopes),
            "secret_expires_at": self.secret_expires_at,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClientRegistration | None:
        """What was stored; None where it is something else."""
        scope, expires = data.get("scope"), data.get("secret_expires_at")
        try:
            return cls(
                str(data["client_id"]),
                data["client_secret"],
                None,
                data["auth_method"],
                data["issuer"],
                tuple(str(uri) for uri in data["redirect_uris"]),
                None if scope is None else tuple(str(scope).split()),
                None if expires is None else float(expires),
            )
        except (KeyError, TypeError, ValueError):
            return None


def method_for(client: ClientRegistration, server: AuthorizationServer) -> str:
    """How a client authenticates: as configured, or by a method that both support.

    Raises:
        ClientError: The server takes nothing that the client has.
    """
    if client.auth_method is not None:
        return client.auth_method
    if client.private_key is not None:
        return "private_key_jwt"
    if client.client_secret is None:
        return "none"
    offered = server.auth_methods or ("client_secret_basic",)
    # In the server's order: servers of the official Python SDK list Basic last, and do
    # not take it without a `client_id` in the form.
    for method in offered:
        if method in SECRET_METHODS:
            return method
    if "none" in offered:
        return "none"
    raise ClientError(
        f"{server.issuer} takes {', '.join(offered)} to authenticate a client, "
        "and this one has a secret"
    )


def authenticate(
    client: ClientRegistration, server: AuthorizationServer
) -> tuple[dict[str, str], dict[str, str]]:
    """Form fields and headers that say who the client is (RFC 6749, section 2.3).

    Raises:
        ClientError: It has not what the method needs.
    """
    method = method_for(client, server)
    if method == "client_secret_basic":
        pair = f"{_encoded(client.client_id)}:{_encoded(_secret(client))}"
        basic = base64.b64encode(pair.encode()).decode()
        return {}, {"Authorization": f"Basic {basic}"}
    if method == "client_secret_post":
        return {
            "client_id": client.client_id,
            "client_secret": _secret(client),
        }, {}
    if method == "private_key_jwt":
        return {
            "client_id": client.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": _assertion(client, server.issuer),
        }, {}
    return {"client_id": client.client_id}, {}


def _secret(client: ClientRegistration) -> str:
    if client.client_secret is None:
        raise ClientError(f"client {client.client_id!r} needs a client_secret")
    return client.client_secret


def _encoded(text: str) -> str:
    return quote(text, safe="")


def _assertion(client: ClientRegistration, audience: str) -> str:
    if client.private_key is None:
        raise ClientError(f"client {client.client_id!r} needs a private_key")
    jwt, jwk = signing()
    key = client.private_key
    header = {"alg": key.algorithm, "typ": "JWT"}
    if key.key_id:
        header["kid"] = key.key_id
    now = int(time.time())
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": audience,
        "iat": now,
        "exp": now + ASSERTION_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    try:
        loaded = jwk.import_key(key.pem, _kind(key.algorithm))
    except ValueError:
        # The text of the error may have parts of the key.
        raise ClientError("the private key is not a PEM that can be used") from None
    return str(jwt.encode(header, claims, loaded, algorithms=[key.algorithm]))


def _kind(algorithm: str) -> str:
    if algorithm.startswith("ES"):
        return "EC"
    return "OKP" if algorithm.startswith("Ed") else "RSA"


def signing() -> tuple[Any, Any]:
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
