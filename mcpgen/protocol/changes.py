"""What changed from one revision to another, change by change.

Part of the protocol stage. Compares tables and definitions, and asks `runtime_words`
which of the names the runtime acts on; prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

from .fields import Definition, Field
from .revisions import RevisionData
from .runtime_words import words
from .table import Request

Kind: TypeAlias = Literal[
    "era", "request", "notification", "capability", "type", "field"
]
What: TypeAlias = Literal["came", "went", "renamed", "changed"]

_ENVELOPE: Final = frozenset(["id", "jsonrpc", "method"])
"""Fields of requests and notifications that say nothing of the method itself."""

_MAX_DEPTH: Final = 20
"""Levels of objects in objects that are looked into."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two revisions.

    Attributes:
        kind: What it is about.
        what: What became of it.
        name: Its name: a method, a capability with its side (`server.tools`), a type, or
            a field with its type (`Tool.icons`).
        detail: The rest, in words; may be empty.
        handled: Whether the runtime acts on the name; None where nothing is to act on.
    """

    kind: Kind
    what: What
    name: str
    detail: str = ""
    handled: bool | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.what}{f': {self.detail}' if self.detail else ''}"


def compare(old: RevisionData, new: RevisionData) -> list[Change]:
    """Everything that changed, the methods first.

    Args:
        old: The revision to come from; it need not be the older one.
        new: The revision to go to.
    """
    return [
        *_era(old, new),
        *_requests(old, new),
        *_notifications(old, new),
        *_capabilities(old, new),
        *_Definitions(old.definitions, new.definitions).changes(),
    ]


def unhandled(data: RevisionData) -> list[str]:
    """What a revision has and the runtime does not act on: methods and capabilities."""
    table = data.table
    return [
        *(
            name
            for name in _sorted(
                table.client_requests,
                table.server_requests,
                table.client_notifications,
                table.server_notifications,
            )
            if name not in words()
        ),
        *(
            f"capability {side}.{name}"
            for side, names in _capability_sides(data)
            for name in names
            if name not in words()
        ),
    ]


def _era(old: RevisionData, new: RevisionData) -> Iterator[Change]:
    if old.table.era != new.table.era:
        detail = f"from {old.table.era} to {new.table.era}"
        yield Change("era", "changed", "era", detail, handled=True)


def _requests(old: RevisionData, new: RevisionData) -> Iterator[Change]:
    sides: list[tuple[str, Callable[[RevisionData], Mapping[str, Request]]]] = [
        ("a client asks a server", lambda data: data.table.client_requests),
        ("a server asks a client", lambda data: data.table.server_requests),
    ]
    for direction, requests in sides:
        before, after = requests(old), requests(new)
        yield from _came_and_went("request", before, after, direction)
        for name in sorted(before.keys() & after.keys()):
            if before[name].input_required != after[name].input_required:
                can = "can" if after[name].input_required else "can't"
                detail = f"the answer {can} be an InputRequiredResult"
                yield Change("request", "changed", name, detail, name in words())


def _notifications(old: RevisionData, new: RevisionData) -> Iterator[Change]:
    sides: list[tuple[str, Callable[[RevisionData], Iterable[str]]]] = [
        ("from a client to a server", lambda data: data.table.client_notifications),
        ("from a server to a client", lambda data: data.table.server_notifications),
    ]
    for direction, names in sides:
        yield from _came_and_went("notification", names(old), names(new), direction)


def _capabilities(old: RevisionData, new: RevisionData) -> Iterator[Change]:
    before, after = dict(_capability_sides(old)), dict(_capability_sides(new))
    for side in before:
        for change in _came_and_went("capability", before[side], after[side], ""):
            yield Change(
                "capability",
                change.what,
                f"{side}.{change.name}",
                handled=change.handled,
            )


def _capability_sides(data: RevisionData) -> list[tuple[str, tuple[str, ...]]]:
    return [
        ("client", data.table.client_capabilities),
        ("server", data.table.server_capabilities),
    ]


def _came_and_went(
    kind: Kind,
    before: Iterable[str],
    after: Iterable[str],
    detail: str,
) -> Iterator[Change]:
    old, new = set(before), set(after)
    for name in sorted(new - old):
        yield Change(kind, "came", name, detail, name in words())
    for name in sorted(old - new):
        yield Change(kind, "went", name, detail, True)


def _sorted(*groups: Iterable[str]) -> list[str]:
    return sorted({name for group in groups for name in group})


_Fields: TypeAlias = Mapping[str, Field]
_T = TypeVar("_T")


class _Definitions:
    """The definitions of two revisions, side by side."""

    def __init__(
        self, before: Mapping[str, Definition], after: Mapping[str, Definition]
    ) -> None:
        self._before = before
        self._after = after

    def changes(self) -> Iterator[Change]:
        before, after = self._before, self._after
        came = sorted(after.keys() - before.keys())
        went = sorted(before.keys() - after.keys())
        renamed = _renamed(
            {name: before[name] for name in went},
            {name: after[name] for name in came},
        )
        for old, new in renamed.items():
            yield Change("type", "renamed", old, f"now {new}")
        for name in came:
            if name not in renamed.values():
                yield Change("type", "came", name, _described(after[name]))
        for name in went:
            if name not in renamed:
                yield Change("type", "went", name)
        for name in sorted(before.keys() & after.keys()):
            yield from self._definition(name)

    def _definition(self, name: str) -> Iterator[Change]:
        before, after = self._before[name], self._after[name]
        if before.fields is not None and after.fields is not None:
            yield from self._fields(name, before.fields, after.fields, 0)
        elif before != after:
            detail = _became(_described(before), _described(after))
            yield Change("type", "changed", name, detail)

    def _fields(
        self, path: str, before: _Fields, after: _Fields, depth: int
    ) -> Iterator[Change]:
        messages = "method" in before and "method" in after
        ignored = _ENVELOPE if messages else frozenset[str]()
        came = sorted(after.keys() - before.keys() - ignored)
        went = sorted(before.keys() - after.keys() - ignored)
        renamed = _renamed(
            {name: before[name] for name in went},
            {name: after[name] for name in came},
        )
        for old, new in renamed.items():
            detail = f"perhaps it is called {new} now: the type is the same"
            yield _field(path, "renamed", old, detail)
        for name in came:
            if name not in renamed.values():
                yield _field(path, "came", name, _type(after[name]))
        for name in went:
            if name not in renamed:
                yield _field(path, "went", name, "")
        for name in sorted((before.keys() & after.keys()) - ignored):
            yield from self._one(path, name, before[name], after[name], depth)

    def _one(
        self, path: str, name: str, before: Field, after: Field, depth: int
    ) -> Iterator[Change]:
        if before.required != after.required:
            detail = f"it is {'required' if after.required else 'optional'} now"
            yield _field(path, "changed", name, detail)
        inner = _inside(before, self._before), _inside(after, self._after)
        old, new = inner
        named = before.fields is None and after.fields is None
        if old is not None and new is not None and not named and depth < _MAX_DEPTH:
            # One of them was given a name, or both are described in place.
            yield from self._fields(f"{path}.{name}", old, new, depth + 1)
        elif before.type != after.type:
            detail = _became(before.type, after.type)
            yield _field(path, "changed", name, detail)


def _inside(field: Field, definitions: Mapping[str, Definition]) -> _Fields | None:
    if field.fields is not None:
        return field.fields
    named = definitions.get(field.type)
    if named is None:
        return {} if field.type == "object" else None
    return named.fields


def _field(path: str, what: What, name: str, detail: str) -> Change:
    return Change("field", what, f"{path}.{name}", detail, name in words())


def _became(before: str, after: str) -> str:
    """How a type changed; of unions, which members came and went."""
    old, new = _members(before), _members(after)
    if len(old) < 2 or len(new) < 2:
        return f"{before} became {after}"
    came = [member for member in new if member not in old]
    went = [member for member in old if member not in new]
    if not came and not went:
        return "in another order"
    parts = [("with", came), ("without", went)]
    return "now " + " and ".join(f"{word} {', '.join(m)}" for word, m in parts if m)


def _members(union: str) -> list[str]:
    """The members of a union; those of unions inside of it stay together."""
    members, depth = [""], 0
    for word in union.split(" "):
        depth += word.count("{") + word.count("(") - word.count("}") - word.count(")")
        if word == "|" and depth == 0:
            members.append("")
        else:
            members[-1] = f"{members[-1]} {word}".strip()
    return members


def _described(definition: Definition) -> str:
    if definition.fields is None:
        return definition.type
    names = [
        name if field.required else f"{name}?"
        for name, field in definition.fields.items()
    ]
    return f"{{ {', '.join(names)} }}" if names else "an object"


def _type(field: Field) -> str:
    kind = field.type if field.fields is None else "an object"
    return f"{kind}, {'required' if field.required else 'optional'}"


def _renamed(went: Mapping[str, _T], came: Mapping[str, _T]) -> dict[str, str]:
    """Old name to new, where exactly one that went equals exactly one that came."""
    found: dict[str, str] = {}
    for old, value in went.items():
        same = [new for new, other in came.items() if other == value]
        rivals = [name for name, other in went.items() if other == value]
        if len(same) == 1 and len(rivals) == 1 and _tells(value):
            found[old] = same[0]
    return found


def _tells(value: object) -> bool:
    """Whether two of this kind are equal for more than a reason that many share."""
    if isinstance(value, Definition):
        return len(value.fields or ()) > 1
    return True
