"""Authentication: the protocol for rules of one's own, and ready authenticators."""

from __future__ import annotations

from typing import Any, Final

from ....core.features import MissingFeature
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

_FEATURES: Final = {
    "GitHubAuthenticator": "github",
    "IntrospectionAuthenticator": "introspection",
    "JWTAuthenticator": "jwt",
    "MutualTLSAuthenticator": "mtls",
    "StaticTokenAuthenticator": "token",
    **dict.fromkeys(
        ("APIKey", "APIKeyAuthenticator", "make_api_key", "parse_entry"), "api-key"
    ),
}


def __getattr__(name: str) -> Any:
    if name in _FEATURES:
        raise MissingFeature(f"{__name__}.{name}", "server", _FEATURES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
