"""Authentication: the protocol for rules of one's own, and ready authenticators."""

from ....core.lazy import lazily
from ...principal import Principal
from .api_key import (  # feature: api-key
    APIKey,  # feature: api-key
    APIKeyAuthenticator,  # feature: api-key
    make_api_key,  # feature: api-key
    parse_entry,  # feature: api-key
)  # feature: api-key
from .authenticator import (
    AllOf,
    Authenticator,
    AuthRequest,
    FirstOf,
    Refusal,
    Unavailable,
    bearer_token,
)
from .github import GitHubAuthenticator  # feature: github
from .introspection import IntrospectionAuthenticator  # feature: introspection
from .jwt import JWTAuthenticator  # feature: jwt
from .mtls import MutualTLSAuthenticator  # feature: mtls
from .token import StaticTokenAuthenticator  # feature: token

__all__ = [
    "APIKey",  # feature: api-key
    "APIKeyAuthenticator",  # feature: api-key
    "AllOf",
    "AuthRequest",
    "Authenticator",
    "FirstOf",
    "GitHubAuthenticator",  # feature: github
    "IntrospectionAuthenticator",  # feature: introspection
    "JWTAuthenticator",  # feature: jwt
    "MutualTLSAuthenticator",  # feature: mtls
    "Principal",
    "Refusal",
    "StaticTokenAuthenticator",  # feature: token
    "Unavailable",
    "bearer_token",
    "make_api_key",  # feature: api-key
    "parse_entry",  # feature: api-key
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
