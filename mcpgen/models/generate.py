"""The steps of the models stage in order: read, type, write, read back, check."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from mcpgen.ir import Field, Json, Model, ModelsModule

from .dict_source import dicts_source
from .dicts import Dicts, find_dicts, name_dicts
from .documents import Document, Schema, schema_map
from .imprecise import Imprecise
from .kept import Kept, Places, keep_names
from .names import MODULE_NAMES, ClassNames, pascal_case
from .readback import check_dicts, check_module, read_models
from .reading import Library, Reader
from .remembered import Made, Memory
from .source import expression_source, module_source
from .tags import find_tags
from .types import Class, Definition
from .typing_stage import type_expressions

_ORIGINS: Final = {
    "Annotated": "typing",
    "Any": "typing",
    "Literal": "typing",
    "Mapping": "collections.abc",
    "NotRequired": "typing",
    "Sequence": "collections.abc",
    "TYPE_CHECKING": "typing",
    "TypeAlias": "typing",
    "TypeAliasType": "typing_extensions",
    "TypedDict": "typing",
    "Field": "pydantic",
    "Model": "",
    "absent": "",
}


@dataclass(frozen=True, slots=True)
class Root:
    """A whole JSON Schema document that gets a name.

    Attributes:
        name: The class or alias, unique among all roots, in PascalCase.
        schema: The document; it is only read.
        where: What to call it in diagnostics, such as "tool 'get_forecast', input".
        module: The module for it and its nested objects, should one not hold them all.
        is_arguments: Whether its properties are arguments that callers give.
        kept: The names inside of it that callers have.
    """

    name: str
    schema: Schema
    where: str
    module: str = ""
    is_arguments: bool = False
    kept: Kept = field(default_factory=Kept)


@dataclass(frozen=True, slots=True)
class GeneratedModels:
    """Classes and aliases as source, and what they hold.

    Attributes:
        modules: The source: one module, or several that don't need each other.
        models: Every class and alias by its name, as it stands in the source.
        places: By each root, the classes and aliases inside of it by their places.
    """

    modules: tuple[ModelsModule, ...]
    models: dict[str, Model]
    places: dict[str, Places] = field(default_factory=dict[str, Places])

    @property
    def source(self) -> str:
        """The source of the only module."""
        return self._only.source

    @property
    def imports(self) -> tuple[str, ...]:
        """The imports of the only module."""
        return self._only.imports

    @property
    def base_names(self) -> tuple[str, ...]:
        """What the only module needs from the runtime."""
        return self._only.base_names

    @property
    def _only(self) -> ModelsModule:
        (module,) = self.modules
        return module


def generate(
    roots: Sequence[Root],
    *,
    reserved: Collection[str] = (),
    largest: int | None = None,
    memory: Memory | None = None,
) -> GeneratedModels:
    """The models of many schemas: in one module, or in those that the roots name.

    A root that is an object becomes a class even if it has no properties; any other
    root becomes an alias. Names of nested objects begin with their root's name.

    Args:
        roots: The schemas; unique in their names.
        reserved: Names that no class may get, besides those of the roots.
        largest: Classes and aliases that one module may hold; more of them are spread
            over the modules that the roots name. None keeps them together.
        memory: Spares the work for modules that an earlier run made of the same.

    Raises:
        MCPGenError: MG311 for a reference out of its schema, MG312 for a schema that is
            too large.
        ValueError: For a root name that no class can have.
    """
    names = ClassNames(reserved)
    groups: dict[str, list[Root]] = {}
    for root in roots:
        groups.setdefault(root.module, []).append(root)
        names.claim(root.name, root.module)
        names.reserve(root.kept.classes.values(), root.module)
    library = Library(names)
    places: dict[str, Places] = {}
    homes: dict[str, str] = {}
    old: dict[str, Made] = {}
    keys: dict[str, str] = {}
    dicts: dict[str, str] = {}
    is_spread = largest is not None and len(roots) > largest
    for home, group in groups.items():
        names.owner = home
        if memory is not None and is_spread:
            keys[home] = _key(memory, reserved, group)
            known = memory.module(keys[home])
            if known is not None and names.adopt(
                (*known.module.names, *known.module.dicts_names)
            ):
                old[home] = known
                places |= known.places
                continue
        places |= _read(group, library)
        arguments = [root.name for root in group if root.is_arguments]
        dicts |= name_dicts(library.definitions, arguments, names)
        for name in islice(library.definitions, len(homes), None):
            homes[name] = home
    if largest is None or (len(homes) <= largest and not old):
        homes = {}
    wanted = {root.name for root in roots if root.is_arguments}
    fresh = _finished(library, homes, dicts, wanted)
    if not homes and not old:
        return replace(fresh, places=places)
    return _joined(replace(fresh, places=places), old, keys, names.entangled, memory)


def read_names(
    roots: Sequence[Root], *, reserved: Collection[str] = ()
) -> tuple[dict[str, Places], dict[str, dict[str, str]]]:
    """Names alone: the places of each root, and the attributes of each class.

    As `generate` makes them, without the source.
    """
    names = ClassNames(reserved)
    groups: dict[str, list[Root]] = {}
    for root in roots:
        groups.setdefault(root.module, []).append(root)
        names.claim(root.name, root.module)
        names.reserve(root.kept.classes.values(), root.module)
    library = Library(names)
    places: dict[str, Places] = {}
    for home, group in groups.items():
        names.owner = home
        places |= _read(group, library)
        arguments = [root.name for root in group if root.is_arguments]
        name_dicts(library.definitions, arguments, names)
    attributes = {
        name: {p.wire_name: p.python_name for p in made.properties}
        for name, made in library.definitions.items()
        if isinstance(made, Class)
    }
    return places, attributes


def _key(memory: Memory, reserved: Collection[str], group: Sequence[Root]) -> str:
    parts = [
        [
            *(r.name, r.schema, r.where, r.module, r.is_arguments),
            *(dict(r.kept.classes), {k: dict(v) for k, v in r.kept.attributes.items()}),
        ]
        for r in group
    ]
    return memory.key([sorted(reserved), *parts])


def _read(group: Sequence[Root], library: Library) -> dict[str, Places]:
    """Read the schemas of one module into a library; gives the places of each."""
    own = Library(library.names)
    for root in group:
        reader = Reader(Document(root.schema, root.where), own, root.name)
        reader.define(root.name, root.schema, keep_empty_class=True)
        reader.run()
    kept = {root.name: root.kept for root in group}
    places = keep_names(own.definitions, kept, library.names)
    library.definitions.update(own.definitions)
    return places


def _joined(
    fresh: GeneratedModels,
    old: Mapping[str, Made],
    keys: Mapping[str, str],
    entangled: Collection[str],
    memory: Memory | None,
) -> GeneratedModels:
    """All modules in the order of their roots; what can be is remembered."""
    made = dict(old)
    for module in fresh.modules:
        models = {name: fresh.models[name] for name in module.names}
        inner = {n: p for n, p in fresh.places.items() if n in models}
        made[module.name] = Made(module, models, inner)
    found: dict[str, Model] = {}
    modules: list[ModelsModule] = []
    for home in keys or made:
        modules.append(made[home].module)
        found |= made[home].models
        if memory is not None and home in keys and home not in entangled:
            memory.keep_module(keys[home], made[home])
    return GeneratedModels(tuple(modules), found, fresh.places)


def imprecise_places(schema: Schema, where: str = "schema") -> tuple[Imprecise, ...]:
    """The places where the types of a document's models are `Any`, or hold it.

    Not all of them: an object may have further keys of any kind without a word, and what
    a schema says may be anything, explicitly, is no finding.

    Raises:
        MCPGenError: As `generate`.
    """
    names = ClassNames(())
    names.claim("Root")
    library = Library(names)
    reader = Reader(Document(schema, where), library, "Root")
    reader.define("Root", schema, keep_empty_class=True)
    reader.run()
    return reader.imprecise()


def generate_definitions(
    document: dict[str, Json],
    names: Mapping[str, str] | None = None,
    *,
    reserved: Collection[str] = (),
    where: str = "schema",
) -> GeneratedModels:
    """One models module for all `$defs` or `definitions` of one document.

    Args:
        document: The document; it is only read.
        names: Class names by definition; the others are called like their definition.
        reserved: Names that no nested class may get.
        where: What to call the document in diagnostics.

    Raises:
        MCPGenError: As `generate`.
        ValueError: For a name that no class can have, or that two definitions have.
    """
    found = {**schema_map(document, "definitions"), **schema_map(document, "$defs")}
    chosen = {key: (names or {}).get(key) or _class_name(key) for key in found}
    if len(set(chosen.values())) != len(chosen):
        raise ValueError(f"{where}: two definitions have the same class name")
    class_names = ClassNames(reserved)
    for name in chosen.values():
        class_names.claim(name)
    library = Library(class_names)
    reader = Reader(Document(document, where), library, "")
    for key, schema in found.items():
        reader.define(chosen[key], schema, keep_empty_class=False)
    reader.run()
    return _finished(library)


def _class_name(definition: str) -> str:
    name = pascal_case(definition)
    return f"{name}Model" if name in MODULE_NAMES else name


def _finished(
    library: Library,
    homes: Mapping[str, str] | None = None,
    dicts_names: Mapping[str, str] | None = None,
    arguments: Collection[str] = (),
) -> GeneratedModels:
    library.settle()
    parts: dict[str, dict[str, Definition]] = {} if homes else {"": {}}
    for name, definition in library.definitions.items():
        parts.setdefault((homes or {}).get(name, ""), {})[name] = definition
    typed = type_expressions(library.definitions)
    tags = find_tags(library.definitions)
    dicts = find_dicts(library.definitions, dicts_names or {})
    models: dict[str, Model] = {}
    modules: list[ModelsModule] = []
    for home, definitions in parts.items():
        source = module_source(definitions, typed, tags)
        tree = ast.parse(source)
        needed = check_module(tree, definitions) & MODULE_NAMES
        for name, model in read_models(tree, definitions).items():
            fields = typed[name].fields if name in arguments else ()
            models[name] = _accepting(model, fields, dicts)
        more = dicts_source(definitions, typed, dicts)
        own = tuple(dicts.names[n] for n in definitions if n in dicts.names)
        needed_too = check_dicts(ast.parse(more), own) & MODULE_NAMES
        modules.append(
            ModelsModule(
                name=home,
                source=source,
                imports=_imports(needed),
                base_names=tuple(sorted(n for n in needed if _ORIGINS[n] == "")),
                names=tuple(definitions),
                dicts=more,
                dicts_imports=_imports(needed | needed_too),
                dicts_names=own,
            )
        )
    return GeneratedModels(tuple(modules), models)


def _accepting(model: Model, expressions: Sequence[ast.expr], dicts: Dicts) -> Model:
    """A model whose fields say what callers may give for them."""
    fields: list[Field] = []
    for member, expression in zip(model.fields, expressions, strict=False):
        accepted = dicts.accepted(expression)
        is_same = ast.unparse(accepted) == ast.unparse(expression)
        accepts = None if is_same else expression_source(accepted)
        fields.append(replace(member, accepts=accepts))
    return replace(model, fields=tuple(fields)) if expressions else model


def _imports(needed: set[str]) -> tuple[str, ...]:
    lines: list[str] = []
    for module in ("collections.abc", "typing", "pydantic", "typing_extensions"):
        found = (name for name in needed if _ORIGINS[name] == module)
        # Import sorters want constants first.
        names = sorted(found, key=lambda name: (not name.isupper(), name))
        if names:
            lines.append(f"from {module} import {', '.join(names)}")
    return tuple(lines)
