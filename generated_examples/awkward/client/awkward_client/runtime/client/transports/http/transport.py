"""HTTP as a transport: the channels of Streamable HTTP in both eras, and HTTP+SSE."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ....core.features import load
from .requests import Http

if TYPE_CHECKING:
    from ...channel import RequestChannel, SessionChannel
    from ...work.tasks import Tasks


class HttpTransport(Http):
    """A way to one server by its URL."""

    def requests(self, tasks: Tasks) -> RequestChannel:
        """A channel for a modern server."""
        channel: RequestChannel = _part("stateless", "modern").StatelessChannel(
            self, tasks
        )
        return channel

    def sessions(self, tasks: Tasks) -> list[Callable[[], SessionChannel]]:
        """Streamable HTTP, then HTTP+SSE."""
        kinds = (
            _part("streamable", "legacy").StreamableChannel,
            _part("http_sse", "legacy").SseChannel,
        )
        return [partial(kind, self, tasks) for kind in kinds]


def _part(name: str, era: str) -> Any:
    """A module of one era, of unknown type: not every package has it."""
    return load(f"{__package__}.{name}", f"the {era} era", "client", era)
