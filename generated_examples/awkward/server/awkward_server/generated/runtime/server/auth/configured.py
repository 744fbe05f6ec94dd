"""From settings and the manifest's choice to an authenticator.

What a setting leaves at its default, the manifest fills; what neither says is an error.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from ..handlers.contract import Contract
from ..settings import AuthKind, Settings, SettingsError

if TYPE_CHECKING:
    from .authenticator import Authenticator

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def effective(settings: Settings, contract: Contract) -> Settings:
    """The settings, with the manifest's choice where they say nothing.

    Raises:
        SettingsError: The manifest names a setting that there is not.
    """
    own = {field.name: field.default for field in dataclasses.fields(Settings)}
    unknown = contract.auth.keys() - own.keys()
    if unknown:
        raise SettingsError(f"the manifest's auth has unknown keys: {sorted(unknown)}")
    filled = {
        name: value
        for name, value in contract.auth.items()
        if getattr(settings, name) == own[name]
    }
    return dataclasses.replace(settings, **cast(Any, filled))


def declared_scopes(contract: Contract) -> frozenset[str]:
    """Every scope that a tool, prompt or resource asks for."""
    return frozenset(_scopes(contract))


def configured(settings: Settings, contract: Contract) -> Authenticator | None:
    """The authenticator that settings choose; None for no authentication.

    Args:
        settings: From `effective`.
        contract: What the server offers.

    Raises:
        SettingsError: A setting that this kind needs is missing or can't be used.
    """
    if settings.auth in ("manifest", "none"):
        return None
    everything = declared_scopes(contract) | {*settings.auth_scopes}
    try:
        return _MAKERS[settings.auth](settings, everything)
    except ValueError as error:
        raise SettingsError(f"auth {settings.auth}: {error}") from None


def _scopes(contract: Contract) -> Iterator[str]:
    for table in (
        contract.tools,
        contract.prompts,
        contract.resources,
        contract.resource_templates,
    ):
        for binding in table.values():
            yield from binding.scopes


def _audience(settings: Settings) -> tuple[str, ...]:
    """Raises ValueError where nothing says what tokens for this server name."""
    # Fixed ones let what was verified once be recalled without asking which server it is.
    own = (settings.public_url,) if settings.public_url else ()
    known = settings.auth_audience or own
    if not (known or settings.host in LOOPBACK):
        raise ValueError(
            "beyond this machine, set public_url (--public-url or MCP_PUBLIC_URL) to the "
            "endpoint's URL as clients know it: tokens must be made for it"
        )
    if not settings.auth_issuer:
        raise ValueError("auth_issuer is missing: the authorization server's URL")
    return known


def _jwt(settings: Settings, _: frozenset[str]) -> Authenticator:
    from .jwt import JWTAuthenticator

    return JWTAuthenticator(
        settings.auth_issuer,
        _audience(settings),
        algorithms=settings.auth_algorithms,
        jwks_url=settings.auth_jwks_url,
        leeway=settings.auth_leeway,
    )


def _introspection(settings: Settings, _: frozenset[str]) -> Authenticator:
    from .introspection import IntrospectionAuthenticator

    return IntrospectionAuthenticator(
        settings.auth_issuer,
        _audience(settings),
        client_id=settings.auth_client_id,
        client_secret=_secret(settings),
        url=settings.auth_introspection_url,
        remember=settings.auth_cache,
        leeway=settings.auth_leeway,
    )


def _github(settings: Settings, everything: frozenset[str]) -> Authenticator:
    from .github import GitHubAuthenticator

    return GitHubAuthenticator(
        users=settings.auth_users,
        organizations=settings.auth_organizations,
        grants=everything,
        client_id=settings.auth_client_id,
        client_secret=_secret(settings),
        url=settings.auth_github_url,
        remember=settings.auth_cache,
    )


def _api_key(settings: Settings, everything: frozenset[str]) -> Authenticator:
    from .api_keys import APIKeyAuthenticator, parse_entry

    return APIKeyAuthenticator(
        [parse_entry(entry) for entry in settings.auth_api_keys],
        settings.auth_api_keys_path,
        everything=everything,
    )


def _token(settings: Settings, everything: frozenset[str]) -> Authenticator:
    from .static import StaticTokenAuthenticator

    tokens = [token.get_secret_value() for token in settings.auth_tokens]
    return StaticTokenAuthenticator(tokens, grants=everything)


def _mtls(settings: Settings, everything: frozenset[str]) -> Authenticator:
    from .mutual_tls import MutualTLSAuthenticator

    return MutualTLSAuthenticator(settings.auth_users, grants=everything)


def _secret(settings: Settings) -> str:
    secret = settings.auth_client_secret
    return "" if secret is None else secret.get_secret_value()


_Maker: TypeAlias = "Callable[[Settings, frozenset[str]], Authenticator]"
_MAKERS: Final[Mapping[AuthKind, _Maker]] = {
    "jwt": _jwt,
    "introspection": _introspection,
    "github": _github,
    "api-key": _api_key,
    "token": _token,
    "mtls": _mtls,
}
