"""The names that callers of a manifest get: which schemas have classes, and what of it
is recorded.

Joins the manifest, the naming rules and the models engine; knows neither where a record
is kept nor templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mcpgen import naming
from mcpgen.diagnostics import Diagnostic, MCPGenError
from mcpgen.given import Given

if TYPE_CHECKING:
    from mcpgen.manifest import Declaration, Manifest, Pointer, Prompt
    from mcpgen.models import Root
    from mcpgen.naming import AllNames, Names

Json: TypeAlias = Any
Record: TypeAlias = Mapping[str, Given]
"""The names of declarations, by what `label` says of each."""

LARGEST_MODULE: Final = 64
"""Classes that one module of models holds: making a class takes half a millisecond, so
users of a large project wait for those alone that they use."""

_EXPRESSION: Final = re.compile(r"\{([+#./;?&]?)([^{}]*)\}")
_MODIFIER: Final = re.compile(r"(?:\*|:\d+)$")
_KEYS: Final = {"resource": "uri", "template": "uriTemplate"}


def label(kind: str, definition: Mapping[str, Json]) -> str:
    """What a declaration is found by: its kind, and its name, URI or URI template."""
    return f"{kind} {definition[_KEYS.get(kind, 'name')]}"


def groups(manifest: Manifest) -> dict[str, Sequence[Declaration]]:
    """Everything that a manifest declares, by kind."""
    return {
        "tool": manifest.tools,
        "prompt": manifest.prompts,
        "resource": manifest.resources,
        "template": manifest.resource_templates,
    }


def declared(manifest: Manifest, given: Record | None = None) -> AllNames:
    """The names of everything that a manifest declares.

    Args:
        manifest: The manifest.
        given: Names that callers have: they stay.
    """
    known = {name: its for name, its in (given or {}).items() if _is_usable(its)}
    wires = [
        [
            naming.Wire(d.name, asked_for(d), known.get(label(kind, d.definition)))
            for d in declarations
        ]
        for kind, declarations in groups(manifest).items()
    ]
    return naming.for_declarations(*wires)


def asked_for(declaration: Declaration) -> tuple[str, ...]:
    """The arguments that a handler method completes."""
    completions = getattr(declaration, "completions", ())
    return tuple(c.argument for c in completions if c.values is None)


def _is_usable(given: Given) -> bool:
    from mcpgen.models import is_class_name

    return all(map(is_class_name, (given.class_base, *given.classes.values())))


def roots(manifest: Manifest, names: AllNames) -> Iterator[tuple[Pointer, Root]]:
    """The schemas that get classes, each with its place in the manifest."""
    for tool, its in zip(manifest.tools, names.tools, strict=True):
        where = f'tool "{tool.name}"'
        made = _root(its, "Input", tool.input_schema, f"{where}, inputSchema")
        yield (*tool.pointer, "inputSchema"), replace(made, is_arguments=True)
        if tool.output_schema is not None:
            made = _root(its, "Output", tool.output_schema, f"{where}, outputSchema")
            yield (*tool.pointer, "outputSchema"), made
    for prompt, its in zip(manifest.prompts, names.prompts, strict=True):
        if prompt.arguments:
            schema = arguments_schema(prompt)
            where = f'prompt "{prompt.name}"'
            yield prompt.pointer, _root(its, "Arguments", schema, where)
    for template, its in zip(
        manifest.resource_templates, names.resource_templates, strict=True
    ):
        schema = variables_schema(template.uri_template)
        where = f'resource template "{template.name}"'
        yield template.pointer, _root(its, "Variables", schema, where)


def placed(
    error: MCPGenError, manifest: Manifest, found: Iterable[tuple[Pointer, Root]]
) -> MCPGenError:
    """An error of the models engine, with the places of the schemas that it is about."""
    places = {root.where: at for at, root in found}

    def placed_one(diagnostic: Diagnostic) -> Diagnostic:
        where = diagnostic.message.partition(": ")[0]
        if diagnostic.span is not None or where not in places:
            return diagnostic
        return replace(diagnostic, span=manifest.source.span(places[where]))

    return MCPGenError(map(placed_one, error.diagnostics))


def _root(names: Names, suffix: str, schema: dict[str, Json], where: str) -> Root:
    from mcpgen.models import Kept, Root

    kept = Kept()
    if names.given is not None:
        classes = names.given.within(suffix.lower())
        classes.pop("", None)
        kept = Kept(classes, names.given.attributes)
    return Root(names.root(suffix), schema, where, names.module, kept=kept)


def parameters(
    names: Names, suffix: str, attributes: Mapping[str, str]
) -> tuple[str, ...]:
    """The parameters of a client's method.

    Args:
        names: The names of the declaration.
        suffix: The last word of the class that has the parameters as attributes.
        attributes: The attributes of that class, by wire name.
    """
    known: dict[str, str] = {}
    if names.given is not None:
        before = names.given.attributes.get(names.root(suffix), {})
        known = {
            attributes[wire]: names.given.arguments.get(wire, name)
            for wire, name in before.items()
            if wire in attributes
        }
    return naming.parameters(attributes.values(), known)


def names_of(manifest: Manifest, given: Record | None = None) -> dict[str, Given]:
    """The names that callers of a manifest get, or have.

    Args:
        manifest: The manifest.
        given: Names that callers have: they stay.
    """
    from mcpgen.models import read_names

    names = declared(manifest, given)
    listed = list(roots(manifest, names))
    try:
        found, attributes = read_names(
            [root for _, root in listed], reserved=reserved(manifest)
        )
    except MCPGenError as error:
        raise placed(error, manifest, listed) from None
    return record(manifest, names, found, attributes)


def reserved(manifest: Manifest, name: str | None = None) -> list[str]:
    """Names that no class gets, because the project's own classes have them."""
    name = name or manifest.base_name
    try:
        prefix = [naming.for_project(name).class_prefix] if name else []
    except MCPGenError:
        prefix = []
    return [*prefix, "TypeAlias"]


