"""Every setting of a server, once: defaults, `--help`, environment and the docs' table.

Reads no global state by itself: arguments and environment are given to it.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NoReturn,
    TypeAlias,
    cast,
    get_args,
    get_type_hints,
)

from pydantic import SecretStr

from .settings_checks import Problem, type_problem, value_problems

ENVIRONMENT_PREFIX: Final = "MCP_"
MINUTE: Final = 60.0

AccessLogFormat: TypeAlias = Literal["text", "json", "off"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
CacheScope: TypeAlias = Literal["public", "private"]
ProxyHeaders: TypeAlias = Literal["x-forwarded", "forwarded"]
AuthKind: TypeAlias = Literal[
    "manifest", "none", "jwt", "introspection", "github", "api-key", "token", "mtls"
]

MAX_SECRET_FILE: Final = 64 * 1024


class SettingsError(ValueError):
    """Settings that can't be served with.

    Attributes:
        lines: What is wrong, one line each, beginning with the setting's name.
        problems: The same as pairs of name and reason, where it is the setting's value.
    """

    def __init__(self, *lines: str, problems: Sequence[Problem] = ()) -> None:
        """Take lines, or problems to make them of."""
        self.lines = lines or tuple(f"{name}: {reason}" for name, reason in problems)
        self.problems = tuple(problems)
        super().__init__("; ".join(self.lines))


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is run. Sizes are in bytes, times in seconds unless a name says more.

    Each field is also an option (`max_body` is `--max-body`) and an environment variable
    (`MCP_MAX_BODY`); the option wins. Lists are separated by commas. Secrets stay out of
    the command line: they come from the variable, or from a file that `--x-file` or
    `MCP_X_FILE` names, where each line of a list is one entry.
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

    telemetry: Annotated[
        bool, "spans and metrics of calls, to the providers of OpenTelemetry"
    ] = False
    metrics_path: Annotated[
        str, "answers Prometheus with metrics, such as /metrics; empty: off"
    ] = ""
    metrics_token: Annotated[
        SecretStr | None, "bearer token of scrapers; without one, only this machine"
    ] = None
    mock: Annotated[
        bool, "make every answer up from the manifest, and call no handler"
    ] = False

    warn_repeats: Annotated[
        bool,
        "for development: log what handlers repeat in each round before a question "
        "(2026-07-28)",
    ] = False

    max_body: Annotated[int, "largest request body"] = 4 * 1024 * 1024
    max_values: Annotated[
        int, "most members and elements, all together, in one request body"
    ] = 100_000
    body_timeout: Annotated[float, "time that a request body may take to arrive"] = 30.0
    connection_idle: Annotated[
        float,
        "time that a connection may take to its next complete request head, or take "
        "nothing of an answer",
    ] = 75.0
    max_connections: Annotated[
        int,
        "open connections; beyond it, those silent longest are closed; 0: what the "
        "limit of file descriptors leaves",
    ] = 0
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
    drain_delay: Annotated[
        float,
        "time to go on serving after SIGTERM, while ready_path answers 503",
    ] = 0.0
    shutdown_timeout: Annotated[
        float, "time for running requests at shutdown; then they are canceled"
    ] = 10.0
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
        tuple[SecretStr, ...],
        "secrets that sign requestState, newest first; empty: one per process",
    ] = ()
    state_lifetime: Annotated[float, "how long a requestState is valid"] = 10 * MINUTE

    public_url: Annotated[
        str,
        "the endpoint's URL as clients know it; tokens must be made for it",
    ] = ""
    allow_anonymous: Annotated[
        bool, "listen beyond this machine even without authentication"
    ] = False
    tls_client_ca: Annotated[
        Path | None, "authorities in PEM form that sign clients' certificates"
    ] = None
    auth: Annotated[
        AuthKind,
        "how requests are authenticated; manifest: as it says, none if it says nothing",
    ] = "manifest"
    auth_issuer: Annotated[str, "the authorization server's URL, as in tokens"] = ""
    auth_audience: Annotated[
        tuple[str, ...],
        "audiences that mean this server; empty: the public URL",
    ] = ()
    auth_scopes: Annotated[tuple[str, ...], "scopes that every request needs"] = ()
    stdio_scopes: Annotated[
        tuple[str, ...],
        "scopes of whoever starts a server that authenticates with --stdio; empty: all",
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
    auth_algorithms: Annotated[
        tuple[str, ...], "signature algorithms of tokens that count"
    ] = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
    auth_jwks_url: Annotated[
        str, "where the issuer's keys are; empty: its metadata says so"
    ] = ""
    auth_leeway: Annotated[float, "how far clocks may differ"] = 30.0
    auth_introspection_url: Annotated[
        str, "the introspection endpoint; empty: the issuer's metadata says so"
    ] = ""
    auth_cache: Annotated[
        float, "how long answers of introspection and GitHub are trusted"
    ] = 60.0
    auth_client_id: Annotated[
        str, "this server's client at the authorization server or GitHub"
    ] = ""
    auth_client_secret: Annotated[SecretStr | None, "the secret of that client"] = None
    auth_users: Annotated[
        tuple[str, ...], "GitHub users, or subjects of certificates, that are allowed"
    ] = ()
    auth_organizations: Annotated[
        tuple[str, ...], "GitHub organizations whose members are allowed"
    ] = ()
    auth_github_url: Annotated[str, "base URL of GitHub's API"] = (
        "https://api.github.com"
    )
    auth_api_keys: Annotated[
        tuple[str, ...], "hashed API keys, as NAME:SHA256:SCOPE SCOPE"
    ] = ()
    auth_api_keys_path: Annotated[
        Path | None, "file of hashed API keys, one a line; read again when it changes"
    ] = None
    auth_tokens: Annotated[
        tuple[SecretStr, ...], "bearer tokens that never change, for development"
    ] = ()

    def __post_init__(self) -> None:
        """Check all values; raises SettingsError with everything that is wrong."""
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for option in _options():
            value = values[option.name] = getattr(self, option.name)
            reason = type_problem(option.kind, value)
            if reason is not None:
                problems.append((option.name, reason))
        if not problems:
            defaults = {option.name: option.default for option in _options()}
            problems += value_problems(values, defaults)
        if problems:
            raise SettingsError(problems=problems)

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], defaults: Settings | None = None
    ) -> Settings:
        """Settings from environment variables such as `MCP_PORT`.

        Args:
            environment: The variables, such as `os.environ`.
            defaults: What holds where no variable says anything.

        Raises:
            SettingsError: A variable's value can't be used, or its name is that of no
                setting but similar to one.
        """
        return _combined(_read_environment(environment), {}, defaults or cls())


@dataclass(frozen=True, slots=True)
class _Option:
    name: str
    kind: Any
    meaning: str
    default: Any

    @property
    def is_secret(self) -> bool:
        return self.kind in (tuple[SecretStr, ...], SecretStr | None)

    @property
    def flag(self) -> str:
        flag = "--" + self.name.replace("_", "-")
        return f"{flag}-file" if self.is_secret else flag

    @property
    def variable(self) -> str:
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def variables(self) -> tuple[str, ...]:
        if self.is_secret:
            return self.variable, f"{self.variable}_FILE"
        return (self.variable,)

    @property
    def choices(self) -> tuple[str, ...]:
        return get_args(self.kind) if _is_choice(self.kind) else ()

    @property
    def shown_default(self) -> str:
        if self.is_secret:
            return ""
        if self.kind == tuple[str, ...]:
            return ",".join(self.default)
        if isinstance(self.default, bool):
            return "true" if self.default else "false"
        if isinstance(self.default, float):
            return f"{self.default:g}"
        return "" if self.default is None else str(self.default)

    def parse(self, text: str) -> Any:
        """The option's value from its text; ValueError says what is wrong with it."""
        if self.choices and text not in self.choices:
            raise ValueError(f"{text!r} is not one of {', '.join(self.choices)}")
        value = _parser(self.kind)(text)
        if isinstance(value, int | float) and not 0 <= value < math.inf:
            raise ValueError(f"{text!r} is not a number from 0 on")
        return value

    def read(self, path: str) -> Any:
        """The secret in a file; ValueError where it can't be read, or there is none."""
        text = _secret_text(Path(path))
        if not text.strip():
            raise ValueError("the file that it names is empty")
        if self.kind == SecretStr | None:
            return SecretStr(text.removesuffix("\n").removesuffix("\r"))
        return _secrets(text.splitlines())


