"""Every setting of a server, once: defaults, `--help`, environment and the docs' table.

Reads no global state by itself; `from_arguments` is given the arguments and environment.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeAlias,
    cast,
    get_args,
    get_type_hints,
)

ENVIRONMENT_PREFIX: Final = "MCP_"
MINUTE: Final = 60.0

AccessLogFormat: TypeAlias = Literal["text", "json", "off"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
CacheScope: TypeAlias = Literal["public", "private"]
ProxyHeaders: TypeAlias = Literal["x-forwarded", "forwarded"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is run. Sizes are in bytes, times in seconds unless a name says more.

    Each field is also an option (`max_body` is `--max-body`) and an environment variable
    (`MCP_MAX_BODY`); the option wins. Lists are separated by commas.
    """

    host: Annotated[str, "address to listen on"] = "127.0.0.1"
    port: Annotated[int, "port to listen on; 0 takes a free one"] = 8000
    path: Annotated[str, "path of the MCP endpoint"] = "/mcp"
    tls_cert: Annotated[Path | None, "certificate chain in PEM form; serves HTTPS"] = (
        None
    )
    tls_key: Annotated[Path | None, "private key of the certificate in PEM form"] = None
    health_path: Annotated[str, "answers 200 while the process runs; empty: off"] = (
        "/healthz"
    )
    ready_path: Annotated[str, "answers 200 until shutdown begins; empty: off"] = (
        "/readyz"
    )

    allowed_hosts: Annotated[
        tuple[str, ...],
        "further Host values to accept, as name, name:port or name:*; * accepts any",
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        "further browser origins to accept, as https://name[:port]; * accepts any",
    ] = ()

    trusted_proxies: Annotated[
        tuple[str, ...],
        "addresses or networks of proxies whose word about clients counts",
    ] = ()
    proxy_headers: Annotated[
        ProxyHeaders, "the headers that those proxies write: X-Forwarded-* or Forwarded"
    ] = "x-forwarded"

    log_level: Annotated[LogLevel, "least severe messages of the server's own log"] = (
        "info"
    )
    access_log: Annotated[AccessLogFormat, "one line per request"] = "text"

    max_body: Annotated[int, "largest request body"] = 4 * 1024 * 1024
    body_timeout: Annotated[float, "time that a request body may take to arrive"] = 30.0
    connection_idle: Annotated[
        float, "time that a connection may take to its next complete request head"
    ] = 75.0
    max_batch: Annotated[int, "messages in one batch (2025-03-26); 0: no limit"] = 100
    address_rate: Annotated[
        float, "requests per second and address, loopback apart; 0: no limit"
    ] = 200.0
    address_burst: Annotated[int, "requests of an address that may come at once"] = 400
    principal_rate: Annotated[
        float, "requests per second and principal; 0: no limit"
    ] = 100.0
    principal_burst: Annotated[int, "requests of a principal that may come at once"] = (
        200
    )
    total_rate: Annotated[float, "requests per second of all; 0: no limit"] = 0.0
    total_burst: Annotated[int, "requests of all that may come at once"] = 1_000
    max_calls: Annotated[int, "calls at one time; 0: no limit"] = 2_000
    client_calls: Annotated[
        int, "calls at one time per principal, else per address; 0: no limit"
    ] = 100
    client_streams: Annotated[
        int, "open streams per principal, else per address; 0: no limit"
    ] = 100
    principal_sessions: Annotated[int, "legacy sessions per principal; 0: no limit"] = (
        100
    )
    address_sessions: Annotated[
        int, "legacy sessions per address, loopback apart; 0: no limit"
    ] = 1_000
    max_sessions: Annotated[int, "legacy sessions at one time"] = 10_000
    session_idle: Annotated[float, "a legacy session ends after this silence"] = (
        30 * MINUTE
    )
    max_streams: Annotated[int, "open GET streams per legacy session"] = 4
    max_subscriptions: Annotated[int, "open subscriptions, and resources in each"] = (
        1_000
    )
    event_history: Annotated[
        int, "events kept per legacy stream for clients that reconnect; 0: none"
    ] = 256
    event_lifetime: Annotated[float, "how long those events are kept"] = 5 * MINUTE
    keep_alive: Annotated[
        float, "silence on a stream after which a comment is sent"
    ] = 15.0
    retry_ms: Annotated[int, "how long legacy clients wait before they reconnect"] = (
        1_000
    )
    tool_timeout: Annotated[float, "time that one tool call may take; 0: no limit"] = (
        0.0
    )
    answer_timeout: Annotated[
        float, "time that a legacy client may take to answer the server's request"
    ] = 10 * MINUTE
    shutdown_timeout: Annotated[float, "time for running requests at shutdown"] = 10.0
    threads: Annotated[int, "threads for plain `def` handlers"] = 32

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
    state_keys: Annotated[
        tuple[str, ...],
        "secrets that sign requestState, newest first; empty: one per process",
    ] = ()
    state_lifetime: Annotated[float, "how long a requestState is valid"] = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class _Option:
    name: str
    kind: Any
    default: Any
    meaning: str

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def choices(self) -> tuple[str, ...]:
        return get_args(self.kind) if _is_choice(self.kind) else ()

    @property
    def shown_default(self) -> str:
        if self.kind == tuple[str, ...]:
            return ",".join(self.default)
        if isinstance(self.default, float):
            return f"{self.default:g}"
        return "" if self.default is None else str(self.default)

    def parse(self, text: str) -> Any:
        """The option's value from its text; ValueError says what is wrong with it."""
        if self.choices and text not in self.choices:
            raise ValueError(f"{text!r} is not one of {', '.join(self.choices)}")
        value = _parser(self.kind)(text)
        if isinstance(value, int | float) and not 0 <= value < float("inf"):
            raise ValueError(f"{text!r} is not a number from 0 on")
        return value


