"""What can go wrong in a call, as exceptions under one base.

The client runtime's lowest layer. Messages say what failed, where, and what to do; they
never hold credentials: addresses lose user, password and query.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..core.catalog import Json
from ..core.errors import ProtocolError as _WireError

if TYPE_CHECKING:
    from ..core.schema.validator import Problem


class ClientError(Exception):
    """Every error that this client raises by itself."""


class ClientStateError(ClientError, RuntimeError):
    """A client or a subscription is used when it can't be: before it is open, say."""


def not_open(block: str = "async with") -> ClientStateError:
    """The error for a use outside of the block that opens and closes."""
    return ClientStateError(f"this client is not open; use it in `{block}`")


class ProtocolError(ClientError, _WireError):
    """The server answered with a JSON-RPC error: the request itself was refused.

    Attributes:
        method: The request's method, such as `tools/call`.
        code: The error's number.
        message: The server's sentence.
        data: Whatever else the server said; None when there is nothing.
        status: The HTTP status that came with it.
    """

    def __init__(
        self,
        code: int,
        message: str,
        data: Json = None,
        *,
        method: str = "",
        status: int = 200,
    ) -> None:
        _WireError.__init__(self, code, message, data)
        self.method = method
        self.status = status

    def __str__(self) -> str:
        place = f"{self.method}: " if self.method else ""
        return f"{place}{self.message} ({self.code})"


class TransportError(ClientError):
    """The request did not get through, or what came back is no answer.

    Attributes:
        url: The address, without user, password and query; the name of a connection or a
            program.
        method: The HTTP method; empty where the transport is not HTTP.
        status: The HTTP status, None where there was no answer.
        sent: False where the request surely never reached the server.
        hint: What the calling code can do, where that is known.
        summary: What failed and where, without the hint.
        retry_after: Seconds after which the server wants to be asked again.
        body: The response's body, or its beginning, where it could not be used.
    """

    def __init__(
        self,
        problem: str,
        *,
        url: str,
        method: str,
        hint: str | None = None,
        status: int | None = None,
        sent: bool = True,
        retry_after: float | None = None,
        body: bytes | None = None,
    ) -> None:
        self.url = public_url(url) if method else url
        self.method = method
        self.status = status
        self.sent = sent
        self.hint = hint
        self.retry_after = retry_after
        self.body = body
        self.summary = f"{method} {self.url}: {problem}".lstrip()
        super().__init__(f"{self.summary}. {hint}" if hint else self.summary)

    @property
    def told(self) -> str:
        """The former name of `summary`."""
        warnings.warn(
            "`told` ends in 0.3; use `summary`", DeprecationWarning, stacklevel=2
        )
        return self.summary


class CallTimeoutError(TransportError, TimeoutError):
    """The response did not come in time; the request was cancelled."""


class AuthError(TransportError):
    """The server refuses the credentials, or wants some and there are none."""


class _ProblemsError(ClientError):
    def __init__(
        self, subject: str, problems: Sequence[Problem], result: Any = None
    ) -> None:
        self.problems = tuple(problems)
        self.result = result
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"{subject}:{lines}")


class InvalidArgumentsError(_ProblemsError):
    """The arguments break the tool's `inputSchema`; nothing was sent.

    Attributes:
        problems: Every problem, each with its place.
    """


class InvalidResultError(_ProblemsError):
    """The server's result is not what the protocol or the tool's `outputSchema` says.

    The server has done what it was asked for: look into `result` before you ask again.

    Attributes:
        problems: Every problem, each with its place.
        result: The result as it came, a JSON value.
    """


class VersionError(ClientError):
    """Client and server have no protocol version in common.

    Attributes:
        supported: The versions that the server names.
    """

    def __init__(self, supported: Sequence[str]) -> None:
        self.supported = tuple(supported)
        named = ", ".join(self.supported) or "none"
        super().__init__(f"no protocol version in common; the server supports: {named}")


class CapabilityError(ClientError):
    """The server does not declare what a call needs; nothing was sent.

    Attributes:
        method: The request's method, such as `prompts/get`.
        capability: What is missing, such as `prompts`.
        declared: The capabilities that the server declares.
    """

    def __init__(self, method: str, capability: str, declared: Sequence[str]) -> None:
        self.method = method
        self.capability = capability
        self.declared = tuple(declared)
        super().__init__(
            f"{method}: the server does not declare `{capability}`; "
            f"its capabilities are: {', '.join(self.declared)}"
        )


class MissingHandlerError(ClientError):
    """The server asks for something that this client has no handler for.

    Attributes:
        result: The result of a tool that failed without it; None where there is none.
    """

    def __init__(self, problem: str, result: Any = None) -> None:
        super().__init__(problem)
        self.result = result


def is_web_url(url: str) -> bool:
    """Whether a text is an http or https URL with a host."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        return False


def public_url(url: str) -> str:
    """An address without what may be secret: user, password, query, fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        if not set("@?#") & set(url):
            return url
        # Nobody knows where its password ends.
        return f"{url.partition('://')[0]}://..."
    if not parts.netloc:
        return parts._replace(query="", fragment="").geturl().rpartition("@")[2]
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
