"""Branches of a union that are seen at once not to be meant: by type, or by a tag."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from .keywords import has_type, is_among, types_in
from .references import Base
from .verdict import Fault, Nested, Scene, Verdict
from .words import Json, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .walk import Walk

MAX_TAGS: Final = 8
"""Tags of one union that are compared."""

Tags = dict[str, list[Json]]


class Branch:
    """What one branch of a union wants at its outermost level."""

    __slots__ = ("tags", "types")

    def __init__(self, walk: Walk, schema: Json, base: Base) -> None:
        schema, base = walk.references.resolved(schema, base, walk.draft)
        wanted: Mapping[str, Json] = schema if is_object(schema) else {}
        if walk.draft <= 7 and "$ref" in wanted:
            wanted = {}
        self.types = list(types_in(wanted.get("type", [])))
        properties = wanted.get("properties")
        self.tags: Tags = walk.tags(properties, base) if is_object(properties) else {}


def quickly_rejected(
    walk: Walk, scene: Scene, schemas: list[Json]
) -> dict[int, Verdict]:
    """Verdicts on the branches that are certainly not meant, by index."""
    branches, common = _branches(walk, schemas, scene.base)
    walk.spend(2 + len(branches))
    tags = (
        [name for name in common if name in scene.value]
        if is_object(scene.value)
        else []
    )
    found: dict[int, Verdict] = {}
    for index, branch in enumerate(branches):
        if branch.types and not any(
            has_type(name, scene.value, walk.draft) for name in branch.types
        ):
            fault = Fault("type", branch.types, scene.value)
            found[index] = Verdict([fault], mistyped=True)
            continue
        for name in tags:
            options = branch.tags.get(name)
            if options and not is_among(options, scene.value[name]):
                walk.spend(len(options) >> 4)
                inner = Verdict([Fault("enum", options, scene.value[name])])
                found[index] = Verdict([Nested(name, inner)], tags=branch.tags)
                break
    return found


def _branches(
    walk: Walk, schemas: list[Json], base: Base
) -> tuple[list[Branch], list[str]]:
    """The branches, and the tags that several of them have."""
    known = walk.unions.get(id(schemas))
    if known is None:
        walk.spend(2 * len(schemas))
        branches = [Branch(walk, schema, base) for schema in schemas]
        counts = Counter(name for branch in branches for name in branch.tags)
        common = [name for name, count in counts.items() if count > 1][:MAX_TAGS]
        known = walk.unions[id(schemas)] = branches, common
    return known
