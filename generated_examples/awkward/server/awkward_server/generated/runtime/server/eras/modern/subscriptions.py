"""`subscriptions/listen`: streams of change notifications in the modern era.

https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from aiohttp import web
from pydantic_core import to_json

from ....core import jsonrpc
from ....core.catalog import Json, JsonObject
from ....core.errors import INVALID_PARAMS, ProtocolError
from ....core.uri.template import MAX_URIS
from ...features.limits.limits import OVERLOADED, too_many
from ...methods.answer import Answer
from ...methods.registry import Change, Changes
from ...service import Announcement
from ...settings import Settings
from ...transports.http.exchange import Exchange
from ...transports.http.sse import Mailbox, event, is_gone
from ...transports.http.watch import Watch
from ..framing import SUBSCRIPTION_ID, ModernFrame

_LISTS: Final[Mapping[str, Announcement]] = {
    "toolsListChanged": "tools",
    "promptsListChanged": "prompts",
    "resourcesListChanged": "resources",
}
_NOTIFICATIONS: Final[Mapping[Announcement, str]] = {
    "tools": "notifications/tools/list_changed",
    "prompts": "notifications/prompts/list_changed",
    "resources": "notifications/resources/list_changed",
    "updates": "notifications/resources/updated",
}


@lru_cache(16)
def notification(change: Change) -> bytes:
    """The notification of a change, in the legacy era; rendered once for all clients."""
    params: dict[str, Json] = {} if change.uri is None else {"uri": change.uri}
    return jsonrpc.notification(_NOTIFICATIONS[change.what], params or None)


@lru_cache(16)
def _rendered(change: Change) -> tuple[bytes, bytes]:
    """The event of a change, before and after the id of the subscription."""
    place = "\0"
    params: dict[str, Json] = {"_meta": {SUBSCRIPTION_ID: place}}
    if change.uri is not None:
        params["uri"] = change.uri
    framed = event(jsonrpc.notification(_NOTIFICATIONS[change.what], params))
    before, _, after = framed.partition(to_json(place))
    return before, after


@dataclass(frozen=True, slots=True)
class _Filter:
    """What a client wants to hear of, as far as this server announces it."""

    lists: frozenset[Announcement]
    uris: frozenset[str]

    def wants(self, change: Change) -> bool:
        return (
            change.what in self.lists if change.uri is None else change.uri in self.uris
        )

    def acknowledged(self) -> dict[str, Json]:
        granted: dict[str, Json] = {
            key: True for key, what in _LISTS.items() if what in self.lists
        }
        if self.uris:
            granted["resourceSubscriptions"] = sorted(self.uris)
        return granted


class _Subscription:
    """One open stream; hears changes, and is watched for its client."""

    __slots__ = ("_exchange", "_filter", "_id", "_meta", "mailbox")

    def __init__(
        self, exchange: Exchange, request_id: jsonrpc.RequestId, wanted: _Filter
    ) -> None:
        self._exchange = exchange
        self._filter = wanted
        self._meta: dict[str, Json] = {SUBSCRIPTION_ID: request_id}
        self._id = to_json(request_id)
        self.mailbox = Mailbox(asyncio.get_running_loop())

    def acknowledge(self) -> None:
        message = jsonrpc.notification(
            "notifications/subscriptions/acknowledged",
            {"_meta": self._meta, "notifications": self._filter.acknowledged()},
        )
        self.mailbox.put(event(message))

    def __call__(self, change: Change, /) -> Iterator[None]:
        if self._filter.wants(change):
            before, after = _rendered(change)
            self.mailbox.put(b"%b%b%b" % (before, self._id, after))
        yield

    def check(self, now: float) -> None:
        if is_gone(self._exchange.request) or self._exchange.has_expired:
            self.mailbox.close()


class Subscriptions:
    """The open subscriptions of one server."""

    def __init__(
        self, changes: Changes, frame: ModernFrame, watch: Watch, settings: Settings
    ) -> None:
        self._changes = changes
        self._frame = frame
        self._watch = watch
        self._limit = settings.max_subscriptions
        self._keep_alive = settings.keep_alive
        self._open: set[_Subscription] = set()

    async def serve(
        self, exchange: Exchange, request_id: jsonrpc.RequestId, params: JsonObject
    ) -> web.StreamResponse:
        """Answer `subscriptions/listen`: returns when the subscription has ended.

        Raises:
            ProtocolError: The filter is malformed.
            Refused: There are too many subscriptions.
        """
        wanted = self._filter(params)
        if not exchange.takes_events:
            raise ProtocolError(
                INVALID_PARAMS, "subscriptions/listen needs Accept: text/event-stream"
            )
        if len(self._open) >= self._limit:
            raise too_many(
                OVERLOADED, "Too many open subscriptions", "max_subscriptions", 5
            )
        subscription = _Subscription(exchange, request_id, wanted)
        stop = self._changes.listen(subscription)
        self._open.add(subscription)
        self._watch.add_stream(subscription)
        try:
            subscription.acknowledge()
            stream = await exchange.open()
            await subscription.mailbox.deliver(stream, self._keep_alive)
            answer = Answer(b"", {SUBSCRIPTION_ID: request_id})
            await stream.write(event(self._frame.complete(request_id, answer)))
            await stream.end()
        except ConnectionError:
            exchange.outcome = "closed"
        finally:
            stop()
            self._open.discard(subscription)
            self._watch.discard(subscription)
        return (await exchange.open()).response

    def close(self) -> None:
        """End all subscriptions, each with its final response."""
        for subscription in tuple(self._open):
            subscription.mailbox.close()

    def _filter(self, params: JsonObject) -> _Filter:
        wanted = params.get("notifications")
        if not isinstance(wanted, Mapping):
            raise ProtocolError(INVALID_PARAMS, "`notifications` must be an object")
        declared = self._changes.declared
        lists: set[Announcement] = set()
        for key, what in _LISTS.items():
            flag = wanted.get(key, False)
            if not isinstance(flag, bool):
                raise ProtocolError(INVALID_PARAMS, f"`{key}` must be true or false")
            if flag and what in declared:
                lists.add(what)
        uris = _uris(wanted.get("resourceSubscriptions", ()), self._limit)
        return _Filter(frozenset(lists), uris if "updates" in declared else frozenset())


def _uris(value: Json, limit: int) -> frozenset[str]:
    uris = value if isinstance(value, list | tuple) else None
    if uris is None or len(uris) > limit:
        raise ProtocolError(
            INVALID_PARAMS,
            f"`resourceSubscriptions` must be a list of at most {limit} URIs",
        )
    texts = [uri for uri in uris if isinstance(uri, str)]
    if len(texts) < len(uris):
        raise ProtocolError(INVALID_PARAMS, "`resourceSubscriptions` holds URIs alone")
    if sum(map(len, texts)) > MAX_URIS:
        raise ProtocolError(
            INVALID_PARAMS,
            f"The URIs of `resourceSubscriptions` may have {MAX_URIS} characters in all",
        )
    return frozenset(texts)
