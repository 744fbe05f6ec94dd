"""Credentials: tokens, keys, certificates and signing in.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .runtime.client import (
    ApiKeyAuth,
    Auth,
    BearerAuth,
    Challenge,
    Outgoing,
    tls_context,
)

if not TYPE_CHECKING:
    from .runtime.core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {},
        absent={
            "ClientCredentials": ("client", "oauth"),
            "ClientRegistration": ("client", "oauth"),
            "EnterpriseAuth": ("client", "oauth"),
            "FileStorage": ("client", "oauth"),
            "IssuerSettings": ("client", "oauth"),
            "LoopbackRedirect": ("client", "oauth"),
            "MemoryStorage": ("client", "oauth"),
            "OAuth": ("client", "oauth"),
            "OAuthOptions": ("client", "oauth"),
            "PrivateKey": ("client", "oauth"),
            "Receiver": ("client", "oauth"),
            "Redirect": ("client", "oauth"),
            "TokenStorage": ("client", "oauth"),
            "WorkloadIdentity": ("client", "oauth"),
        },
    )

__all__ = ["ApiKeyAuth", "Auth", "BearerAuth", "Challenge", "Outgoing", "tls_context"]
