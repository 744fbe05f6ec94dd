"""What a live server offers other than the catalog says: nothing is guessed from it.

Compares definitions as data; knows neither connections nor models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ..core.catalog import Json, JsonObject

MAX_DETAILS: Final = 20
"""Places that are named of one definition."""

IGNORED: Final = frozenset(["_meta", "icons"])
"""Keys that change nothing for a caller."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One definition that is not what the client was generated for.

    Attributes:
        kind: What it is: "tool", "prompt", "resource" or "resource template".
        name: Its wire name, or its URI.
        change: "missing" on the server, "added" there, or "changed".
        details: Where it changed, and how, for a person.
    """

    kind: str
    name: str
    change: Literal["missing", "added", "changed"]
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = "".join(f"\n  {detail}" for detail in self.details)
        return f"{self.kind} {self.name}: {self.change}{lines}"


def differences(
    kind: str, key: str, declared: Sequence[JsonObject], live: Sequence[JsonObject]
) -> Iterator[Difference]:
    """How the live definitions of one kind differ from the declared ones.

    Args:
        kind: What they are, for a person.
        key: The member that names them.
        declared: The catalog's definitions.
        live: The server's.
    """
    found = {str(each.get(key)): each for each in live}
    for definition in declared:
        name = str(definition[key])
        other = found.pop(name, None)
        if other is None:
            yield Difference(kind, name, "missing")
        elif details := tuple(_changes(definition, other, "")):
            shown = details[:MAX_DETAILS]
            rest = len(details) - len(shown)
            more = (f"and {rest} more",) if rest else ()
            yield Difference(kind, name, "changed", shown + more)
    for name in found:
        yield Difference(kind, name, "added")


def _changes(here: Json, there: Json, path: str) -> Iterator[str]:
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        for key in {**here, **there}:
            if path or key not in IGNORED:
                place = f"{path}.{key}" if path else key
                yield from _member(here, there, key, place)
    elif here != there or isinstance(here, bool) is not isinstance(there, bool):
        yield f"{path}: {_shown(here)} here, {_shown(there)} on the server"


def _member(here: JsonObject, there: JsonObject, key: str, place: str) -> Iterator[str]:
    # Some servers write null for what is absent, or an empty list for an empty object.
    if here.get(key) is None and there.get(key) is None:
        return
    if here.get(key) in ([], {}) and there.get(key) in ([], {}):
        return
    if key not in there:
        yield f"{place}: gone on the server"
    elif key not in here:
        yield f"{place}: new on the server"
    else:
        yield from _changes(here[key], there[key], place)


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
