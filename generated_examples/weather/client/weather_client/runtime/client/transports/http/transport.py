"""HTTP as a transport: the channels of Streamable HTTP in both eras, and HTTP+SSE."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...channel import SessionChannel
from ...work.tasks import Tasks
from .requests import Http
from .stateless import StatelessChannel


class HttpTransport(Http):
    """A way to one server by its URL."""

    def requests(self, tasks: Tasks) -> StatelessChannel:
        """A channel for a modern server."""
        return StatelessChannel(self, tasks)

    def sessions(self, tasks: Tasks) -> list[Callable[[], SessionChannel]]:
        """Streamable HTTP, then HTTP+SSE."""
        from .http_sse import SseChannel
        from .streamable import StreamableChannel

        return [
            partial(StreamableChannel, self, tasks),
            partial(SseChannel, self, tasks),
        ]
