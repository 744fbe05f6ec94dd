"""Authentication: the protocol for rules of one's own, and ready authenticators.

Each name is imported when it is first asked for: most servers need none or one of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .api_keys import APIKey, APIKeyAuthenticator, make_api_key, parse_entry
    from .authenticator import (
        AllOf,
        Authenticator,
        AuthRequest,
        FirstOf,
        Refusal,
        Unavailable,
    )
    from .bearer import bearer_token
    from .github import GitHubAuthenticator
    from .introspection import IntrospectionAuthenticator
    from .jwt import JWTAuthenticator
    from .mutual_tls import MutualTLSAuthenticator
    from .principal import Principal
    from .static import StaticTokenAuthenticator

__all__ = [
    "APIKey",
    "APIKeyAuthenticator",
    "AllOf",
    "AuthRequest",
    "Authenticator",
    "FirstOf",
    "GitHubAuthenticator",
    "IntrospectionAuthenticator",
    "JWTAuthenticator",
    "MutualTLSAuthenticator",
    "Principal",
    "Refusal",
    "StaticTokenAuthenticator",
    "Unavailable",
    "bearer_token",
    "make_api_key",
    "parse_entry",
]

_HOMES: Final = {
    "APIKey": "api_keys",
    "APIKeyAuthenticator": "api_keys",
    "AllOf": "authenticator",
    "AuthRequest": "authenticator",
    "Authenticator": "authenticator",
    "FirstOf": "authenticator",
    "GitHubAuthenticator": "github",
    "IntrospectionAuthenticator": "introspection",
    "JWTAuthenticator": "jwt",
    "MutualTLSAuthenticator": "mutual_tls",
    "Principal": "principal",
    "Refusal": "authenticator",
    "StaticTokenAuthenticator": "static",
    "Unavailable": "authenticator",
    "bearer_token": "bearer",
    "make_api_key": "api_keys",
    "parse_entry": "api_keys",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)
