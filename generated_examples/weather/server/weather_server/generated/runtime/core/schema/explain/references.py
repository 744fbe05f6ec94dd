"""Where the references of one schema lead, within it; nothing is ever fetched.

https://json-schema.org/draft/2020-12/json-schema-core#name-schema-identification
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import unquote, urljoin

from ..subschemas import below
from .words import Json, is_array, is_object

DRAFTS: Final = {
    "http://json-schema.org/draft-04/schema": 4,
    "http://json-schema.org/draft-06/schema": 6,
    "http://json-schema.org/draft-07/schema": 7,
    "https://json-schema.org/draft/2019-09/schema": 2019,
    "https://json-schema.org/draft/2020-12/schema": 2020,
}


_MAX_HOPS: Final = 8


def draft_of(schema: Json) -> int:
    """The dialect of a schema; 2020-12 where it names none."""
    named = schema.get("$schema") if is_object(schema) else None
    if not isinstance(named, str):
        return 2020
    return DRAFTS.get(named.removesuffix("#"), 2020)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """A schema resource, and those through which an evaluation came to it.

    Attributes:
        uri: The resource's URI.
        root: Its schema.
        scope: The URIs of the resources on the way, outermost first, each once.
    """

    uri: str
    root: Json
    scope: tuple[str, ...]


@dataclass(slots=True)
class _Resource:
    root: Json
    anchors: dict[str, Json] = field(default_factory=dict[str, Json])
    dynamic: dict[str, Json] = field(default_factory=dict[str, Json])


class References:
    """Resolves `$ref`, `$dynamicRef` and `$recursiveRef` of one schema document."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._draft = draft_of(document)
        self._id = "id" if self._draft == 4 else "$id"
        self._bases: dict[tuple[str, ...], Base] = {}
        self._targets: dict[tuple[str, int], tuple[Json, Base] | None] = {}
        uri = (self._own_id(document) or "").removesuffix("#")
        self.base = self._entered(uri, document, ())

    def enter(self, schema: Mapping[str, Json], base: Base) -> Base:
        """The base of a schema's own references: another where it has an `$id`."""
        own = self._own_id(schema)
        if own is None or own.startswith("#") or schema is base.root:
            return base
        uri = urljoin(base.uri, own).removesuffix("#")
        return self._entered(uri, schema, base.scope)

    def target(self, reference: str, base: Base) -> tuple[Json, Base] | None:
        """Where a `$ref` leads, and the base there; None where it leaves the schema."""
        key = (reference, id(base))
        if key not in self._targets:
            self._targets[key] = self._find(reference, base)
        return self._targets[key]

    def resolved(self, schema: Json, base: Base, draft: int) -> tuple[Json, Base]:
        """What stands at the end of `$ref` alone; else the schema itself."""
        for _ in range(_MAX_HOPS):
            if not is_object(schema) or not isinstance(schema.get("$ref"), str):
                break
            if draft > 7 and ("type" in schema or "properties" in schema):
                break
            base = self.enter(schema, base)
            found = self.target(schema["$ref"], base)
            if found is None:
                break
            schema, base = found
        return schema, base

    def dynamic_target(self, reference: str, base: Base) -> tuple[Json, Base] | None:
        """Where a `$dynamicRef` leads, given the resources on the way to it."""
        found = self.target(reference, base)
        name = reference.partition("#")[2]
        resource = None if found is None else self._resources.get(found[1].uri)
        if found is None or resource is None or resource.dynamic.get(name) is None:
            return found
        for uri in base.scope:
            other = self._resources.get(uri)
            if other is not None and name in other.dynamic:
                return other.dynamic[name], self._entered(uri, other.root, base.scope)
        return found

    def recursive_target(self, base: Base) -> tuple[Json, Base]:
        """Where `"$recursiveRef": "#"` of 2019-09 leads."""
        if is_object(base.root) and base.root.get("$recursiveAnchor") is True:
            for uri in base.scope:
                other = self._resources.get(uri)
                if other is None or not is_object(other.root):
                    continue
                if other.root.get("$recursiveAnchor") is True:
                    return other.root, self._entered(uri, other.root, base.scope)
        return base.root, base

    def _own_id(self, schema: Json) -> str | None:
        own = schema.get(self._id) if is_object(schema) else None
        if not isinstance(own, str) or (self._draft <= 7 and "$ref" in schema):
            return None
        return own

    def _entered(self, uri: str, root: Json, scope: tuple[str, ...]) -> Base:
        if uri not in scope:
            scope = (*scope, uri)
        found = self._bases.get((uri, *scope))
        if found is None:
            found = self._bases[uri, *scope] = Base(uri, root, scope)
        return found

    def _find(self, reference: str, base: Base) -> tuple[Json, Base] | None:
        if reference.startswith("#"):
            uri, root = base.uri, base.root
            fragment = reference[1:]
        else:
            uri, _, fragment = urljoin(base.uri, reference).partition("#")
            resource = self._resources.get(uri)
            if resource is None:
                return None
            root = resource.root
        base = self._entered(uri, root, base.scope)
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            resource = self._resources.get(uri)
            anchors = {} if resource is None else resource.anchors
            return (anchors[fragment], base) if fragment in anchors else None
        return self._follow(fragment, base)

    def _follow(self, fragment: str, base: Base) -> tuple[Json, Base] | None:
        found: Json = base.root
        for part in fragment.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if is_object(found) and key in found:
                if found is not base.root:
                    base = self.enter(found, base)
                found = found[key]
            elif is_array(found) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
        return found, base

    @cached_property
    def _resources(self) -> dict[str, _Resource]:
        """The resources by URI, with their anchors; made when first needed."""
        home = _Resource(self._document)
        found = {self.base.uri: home}
        waiting: list[tuple[Json, str, _Resource]] = [
            (self._document, self.base.uri, home)
        ]
        while waiting:
            schema, uri, resource = waiting.pop()
            if not is_object(schema):
                continue
            own = self._own_id(schema)
            if own is not None and own.startswith("#"):
                resource.anchors.setdefault(own[1:], schema)
            elif own is not None and schema is not self._document:
                uri = urljoin(uri, own).removesuffix("#")
                resource = found.setdefault(uri, _Resource(schema))
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(name := schema.get(keyword), str):
                    resource.anchors.setdefault(name, schema)
                    if keyword == "$dynamicAnchor":
                        resource.dynamic.setdefault(name, schema)
            waiting.extend(
                (inner, uri, resource)
                for keyword, value in schema.items()
                for _, inner in below(keyword, value)
            )
        return found