def _is_choice(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is Literal


def _parser(kind: Any) -> Callable[[str], Any]:
    if kind is int:
        return _whole
    if kind is float:
        return _number
    if kind is str or _is_choice(kind):
        return str
    if kind == tuple[str, ...]:
        return lambda text: tuple(
            part.strip() for part in text.split(",") if part.strip()
        )
    if kind is bool:
        return _truth
    if kind == tuple[SecretStr, ...]:
        return lambda text: _secrets(text.split(","))
    if kind == SecretStr | None:
        return lambda text: SecretStr(text) if text.strip() else None
    return lambda text: Path(text) if text else None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() in ("true", "1")


def _secrets(parts: Sequence[str]) -> tuple[SecretStr, ...]:
    return tuple(SecretStr(part.strip()) for part in parts if part.strip())


def _secret_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_FILE + 1)
        if len(content) <= MAX_SECRET_FILE:
            return content.decode("utf-8")
        problem = f"more than {MAX_SECRET_FILE} bytes"
    except UnicodeDecodeError:
        problem = "not UTF-8"
    except OSError as error:
        problem = error.strerror or "unreadable"
    # Without the path: whoever mixes the two variables up has put the secret there.
    raise ValueError(f"the file that it names can't be read: {problem}")


@cache
def _options() -> tuple[_Option, ...]:
    hints = get_type_hints(Settings, include_extras=True)
    options: list[_Option] = []
    for entry in dataclasses.fields(Settings):
        kind, meaning = get_args(hints[entry.name])
        options.append(_Option(entry.name, kind, meaning, cast(Any, entry.default)))
    return tuple(options)


