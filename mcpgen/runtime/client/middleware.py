"""Message middleware: code around every request of a client, in one order.

A middleware reads a request, changes it, answers early, or sees how it ends. Knows
requests and results, neither transports nor eras.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from .calls import Request
from .shapes import is_object

Result: TypeAlias = dict[str, Any]
"""The result of a request, a JSON object as the server sent it."""

Next: TypeAlias = Callable[[Request], Awaitable[Result]]
"""The rest of the chain; what it raises is a `ClientError`."""

Middleware: TypeAlias = Callable[[Request, Next], Awaitable[Result]]
"""Code around a request: `await proceed(request)` runs the rest and returns its result."""


def around(middleware: Sequence[Middleware], send: Next) -> Next:
    """A function that sends a request through all middleware, the outermost first."""
    for each in reversed(middleware):
        send = _bound(each, send)
    return send


def _bound(middleware: Middleware, proceed: Next) -> Next:
    async def run(request: Request) -> Result:
        result = await middleware(request, proceed)
        if not is_object(result):
            raise TypeError(
                f"the middleware {name_of(middleware)} returned {result!r}; "
                "return a result, such as that of `await proceed(request)`"
            )
        return result

    return run


def name_of(middleware: Middleware) -> str:
    """What a middleware is called when the order is printed."""
    named = getattr(middleware, "__qualname__", None)
    return str(named or type(middleware).__qualname__)