def record(
    manifest: Manifest,
    names: AllNames,
    places: Mapping[str, Mapping[str, str]],
    attributes: Mapping[str, Mapping[str, str]],
) -> dict[str, Given]:
    """The names of everything that a manifest declares, as they are recorded.

    Args:
        manifest: The manifest.
        names: What its declarations are called.
        places: By each class of a whole schema, the classes inside of it by place.
        attributes: The attributes of each class, by wire name.
    """
    listed = (names.tools, names.prompts, names.resources, names.resource_templates)
    return {
        label(kind, declaration.definition): _given(its, places, attributes)
        for (kind, group), all_names in zip(
            groups(manifest).items(), listed, strict=True
        )
        for declaration, its in zip(group, all_names, strict=True)
    }


def _given(
    names: Names,
    places: Mapping[str, Mapping[str, str]],
    attributes: Mapping[str, Mapping[str, str]],
) -> Given:
    classes: dict[str, str] = {}
    arguments: dict[str, str] = {}
    for suffix in naming.ROOTS:
        root = names.root(suffix)
        if root not in places:
            continue
        start = suffix.lower()
        classes[start] = root
        classes |= {f"{start}{place}": name for place, name in places[root].items()}
        if suffix != "Output" and root in attributes:
            own = attributes[root]
            called = parameters(names, suffix, own)
            arguments = {
                wire: name
                for (wire, attribute), name in zip(own.items(), called, strict=True)
                if name != attribute
            }
    return Given(
        names.method,
        names.module,
        names.class_base,
        dict(names.completers),
        arguments,
        classes,
        {
            name: attributes[name]
            for name in dict.fromkeys(classes.values())
            if attributes.get(name)
        },
    )


def arguments_schema(prompt: Prompt) -> dict[str, Json]:
    """The JSON Schema of a prompt's arguments: an object of strings."""
    properties: dict[str, Json] = {}
    for argument in prompt.arguments:
        properties[argument.name] = {"type": "string"}
        if argument.description is not None:
            properties[argument.name]["description"] = argument.description
    required = [argument.name for argument in prompt.arguments if argument.required]
    return {"type": "object", "properties": properties, "required": required}


def variables_schema(uri_template: str) -> dict[str, Json]:
    """The JSON Schema of a template's variables.

    A variable with `*` is a list, every other a string. Those of a query (`?`, `&`) and
    of path parameters (`;`) may be absent from a URI.
    """
    properties: dict[str, Json] = {}
    required: dict[str, None] = {}
    for operator, body in _EXPRESSION.findall(uri_template):
        for spelled in body.split(","):
            name = _MODIFIER.sub("", spelled.strip())
            exploded = {"type": "array", "items": {"type": "string"}}
            kind = exploded if spelled.endswith("*") else {"type": "string"}
            properties.setdefault(name, kind)
            if operator not in ("?", "&", ";"):
                required[name] = None
    return {"type": "object", "properties": properties, "required": list(required)}
