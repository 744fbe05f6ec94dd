"""Clients' certificates at the handshake of TLS."""

from __future__ import annotations

import ssl

from ...effective import effective
from ...handlers.contract import Contract
from ...settings import Settings, SettingsError


def check(settings: Settings, contract: Contract) -> None:
    """See that what certificates of clients need is set.

    Raises:
        SettingsError: Names what is missing.
    """
    settings = effective(settings, contract)
    if settings.tls_cert is None:
        if settings.tls_client_ca is not None or settings.auth == "mtls":
            raise SettingsError(
                "clients' certificates need TLS: set tls_cert and tls_key (--tls-cert "
                "and --tls-key)"
            )
    elif settings.auth == "mtls" and settings.tls_client_ca is None:
        raise SettingsError(
            "auth mtls: set tls_client_ca (--tls-client-ca): the authorities that sign "
            "clients' certificates"
        )


def ask(context: ssl.SSLContext, settings: Settings) -> None:
    """Ask clients for certificates, where settings name who signs them."""
    if settings.tls_client_ca is not None:
        # Optional at the handshake: health checks and metadata need no certificate.
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(settings.tls_client_ca)
