"""What a user may set, for a client and for single calls. Holds values, asks nobody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypedDict, TypeVar

from ..core.catalog import Json, JsonObject

if TYPE_CHECKING:
    import ssl

    import aiohttp

    from ..core.revision import Era, Revision
    from ..protocol.types import (
        CreateMessageRequestParams,
        CreateMessageResult,
        ElicitResult,
        Root,
    )
    from .auth import Auth
    from .calls import Request
    from .channel import Origin

T = TypeVar("T")
MaybeAwaitable: TypeAlias = "T | Awaitable[T]"


class Omit(Enum):
    """The type of `OMIT`, which stands for an argument that is not sent."""

    OMIT = "OMIT"

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = Omit.OMIT


class Reply(Enum):
    """A person's reaction to an elicitation, where there is no form content."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Elicitation:
    """A server's question to the user.

    Attributes:
        message: What to show.
        mode: "form": ask for `schema`'s fields. "url": let the user open `url`.
        schema: The JSON Schema of a form's content: an object of plain values.
        url: The page to open, in the mode "url".
        params: The request's parameters as they came.
        required: Whether the call was refused until the page is done with. It is made
            again as soon as this is accepted, so accept when the person has finished.
    """

    message: str
    mode: Literal["form", "url"]
    schema: JsonObject
    url: str | None
    params: JsonObject
    required: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is. `progress` grows; `total` is None where nobody knows it."""

    progress: float
    total: float | None
    message: str | None


@dataclass(frozen=True, slots=True)
class LogMessage:
    """What a server has to say while it works."""

    level: str
    logger: str | None
    data: Json


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as it came: its method and its parameters.

    Attributes:
        method: Its method.
        params: Its parameters.
        missed: True where the server did not send it, but may have: a subscription lost
            its stream for a while, and changes may have been missed.
    """

    method: str
    params: JsonObject
    missed: bool = False


LoggingLevel: TypeAlias = Literal[
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"
]
ElicitationAnswer: TypeAlias = "Mapping[str, Any] | Reply | ElicitResult"
ElicitationHandler: TypeAlias = Callable[
    [Elicitation], "MaybeAwaitable[ElicitationAnswer]"
]
SamplingAnswer: TypeAlias = "str | Mapping[str, Any] | CreateMessageResult"
SamplingHandler: TypeAlias = Callable[
    ["CreateMessageRequestParams"], "MaybeAwaitable[SamplingAnswer]"
]
RootList: TypeAlias = "Sequence[str | Path | Mapping[str, Any] | Root]"
RootsSource: TypeAlias = "RootList | Callable[[], MaybeAwaitable[RootList]]"
ProgressCallback: TypeAlias = Callable[[Progress], "MaybeAwaitable[object]"]
LogCallback: TypeAlias = Callable[[LogMessage], "MaybeAwaitable[object]"]
NotificationCallback: TypeAlias = Callable[[Notification], "MaybeAwaitable[object]"]

Result: TypeAlias = dict[str, Any]
"""The result of a request, a JSON object as the server sent it."""

Next: TypeAlias = "Callable[[Request], Awaitable[Result]]"
"""The rest of the chain; what it raises is a `ClientError`."""

Middleware: TypeAlias = "Callable[[Request, Next], Awaitable[Result]]"
"""Code around a request: `await proceed(request)` returns the result of the rest."""

DEFAULT_TIMEOUT: Final = 600.0
DEFAULT_IDLE_TIMEOUT: Final = 60.0
DEFAULT_MAX_BYTES: Final = 64 * 1024 * 1024


MAX_KNOWN: Final = 256


class KnownServers:
    """The eras of servers that were met before, by origin; the oldest are forgotten.

    Each client has its own. Clients that share one open a connection to a legacy server
    that another has met without asking it for the modern era first.
    """

    def __init__(self) -> None:
        self._eras: dict[Origin, Era] = {}

    def era_of(self, origin: Origin | None) -> Era | None:
        """The era that a server spoke when it was last met."""
        return None if origin is None else self._eras.get(origin)

    def remember(self, origin: Origin | None, era: Era) -> None:
        """A server was met."""
        if origin is None:
            return
        self.forget(origin)
        self._eras[origin] = era
        if len(self._eras) > MAX_KNOWN:
            del self._eras[next(iter(self._eras))]

    def forget(self, origin: Origin | None) -> None:
        """The server has changed: what is known of it counts no more."""
        if origin is not None:
            self._eras.pop(origin, None)


