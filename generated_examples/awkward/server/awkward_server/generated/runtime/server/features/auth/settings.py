"""Settings of authentication: those of all kinds, then those of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import SecretStr

from ...options.section import Section, url
from ...transports.http.settings import PublicSettings

AuthKind: TypeAlias = Literal[
    "manifest",
    "none",
    "token",  # feature: token
]


@dataclass(frozen=True, kw_only=True)
class AuthSettings(PublicSettings):
    """How requests are authenticated, and which scopes they need."""

    title: ClassVar[str] = "Authentication"
    feature: ClassVar[str] = "auth"
    common: ClassVar[tuple[str, ...] | None] = (
        "auth",
        "auth_issuer",
        "auth_scopes",
    )

    auth: Annotated[
        AuthKind,
        "how requests are authenticated; manifest: as it says, none if it says nothing",
    ] = "manifest"
    auth_issuer: Annotated[str, "the authorization server's URL, as in tokens", url] = (
        ""
    )
    auth_scopes: Annotated[tuple[str, ...], "scopes that every request needs"] = ()
    stdio_scopes: Annotated[
        tuple[str, ...],
        "scopes of the local client of a server that authenticates (--stdio); empty: all",
    ] = ()
    auth_implies: Annotated[
        tuple[str, ...], "scopes that include others, as broad=narrow+narrow"
    ] = ()
    auth_hide_forbidden: Annotated[
        bool, "leave out of lists what the caller lacks scopes for"
    ] = False
    auth_pass_credentials: Annotated[
        bool, "let handlers see the headers that carry credentials"
    ] = False


@dataclass(frozen=True, kw_only=True)
class IssuerSettings(Section):
    """Which tokens of an authorization server count."""

    title: ClassVar[str] = "Tokens of an authorization server"

    auth_audience: Annotated[
        tuple[str, ...],
        "audiences that mean this server; empty: the public URL",
    ] = ()
    auth_leeway: Annotated[float, "how far clocks may differ"] = 30.0


@dataclass(frozen=True, kw_only=True)
class ClientSettings(Section):
    """How others are asked about tokens."""

    title: ClassVar[str] = "Asking about tokens"

    auth_cache: Annotated[
        float, "how long answers of introspection and GitHub are trusted"
    ] = 60.0
    auth_client_id: Annotated[
        str, "this server's client at the authorization server or GitHub"
    ] = ""
    auth_client_secret: Annotated[SecretStr | None, "the secret of that client"] = None


@dataclass(frozen=True, kw_only=True)
class UserSettings(Section):
    """Who is allowed."""

    title: ClassVar[str] = "Users"

    auth_users: Annotated[
        tuple[str, ...], "GitHub users, or subjects of certificates, that are allowed"
    ] = ()


@dataclass(frozen=True, kw_only=True)
class JWTSettings(IssuerSettings):
    """How signed tokens are verified."""

    title: ClassVar[str] = "Tokens of an authorization server"
    feature: ClassVar[str] = "jwt"

    auth_algorithms: Annotated[
        tuple[str, ...], "signature algorithms of tokens that count"
    ] = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
    auth_jwks_url: Annotated[
        str, "where the issuer's keys are; empty: its metadata says so", url
    ] = ""


@dataclass(frozen=True, kw_only=True)
class IntrospectionSettings(ClientSettings, IssuerSettings):
    """Where an authorization server is asked about tokens."""

    title: ClassVar[str] = "Asking about tokens"
    feature: ClassVar[str] = "introspection"

    auth_introspection_url: Annotated[
        str, "the introspection endpoint; empty: the issuer's metadata says so", url
    ] = ""


@dataclass(frozen=True, kw_only=True)
class GitHubSettings(ClientSettings, UserSettings):
    """Which accounts of GitHub are allowed."""

    title: ClassVar[str] = "GitHub"
    feature: ClassVar[str] = "github"

    auth_organizations: Annotated[
        tuple[str, ...], "GitHub organizations whose members are allowed"
    ] = ()
    auth_github_url: Annotated[str, "base URL of GitHub's API", url] = (
        "https://api.github.com"
    )


@dataclass(frozen=True, kw_only=True)
class APIKeySettings(Section):
    """Which API keys count."""

    title: ClassVar[str] = "API keys"
    feature: ClassVar[str] = "api-key"

    auth_api_keys: Annotated[
        tuple[str, ...], "hashed API keys, as NAME:SHA256:SCOPE SCOPE"
    ] = ()
    auth_api_keys_path: Annotated[
        Path | None, "file of hashed API keys, one a line; read again when it changes"
    ] = None


@dataclass(frozen=True, kw_only=True)
class TokenSettings(Section):
    """Which fixed tokens count."""

    title: ClassVar[str] = "Fixed tokens"
    feature: ClassVar[str] = "token"

    auth_tokens: Annotated[
        tuple[SecretStr, ...], "bearer tokens that never change, for development"
    ] = ()


@dataclass(frozen=True, kw_only=True)
class MutualTLSSettings(UserSettings):
    """Which certificates of clients count."""

    title: ClassVar[str] = "Certificates of clients"
    feature: ClassVar[str] = "mtls"

    tls_client_ca: Annotated[
        Path | None, "authorities in PEM form that sign clients' certificates"
    ] = None
