"""Which branch of a union was meant, where none admits the value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ..document import Document, is_object
from .words import (
    Json,
    cut,
    is_dict,
    is_list,
    of_type,
    options_in_words,
    shown,
)

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

_MAX_TAGS: Final = 8
_SHORT: Final = 60


class Shape:
    """What one schema wants at its outermost level.

    Attributes:
        written: The schema as it stands in the document.
        schema: It, or what its reference leads to; empty where that is not known.
        properties: The schemas of properties, by their names, those of `allOf` included.
        tags: The properties that a `const` or `enum` restricts, each with its values.
        note: Names it; empty where it has no name.
    """

    __slots__ = ("note", "properties", "schema", "tags", "written")

    def __init__(self, document: Document, schema: Json) -> None:
        self.written = schema
        self.note = _note(schema)
        resolved = document.resolved(schema)
        self.schema: Mapping[str, Json] = resolved if is_object(resolved) else {}
        self.properties: dict[str, Json] = {}
        for part in (self.schema, *(self.schema.get("allOf") or ())):
            found = document.resolved(part)
            if is_object(found):
                self.properties.update(found.get("properties", {}))
        self.tags: dict[str, list[Json]] = {}
        for name, each in self.properties.items():
            part = document.resolved(each)
            if is_object(part) and "const" in part:
                self.tags[name] = [part["const"]]
            elif is_object(part) and isinstance(part.get("enum"), list):
                self.tags[name] = part["enum"]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A branch of a union, and what it says of a value.

    Attributes:
        shape: What it wants.
        mistyped: The types that it wants, where the value has another.
        errors: Why it does not admit the value, as far as that was found out.
        depth: The length of their paths that leads to the value.
    """

    shape: Shape
    mistyped: Sequence[str]
    errors: Sequence[ValidationError] = ()
    depth: int = 0

    def is_tagged(self, value: Json) -> bool:
        """Whether the value has a property that is one of the branch's tags."""
        return is_dict(value) and not self.shape.tags.keys().isdisjoint(value)

    def score(self, value: Json) -> tuple[int, int, int]:
        """How many parts it admits; how many have the right type; how many it knows."""
        inner = [(e.instance_path[self.depth :], type(e.kind)) for e in self.errors]
        wrong = {path[0] for path, _ in inner if path}
        other = {p[0] for p, kind in inner if len(p) == 1 and kind.__name__ == "Type"}
        known: set[str | int] = set()
        if is_dict(value):
            known = {name for name in value if name in self.shape.properties}
        elif is_list(value) and "items" in self.shape.schema:
            known = set(range(len(value)))
        return len(known - wrong), len(known - other), len(known)


def choose(
    branches: Sequence[Branch],
    value: Json,
    hint: Callable[[Json, Sequence[Json]], str],
) -> tuple[list[Branch], str | None] | tuple[tuple[str, ...], str]:
    """The branches that may have been meant, or one problem for all of them.

    Those of the right type are meant rather than others, then those whose tags the
    value has.

    Args:
        branches: All of them.
        value: What none of them admits.
        hint: Words on which option may have been meant by a value.

    Returns:
        The branches and a note that names the tag, or None where the branches' own name
            is to be used; or the path to the property that has a problem, empty for the
            value itself, and the reason.
    """
    own = [branch for branch in branches if not branch.mistyped]
    if not own:
        types = (name for branch in branches for name in branch.mistyped)
        return (), of_type(types, value)
    if len(own) == 1 or not is_dict(value):
        return own, "" if len(own) == 1 else None
    counts = Counter(name for branch in own for name in branch.shape.tags)
    names = [name for name, count in counts.items() if count > 1][:_MAX_TAGS]
    has = [(branch, _has_tags(branch, names, value)) for branch in own]
    meant = [branch for branch, found in has if found]
    if len(meant) > 1:
        return meant, None
    if meant:
        tag = next(n for n in names if n in meant[0].shape.tags and n in value)
        return meant, f" (for {cut(tag, _SHORT)} {shown(value[tag])})"
    rest = [branch for branch, found in has if found is None]
    for name in names:
        options = [o for branch in rest or own for o in branch.shape.tags.get(name, ())]
        listed = options_in_words(list({repr(o): o for o in options}.values()))
        if not rest and name in value and counts[name] == len(own):
            listed += hint(value[name], options)
            return (name,), f"{shown(value[name])} is not one of {listed}"
        if name not in value and rest and all(_wants(b, name) for b in rest):
            return (name,), f"is required; one of {listed}"
    return rest or own, None


def closest(branches: Sequence[Branch], value: Json) -> Branch | None:
    """The branch that describes and admits the most of a value's parts, if it is one."""
    scores = [branch.score(value) for branch in branches]
    best = max(scores)
    is_one = len(scores) == 1 or (best > (0, 0, 0) and scores.count(best) == 1)
    return branches[scores.index(best)] if is_one else None


def _wants(branch: Branch, name: str) -> bool:
    required = branch.shape.schema.get("required")
    return name in branch.shape.tags and isinstance(required, list) and name in required


def _has_tags(branch: Branch, names: Sequence[str], value: Json) -> bool | None:
    """Whether the value is tagged as a branch; None where it is not tagged."""
    found = [
        any(
            option == value[name]
            and isinstance(option, bool) is isinstance(value[name], bool)
            for option in branch.shape.tags[name]
        )
        for name in names
        if name in branch.shape.tags and name in value
    ]
    return all(found) if found else None


def _note(schema: Json) -> str:
    if not is_object(schema):
        return ""
    name = schema.get("title")
    reference = schema.get("$ref")
    if not isinstance(name, str) and isinstance(reference, str):
        name = unquote(reference.rpartition("/")[2])
    if not isinstance(name, str) or not name or name.isdigit() or "#" in name:
        return ""
    return f" (for {cut(name, _SHORT)})"
