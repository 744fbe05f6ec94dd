"""Settings that several kinds of authentication share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import SecretStr

from ....options.section import Section


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


def client_secret(settings: ClientSettings) -> str:
    """The secret of this server's client; empty where there is none."""
    secret = settings.auth_client_secret
    return "" if secret is None else secret.get_secret_value()
