"""Scopes: which a request needs, and which of them include others.

Knows the catalogue, and the methods that name its entries; no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from ....core.jsonrpc import is_array, is_object
from ....core.uri.match import match
from ....core.uri.template import MAX_URIS
from ...methods.registry import LiveCatalog
from ...principal import Principal

_REMEMBERED: Final = 1_000


class Implications:
    """Scopes that include others, so that a broad one satisfies a narrow one."""

    __slots__ = ("_direct", "_extended", "close")

    def __init__(self, entries: Iterable[str]) -> None:
        """Read entries such as `admin=read+write`.

        Raises:
            ValueError: An entry has another form.
        """
        self._direct: dict[str, frozenset[str]] = {}
        self.close: Final = lru_cache(_REMEMBERED)(self._follow)
        """The scopes with all that they imply."""
        self._extended: dict[int, tuple[Principal, Principal]] = {}
        for entry in entries:
            broad, equals, narrow = entry.rpartition("=")
            names = frozenset(narrow.split("+"))
            if not (broad and equals and narrow) or "" in names:
                raise ValueError(f"auth_implies: {entry!r} is not BROAD=NARROW+NARROW")
            self._direct[broad] = names

    def __bool__(self) -> bool:
        return bool(self._direct)

    def extend(self, principal: Principal) -> Principal:
        """A principal with all scopes that its own imply; the same one for the same one."""
        known = self._extended.get(id(principal))
        # The entry holds the principal, so that no other one can get its number.
        if known is not None:
            return known[1]
        extended = replace(principal, scopes=self.close(principal.scopes))
        if len(self._extended) >= _REMEMBERED:
            self._extended.clear()
        self._extended[id(principal)] = principal, extended
        return extended

    def _follow(self, scopes: frozenset[str]) -> frozenset[str]:
        found = set(scopes)
        pending = list(scopes)
        while pending:
            for narrow in self._direct.get(pending.pop(), frozenset()) - found:
                found.add(narrow)
                pending.append(narrow)
        return frozenset(found)


class ScopeRequirements:
    """The scopes that requests need."""

    __slots__ = ("_catalog", "_most", "_named", "_readers")

    def __init__(self, catalog: LiveCatalog, most: int) -> None:
        """Prepare.

        Args:
            catalog: What there is.
            most: Resources that one subscription may name.
        """
        self._catalog = catalog
        self._most = most
        # Calls of tools come most often: they take the shortest way.
        self._named: Final[Mapping[object, Callable[[str], tuple[str, ...]]]] = {
            "tools/call": catalog.tools.scopes,
            "prompts/get": catalog.prompts.scopes,
        }
        self._readers: Final[
            Mapping[str, Callable[[Mapping[str, Any]], tuple[str, ...]]]
        ] = {
            "resources/read": self._resource,
            "resources/subscribe": self._resource,
            "completion/complete": self._completion,
            "subscriptions/listen": self._subscriptions,
        }

    def of(self, method: object, params: object) -> tuple[str, ...]:
        """All scopes that a request needs; none where it names nothing that is there."""
        if not (isinstance(method, str) and is_object(params)):
            return ()
        scopes = self._named.get(method)
        if scopes is not None:
            name = params.get("name")
            return scopes(name) if isinstance(name, str) else ()
        reader = self._readers.get(method)
        return () if reader is None else reader(params)

    def _resource(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        return self._uri(params.get("uri"))

    def _uri(self, uri: object) -> tuple[str, ...]:
        if not isinstance(uri, str):
            return ()
        if uri in self._catalog.resources:
            return self._catalog.resources.scopes(uri)
        templates = self._catalog.resource_templates
        for template in templates:
            if match(template, uri) is not None:
                return templates.scopes(template)
        return ()

    def _completion(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        ref = params.get("ref")
        if not is_object(ref):
            return ()
        if ref.get("type") == "ref/prompt":
            return self.of("prompts/get", ref)
        uri = ref.get("uri")
        templates = self._catalog.resource_templates
        if isinstance(uri, str) and uri in templates:
            return templates.scopes(uri)
        return self._uri(uri)

    def _subscriptions(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        wanted = params.get("notifications")
        uris = wanted.get("resourceSubscriptions") if is_object(wanted) else None
        # Too many are refused later on, whoever asks: nothing is spent on them here.
        if not is_array(uris) or len(uris) > self._most:
            return ()
        # Each may cost a match against every template, so the same is asked once.
        texts = dict.fromkeys(uri for uri in uris if isinstance(uri, str))
        if sum(map(len, texts)) > MAX_URIS:
            return ()
        return tuple(chain.from_iterable(map(self._uri, texts)))
