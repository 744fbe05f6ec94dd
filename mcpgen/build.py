"""Manifest -> `ir.Project`: every name decided, every class generated, nothing written.

Knows the manifest, the naming rules and the models engine; it must not know templates
or files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mcpgen import ir, naming, pycode
from mcpgen.diagnostics import Collector, Diagnostic, MCPGenError
from mcpgen.samples import sample

if TYPE_CHECKING:
    from mcpgen.manifest import (
        Manifest,
        Pointer,
        Prompt,
        Resource,
        ResourceTemplate,
        Tool,
    )
    from mcpgen.models import GeneratedModels, Memory, Root
    from mcpgen.naming import Names

_EXPRESSION: Final = re.compile(r"\{([+#./;?&]?)([^{}]*)\}")
LARGEST_MODULE: Final = 64
"""Classes that one module of models holds: making a class takes half a millisecond, so
users of a large project wait for those alone that they use."""

_MODIFIER: Final = re.compile(r"(?:\*|:\d+)$")


def build(
    manifest: Manifest, name: str | None = None, memory: Memory | None = None
) -> ir.Project:
    """The project that a manifest describes.

    Args:
        manifest: What `mcpgen.manifest.load` gave.
        name: The project's name; None takes the manifest's own.
        memory: What earlier runs made of the same schemas.

    Raises:
        MCPGenError: With every diagnostic, where a name or a schema can't be used.
    """
    name = name or manifest.name or str(manifest.server_info.get("name", ""))
    own = naming.for_project(name, span=lambda: manifest.source.span(("name",)))
    _check_depth(manifest)
    names = naming.for_declarations(
        [naming.Wire(tool.name) for tool in manifest.tools],
        [naming.Wire(p.name, _asked_for(p)) for p in manifest.prompts],
        [naming.Wire(resource.name) for resource in manifest.resources],
        [naming.Wire(t.name, _asked_for(t)) for t in manifest.resource_templates],
    )
    models = _models(manifest, names, own, memory)
    maker = _Maker(models)
    return ir.Project(
        name=name,
        server_package=own.server_package,
        client_package=own.client_package,
        class_prefix=own.class_prefix,
        manifest_file=manifest.source.file.replace("\\", "/").rpartition("/")[2],
        description=manifest.description,
        instructions=manifest.instructions,
        version=manifest.version,
        server_info={"name": name, **manifest.server_info},
        tools=tuple(map(maker.tool, manifest.tools, names.tools)),
        prompts=tuple(map(maker.prompt, manifest.prompts, names.prompts)),
        resources=tuple(map(maker.resource, manifest.resources, names.resources)),
        resource_templates=tuple(
            map(maker.template, manifest.resource_templates, names.resource_templates)
        ),
        models=models.modules,
        revisions=manifest.revisions,
        auth=manifest.auth,
        package=_package(manifest.package or {}),
        registry=_registry(manifest.registry),
        connect=manifest.connect,
        editor_schema=ir.EDITOR_SCHEMA in manifest.source.text,
    )


def _package(written: dict[str, ir.Json]) -> ir.Package:
    return ir.Package(
        name=written.get("name"),
        version=written.get("version"),
        license=written.get("license"),
        authors=tuple(
            (author["name"], author.get("email"))
            for author in written.get("authors", ())
        ),
        urls=tuple(written.get("urls", {}).items()),
        keywords=tuple(written.get("keywords", ())),
        python=written.get("python"),
    )


def _registry(written: dict[str, ir.Json] | None) -> ir.Registry | None:
    if written is None:
        return None
    return ir.Registry(
        written["name"],
        written.get("url"),
        written.get("package"),
        written.get("repository"),
    )


def _asked_for(declaration: Prompt | ResourceTemplate) -> tuple[str, ...]:
    """The arguments that a handler method completes."""
    return tuple(c.argument for c in declaration.completions if c.values is None)


def _check_depth(manifest: Manifest) -> None:
    """Refuse definitions that no Python source can hold as one literal."""
    problems = Collector()
    for declaration in manifest.declarations():
        if _deeper_than(declaration.definition, pycode.MAX_DEPTH - 1):
            problems.add(
                "MG241",
                f'"{declaration.name[:60]}" is nested deeper than '
                f"{pycode.MAX_DEPTH - 1} levels",
                span=manifest.source.span(declaration.pointer),
                hint="move inner schemas to `$defs` and refer to them",
            )
    problems.raise_errors()


def _deeper_than(value: ir.Json, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        layer = [
            part
            for item in layer
            for part in (item.values() if isinstance(item, dict) else item)
            if isinstance(part, dict | list)
        ]
        if not layer:
            return False
    return True


def _models(
    manifest: Manifest,
    names: naming.AllNames,
    own: naming.ProjectNames,
    memory: Memory | None,
) -> GeneratedModels:
    from mcpgen.models import generate

    roots = list(_roots(manifest, names))
    try:
        return generate(
            [root for _, root in roots],
            reserved=[own.class_prefix, "TypeAlias"],
            largest=LARGEST_MODULE,
            memory=memory,
        )
    except MCPGenError as error:
        raise _placed(error, manifest, roots) from None


def _roots(
    manifest: Manifest, names: naming.AllNames
) -> Iterable[tuple[Pointer, Root]]:
    """The schemas of which models are made, each with its place in the manifest."""
    from mcpgen.models import Root

    for tool, its in zip(manifest.tools, names.tools, strict=True):
        where = f'tool "{tool.name}"'
        inner = f"{its.class_base}Input"
        said = f"{where}, inputSchema"
        at = (*tool.pointer, "inputSchema")
        root = Root(inner, tool.input_schema, said, its.module, is_arguments=True)
        yield at, root
        if tool.output_schema is not None:
            outer = f"{its.class_base}Output"
            said = f"{where}, outputSchema"
            root = Root(outer, tool.output_schema, said, its.module)
            yield (*tool.pointer, "outputSchema"), root
    for prompt, its in zip(manifest.prompts, names.prompts, strict=True):
        if prompt.arguments:
            schema = arguments_schema(prompt)
            where = f'prompt "{prompt.name}"'
            root = Root(f"{its.class_base}Arguments", schema, where, its.module)
            yield prompt.pointer, root
    for template, its in zip(
        manifest.resource_templates, names.resource_templates, strict=True
    ):
        schema = variables_schema(template.uri_template)
        where = f'resource template "{template.name}"'
        root = Root(f"{its.class_base}Variables", schema, where, its.module)
        yield template.pointer, root


def _placed(
    error: MCPGenError, manifest: Manifest, roots: Iterable[tuple[Pointer, Root]]
) -> MCPGenError:
    """The error with the places of the schemas that it is about."""
    places = {root.where: at for at, root in roots}

    def placed(diagnostic: Diagnostic) -> Diagnostic:
        where = diagnostic.message.partition(": ")[0]
        if diagnostic.span is not None or where not in places:
            return diagnostic
        return replace(diagnostic, span=manifest.source.span(places[where]))

    return MCPGenError(map(placed, error.diagnostics))


def arguments_schema(prompt: Prompt) -> dict[str, ir.Json]:
    """The JSON Schema of a prompt's arguments: an object of strings."""
    properties: dict[str, ir.Json] = {}
    for argument in prompt.arguments:
        properties[argument.name] = {"type": "string"}
        if argument.description is not None:
            properties[argument.name]["description"] = argument.description
    required = [argument.name for argument in prompt.arguments if argument.required]
    return {"type": "object", "properties": properties, "required": required}


