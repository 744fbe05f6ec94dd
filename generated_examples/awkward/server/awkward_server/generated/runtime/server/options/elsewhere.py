"""Settings of features, by name: a package without the feature names the key that adds it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from ...core.features import to_add

_LIMITS: Final = (
    *("address_rate", "address_burst", "principal_rate", "principal_burst"),
    *("total_rate", "total_burst", "client_calls", "client_streams"),
    *("principal_sessions", "address_sessions"),
)
_LEGACY: Final = (
    *("max_sessions", "session_idle", "session_required", "max_streams"),
    *("event_history", "event_lifetime", "retry_ms", "answer_timeout", "max_batch"),
)
_AUTH: Final = (
    *("auth", "auth_scopes", "auth_implies", "auth_issuer"),
    *("auth_hide_forbidden", "auth_pass_credentials", "stdio_scopes"),
)

SETTINGS: Final = {
    ("limits",): _LIMITS,
    ("access-log",): ("access_log",),
    ("telemetry",): ("telemetry", "metrics_path", "metrics_token"),
    ("mock",): ("mock",),
    ("legacy",): _LEGACY,
    ("modern",): ("state_keys", "state_lifetime", "warn_repeats"),
    ("auth",): _AUTH,
    ("auth", "sse"): ("public_url",),
    ("sse",): ("sse_path", "messages_path"),
    ("jwt",): ("auth_algorithms", "auth_jwks_url"),
    ("jwt", "introspection"): ("auth_audience", "auth_leeway"),
    ("introspection",): ("auth_introspection_url",),
    ("introspection", "github"): ("auth_cache", "auth_client_id", "auth_client_secret"),
    ("github",): ("auth_organizations", "auth_github_url"),
    ("github", "mtls"): ("auth_users",),
    ("api-key",): ("auth_api_keys", "auth_api_keys_path"),
    ("token",): ("auth_tokens",),
    ("mtls",): ("tls_client_ca",),
}
"""Settings that are part of features, by the features that bring them."""

KINDS: Final = ("jwt", "introspection", "github", "api-key", "token", "mtls")
"""Values of the setting `auth` that are features of the same names."""

_FEATURES: Final = {
    name: features for features, names in SETTINGS.items() for name in names
}


def absent(names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """Those names that are settings of features which this package does not have."""
    return (name for name in names if name in _FEATURES and name not in known)


def missing(name: str, value: object = None) -> str:
    """What to do about a setting that is absent, whose value may name another feature."""
    added = f"is not in this package: {to_add('server', _FEATURES[name])}"
    return missing_choice(name, value) or added


def missing_choice(name: str, value: object) -> str | None:
    """What to do about a value that a feature would bring; None where none would."""
    if name == "auth" and value in KINDS:
        return f"{value} is not in this package: {to_add('server', (str(value),))}"
    return None