def _read_environment(
    environment: Mapping[str, str],
) -> dict[str, tuple[str, Any]]:
    """By setting, the variable that sets it and its value.

    Raises:
        SettingsError: Names each variable that can't be used.
    """
    found: dict[str, tuple[str, Any]] = {}
    lines = list(_misspelled(environment))
    for option in _options():
        for variable in option.variables:
            text = environment.get(variable)
            if text is None:
                continue
            try:
                from_file = variable != option.variable
                value = option.read(text) if from_file else option.parse(text)
                if option.name in found:
                    raise ValueError(f"{option.variable} is set as well; one will do")
                found[option.name] = variable, value
            except ValueError as error:
                lines.append(f"{variable}: {error}{_hint(text)}")
    if lines:
        raise SettingsError(*lines)
    return found


def _hint(text: str) -> str:
    """What the cause may be of a value that nobody has set on purpose."""
    if text.startswith("tcp://"):
        return (
            "; Kubernetes sets it for a Service called mcp: enableServiceLinks: false"
        )
    return ""


def _misspelled(environment: Mapping[str, str]) -> Iterator[str]:
    """Variables whose names are nearly those of settings.

    Others may begin with the same prefix for reasons of their own, so they are left alone.
    """
    known = [variable for option in _options() for variable in option.variables]
    names = [name.removeprefix(ENVIRONMENT_PREFIX) for name in known]
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in known:
            continue
        similar = _similar(variable.removeprefix(ENVIRONMENT_PREFIX), names)
        if similar:
            yield (
                f"{variable}: unknown setting; did you mean {ENVIRONMENT_PREFIX}{similar}?"
            )


