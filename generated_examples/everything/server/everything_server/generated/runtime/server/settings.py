"""Every setting of a server: the sections that this package has, in one class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from .eras.legacy.settings import LegacySettings  # feature: legacy
from .eras.modern.settings import ModernSettings  # feature: modern
from .features.access_log.settings import AccessLogSettings  # feature: access-log
from .features.auth.settings import (  # feature: auth
    AuthSettings,  # feature: auth
    JWTSettings,  # feature: jwt
    TokenSettings,  # feature: token
)  # feature: auth
from .features.limits.settings import LimitSettings  # feature: limits
from .features.mock.settings import MockSettings  # feature: mock
from .features.telemetry.settings import TelemetrySettings  # feature: telemetry
from .options import arguments as command_line
from .options import environment as variables
from .options import section
from .options.general import CallSettings, ListSettings, LogSettings, ShutdownSettings
from .options.section import SettingsError
from .transports.http.settings import (
    AccessSettings,
    ConnectionSettings,
    ListeningSettings,
)
from .transports.sse.settings import SseSettings  # feature: sse

__all__ = ["Settings", "SettingsError", "from_arguments", "settings_table"]


@dataclass(frozen=True, kw_only=True)
class Settings(
    ListeningSettings,
    AccessSettings,
    LogSettings,
    AccessLogSettings,  # feature: access-log
    TelemetrySettings,  # feature: telemetry
    MockSettings,  # feature: mock
    ConnectionSettings,
    LimitSettings,  # feature: limits
    CallSettings,
    ListSettings,
    SseSettings,  # feature: sse
    LegacySettings,  # feature: legacy
    ModernSettings,  # feature: modern
    ShutdownSettings,
    AuthSettings,  # feature: auth
    JWTSettings,  # feature: jwt
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
        return variables.from_environment(environment, defaults or cls())


def from_arguments(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    program: str,
    description: str,
    defaults: Settings | None = None,
    modes: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from command-line arguments, above the environment, above `defaults`.

    Prints help, or one line for each wrong value, and raises SystemExit where the
    arguments ask for it; see `options.arguments`.
    """
    return command_line.from_arguments(
        arguments,
        environment,
        program=program,
        description=description,
        defaults=defaults or Settings(),
        modes=modes,
    )


def settings_table() -> str:
    """All settings as Markdown, a table for each section, for documentation."""
    return section.settings_table(Settings)
