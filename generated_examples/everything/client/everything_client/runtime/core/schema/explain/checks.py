"""Keywords that concern one value, without what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from .keywords import CHECKS, has_type, identity, types_in
from .verdict import Fault, Scene
from .words import Json, count_values, is_array, is_object

if TYPE_CHECKING:
    from .walk import Walk


Check: TypeAlias = "Callable[[Walk, Scene, Json], None]"


def checks_of(schema: Mapping[str, Json]) -> list[tuple[Check, Json]]:
    """The checks of the keywords that look at the value itself, in their order."""
    return [(_CHECKS[key], arg) for key, arg in schema.items() if key in _CHECKS]


def _plain(keyword: str) -> Check:
    test = CHECKS[keyword]

    def check(walk: Walk, scene: Scene, arg: Json) -> None:
        if is_array(arg):
            walk.spend(len(arg) >> 5)
        if not test(arg, scene.value):
            scene.verdict.findings.append(Fault(keyword, arg, scene.value))

    return check


def _type(walk: Walk, scene: Scene, arg: Json) -> None:
    if not any(has_type(name, scene.value, walk.draft) for name in types_in(arg)):
        scene.verdict.findings.append(Fault("type", arg, scene.value))
        scene.verdict.mistyped = True


def _pattern(walk: Walk, scene: Scene, arg: Json) -> None:
    if isinstance(scene.value, str):
        _compiled(walk, scene, "pattern", arg)


def _multiple(walk: Walk, scene: Scene, arg: Json) -> None:
    if has_type("number", scene.value, 2020):
        _compiled(walk, scene, "multipleOf", arg)


def _content(keyword: str) -> Check:
    def check(walk: Walk, scene: Scene, arg: Json) -> None:
        # Later drafts have them for information only.
        if isinstance(scene.value, str) and walk.draft in (6, 7):
            scene.verdict.doubts.append(Fault(keyword, arg, scene.value))

    return check


def _compiled(walk: Walk, scene: Scene, keyword: str, arg: Json) -> None:
    walk.spend(3)
    holds = walk.compiled.holds(keyword, arg, scene.value)
    if holds is not True:
        fault = Fault(keyword, arg, scene.value)
        verdict = scene.verdict
        (verdict.doubts if holds is None else verdict.findings).append(fault)


def required(walk: Walk, scene: Scene, arg: Json) -> None:
    """Note the properties that are missing."""
    if is_object(scene.value) and is_array(arg):
        walk.spend(len(arg) >> 4)
        _missing(scene, arg)


def _missing(scene: Scene, names: list[str]) -> None:
    missing = [name for name in names if name not in scene.value]
    if missing:
        scene.verdict.findings.append(Fault("required", missing, scene.value))


def dependent_required(walk: Walk, scene: Scene, arg: Json) -> None:
    if is_object(scene.value) and is_object(arg):
        walk.spend(len(arg) >> 3)
        for name, others in arg.items():
            if name in scene.value and is_array(others):
                _missing(scene, others)


def _unique(walk: Walk, scene: Scene, arg: Json) -> None:
    if arg is not True or not is_array(scene.value):
        return
    most = max(walk.steps, 0) * 2
    if count_values(scene.value, most) > most:
        scene.verdict.doubts.append(Fault("uniqueItems", None, scene.value))
        return
    seen: set[Json] = set()
    for index, item in enumerate(scene.value):
        walk.spend(1)
        same = identity(item)
        if same in seen:
            scene.verdict.findings.append(Fault("uniqueItems", index, scene.value))
            return
        seen.add(same)


def _exclusive(keyword: str, limit: str) -> Check:
    def check(_: Walk, scene: Scene, arg: Json) -> None:
        edge, value = arg, scene.value
        if isinstance(arg, bool):  # Draft 4.
            edge = scene.schema.get(limit)
            fails = arg and has_type("number", edge, 4) and edge == value
        else:
            fails = not CHECKS[keyword](arg, value)
        if fails:
            scene.verdict.findings.append(Fault(keyword, edge, value))

    return check


_CHECKS: Final[dict[str, Check]] = {
    **{keyword: _plain(keyword) for keyword in CHECKS},
    "type": _type,
    "pattern": _pattern,
    "multipleOf": _multiple,
    "contentEncoding": _content("contentEncoding"),
    "contentMediaType": _content("contentMediaType"),
    "dependentRequired": dependent_required,
    "uniqueItems": _unique,
    "exclusiveMinimum": _exclusive("exclusiveMinimum", "minimum"),
    "exclusiveMaximum": _exclusive("exclusiveMaximum", "maximum"),
}