def _is_choice(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is Literal


def _parser(kind: Any) -> Callable[[str], Any]:
    if kind in (int, float, str):
        parse: Callable[[str], Any] = kind
        return parse
    if _is_choice(kind):
        return str
    if kind == tuple[str, ...]:
        return lambda text: tuple(
            part.strip() for part in text.split(",") if part.strip()
        )
    return lambda text: Path(text) if text else None


def _options() -> Iterator[_Option]:
    hints = get_type_hints(Settings, include_extras=True)
    for entry in dataclasses.fields(Settings):
        kind, meaning = get_args(hints[entry.name])
        yield _Option(entry.name, kind, cast(Any, entry.default), meaning)


def from_environment(
    environment: Mapping[str, str], defaults: Settings | None = None
) -> Settings:
    """Settings from environment variables such as `MCP_PORT`.

    Raises:
        ValueError: A variable's value can't be used; names the variable.
    """
    values: dict[str, Any] = {}
    for option in _options():
        text = environment.get(option.variable)
        if text is not None:
            try:
                values[option.name] = option.parse(text)
            except ValueError as error:
                raise ValueError(f"{option.variable}: {error}") from None
    return dataclasses.replace(defaults or Settings(), **values)


def from_arguments(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    program: str,
    description: str,
    defaults: Settings | None = None,
) -> Settings:
    """Settings from command-line arguments, above the environment, above `defaults`.

    Prints help or a usage error and raises SystemExit where the arguments ask for it.
    """
    parser = argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog="Every option is also an environment variable: --max-body is MCP_MAX_BODY.",
        allow_abbrev=False,
    )
    for option in _options():
        meaning = option.meaning.replace("%", "%%")
        if option.shown_default:
            meaning += f" (default: {option.shown_default})"
        parser.add_argument(
            option.flag,
            dest=option.name,
            type=_argument(option),
            default=argparse.SUPPRESS,
            help=meaning,
            metavar="{" + ",".join(option.choices) + "}" if option.choices else None,
        )
    given = vars(parser.parse_args(arguments))
    try:
        settings = from_environment(environment, defaults)
    except ValueError as error:
        parser.error(str(error))
    return dataclasses.replace(settings, **given)


def _argument(option: _Option) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return option.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


def settings_table() -> str:
    """All settings as a Markdown table, for documentation."""
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    rows.extend(
        f"| `{option.flag}` | `{option.variable}` "
        f"| {f'`{option.shown_default}`' if option.shown_default else ''} "
        f"| {option.meaning.replace('|', '&#124;')} |"
        for option in _options()
    )
    return "\n".join(rows) + "\n"
