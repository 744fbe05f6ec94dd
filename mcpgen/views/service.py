"""The parts of `service.py` and of a new `handlers.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mcpgen import ir, pycode
from mcpgen.pycode import Call, Code, Expression, Row, Table, Value

from . import examples, runtime
from .common import BODY_INDENT, METHOD_INDENT, Method
from .handler import Handler


def service_imports(project: ir.Project, handlers: Sequence[Handler]) -> Code:
    """What `service.py` imports."""
    return pycode.import_block(
        (
            runtime.local("abc", ["abstractmethod"] if handlers else []),
            runtime.local("typing", ["ClassVar"]),
            runtime.local(".", ["models"] if _has_models(handlers) else []),
            runtime.local(".catalog", ["CATALOG"]),
            runtime.local(
                ".examples", ["EXAMPLES"] if examples.are_wanted(project) else []
            ),
            runtime.local(".revisions", ["REVISIONS"]),
            runtime.imports(project, "server", _from_runtime(project, handlers)),
        )
    )


def _from_runtime(project: ir.Project, handlers: Sequence[Handler]) -> set[str]:
    needed = {"Context", "Contract", "Service"}
    if any(handler.returns == "CompletionReturn" for handler in handlers):
        needed |= {"CompletionReturn"}
    if any(tool.output for tool in project.tools):
        needed |= {"StructuredReturn"}
    if any(tool.output is None for tool in project.tools):
        needed |= {"ToolReturn"}
    for declarations, names in (
        (project.tools, {"ToolBinding"}),
        (project.prompts, {"PromptBinding", "PromptReturn"}),
        (project.resources, {"ResourceBinding", "ResourceReturn"}),
        (project.resource_templates, {"ResourceReturn", "TemplateBinding"}),
    ):
        if declarations:
            needed |= {*names, "MaybeAwaitable"}
    if "MaybeAwaitable" not in needed:
        needed.remove("Context")
    return needed


def _has_models(handlers: Sequence[Handler]) -> bool:
    return any("models." in part for h in handlers for part in h.parameters)


def service_methods(handlers: Sequence[Handler]) -> Iterator[Method]:
    """One abstract method for everything that a handler answers."""
    for handler in handlers:
        yield Method(
            pycode.signature(
                f"def {handler.name}",
                handler.parameters,
                Code(f"MaybeAwaitable[{handler.returns}]"),
                METHOD_INDENT,
            ),
            pycode.docstring(handler.prose, BODY_INDENT),
        )


def contract(project: ir.Project, handlers: Sequence[Handler]) -> Code:
    """The class attribute that says which method answers for which wire name."""
    arguments: list[Expression | tuple[Code, Expression]] = [Code("CATALOG")]
    if _has_models(handlers):
        arguments.append(Code("models"))
    tables: list[tuple[str, list[tuple[str, Expression]]]] = [
        ("tools", [(t.wire_name, _tool_binding(t)) for t in project.tools]),
        ("prompts", [(p.wire_name, _prompt_binding(p)) for p in project.prompts]),
        (
            "resources",
            [
                (
                    r.uri,
                    Call(
                        Code("ResourceBinding"), (Value(r.method), *_scopes(r.scopes))
                    ),
                )
                for r in project.resources
            ],
        ),
        (
            "resource_templates",
            [
                (t.uri_template, _template_binding(t))
                for t in project.resource_templates
            ],
        ),
    ]
    for name, table in tables:
        if table:
            arguments.append((Code(name), Table(tuple(table))))
    arguments.append((Code("revisions"), Code("REVISIONS")))
    if project.transports != ir.DEFAULT_TRANSPORTS:
        listed = Row(tuple(map(Value, project.transports)))
        arguments.append((Code("transports"), listed))
    if project.auth is not None:
        arguments.append((Code("auth"), Table(tuple(_auth(project.auth)))))
    if examples.are_wanted(project):
        arguments.append((Code("examples"), Code("EXAMPLES")))
    return pycode.assignment(
        "contract: ClassVar[Contract]",
        Call(Code("Contract"), tuple(arguments)),
        METHOD_INDENT,
    )


def _tool_binding(tool: ir.Tool) -> Call:
    arguments: list[Expression | tuple[Code, Expression]] = [
        Value(tool.method),
        Value(tool.input.name),
    ]
    if tool.output:
        arguments.append(Value(tool.output.name))
    if tool.timeout is not None:
        arguments.append((Code("timeout"), Value(tool.timeout)))
    return Call(Code("ToolBinding"), (*arguments, *_scopes(tool.scopes)))


def _prompt_binding(prompt: ir.Prompt) -> Call:
    arguments: list[Expression | tuple[Code, Expression]] = [Value(prompt.method)]
    if prompt.arguments:
        arguments.append(Value(prompt.arguments.name))
    return Call(
        Code("PromptBinding"),
        (
            *arguments,
            *_completion_table(prompt.completions),
            *_scopes(prompt.scopes),
        ),
    )


def _template_binding(template: ir.ResourceTemplate) -> Call:
    return Call(
        Code("TemplateBinding"),
        (
            Value(template.method),
            Value(template.variables.name),
            *_completion_table(template.completions),
            *_scopes(template.scopes),
        ),
    )


def _scopes(scopes: tuple[str, ...]) -> Iterator[tuple[Code, Expression]]:
    if scopes:
        yield Code("scopes"), _texts(scopes)


def _texts(values: Iterable[str]) -> Row:
    return Row(tuple(map(Value, values)))


def _auth(chosen: dict[str, ir.Json]) -> Iterator[tuple[str, Expression]]:
    """The manifest's choice as settings of the server, which share its names."""
    for key, value in chosen.items():
        if key.startswith(("_", "x-")):
            continue
        name = "auth" if key == "kind" else f"auth_{_snake(key)}"
        yield name, Value(value) if isinstance(value, str | bool) else _entries(value)


