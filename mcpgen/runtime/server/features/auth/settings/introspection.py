"""Settings of the kind `introspection` of authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ....options.checks import url
from .shared import ClientSettings, IssuerSettings


@dataclass(frozen=True, kw_only=True)
class IntrospectionSettings(ClientSettings, IssuerSettings):
    """Where an authorization server is asked about tokens."""

    title: ClassVar[str] = "Asking about tokens"
    feature: ClassVar[str] = "introspection"

    auth_introspection_url: Annotated[
        str, "the introspection endpoint; empty: the issuer's metadata says so", url
    ] = ""
