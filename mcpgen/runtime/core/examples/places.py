"""Where the references of one schema lead, within it; none is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urljoin

from ..schema.validator import SchemaValidator
from .values import Json, JsonObject, is_array, is_object, object_of

_LOCAL: Final = ("#/$defs/", "#/definitions/")


class Places:
    """Where the references of a schema lead, within it."""

    def __init__(self, root: JsonObject | bool) -> None:
        self._root = root
        self._bases: dict[int, str] = {}
        self._named: dict[str, Json] = {}
        self._index(root)

    def _index(self, root: Json) -> None:
        waiting: list[tuple[Json, str]] = [(root, "")]
        self._named[""] = root
        while waiting:
            value, base = waiting.pop()
            if is_object(value):
                own = value.get("$id")
                if isinstance(own, str):
                    base = urljoin(base, own).removesuffix("#")
                    self._named.setdefault(base, value)
                for keyword in ("$anchor", "$dynamicAnchor"):
                    if isinstance(name := value.get(keyword), str):
                        self._named.setdefault(f"{base}#{name}", value)
                self._bases[id(value)] = base
                waiting.extend((part, base) for part in value.values())
            elif is_array(value):
                waiting.extend((part, base) for part in value)

    def target(self, schema: JsonObject, reference: str) -> Json:
        """What a reference of a schema means; True where it can't be told."""
        base = self._bases.get(id(schema), "")
        whole = urljoin(base, reference) if reference[:1] != "#" else base + reference
        if whole in self._named:
            return self._named[whole]
        resource, _, pointer = whole.partition("#")
        found: Json = self._named.get(resource, True)
        for part in unquote(pointer).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if is_array(found) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                found = object_of(found).get(key, True)
        return found

    def alone(self, schema: JsonObject) -> SchemaValidator | None:
        """A validator of one part, or None where it needs more of the root."""
        whole = object_of(self._root)
        around = {
            k: whole[k] for k in ("$schema", "$defs", "definitions") if k in whole
        }
        if any(not r.startswith(_LOCAL) for r in _references(schema)) or "$id" in whole:
            return None
        if not any(True for _ in _references(schema)):
            around = {k: v for k, v in around.items() if k == "$schema"}
        return SchemaValidator({**around, **schema})


def _references(schema: Json) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if is_object(value):
            for keyword in ("$ref", "$dynamicRef"):
                if isinstance(reference := value.get(keyword), str):
                    yield reference
            waiting.extend(value.values())
        elif is_array(value):
            waiting.extend(value)
