"""What the service asks its user to write: each handler's name, arguments and result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mcpgen import ir, pycode
from mcpgen.pycode import Code

from .common import Declaration, model_name, said

_CONTEXT: Final = "ctx: Context"


@dataclass(frozen=True, slots=True)
class Handler:
    """A method of the service, before it is written."""

    name: Code
    parameters: tuple[Code, ...]
    returns: Code
    prose: str
    brief: str
    wire_name: str
    is_tool: bool = False
    implemented_returns: Code | None = None


def handlers(project: ir.Project) -> Iterator[Handler]:
    for tool in project.tools:
        output = model_name(tool.output) if tool.output else None
        yield Handler(
            name=pycode.identifier(tool.method),
            parameters=_arguments(tool.input),
            returns=Code(f"StructuredReturn[{output}]" if output else "ToolReturn"),
            prose=said(tool),
            brief=said(tool, brief=True),
            wire_name=tool.wire_name,
            is_tool=True,
            implemented_returns=output,
        )
    for prompt in project.prompts:
        yield _handler(prompt, "PromptReturn", _arguments(prompt.arguments))
    for resource in project.resources:
        yield _handler(resource, "ResourceReturn", _arguments(None))
    for template in project.resource_templates:
        yield _handler(template, "ResourceReturn", _arguments(template.variables))
    yield from _completers(project)


def _handler(
    declaration: Declaration, returns: str, parameters: tuple[Code, ...]
) -> Handler:
    return Handler(
        name=pycode.identifier(declaration.method),
        parameters=parameters,
        returns=Code(returns),
        prose=said(declaration),
        brief=said(declaration, brief=True),
        wire_name=declaration.method,
    )


def _completers(project: ir.Project) -> Iterator[Handler]:
    for kind, declarations in (
        ("argument", project.prompts),
        ("variable", project.resource_templates),
    ):
        for declaration in declarations:
            home = (
                f"the prompt `{declaration.wire_name}`"
                if isinstance(declaration, ir.Prompt)
                else f"`{declaration.uri_template}`"
            )
            for completion in declaration.completions:
                if completion.method is None:
                    continue
                prose = (
                    f"Values for the {kind} `{completion.argument}` of {home} "
                    "that fit what is typed so far."
                )
                yield Handler(
                    name=pycode.identifier(completion.method),
                    parameters=(Code("self"), Code("value: str"), Code(_CONTEXT)),
                    returns=Code("CompletionReturn"),
                    prose=prose,
                    brief=prose,
                    wire_name=completion.method,
                )


def _arguments(model: ir.Model | None) -> tuple[Code, ...]:
    if model is None:
        return Code("self"), Code(_CONTEXT)
    return Code("self"), Code(f"args: {model_name(model)}"), Code(_CONTEXT)
