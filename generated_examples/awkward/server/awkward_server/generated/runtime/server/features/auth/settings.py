"""Settings of authentication; the module of each kind has its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from ...options.section import Common, Section, url
from ...transports.http.settings import PublicSettings

AuthKind: TypeAlias = Literal[
    "manifest",
    "none",
    "token",  # feature: token
]


@dataclass(frozen=True, kw_only=True)
class AuthSettings(PublicSettings):
    """How requests are authenticated, and which scopes they need."""

    title = "Authentication"
    feature = "auth"
    common: ClassVar[Common] = ("auth", "auth_issuer", "auth_scopes")

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
class UserSettings(Section):
    """Who is allowed."""

    title = "Users"

    auth_users: Annotated[
        tuple[str, ...], "GitHub users, or subjects of certificates, that are allowed"
    ] = ()
