"""Credentials: tokens, keys, certificates and signing in.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

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
    OAuthOptions,
    Outgoing,
    PrivateKey,
    Receiver,
    Redirect,
    TokenStorage,
    WorkloadIdentity,
    tls_context,
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
    "OAuthOptions",
    "Outgoing",
    "PrivateKey",
    "Receiver",
    "Redirect",
    "TokenStorage",
    "WorkloadIdentity",
    "tls_context",
]