def _entries(value: list[str] | dict[str, list[str]]) -> Row:
    if isinstance(value, list):
        return _texts(value)
    return _texts(f"{broad}={'+'.join(narrow)}" for broad, narrow in value.items())


def _snake(key: str) -> str:
    """A manifest's key as the name of a setting: `jwksUrl` is `jwks_url`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in key)


def _completion_table(
    completions: Sequence[ir.Completion],
) -> Iterator[tuple[Code, Expression]]:
    if completions:
        items: Iterable[tuple[str, Expression]] = (
            (
                c.argument,
                Value(c.method) if c.method else Row(tuple(map(Value, c.values))),
            )
            for c in completions
        )
        yield Code("complete"), Table(tuple(items))


def handler_methods(handlers: Sequence[Handler]) -> Iterator[Method]:
    """A method for each handler that says that it is not there yet."""
    for handler in handlers:
        body = Call(
            Code("raise ToolError" if handler.is_tool else "raise _missing"),
            (
                Value(
                    f"{handler.wire_name} is not implemented yet"
                    if handler.is_tool
                    else handler.wire_name
                ),
            ),
        )
        yield Method(
            pycode.signature(
                f"async def {handler.name}",
                handler.parameters,
                handler.implemented_returns or handler.returns,
                METHOD_INDENT,
            ),
            pycode.docstring(handler.brief, BODY_INDENT),
            pycode.expression(body, BODY_INDENT),
        )


def handler_imports(project: ir.Project, handlers: Sequence[Handler]) -> Code:
    """What `handlers.py` needs from `generated`."""
    needed = {f"{project.class_prefix}Service"}
    for handler in handlers:
        needed |= {"Context", "ToolError" if handler.is_tool else "ProtocolError"}
        if handler.implemented_returns is None:
            needed.add(handler.returns)
        if handler.parameters[1].startswith("args:"):
            needed.add("models")
    return pycode.imports(".generated", needed)


def example_imports(project: ir.Project) -> Code:
    """What the example's `handlers.py` needs from `generated`."""
    needed = ["Context", "ResourceNotFound", "ToolError", "models"]
    return pycode.imports(".generated", [*needed, f"{project.class_prefix}Service"])


def has_missing(handlers: Sequence[Handler]) -> bool:
    """Whether `handlers.py` has handlers besides those of tools."""
    return any(not handler.is_tool for handler in handlers)
