"""Changes of what a server offers, as the notifications of both eras."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ...core import jsonrpc
from ...core.catalog import Json
from ..handlers.contract import Announcement
from ..methods.registry import Change

NOTIFICATIONS: Final[Mapping[Announcement, str]] = {
    "tools": "notifications/tools/list_changed",
    "prompts": "notifications/prompts/list_changed",
    "resources": "notifications/resources/list_changed",
    "updates": "notifications/resources/updated",
}
"""Methods by what changed."""


@lru_cache(16)
def notification(change: Change) -> bytes:
    """The notification of a change, in the legacy era; rendered once for all clients."""
    params: dict[str, Json] = {} if change.uri is None else {"uri": change.uri}
    return jsonrpc.notification(NOTIFICATIONS[change.what], params or None)
