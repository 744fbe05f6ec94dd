"""What servers report while they work: to whom each notification goes.

Knows nothing of streams. Callbacks belong to users: what they raise is logged.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from .options import LogMessage, Notification, Progress, ProgressCallback, Settings
from .shapes import members, text
from .work.limits import Clock
from .work.loop_thread import runs_here
from .work.threads import in_thread

logger: Final = logging.getLogger(__name__)


class Events:
    """Routes notifications: progress to its call, the rest to callbacks.

    Attributes:
        calls: Where progress goes, by its token, while a call runs.
        listeners: Called with every notification.
    """

    def __init__(self, settings: Settings) -> None:
        self._on_log = settings.on_log
        self._on_notification = settings.on_notification
        self.calls: dict[str | int, tuple[ProgressCallback | None, Clock]] = {}
        self.listeners: list[Callable[[Notification], None]] = []

    async def receive(self, message: Mapping[str, Any]) -> None:
        """Takes a notification."""
        method = message.get("method")
        params = members(message.get("params"))
        if not isinstance(method, str):
            return
        if method == "notifications/progress":
            await self._progress(params)
        elif method == "notifications/message" and self._on_log is not None:
            await _tell(self._on_log, _log_message(params))
        notification = Notification(method, params)
        for listener in self.listeners:
            listener(notification)
        if self._on_notification is not None:
            await _tell(self._on_notification, notification)

    async def _progress(self, params: Mapping[str, Any]) -> None:
        token = params.get("progressToken")
        waiting = self.calls.get(token) if isinstance(token, str | int) else None
        if waiting is None:
            return
        callback, clock = waiting
        clock.heard()
        if callback is None:
            return
        progress, total = _number(params.get("progress")), _number(params.get("total"))
        if progress is not None:
            report = Progress(progress, total, text(params.get("message")))
            await _tell(callback, report)


async def _tell(callback: Callable[[Any], object], value: object) -> None:
    """Calls a user's function; where that can use the client, its loop goes on."""
    try:
        if runs_here() and not inspect.iscoroutinefunction(callback):
            outcome = await in_thread(callback, value)
        else:
            outcome = callback(value)
        if inspect.isawaitable(outcome):
            await outcome
    except Exception:
        logger.exception("a callback of an MCP client failed")


def _log_message(params: Mapping[str, Any]) -> LogMessage:
    return LogMessage(
        str(params.get("level", "info")),
        text(params.get("logger")),
        params.get("data"),
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None
