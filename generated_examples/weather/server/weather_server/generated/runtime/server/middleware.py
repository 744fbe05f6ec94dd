"""Message middleware: code around every call, in one order that is fixed at start.

A middleware reads a request, changes it, answers early, or sees how it ends. Knows
requests and answers, not transports or eras.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from ..core.catalog import JsonObject
from ..core.errors import INTERNAL_ERROR, ProtocolError
from ..core.headers import NAMED_BY
from ..core.jsonrpc import is_object
from .handlers.context import Context
from .handlers.invoke import Contained
from .handlers.results import ToolError
from .incoming import Incoming
from .methods.answer import Answer, tool_failure

if TYPE_CHECKING:
    from .principal import Principal


class Request(NamedTuple):
    """One call that is to be answered; nothing of it has been checked yet.

    Attributes:
        method: The JSON-RPC method, such as "tools/call".
        params: Its parameters. Read them; `replace` changes them.
        ctx: The request as its handler will see it.
        incoming: What its transport knows of its sender.
        notes: For middleware, as long as the call lasts.
    """

    method: str
    params: JsonObject
    ctx: Context
    incoming: Incoming
    notes: dict[object, Any]

    @property
    def name(self) -> str | None:
        """The wire name of the tool or prompt, or the URI of the resource.

        None for methods that name nothing, and where it is not a string.
        """
        key = NAMED_BY.get(self.method)
        name = self.params.get(key) if key is not None else None
        return name if isinstance(name, str) else None

    @property
    def arguments(self) -> JsonObject:
        """The arguments of a tool or prompt; empty for everything else."""
        given = self.params.get("arguments")
        return given if is_object(given) else {}

    @property
    def principal(self) -> Principal | None:
        """Who is asking, when the server authenticates; else None."""
        return self.ctx.principal

    def replace(self, params: JsonObject) -> Request:
        """Return the same request with other parameters."""
        return self._replace(params=params)


Method: TypeAlias = Callable[[JsonObject, Context], Awaitable[Answer]]
"""What answers a request in the end."""

Next: TypeAlias = Callable[[Request], Awaitable[Answer]]
"""The rest of the chain."""

Middleware: TypeAlias = Callable[[Request, Next], Awaitable[Answer]]
"""Code around a call: `await proceed(request)` runs the rest and returns its answer.

It may raise `ProtocolError`, and for tools `ToolError`, to refuse a call; it sees those
of the rest. Calls are all requests but `initialize`, `ping`, `subscriptions/listen` and
what only changes a legacy session.
"""


class Chain:
    """The middleware of one server, the outermost first.

    Attributes:
        names: What each is called, in the same order.
    """

    __slots__ = ("_middleware", "names")

    def __init__(self, middleware: Sequence[tuple[str, Middleware]] = ()) -> None:
        """Take middleware, each with a name."""
        self._middleware = tuple(each for _, each in middleware)
        self.names = tuple(name for name, _ in middleware)

    def around(self, table: Mapping[str, Method]) -> dict[str, Next]:
        """The methods with all middleware around them."""
        return {name: self._around(method) for name, method in table.items()}

    def _around(self, method: Method) -> Next:
        def answer(request: Request) -> Awaitable[Answer]:
            return method(request.params, request.ctx)

        proceed: Next = answer
        for middleware in reversed(self._middleware):
            proceed = _bound(middleware, proceed)
        return proceed


def _bound(middleware: Middleware, proceed: Next) -> Next:
    def enclosed(request: Request) -> Awaitable[Answer]:
        return middleware(request, proceed)

    return enclosed


def from_users(middleware: Middleware) -> Middleware:
    """Middleware of users, which may raise and return what handlers may."""

    async def contained(request: Request, proceed: Next) -> Answer:
        try:
            with Contained():
                answer = cast(object, await middleware(request, proceed))
        except ToolError as error:
            if request.method == "tools/call":
                return tool_failure(error)
            raise ProtocolError(INTERNAL_ERROR, str(error)) from None
        if isinstance(answer, Answer):
            return answer
        if is_object(answer):
            return Answer.of(answer)
        raise TypeError(f"middleware returned {type(answer).__name__}, not an Answer")

    return contained
