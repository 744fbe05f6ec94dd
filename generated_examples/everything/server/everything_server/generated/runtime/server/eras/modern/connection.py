"""The modern era on a connection: notifications name their request or subscription.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ....core.jsonrpc import RequestId, is_object
from ...incoming import Incoming
from ..era import Connected, ConnectionEra, ResponseChannel
from . import envelope
from .era import Decoded, Modern


class ModernConnection(ConnectionEra):
    """Answers modern requests on one connection."""

    def __init__(self, era: Modern, connection: Connected) -> None:
        self._era = era
        self._push = connection.push

    def claims(self, method: str, params: object) -> bool:
        """See `ConnectionEra`."""
        return not self._era.legacy_versions or (
            is_object(params) and envelope.is_modern(params.get("_meta"))
        )

    async def respond(
        self,
        incoming: Incoming,
        channel: ResponseChannel,
        request_id: RequestId,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """See `ConnectionEra`."""
        method, params = message["method"], message.get("params")
        given = params if is_object(params) else {}
        decoded = self._era.decode(incoming, request_id, method, given)
        if method == "subscriptions/listen":
            await self._listen(decoded, channel)
            return None
        response, _ = await self._era.answer(incoming, decoded, channel)
        return response

    async def _listen(self, request: Decoded, channel: ResponseChannel) -> None:
        ended = asyncio.Event()
        with self._era.subscriptions.opened(
            request.id, request.params, self._push, ended.set
        ) as subscription:
            await ended.wait()
        # Behind the notifications that wait for their turn.
        channel.finished = True
        self._push(subscription.response(self._era.frame))
