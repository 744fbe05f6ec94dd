"""Client certificates over real TLS, with an authority of the test's own."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession, TCPConnector, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from mcpgen.runtime.server import Settings, create_app
from mcpgen.runtime.server.features.auth import MutualTLSAuthenticator
from mcpgen.runtime.server.main import tls_context

from ..wire import ModernWire
from .issuer import AUDIENCE, Issuer
from .vault import Vault

Key = ec.EllipticCurvePrivateKey


@dataclass
class Identity:
    """A certificate with its key, in files."""

    certificate: Path
    key: Path
    der: bytes

    def context(self, trusted: Path) -> ssl.SSLContext:
        """What a client with this certificate connects with."""
        context = ssl.create_default_context(cafile=trusted)
        context.load_cert_chain(self.certificate, self.key)
        return context


SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class CertificateAuthority:
    """Signs certificates that hold what RFC 5280 wants; Python 3.13 looks for it."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._name = named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = self._written(
            f"{name}.pem",
            self._builder(self._name, self._key, days=1)
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(SIGNS_CERTIFICATES, critical=True)
            .sign(self._key, hashes.SHA256())
            .public_bytes(Encoding.PEM),
        )

    def issue(
        self,
        name: str,
        alternatives: Sequence[x509.GeneralName] = (),
        days: int = 1,
    ) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(named(name) if name else x509.Name([]), key, days)
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=not name
            )
        made = builder.sign(self._key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        stem = f"{name or 'nobody'}{days}"
        return Identity(
            self._written(f"{stem}.pem", made.public_bytes(Encoding.PEM)),
            self._written(f"{stem}.key", private),
            made.public_bytes(Encoding.DER),
        )

    def _builder(
        self, subject: x509.Name, key: Key, days: int
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self._key.public_key()
                ),
                False,
            )
        )

    def _written(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@pytest.fixture
def ours(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path)


@pytest.fixture
def server(ours: CertificateAuthority) -> Identity:
    return ours.issue("server", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


@asynccontextmanager
async def running(
    ours: CertificateAuthority, server: Identity, **settings: Any
) -> AsyncIterator[str]:
    """A vault behind TLS as `main` sets it up; the endpoint's URL."""
    chosen = Settings(
        tls_cert=server.certificate,
        tls_key=server.key,
        tls_client_ca=ours.file,
        **settings,
    )
    runner = web.AppRunner(create_app(Vault(), chosen), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls_context(chosen))
        await site.start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}/mcp"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client(url: str, context: ssl.SSLContext) -> AsyncIterator[ModernWire]:
    async with ClientSession(connector=TCPConnector(ssl=context)) as http:
        yield ModernWire(http, url)


@pytest.mark.parametrize(
    ("name", "alternatives", "subject"),
    [
        ("robot", [], "robot"),
        ("other", [x509.DNSName("robot")], "robot"),
        ("", [x509.UniformResourceIdentifier("spiffe://x/robot")], "spiffe://x/robot"),
        ("x", [x509.RFC822Name("robot@example.com")], "robot@example.com"),
    ],
    ids=str,
)
async def test_an_allowed_subject_is_let_in(
    ours: CertificateAuthority,
    server: Identity,
    name: str,
    alternatives: Any,
    subject: str,
) -> None:
    own = ours.issue(name, alternatives).context(ours.file)
    allowed = ("robot", "spiffe://x/robot", "robot@example.com")
    async with (
        running(ours, server, auth="mtls", auth_users=allowed) as url,
        client(url, own) as wire,
    ):
        reply = await wire.tool("whoami")

    assert reply.content == f"{subject} ['boxes', 'read', 'write'] []"


async def test_another_subject_of_the_same_authority_is_not(
    ours: CertificateAuthority, server: Identity
) -> None:
    own = ours.issue("mallory").context(ours.file)
    async with (
        running(ours, server, auth="mtls", auth_users=("robot",)) as url,
        client(url, own) as wire,
    ):
        assert (await wire.tool("whoami")).status == 401


async def test_a_common_name_beside_alternative_ones_is_nobody_s(
    ours: CertificateAuthority, server: Identity
) -> None:
    own = ours.issue("robot", [x509.DNSName("mallory")]).context(ours.file)
    async with (
        running(ours, server, auth="mtls", auth_users=("robot",)) as url,
        client(url, own) as wire,
    ):
        assert (await wire.tool("whoami")).status == 401


async def test_a_star_allows_whoever_the_authority_signed(
    ours: CertificateAuthority, server: Identity
) -> None:
    own = ours.issue("anyone").context(ours.file)
    async with (
        running(ours, server, auth="mtls", auth_users=("*",)) as url,
        client(url, own) as wire,
    ):
        assert (await wire.tool("whoami")).content.startswith("anyone ")


async def test_without_a_certificate_only_health_checks_are_answered(
    ours: CertificateAuthority, server: Identity
) -> None:
    none = ssl.create_default_context(cafile=ours.file)
    async with (
        running(ours, server, auth="mtls", auth_users=("*",)) as url,
        client(url, none) as wire,
    ):
        assert (await wire.tool("whoami")).status == 401
        async with wire.http.get(url.replace("/mcp", "/healthz")) as answer:
            assert answer.status == 200


async def test_certificates_of_others_and_old_ones_fail_in_the_handshake(
    ours: CertificateAuthority, server: Identity, tmp_path: Path
) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    foreign = CertificateAuthority(folder).issue("robot")
    old = ours.issue("robot", days=-1)
    async with running(ours, server, auth="mtls", auth_users=("robot",)) as url:
        for identity in (foreign, old):
            async with client(url, identity.context(ours.file)) as wire:
                with pytest.raises(aiohttp.ClientError):
                    await wire.tool("whoami")


async def test_a_header_that_claims_a_certificate_is_nothing(
    ours: CertificateAuthority, server: Identity
) -> None:
    none = ssl.create_default_context(cafile=ours.file)
    claims = {
        "X-SSL-Client-S-DN": "CN=robot",
        "X-Forwarded-Client-Cert": 'Subject="CN=robot"',
        "Client-Cert": ":AAAA:",
    }
    async with (
        running(ours, server, auth="mtls", auth_users=("robot",)) as url,
        client(url, none) as wire,
    ):
        assert (await wire.tool("whoami", headers=claims)).status == 401


async def test_a_token_that_is_bound_to_a_certificate_needs_it(
    ours: CertificateAuthority, server: Identity, issuer: Issuer
) -> None:
    """https://www.rfc-editor.org/rfc/rfc8705#section-3"""
    alice, mallory = ours.issue("alice"), ours.issue("mallory")
    thumbprint = hashlib.sha256(alice.der).digest()
    text = base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
    token = issuer.token(cnf={"x5t#S256": text})
    settings = {
        "auth": "jwt",
        "auth_issuer": issuer.url,
        "auth_audience": (AUDIENCE,),
    }
    statuses = []
    async with running(ours, server, **settings) as url:
        for identity in (alice, mallory, alice):
            async with client(url, identity.context(ours.file)) as wire:
                wire.headers["Authorization"] = f"Bearer {token}"
                statuses.append((await wire.tool("whoami")).status)

    assert statuses == [200, 401, 200]


def test_somebody_must_be_allowed() -> None:
    with pytest.raises(ValueError, match="auth_users"):
        MutualTLSAuthenticator(())
