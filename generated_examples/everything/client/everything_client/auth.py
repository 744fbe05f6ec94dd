"""Credentials: tokens, keys, certificates and signing in.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runtime.client import (
        ApiKeyAuth,
        Auth,
        BearerAuth,
        Challenge,
        ClientCredentials,
        ClientRegistration,
        EnterpriseAuth,
        FileStorage,
        IssuerSettings,
        LoopbackRedirect,
        MemoryStorage,
        OAuth,
        Outgoing,
        PrivateKey,
        Receiver,
        Redirect,
        TokenStorage,
        WorkloadIdentity,
        tls_context,
    )
else:
    from .runtime.core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "..runtime.client": (
                "ApiKeyAuth",
                "Auth",
                "BearerAuth",
                "Challenge",
                "ClientCredentials",
                "ClientRegistration",
                "EnterpriseAuth",
                "FileStorage",
                "IssuerSettings",
                "LoopbackRedirect",
                "MemoryStorage",
                "OAuth",
                "Outgoing",
                "PrivateKey",
                "Receiver",
                "Redirect",
                "TokenStorage",
                "WorkloadIdentity",
                "tls_context",
            ),
        },
    )

__all__ = [
    "ApiKeyAuth",
    "Auth",
    "BearerAuth",
    "Challenge",
    "ClientCredentials",
    "ClientRegistration",
    "EnterpriseAuth",
    "FileStorage",
    "IssuerSettings",
    "LoopbackRedirect",
    "MemoryStorage",
    "OAuth",
    "Outgoing",
    "PrivateKey",
    "Receiver",
    "Redirect",
    "TokenStorage",
    "WorkloadIdentity",
    "tls_context",
]