def _similar(name: str, names: Sequence[str]) -> str:
    return next(iter(get_close_matches(name, names, 1, cutoff=0.75)), "")


def _combined(
    environment: Mapping[str, tuple[str, Any]],
    options: Mapping[str, tuple[str, Any]],
    defaults: Settings,
) -> Settings:
    """Settings of which each has the value of its option, its variable or its default.

    Raises:
        SettingsError: Names the option or variable that sets what can't be used.
    """
    given = {**environment, **options}
    values = {name: value for name, (_, value) in given.items()}
    try:
        return dataclasses.replace(defaults, **values)
    except SettingsError as error:
        lines = [
            f"{given[name][0] if name in given else name}: {reason}"
            for name, reason in error.problems
        ]
        raise SettingsError(*lines) from None


def from_arguments(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    program: str,
    description: str,
    defaults: Settings | None = None,
) -> Settings:
    """Settings from command-line arguments, above the environment, above `defaults`.

    Prints help, or one line for each wrong value, and raises SystemExit where the
    arguments ask for it.
    """
    parser = _Parser(
        prog=program,
        description=description,
        epilog="Every option is also an environment variable: --max-body is MCP_MAX_BODY.",
        allow_abbrev=False,
    )
    for option in _options():
        meaning = option.meaning.replace("%", "%%")
        if option.shown_default:
            meaning += f" (default: {option.shown_default})"
        keywords: dict[str, Any] = {
            "dest": option.name,
            "type": _argument(option),
            "default": argparse.SUPPRESS,
            "help": meaning,
            "metavar": _metavar(option),
        }
        if option.kind is bool:
            keywords |= {"nargs": "?", "const": True}
        parser.add_argument(option.flag, **keywords)
    known, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_unknown(unknown))
    flags = {option.name: option.flag for option in _options()}
    given = {name: (flags[name], value) for name, value in vars(known).items()}
    try:
        return _combined(_read_environment(environment), given, defaults or Settings())
    except SettingsError as error:
        parser.fail(error.lines)


class _Parser(argparse.ArgumentParser):
    """Reports errors without all options, which would hide the one line that counts."""

    def error(self, message: str) -> NoReturn:
        """Report one error and exit with 2."""
        self.fail((message,))

    def fail(self, lines: Sequence[str]) -> NoReturn:
        """Report errors, one a line, and exit with 2."""
        text = "".join(f"{self.prog}: error: {line}\n" for line in lines)
        self._print_message(text, sys.stderr)
        self.exit(2)


def _unknown(arguments: Sequence[str]) -> str:
    """What is wrong with arguments, without their values: one may be a secret that was
    given to an option that there is not."""
    names = [each.partition("=")[0] for each in arguments if each.startswith("--")]
    if not names:
        return "arguments without an option; see --help"
    flags = [option.flag for option in _options()]
    similar = [found for name in names if (found := _similar(name, flags))]
    hint = f"did you mean {', '.join(similar)}?" if similar else "see --help"
    return f"unrecognized option: {', '.join(names)}; {hint}"


def _metavar(option: _Option) -> str | None:
    if option.kind is bool:
        return "{true,false}"
    if option.is_secret:
        return "PATH"
    return "{" + ",".join(option.choices) + "}" if option.choices else None


def _argument(option: _Option) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return option.read(text) if option.is_secret else option.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


def settings_table() -> str:
    """All settings as a Markdown table, for documentation."""
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    rows.extend(
        f"| `{option.flag}` | {', '.join(f'`{name}`' for name in option.variables)} "
        f"| {f'`{option.shown_default}`' if option.shown_default else ''} "
        f"| {option.meaning.replace('|', '&#124;')} |"
        for option in _options()
    )
    return "\n".join(rows) + "\n"
