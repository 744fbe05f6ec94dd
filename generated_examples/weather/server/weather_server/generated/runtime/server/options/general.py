"""Settings that every server has, whatever its transports, eras and features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from .checks import at_least_one
from .section import Section

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
CacheScope: TypeAlias = Literal["public", "private"]


@dataclass(frozen=True, kw_only=True)
class LogSettings(Section):
    """What the server's own log has."""

    title: ClassVar[str] = "Log"

    log_level: Annotated[LogLevel, "least severe messages of the server's own log"] = (
        "info"
    )


@dataclass(frozen=True, kw_only=True)
class CallSettings(Section):
    """What calls may take."""

    title: ClassVar[str] = "Calls"
    common: ClassVar[tuple[str, ...] | None] = ("tool_timeout", "threads")

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

    title: ClassVar[str] = "Lists and caches"
    common: ClassVar[tuple[str, ...] | None] = ("page_size",)

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

    title: ClassVar[str] = "Shutdown"
    common: ClassVar[tuple[str, ...] | None] = ("shutdown_timeout",)

    drain_delay: Annotated[
        float,
        "time to go on serving after SIGTERM, while ready_path answers 503",
    ] = 0.0
    shutdown_timeout: Annotated[
        float, "time for running requests at shutdown; then they are canceled"
    ] = 10.0
