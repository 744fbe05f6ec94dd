"""Manifest -> `ir.Project`: every name decided, every class generated, nothing written.

Knows the manifest, the naming rules and the models engine; it must not know templates
or files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcpgen import callers, ir, naming, pycode
from mcpgen.callers import LARGEST_MODULE as LARGEST_MODULE
from mcpgen.diagnostics import Collector, MCPGenError
from mcpgen.examples import NoExample, example

if TYPE_CHECKING:
    from mcpgen.callers import Record
    from mcpgen.manifest import (
        Manifest,
        Prompt,
        Resource,
        ResourceTemplate,
        Tool,
    )
    from mcpgen.models import GeneratedModels, Memory
    from mcpgen.naming import Names


def build(
    manifest: Manifest,
    name: str | None = None,
    memory: Memory | None = None,
    given: Record | None = None,
) -> ir.Project:
    """The project that a manifest describes.

    Args:
        manifest: What `mcpgen.manifest.load` gave.
        name: The project's name; None takes the manifest's own.
        memory: What earlier runs made of the same schemas.
        given: Names that callers have: they stay.

    Raises:
        MCPGenError: With every diagnostic, where a name or a schema can't be used.
    """
    name = name or manifest.name or str(manifest.server_info.get("name", ""))
    key = "import-name" if manifest.import_name else "name"
    own = naming.for_project(
        manifest.import_name or name, span=lambda: manifest.source.span((key,))
    )
    _check_depth(manifest)
    names = callers.declared(manifest, given)
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
        eras=frozenset(manifest.eras),
        auth=manifest.auth,
        package=_package(manifest.package or {}),
        registry=_registry(manifest.registry),
        connect=manifest.connect,
        command=manifest.command,
        has_server="server" in manifest.targets,
        environment=tuple(map(_variable, manifest.environment)),
        features={half: tuple(names) for half, names in manifest.features.items()},
        transports=manifest.transports,
        shares_runtime=manifest.runtime == "shared",
        all_types=manifest.protocol_types == "all",
        editor_schema=ir.EDITOR_SCHEMA in manifest.source.text,
        contract=_contract(manifest, names, models),
    )


def _contract(
    manifest: Manifest, names: naming.AllNames, models: GeneratedModels
) -> dict[str, ir.Json]:
    from mcpgen import contracts

    attributes = {
        name: {field.wire_name: field.python_name for field in model.fields}
        for name, model in models.models.items()
        if model.is_class
    }
    found = callers.record(manifest, names, models.places, attributes)
    return contracts.to_json(contracts.from_manifest(manifest, found))


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


def _variable(written: dict[str, ir.Json]) -> ir.Variable:
    return ir.Variable(
        written["name"],
        written["description"],
        written.get("kind", "text"),
        is_secret=written.get("secret", False),
        is_required=written.get("required", False),
    )


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

    roots = list(callers.roots(manifest, names))
    try:
        return generate(
            [root for _, root in roots],
            reserved=[own.class_prefix, "TypeAlias"],
            largest=LARGEST_MODULE,
            memory=memory,
        )
    except MCPGenError as error:
        raise callers.placed(error, manifest, roots) from None


class _Maker:
    """Joins a declaration with its names and classes."""

    def __init__(self, models: GeneratedModels) -> None:
        self._models = models.models

    def tool(self, tool: Tool, names: Names) -> ir.Tool:
        model = self._models[names.root("Input")]
        has_output = tool.output_schema is not None
        return ir.Tool(
            wire_name=tool.name,
            method=names.method,
            definition=tool.definition,
            description=tool.description,
            input=model,
            output=self._models[names.root("Output")] if has_output else None,
            parameters=_parameters(names, "Input", model),
            sample=_sample(tool.input_schema),
            timeout=tool.timeout,
            scopes=tool.scopes,
        )

    def prompt(self, prompt: Prompt, names: Names) -> ir.Prompt:
        arguments = None
        if prompt.arguments:
            arguments = self._models[names.root("Arguments")]
        return ir.Prompt(
            wire_name=prompt.name,
            method=names.method,
            definition=prompt.definition,
            description=prompt.description,
            arguments=arguments,
            parameters=(
                _parameters(names, "Arguments", arguments) if arguments else ()
            ),
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
        variables = self._models[names.root("Variables")]
        return ir.ResourceTemplate(
            uri_template=template.uri_template,
            method=names.method,
            definition=template.definition,
            description=template.description,
            variables=variables,
            parameters=_parameters(names, "Variables", variables),
            completions=_completions(template, names),
            scopes=template.scopes,
        )


def _sample(schema: dict[str, ir.Json]) -> dict[str, ir.Json] | None:
    """Arguments that a schema accepts: those that it requires."""
    try:
        found = example(schema, optional=False)
    except NoExample:
        return None
    return dict(found)


def _parameters(names: Names, suffix: str, model: ir.Model) -> tuple[str, ...]:
    if not model.is_class:
        return ("arguments",)
    attributes = {field.wire_name: field.python_name for field in model.fields}
    return callers.parameters(names, suffix, attributes)


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