def variables_schema(uri_template: str) -> dict[str, ir.Json]:
    """The JSON Schema of a template's variables.

    A variable with `*` is a list, every other a string. Those of a query (`?`, `&`) and
    of path parameters (`;`) may be absent from a URI.
    """
    properties: dict[str, ir.Json] = {}
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


class _Maker:
    """Joins a declaration with its names and classes."""

    def __init__(self, models: GeneratedModels) -> None:
        self._models = models.models

    def tool(self, tool: Tool, names: Names) -> ir.Tool:
        model = self._models[f"{names.class_base}Input"]
        has_output = tool.output_schema is not None
        return ir.Tool(
            wire_name=tool.name,
            method=names.method,
            definition=tool.definition,
            description=tool.description,
            input=model,
            output=self._models[f"{names.class_base}Output"] if has_output else None,
            parameters=_parameters(model),
            sample=sample(tool.input_schema),
            timeout=tool.timeout,
            scopes=tool.scopes,
        )

    def prompt(self, prompt: Prompt, names: Names) -> ir.Prompt:
        arguments = None
        if prompt.arguments:
            arguments = self._models[f"{names.class_base}Arguments"]
        return ir.Prompt(
            wire_name=prompt.name,
            method=names.method,
            definition=prompt.definition,
            description=prompt.description,
            arguments=arguments,
            parameters=_parameters(arguments) if arguments else (),
            completions=_completions(prompt, names),
            scopes=prompt.scopes,
        )

    def resource(self, resource: Resource, names: Names) -> ir.Resource:
        return ir.Resource(
            uri=resource.uri,
            method=names.method,
            definition=resource.definition,
            description=resource.description,
            scopes=resource.scopes,
        )

    def template(self, template: ResourceTemplate, names: Names) -> ir.ResourceTemplate:
        variables = self._models[f"{names.class_base}Variables"]
        return ir.ResourceTemplate(
            uri_template=template.uri_template,
            method=names.method,
            definition=template.definition,
            description=template.description,
            variables=variables,
            parameters=_parameters(variables),
            completions=_completions(template, names),
            scopes=template.scopes,
        )


def _parameters(model: ir.Model) -> tuple[str, ...]:
    if not model.is_class:
        return ("arguments",)
    return naming.parameters(field.python_name for field in model.fields)


def _completions(
    declaration: Prompt | ResourceTemplate, names: Names
) -> tuple[ir.Completion, ...]:
    return tuple(
        ir.Completion(
            argument=completion.argument,
            method=names.completers.get(completion.argument),
            values=completion.values or (),
        )
        for completion in declaration.completions
    )
