"""Keywords that apply further schemas, to the value itself or to its parts.

https://json-schema.org/draft/2020-12/json-schema-core#name-a-vocabulary-for-applying-s
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from .checks import dependent_required, required
from .shortcuts import quickly_rejected
from .verdict import Fault, Nested, Request, Scene, Union, Verdict, Work
from .words import Json, is_array, is_object, parts

if TYPE_CHECKING:
    from .walk import Walk

MAX_UNEXPECTED: Final = 1_000
"""Unexpected properties of one object that are reported."""
_MAX_KNOWN: Final = 200
_DEEPEST: Final = 60

Keys: TypeAlias = Generator[Request, Verdict, "set[str | int]"]


# --- to the value itself ----------------------------------------------------


def reference(walk: Walk, scene: Scene, arg: Json) -> Work:
    """`$ref`."""
    found = walk.references.target(str(arg), scene.base)
    yield from _referred(scene, arg, found)


def _dynamic(walk: Walk, scene: Scene, arg: Json) -> Work:
    if walk.draft >= 2020:
        found = walk.references.dynamic_target(str(arg), scene.base)
        yield from _referred(scene, arg, found)


def _recursive(walk: Walk, scene: Scene, arg: Json) -> Work:
    if walk.draft == 2019:
        yield from _referred(scene, arg, walk.references.recursive_target(scene.base))


def _referred(scene: Scene, arg: Json, found: tuple[Json, Json] | None) -> Work:
    if found is None:
        # A meta-schema, the only one that is known without being in the document.
        scene.verdict.doubts.append(Fault("$ref", arg, scene.value))
        return
    schema, base = found
    scene.verdict.join((yield schema, scene.value, base))


def _all_of(_: Walk, scene: Scene, arg: Json) -> Work:
    for schema in arg:
        scene.verdict.join((yield schema, scene.value, scene.base))


def _any_of(walk: Walk, scene: Scene, arg: Json) -> Work:
    rejected = quickly_rejected(walk, scene, arg)
    branches: list[tuple[Json, Verdict]] = []
    for index, schema in enumerate(arg):
        inner = rejected.get(index) or (yield schema, scene.value, scene.base)
        if inner.is_valid:
            scene.verdict.join(inner)
            return
        branches.append((schema, inner))
    _none_of(scene, branches)


def _one_of(walk: Walk, scene: Scene, arg: Json) -> Work:
    rejected = quickly_rejected(walk, scene, arg)
    branches: list[tuple[Json, Verdict]] = []
    for index, schema in enumerate(arg):
        inner = rejected.get(index) or (yield schema, scene.value, scene.base)
        branches.append((schema, inner))
    valid = [inner for _, inner in branches if inner.is_valid]
    if len(valid) > 1:
        scene.verdict.findings.append(Fault("severalOf", arg, scene.value))
    elif not valid:
        _none_of(scene, branches)
    elif any(inner.is_valid is None for _, inner in branches):
        scene.verdict.doubts.append(None)
    else:
        scene.verdict.join(valid[0])


def _none_of(scene: Scene, branches: list[tuple[Json, Verdict]]) -> None:
    verdict = scene.verdict
    if any(inner.is_valid is None for _, inner in branches):
        verdict.doubts.append(None)
        return
    verdict.findings.append(Union(scene.value, tuple(branches)))
    if all(inner.mistyped for _, inner in branches):
        verdict.mistyped = True
    verdict.fits += max((inner.fits for _, inner in branches), default=0)


def _not(_: Walk, scene: Scene, arg: Json) -> Work:
    inner = yield arg, scene.value, scene.base
    if inner.is_valid:
        scene.verdict.findings.append(Fault("not", arg, scene.value))
    elif inner.is_valid is None:
        scene.verdict.doubts.append(None)


def _if(_: Walk, scene: Scene, arg: Json) -> Work:
    inner = yield arg, scene.value, scene.base
    if inner.is_valid is None:
        scene.verdict.doubts.append(None)
        return
    chosen = scene.schema.get("then" if inner.is_valid else "else", True)
    scene.verdict.join((yield chosen, scene.value, scene.base))


def _dependent(walk: Walk, scene: Scene, arg: Json) -> Work:
    if not is_object(scene.value):
        return
    lists = {name: each for name, each in arg.items() if is_array(each)}
    dependent_required(walk, scene, lists)
    walk.spend(len(arg) >> 3)
    for name, schema in arg.items():
        if name in scene.value and name not in lists:
            scene.verdict.join((yield schema, scene.value, scene.base))


# --- to the parts of an object ----------------------------------------------


def _properties(walk: Walk, scene: Scene, arg: Json) -> Work:
    value, verdict = scene.value, scene.verdict
    if not is_object(value):
        return
    verdict.tags.update(walk.tags(arg, scene.base))
    walk.spend(min(len(arg), len(value)) >> 3)
    shorter, longer = (value, arg) if len(value) <= 4 * len(arg) else (arg, value)
    names = [name for name in shorter if name in longer]
    # Scalars are evaluated first: they take little, and are the outermost.
    for name in sorted(names, key=lambda name: len(parts(value[name])) > 0):
        verdict.note(name, (yield arg[name], value[name], scene.base))


def _pattern_properties(walk: Walk, scene: Scene, arg: Json) -> Work:
    if not is_object(scene.value):
        return
    for pattern, schema in arg.items():
        names: list[str] = []
        for name in scene.value:
            matches = None if walk.is_over else walk.matches(pattern, name)
            if matches is None:
                walk.incomplete(scene)
                break
            if matches:
                names.append(name)
        yield from walk.children(scene, schema, names)


def _additional(walk: Walk, scene: Scene, arg: Json) -> Work:
    if not is_object(scene.value):
        return
    known: Json = scene.schema.get("properties") or {}
    rest = [name for name in _some(walk, scene) if name not in known]
    patterns = scene.schema.get("patternProperties")
    if patterns:
        rest = _unmatched(walk, scene, rest, list(patterns))
    yield from _rest(walk, scene, arg, rest)


def _some(walk: Walk, scene: Scene) -> Iterator[str]:
    """The names of an object, or as many as there is time for."""
    most = max(walk.steps, 0) * 4
    if len(scene.value) > most:
        walk.incomplete(scene)
    walk.spend(min(len(scene.value), most) >> 4)
    return islice(scene.value, most)


def _unmatched(
    walk: Walk, scene: Scene, names: list[str], patterns: list[str]
) -> list[str]:
    rest: list[str] = []
    for name in names:
        matched = [walk.matches(pattern, name) for pattern in patterns]
        if walk.is_over or (None in matched and True not in matched):
            walk.incomplete(scene)
            break
        if True not in matched:
            rest.append(name)
    return rest


def _rest(walk: Walk, scene: Scene, schema: Json, names: list[str]) -> Work:
    if schema is not False:
        yield from walk.children(scene, schema, names)
        return
    if len(names) > MAX_UNEXPECTED:
        walk.is_incomplete = True
    if names:
        known = tuple(islice(scene.schema.get("properties") or (), _MAX_KNOWN))
        fault = Fault("unknown", names[:MAX_UNEXPECTED], scene.value, known)
        scene.verdict.findings.append(fault)


def _names(walk: Walk, scene: Scene, arg: Json) -> Work:
    if not is_object(scene.value):
        return
    for name in scene.value:
        if walk.is_over:
            walk.incomplete(scene)
            return
        inner = yield arg, name, scene.base
        if inner.findings:
            scene.verdict.findings.append(Fault("propertyNames", inner, name))
        elif inner.doubts:
            scene.verdict.doubts.append(None)


def _required(walk: Walk, scene: Scene, arg: Json) -> Work:
    """After the properties that are there."""
    required(walk, scene, arg)
    yield from ()


def _unevaluated_properties(walk: Walk, scene: Scene, arg: Json) -> Work:
    if is_object(scene.value) and walk.draft >= 2019:
        if arg is False and _fails_in_place(scene.verdict):
            return
        covered = yield from _covered(walk, scene, 0)
        rest = [name for name in _some(walk, scene) if name not in covered]
        yield from _rest(walk, scene, arg, rest)


# --- to the items of an array -----------------------------------------------


def _prefix(_: Walk, scene: Scene, arg: Json) -> Work:
    if is_array(scene.value):
        for index, (schema, item) in enumerate(zip(arg, scene.value, strict=False)):
            scene.verdict.note(index, (yield schema, item, scene.base))


def _items(walk: Walk, scene: Scene, arg: Json) -> Work:
    if is_array(arg):
        yield from _prefix(walk, scene, arg)
    elif is_array(scene.value):
        first = scene.schema.get("prefixItems", ()) if walk.draft >= 2020 else ()
        yield from _after(walk, scene, arg, len(first))


def _additional_items(walk: Walk, scene: Scene, arg: Json) -> Work:
    first = scene.schema.get("items")
    if not is_array(first) or not is_array(scene.value) or walk.draft >= 2020:
        return
    if arg is not False:
        yield from _after(walk, scene, arg, len(first))
    elif len(scene.value) > len(first):
        fault = Fault("additionalItems", len(first), scene.value)
        scene.verdict.findings.append(fault)


def _after(walk: Walk, scene: Scene, schema: Json, start: int) -> Work:
    yield from walk.children(scene, schema, range(start, len(scene.value)))


def _contains(walk: Walk, scene: Scene, arg: Json) -> Work:
    if not is_array(scene.value):
        return
    least = scene.schema.get("minContains", 1) if walk.draft >= 2019 else 1
    most = scene.schema.get("maxContains") if walk.draft >= 2019 else None
    count = 0
    for item in scene.value:
        inner = yield arg, item, scene.base
        if inner.is_valid is None:
            scene.verdict.doubts.append(Fault("contains", least, scene.value))
            return
        count += inner.is_valid
        if most is None and count >= least:
            return
        if most is not None and count > most:
            break
    fault: Fault | None = None
    if count < least:
        keyword = "contains" if count == 0 else "minContains"
        fault = Fault(keyword, least, scene.value)
    elif most is not None and count > most:
        fault = Fault("maxContains", most, scene.value)
    if fault is not None:
        scene.verdict.findings.append(fault)


def _unevaluated_items(walk: Walk, scene: Scene, arg: Json) -> Work:
    if not is_array(scene.value) or walk.draft < 2019:
        return
    covered = yield from _covered(walk, scene, 0)
    walk.spend(len(scene.value) >> 3)
    most = min(len(scene.value), max(walk.steps, 0) * 4)
    if most < len(scene.value):
        walk.incomplete(scene)
    rest = [index for index in range(most) if index not in covered]
    if arg is not False:
        yield from walk.children(scene, arg, rest)
    elif rest:
        scene.verdict.findings.append(Fault("unevaluatedItems", arg, scene.value))


def _fails_in_place(verdict: Verdict) -> bool:
    """Whether what evaluates parts has failed, so that it evaluated none of them."""
    return any(
        isinstance(each, Union) or (isinstance(each, Nested) and each.key is None)
        for each in verdict.findings
    )


# --- what has been evaluated ------------------------------------------------


def _covered(walk: Walk, scene: Scene, depth: int) -> Keys:
    """The parts of a value that a schema evaluates, without `unevaluated…`."""
    walk.spend(2 + (len(parts(scene.value)) >> 3))
    if walk.is_over or depth > _DEEPEST:
        scene.verdict.doubts.append(None)
        return set()
    ref_alone = "$ref" in scene.schema and walk.draft <= 7
    found = set[str | int]()
    if not ref_alone:
        found |= (
            _covered_names(walk, scene, depth > 0)
            if is_object(scene.value)
            else (yield from _covered_items(walk, scene, depth > 0))
        )
    for schema, base in (yield from _in_place(walk, scene)):
        if is_object(schema):
            inner = Scene(
                schema,
                scene.value,
                walk.references.enter(schema, base),
                scene.verdict,
            )
            found |= yield from _covered(walk, inner, depth + 1)
    return found


def _covered_names(walk: Walk, scene: Scene, inner: bool) -> set[str | int]:
    schema, value = scene.schema, scene.value
    if "additionalProperties" in schema or (
        inner and "unevaluatedProperties" in schema
    ):
        return set(value)
    found: set[str | int] = {n for n in schema.get("properties", ()) if n in value}
    for pattern in schema.get("patternProperties", ()):
        for name in value:
            matches = walk.matches(pattern, name)
            if matches:
                found.add(name)
            elif matches is None or walk.is_over:
                scene.verdict.doubts.append(None)
                return found
    return found


def _covered_items(walk: Walk, scene: Scene, inner: bool) -> Keys:
    schema, count = scene.schema, len(scene.value)
    items = schema.get("items")
    if (
        (items is not None and not is_array(items))
        or (is_array(items) and "additionalItems" in schema)
        or (inner and "unevaluatedItems" in schema)
    ):
        return set(range(count))
    first = items if is_array(items) else schema.get("prefixItems", ())
    found: set[str | int] = set(range(min(len(first), count)))
    if "contains" in schema and walk.draft >= 2020:
        for index, item in enumerate(scene.value):
            verdict = yield schema["contains"], item, scene.base
            if verdict.is_valid:
                found.add(index)
            elif verdict.is_valid is None:
                scene.verdict.doubts.append(None)
                break
    return found


def _in_place(
    walk: Walk, scene: Scene
) -> Generator[Request, Verdict, list[tuple[Json, Json]]]:
    """The schemas that apply to the value itself, and admit it."""
    found: list[tuple[Json, Json]] = []
    for schema, base in _candidates(walk, scene):
        verdict = yield schema, scene.value, base
        if verdict.is_valid:
            found.append((schema, base))
        elif verdict.is_valid is None:
            scene.verdict.doubts.append(None)
    if "if" in scene.schema:
        verdict = yield scene.schema["if"], scene.value, scene.base
        if verdict.is_valid is None:
            scene.verdict.doubts.append(None)
            return found
        keyword = "then" if verdict.is_valid else "else"
        if verdict.is_valid:
            found.append((scene.schema["if"], scene.base))
        if keyword in scene.schema:
            found.append((scene.schema[keyword], scene.base))
    return found


def _candidates(walk: Walk, scene: Scene) -> Iterator[tuple[Json, Json]]:
    schema, base = scene.schema, scene.base
    for keyword in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(keyword, ()):
            yield each, base
    for keyword in ("dependentSchemas", "dependencies"):
        for name, each in schema.get(keyword, {}).items():
            if is_object(scene.value) and name in scene.value and not is_array(each):
                yield each, base
    references = walk.references
    for keyword, find in (
        ("$ref", references.target),
        ("$dynamicRef", references.dynamic_target),
    ):
        if keyword in schema:
            found = find(str(schema[keyword]), base)
            if found is not None:
                yield found
    if "$recursiveRef" in schema and walk.draft == 2019:
        yield references.recursive_target(base)


Apply: TypeAlias = "Callable[[Walk, Scene, Json], Work]"

APPLICATORS: Final[dict[str, Apply]] = {
    "$ref": reference,
    "$dynamicRef": _dynamic,
    "$recursiveRef": _recursive,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "required": _required,
    "prefixItems": _prefix,
    "items": _items,
    "additionalItems": _additional_items,
    "contains": _contains,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "dependentSchemas": _dependent,
    "dependencies": _dependent,
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _unevaluated_items,
}
"""In the order in which they are applied."""
