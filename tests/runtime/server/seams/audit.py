"""A feature of one's own: it counts calls, and clients can ask for the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mcpgen.runtime.core.catalog import JsonObject
from mcpgen.runtime.server import (
    Answer,
    Context,
    Feature,
    Middleware,
    Next,
    ProtocolError,
    Request,
)


class Audit(Feature):
    """Counts calls by tool, and refuses a tool that was called too often."""

    name: ClassVar[str] = "audit"

    def __init__(self, most: int = 1_000) -> None:
        self.most = most
        self.calls: Counter[str] = Counter()
        self.errors = 0
        self.running = False

    def capabilities(self) -> Mapping[str, JsonObject]:
        return {"experimental": {"com.example/audit": {"most": self.most}}}

    def methods(self) -> Mapping[str, Any]:
        return {"com.example/audit": self.report}

    def middleware(self) -> Sequence[Middleware]:
        return (self.count,)

    async def report(self, params: JsonObject, ctx: Context) -> JsonObject:
        """The numbers."""
        return {"calls": dict(self.calls), "errors": self.errors, "era": ctx.era}

    async def count(self, request: Request, proceed: Next) -> Answer:
        """Message middleware."""
        if request.method != "tools/call" or request.name is None:
            return await proceed(request)
        self.calls[request.name] += 1
        if self.calls[request.name] > self.most:
            raise ProtocolError(-31000, "Called too often")
        answer = await proceed(request)
        self.errors += answer.is_error
        return answer

    async def on_startup(self, catalog: object) -> None:
        self.running = True

    async def on_shutdown(self) -> None:
        self.running = False
