"""Client certificates: the TLS layer has verified them, here it is decided whose count.

Needs `tls_cert`, `tls_key` and `tls_client_ca`: the server itself must end TLS.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from ...options.section import SettingsError
from ...principal import Principal
from .authenticator import AuthRequest, Deployment, Refusal
from .settings import UserSettings


@dataclass(frozen=True, kw_only=True)
class MutualTLSSettings(UserSettings):
    """Which certificates of clients count."""

    title = "Certificates of clients"
    feature = "mtls"

    tls_client_ca: Annotated[
        Path | None, "authorities in PEM form that sign clients' certificates"
    ] = None


def check(settings: MutualTLSSettings, kind: str, certificate: Path | None) -> None:
    """See that what certificates of clients need is set.

    Args:
        settings: Which ones count.
        kind: What requests are authenticated by.
        certificate: The server's own certificate.

    Raises:
        SettingsError: Names what is missing.
    """
    if certificate is None:
        if settings.tls_client_ca is not None or kind == "mtls":
            raise SettingsError(
                "clients' certificates need TLS: set tls_cert and tls_key (--tls-cert "
                "and --tls-key)"
            )
    elif kind == "mtls" and settings.tls_client_ca is None:
        raise SettingsError(
            "auth mtls: set tls_client_ca (--tls-client-ca): the authorities that sign "
            "clients' certificates"
        )


class MutualTLSAuthenticator:
    """Accepts some subjects of verified client certificates."""

    def __init__(
        self, subjects: Collection[str], *, grants: frozenset[str] = frozenset()
    ) -> None:
        """Prepare.

        Args:
            subjects: Names that are allowed: a DNS name, URI or e-mail address of the
                certificate, or its subject's common name where it has none of these;
                `*` allows all that the authority signed.
            grants: The scopes that they have.

        Raises:
            ValueError: Nobody would be allowed.
        """
        if not subjects:
            raise ValueError("mtls needs auth_users: the subjects that are allowed")
        self._subjects = frozenset(subjects)
        self._grants = grants

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """The certificate's subject; see `Authenticator`."""
        certificate = request.certificate
        if certificate is None:
            return None
        names = list(_names(certificate))
        if not names:
            raise Refusal("the certificate names nobody")
        allowed = next((name for name in names if name in self._subjects), None)
        if allowed is None:
            if "*" not in self._subjects:
                raise Refusal("the certificate's subject is not allowed here")
            allowed = names[0]
        return Principal(allowed, "mtls", scopes=self._grants, claims=certificate)


def _names(certificate: Mapping[str, Any]) -> Iterator[str]:
    """The certificate's names: alternative ones replace the common one.

    https://www.rfc-editor.org/rfc/rfc6125#section-6.4.4
    """
    alternatives = [
        value
        for kind, value in certificate.get("subjectAltName", ())
        if kind in ("URI", "DNS", "email")
    ]
    if alternatives:
        yield from alternatives
        return
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                yield value


def configured(
    settings: MutualTLSSettings, server: Deployment
) -> MutualTLSAuthenticator:
    """The authenticator that settings ask for."""
    return MutualTLSAuthenticator(settings.auth_users, grants=server.scopes)
