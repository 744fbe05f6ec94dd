"""Signing in with OAuth: hooks that get, renew and revoke tokens.

Knows HTTP and OAuth, and nothing of MCP.
"""

# Sorted, each name would have an import statement of its own.
# isort: skip_file

from .discovery import IssuerSettings as IssuerSettings
from .holder import OAuthOptions as OAuthOptions
from .identity import ClientRegistration as ClientRegistration, PrivateKey as PrivateKey
from .machine import (
    ClientCredentials as ClientCredentials,
    EnterpriseAuth as EnterpriseAuth,
    WorkloadIdentity as WorkloadIdentity,
)
from .provider import OAuth as OAuth
from .redirect import (
    LoopbackRedirect as LoopbackRedirect,
    Receiver as Receiver,
    Redirect as Redirect,
)
from .storage import (
    FileStorage as FileStorage,
    MemoryStorage as MemoryStorage,
    TokenStorage as TokenStorage,
)