class CallOptions(TypedDict, total=False):
    """What `with_options` takes.

    Attributes:
        timeout: Seconds that a call may take in all, over every request that is sent for
            it; None for no limit. The time that a person takes to answer its question or
            to sign in for it does not count. Opening the client has the same limit.
        idle_timeout: Seconds without a sign of the call: an answer, progress or another
            message. None for no limit.
        progress: Called with each progress report.
        headers: HTTP headers to add.
        meta: Keys to add to the request's `_meta`, such as `traceparent`.
    """

    timeout: float | None
    idle_timeout: float | None
    progress: ProgressCallback | None
    headers: Mapping[str, str]
    meta: JsonObject


class ClientOptions(CallOptions, total=False):
    """What a client takes besides its URL; plain functions and coroutines both work.

    Attributes:
        auth: Credentials: `BearerAuth`, `ApiKeyAuth` or a hook of your own.
        elicitation: Answers the server's questions to the user: form content, which is
            completed with the form's defaults, or a `Reply`.
        sampling: Answers the server's requests to a language model.
        roots: The directories that the server may know of, or a function that lists them.
        on_log: Called with each log message.
        on_notification: Called with every notification.
        log_level: The least level of log messages; "info" where `on_log` is given.
        client_info: The `Implementation` object that names this client; None for one
            made from the server's name.
        capabilities: Client capabilities to declare besides those that handlers bring.
        era: "auto" finds out what the server speaks; "modern", "legacy" or a version such
            as "2025-06-18" insist.
        known_servers: What is known of servers that were met before, for clients that
            share it; None for a memory of this client's own.
        tls: Certificates of your own: for mTLS, or to trust a private authority.
            `tls_context(cacert=..., cert=..., key=...)` makes one from files.
        max_bytes: The largest size of one message, and of all pages of one list
            together, in bytes.
        session_factory: Makes the HTTP session, for proxies or certificates of your own;
            it is closed at the end.
        middleware: Code around every request, the outermost first:
            `async def middleware(request: Request, proceed: Next) -> Result`.
    """

    auth: Auth | None
    elicitation: ElicitationHandler | None
    sampling: SamplingHandler | None
    roots: RootsSource | None
    on_log: LogCallback | None
    on_notification: NotificationCallback | None
    log_level: LoggingLevel | None
    client_info: JsonObject | None
    capabilities: JsonObject
    era: str
    known_servers: KnownServers | None
    tls: ssl.SSLContext | None
    max_bytes: int
    session_factory: Callable[[], aiohttp.ClientSession] | None
    middleware: Sequence[Middleware]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """`CallOptions` with every value there."""

    timeout: float | None = DEFAULT_TIMEOUT
    idle_timeout: float | None = DEFAULT_IDLE_TIMEOUT
    progress: ProgressCallback | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    meta: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CallSettings):
    """`ClientOptions` with every value there.

    Attributes:
        revisions: The protocol revisions to speak; empty for all that are known.
    """

    auth: Auth | None = None
    elicitation: ElicitationHandler | None = None
    sampling: SamplingHandler | None = None
    roots: RootsSource | None = None
    on_log: LogCallback | None = None
    on_notification: NotificationCallback | None = None
    log_level: LoggingLevel | None = None
    client_info: JsonObject | None = None
    capabilities: JsonObject = field(default_factory=dict[str, Json])
    era: str = "auto"
    known_servers: KnownServers | None = None
    tls: ssl.SSLContext | None = None
    max_bytes: int = DEFAULT_MAX_BYTES
    session_factory: Callable[[], aiohttp.ClientSession] | None = None
    middleware: Sequence[Middleware] = ()
    revisions: tuple[Revision | str, ...] = ()

    def for_calls(self) -> CallSettings:
        """The part that `with_options` may change."""
        return CallSettings(
            timeout=self.timeout,
            idle_timeout=self.idle_timeout,
            progress=self.progress,
            meta=self.meta,
        )


def joined(*parts: Mapping[str, str]) -> dict[str, str]:
    """Headers of several places; the later ones count, in whatever case names are."""
    found: dict[str, tuple[str, str]] = {}
    for part in parts:
        found.update({name.lower(): (name, value) for name, value in part.items()})
    return dict(found.values())


def messages_only(settings: Settings, what: str) -> Settings:
    """The settings, where none of them is for HTTP alone.

    Args:
        settings: The settings.
        what: What the client talks to, for the error.

    Raises:
        ValueError: There is one for HTTP.
    """
    given = [name for name in _FOR_HTTP if getattr(settings, name)]
    if given:
        names = ", ".join(f"`{name}`" for name in given)
        raise ValueError(f"{names}: only for servers with a URL, not for {what}")
    return settings


_FOR_HTTP: Final = ("auth", "headers", "tls", "session_factory")
