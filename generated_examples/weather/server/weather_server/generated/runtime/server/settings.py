"""Every setting of a server: the sections that this package has, in one class."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from .eras.legacy.settings import LegacySettings  # feature: legacy
from .eras.modern.settings import ModernSettings  # feature: modern
from .features.access_log.settings import AccessLogSettings  # feature: access-log
from .features.auth.settings import AuthSettings  # feature: auth
from .features.auth.token import TokenSettings  # feature: token
from .features.limits.settings import LimitSettings  # feature: limits
from .features.mock.settings import MockSettings  # feature: mock
from .options.elsewhere import absent
from .options.section import Common, Section, SettingsError, at_least_one
from .options.sources import from_environment
from .transports.http.settings import (
    AccessSettings,
    ConnectionSettings,
    ListeningSettings,
)

__all__ = ["Settings", "SettingsError"]

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
"""Hosts that only this machine reaches."""

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
CacheScope: TypeAlias = Literal["public", "private"]


@dataclass(frozen=True, kw_only=True)
class LogSettings(Section):
    """What the server's own log has."""

    title = "Log"

    log_level: Annotated[LogLevel, "least severe messages of the server's own log"] = (
        "info"
    )


@dataclass(frozen=True, kw_only=True)
class CallSettings(Section):
    """What calls may take."""

    title = "Calls"
    common: ClassVar[Common] = ("tool_timeout", "threads")

    tool_timeout: Annotated[float, "time that one tool call may take; 0: no limit"] = (
        0.0
    )
    max_calls: Annotated[int, "calls at one time; 0: no limit"] = 2_000
    threads: Annotated[int, "threads for plain `def` handlers", at_least_one] = 32
    max_subscriptions: Annotated[int, "open subscriptions, and resources in each"] = (
        1_000
    )


@dataclass(frozen=True, kw_only=True)
class ListSettings(Section):
    """How lists are divided, and how long answers may be cached."""

    title = "Lists and caches"
    common: ClassVar[Common] = ("page_size",)

    page_size: Annotated[int, "entries per page of a list; 0: all on one page"] = 0
    list_ttl_ms: Annotated[int, "how long clients may cache lists (2026-07-28)"] = (
        60_000
    )
    read_ttl_ms: Annotated[int, "how long clients may cache resources (2026-07-28)"] = 0
    list_cache_scope: Annotated[CacheScope, "who may cache lists (2026-07-28)"] = (
        "public"
    )
    read_cache_scope: Annotated[CacheScope, "who may cache resources (2026-07-28)"] = (
        "private"
    )


@dataclass(frozen=True, kw_only=True)
class ShutdownSettings(Section):
    """How the server ends."""

    title = "Shutdown"
    common: ClassVar[Common] = ("shutdown_timeout",)

    drain_delay: Annotated[
        float,
        "time to go on serving after SIGTERM, while ready_path answers 503",
    ] = 0.0
    shutdown_timeout: Annotated[
        float, "time for running requests at shutdown; then they are canceled"
    ] = 10.0


@dataclass(frozen=True, kw_only=True)
class Settings(
    ListeningSettings,
    AccessSettings,
    LogSettings,
    AccessLogSettings,  # feature: access-log
    MockSettings,  # feature: mock
    ConnectionSettings,
    LimitSettings,  # feature: limits
    CallSettings,
    ListSettings,
    LegacySettings,  # feature: legacy
    ModernSettings,  # feature: modern
    ShutdownSettings,
    AuthSettings,  # feature: auth
    TokenSettings,  # feature: token
):
    """How a server is run. Sizes are in bytes, times in seconds unless a name says more.

    Each field is also an option (`max_body` is `--max-body`) and an environment variable
    (`MCP_MAX_BODY`); the option wins. Lists are separated by commas. Secrets stay out of
    the command line: they come from the variable, or from a file that `--x-file` or
    `MCP_X_FILE` names, where each line of a list is one entry.
    """

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], defaults: Self | None = None
    ) -> Self:
        """Settings from environment variables such as `MCP_PORT`.

        Args:
            environment: The variables, such as `os.environ`.
            defaults: What holds where no variable says anything.

        Raises:
            SettingsError: A variable's value can't be used, or its name is that of no
                setting but similar to one, or that of a setting that this package lacks.
        """
        return from_environment(environment, defaults or cls())


def effective(settings: Settings, chosen: Mapping[str, Any]) -> Settings:
    """The settings, with the manifest's choice where they say nothing.

    What it says for kinds of authentication that this package lacks has no effect.

    Raises:
        SettingsError: The manifest names a setting that there is not.
    """
    own = {field.name: field.default for field in dataclasses.fields(Settings)}
    unknown = chosen.keys() - own.keys() - {*absent(chosen, own)}
    if unknown:
        raise SettingsError(f"the manifest's auth has unknown keys: {sorted(unknown)}")
    filled = {
        name: value
        for name, value in chosen.items()
        if name in own and getattr(settings, name) == own[name]
    }
    return dataclasses.replace(settings, **filled)
