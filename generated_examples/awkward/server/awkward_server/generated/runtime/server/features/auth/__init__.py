"""Authentication: the protocol for rules of one's own, and ready authenticators."""

from ....core.lazy import lazily
from ...principal import Principal
from .authenticator import (
    AllOf,
    Authenticator,
    AuthRequest,
    FirstOf,
    Refusal,
    Unavailable,
    bearer_token,
)
from .token import StaticTokenAuthenticator  # feature: token

__all__ = [
    "AllOf",
    "AuthRequest",
    "Authenticator",
    "FirstOf",
    "Principal",
    "Refusal",
    "StaticTokenAuthenticator",  # feature: token
    "Unavailable",
    "bearer_token",
]

_FEATURES = {
    "GitHubAuthenticator": "github",
    "IntrospectionAuthenticator": "introspection",
    "JWTAuthenticator": "jwt",
    "MutualTLSAuthenticator": "mtls",
    "StaticTokenAuthenticator": "token",
    **dict.fromkeys(
        ("APIKey", "APIKeyAuthenticator", "make_api_key", "parse_entry"), "api-key"
    ),
}


__getattr__, __dir__ = lazily(
    __name__, {}, absent={name: ("server", kind) for name, kind in _FEATURES.items()}
)
