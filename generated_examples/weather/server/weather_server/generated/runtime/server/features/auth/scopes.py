"""Which scopes a request needs, and which of them include others.

A request needs those of the tool, prompt or resource that it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from ....core.jsonrpc import is_array, is_object
from ....core.uri.match import match
from ....core.uri.template import MAX_URIS
from ...methods.registry import LiveCatalog, Registry
from ...principal import Principal

_REMEMBERED: Final = 1_000


class Implications:
    """Scopes that include others, so that a broad one satisfies a narrow one."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Read entries such as `admin=read+write`, of the setting `auth_implies`.

        Raises:
            ValueError: An entry has another form.
        """
        self._direct: dict[str, frozenset[str]] = {}
        self._extended: dict[int, tuple[Principal, Principal]] = {}
        self.close: Final = lru_cache(_REMEMBERED)(self._close)
        """The scopes with all that they imply."""
        for entry in entries:
            broad, equals, narrow = entry.rpartition("=")
            names = frozenset(narrow.split("+"))
            if not (broad and equals and narrow) or "" in names:
                raise ValueError(f"auth_implies: {entry!r} is not BROAD=NARROW+NARROW")
            self._direct[broad] = names

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

    def _close(self, scopes: frozenset[str]) -> frozenset[str]:
        narrower = (self._direct.get(scope, frozenset[str]()) for scope in scopes)
        found = scopes.union(*narrower)
        return found if found == scopes else self._close(found)


class ScopeRequirements:
    """The scopes that requests need."""

    def __init__(self, catalog: LiveCatalog, most: int) -> None:
        """Prepare.

        Args:
            catalog: What there is.
            most: Resources that one subscription may name.
        """
        self._catalog = catalog
        self._most = most

    def of(self, method: object, params: object) -> tuple[str, ...]:
        """All scopes that a request needs; none where it names nothing that is there."""
        if not is_object(params):
            return ()
        # Calls of tools come most often: they take the shortest way.
        match method:
            case "tools/call":
                return _scopes(self._catalog.tools, params.get("name"))
            case "prompts/get":
                return _scopes(self._catalog.prompts, params.get("name"))
            case "resources/read" | "resources/subscribe":
                return self._uri(params.get("uri"))
            case "completion/complete":
                return self._completion(params)
            case "subscriptions/listen":
                return self._subscriptions(params)
            case _:
                return ()

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
            return _scopes(self._catalog.prompts, ref.get("name"))
        uri, templates = ref.get("uri"), self._catalog.resource_templates
        if isinstance(uri, str) and uri in templates:
            return templates.scopes(uri)
        return self._uri(uri)

    def _subscriptions(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        wanted = params.get("notifications")
        uris = wanted.get("resourceSubscriptions") if is_object(wanted) else None
        # Too many are refused later on in any case: nothing is spent on them here.
        if not is_array(uris) or len(uris) > self._most:
            return ()
        # Each may cost a match against every template, so the same is asked once.
        texts = dict.fromkeys(uri for uri in uris if isinstance(uri, str))
        if sum(map(len, texts)) > MAX_URIS:
            return ()
        return tuple(chain.from_iterable(map(self._uri, texts)))


def _scopes(entries: Registry[Any], name: object) -> tuple[str, ...]:
    return entries.scopes(name) if isinstance(name, str) else ()
