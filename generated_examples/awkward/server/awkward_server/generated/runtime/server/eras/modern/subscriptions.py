"""`subscriptions/listen`: streams of change notifications in the modern era.

https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from pydantic_core import to_json

from ....core import jsonrpc
from ....core.catalog import Json, JsonObject
from ....core.errors import invalid_params
from ....core.uri.template import MAX_URIS
from ...handlers.contract import Announcement
from ...incoming import OVERLOADED, too_many
from ...methods.registry import Change, Changes
from ...settings import Settings
from ..era import NOTIFICATIONS

SUBSCRIPTION_ID: Final = "io.modelcontextprotocol/subscriptionId"

_LISTS: Final[Mapping[str, Announcement]] = {
    "toolsListChanged": "tools",
    "promptsListChanged": "prompts",
    "resourcesListChanged": "resources",
}


@lru_cache(16)
def _rendered(change: Change) -> tuple[bytes, bytes]:
    """The notification of a change, before and after the id of the subscription."""
    place = "\0"
    params: dict[str, Json] = {"_meta": {SUBSCRIPTION_ID: place}}
    if change.uri is not None:
        params["uri"] = change.uri
    message = jsonrpc.notification(NOTIFICATIONS[change.what], params)
    before, _, after = message.partition(to_json(place))
    return before, after


@dataclass(eq=False, slots=True)
class Subscription:
    """One open subscription: it hears changes and sends what its client wants of them."""

    request_id: jsonrpc.RequestId
    _lists: frozenset[Announcement]
    _uris: frozenset[str]
    _send: Callable[[bytes], None]
    end: Callable[[], None]
    """Ends it when the server stops."""
    _id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._id = to_json(self.request_id)

    def acknowledge(self) -> None:
        """Send the first notification, which says what is announced."""
        granted: dict[str, Json] = {
            key: True for key, what in _LISTS.items() if what in self._lists
        }
        if self._uris:
            granted["resourceSubscriptions"] = sorted(self._uris)
        params: dict[str, Json] = {
            "_meta": {SUBSCRIPTION_ID: self.request_id},
            "notifications": granted,
        }
        method = "notifications/subscriptions/acknowledged"
        self._send(jsonrpc.notification(method, params))

    def __call__(self, change: Change, /) -> Iterator[None]:
        """Hear of a change."""
        uri = change.uri
        if change.what in self._lists if uri is None else uri in self._uris:
            before, after = _rendered(change)
            self._send(b"%b%b%b" % (before, self._id, after))
        yield


class Subscriptions:
    """The open subscriptions of one server, in all transports."""

    def __init__(self, changes: Changes, settings: Settings) -> None:
        self._changes = changes
        self._limit = settings.max_subscriptions
        self._open: set[Subscription] = set()

    @contextmanager
    def opened(
        self,
        request_id: jsonrpc.RequestId,
        params: JsonObject,
        send: Callable[[bytes], None],
        end: Callable[[], None],
    ) -> Generator[Subscription, None, None]:
        """A subscription, for as long as it is open.

        Args:
            request_id: The request's id.
            params: The parameters of `subscriptions/listen`.
            send: Sends a notification without waiting.
            end: Called when the server stops.

        Raises:
            ProtocolError: The filter is malformed.
            Refused: There are too many subscriptions.
        """
        lists, uris = self._filter(params)
        if len(self._open) >= self._limit:
            raise too_many(
                OVERLOADED, "Too many open subscriptions", "max_subscriptions", 5
            )
        subscription = Subscription(request_id, lists, uris, send, end)
        stop = self._changes.listen(subscription)
        self._open.add(subscription)
        try:
            subscription.acknowledge()
            yield subscription
        finally:
            stop()
            self._open.discard(subscription)

    def close(self) -> None:
        """End all subscriptions, each with its final response."""
        for subscription in tuple(self._open):
            subscription.end()

    def _filter(
        self, params: JsonObject
    ) -> tuple[frozenset[Announcement], frozenset[str]]:
        """What a client wants to hear of, as far as this server announces it."""
        wanted = params.get("notifications")
        if not isinstance(wanted, Mapping):
            raise invalid_params("`notifications` must be an object")
        declared = self._changes.declared
        lists: set[Announcement] = set()
        for key, what in _LISTS.items():
            flag = wanted.get(key, False)
            if not isinstance(flag, bool):
                raise invalid_params(f"`{key}` must be true or false")
            if flag and what in declared:
                lists.add(what)
        uris = _uris(wanted.get("resourceSubscriptions", ()), self._limit)
        return frozenset(lists), uris if "updates" in declared else frozenset()


def _uris(value: Json, limit: int) -> frozenset[str]:
    uris = value if isinstance(value, list | tuple) else None
    if uris is None or len(uris) > limit:
        raise invalid_params(
            f"`resourceSubscriptions` must be a list of at most {limit} URIs"
        )
    texts = [uri for uri in uris if isinstance(uri, str)]
    if len(texts) < len(uris):
        raise invalid_params("`resourceSubscriptions` holds URIs alone")
    if sum(map(len, texts)) > MAX_URIS:
        raise invalid_params(
            f"The URIs of `resourceSubscriptions` may have {MAX_URIS} characters in all"
        )
    return frozenset(texts)
