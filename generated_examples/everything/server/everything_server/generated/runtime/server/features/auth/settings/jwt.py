"""Settings of the kind `jwt` of authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ....options.checks import url
from .shared import IssuerSettings


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
