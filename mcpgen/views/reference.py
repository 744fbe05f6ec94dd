"""The parts of the client's `REFERENCE.md` and of the examples in its README."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mcpgen import ir, pycode
from mcpgen.pycode import Argument, Call, Code, Value

from .common import Declaration, Method, declarations, first_paragraph, said
from .tests import strings, tool_call

_HINTS: Final = (
    ("readOnlyHint", "reads only"),
    ("destructiveHint", "may destroy something"),
    ("idempotentHint", "can be repeated without further effect"),
    ("openWorldHint", "reaches the outside world"),
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A line of a method's table of arguments."""

    name: Code
    required: bool
    description: Code


@dataclass(frozen=True, slots=True)
class Entry:
    """A method of the client.

    Attributes:
        method: Its name.
        types: Names for long types in the signature, as statements.
        signature: `async def` up to the colon.
        does: What it does on the wire: "Calls the tool `get_forecast`".
        paragraphs: What it does.
        parameters: Its arguments.
        hints: What its annotations say.
        scopes: OAuth scopes that callers need, joined.
        example: A call of it.
    """

    method: Code
    types: tuple[Code, ...]
    signature: Code
    does: Code
    paragraphs: tuple[Code, ...]
    parameters: tuple[Parameter, ...]
    hints: Code
    scopes: Code
    example: Code


def entries(project: ir.Project, methods: Sequence[Method]) -> Iterator[Entry]:
    """Everything that the client offers, with its methods in the same order."""
    for declaration, method in zip(declarations(project), methods, strict=True):
        text = said(declaration)
        yield Entry(
            method=pycode.identifier(declaration.method),
            types=method.types,
            signature=Code(textwrap.dedent(f"    {method.signature}")),
            does=_does(declaration),
            paragraphs=tuple(map(pycode.markdown, _paragraphs(text))),
            parameters=tuple(_parameters(declaration)),
            hints=_hints(declaration),
            scopes=pycode.join(
                ", ",
                (
                    Code(f"`{pycode.markdown_code(scope)}`")
                    for scope in declaration.scopes
                ),
            ),
            example=_example(declaration),
        )


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.replace("\r\n", "\n").split("\n\n"):
        if paragraph.strip():
            yield paragraph


def _does(declaration: Declaration) -> Code:
    match declaration:
        case ir.Tool():
            does, name = "Calls the tool", declaration.wire_name
        case ir.Prompt():
            does, name = "Gets the prompt", declaration.wire_name
        case ir.Resource():
            does, name = "Reads the resource", declaration.uri
        case ir.ResourceTemplate():
            does, name = "Reads by the template", declaration.uri_template
    return Code(f"{does} `{pycode.markdown_code(name)}`")


def _model(declaration: Declaration) -> ir.Model | None:
    match declaration:
        case ir.Tool():
            return declaration.input if declaration.input.is_class else None
        case ir.Prompt():
            return declaration.arguments
        case ir.ResourceTemplate():
            return declaration.variables
        case ir.Resource():
            return None


def _parameters(declaration: Declaration) -> Iterator[Parameter]:
    model = _model(declaration)
    if model is None or isinstance(declaration, ir.Resource):
        return
    for field, name in zip(model.fields, declaration.parameters, strict=True):
        words = first_paragraph(field.description or "")
        yield Parameter(pycode.identifier(name), field.required, pycode.markdown(words))


def _hints(declaration: Declaration) -> Code:
    annotations: ir.Json = declaration.definition.get("annotations") or {}
    said = (text for hint, text in _HINTS if annotations.get(hint) is True)
    return pycode.markdown(", ".join(said))


def _example(declaration: Declaration) -> Code:
    method = declaration.method
    arguments: tuple[Argument, ...] = ()
    match declaration:
        case ir.Tool():
            method, arguments = tool_call(declaration)
        case ir.Prompt():
            arguments = strings(declaration.arguments, declaration.parameters)
        case ir.ResourceTemplate():
            arguments = strings(declaration.variables, declaration.parameters)
        case ir.Resource():
            arguments = ()
    if declaration.method != method and not _has_sample(declaration):
        arguments = (Value(declaration.definition["name"]), Code("{...}"))
    function = Code(f"result = await client.{pycode.identifier(method)}")
    return pycode.expression(Call(function, arguments))


def _has_sample(declaration: Declaration) -> bool:
    return isinstance(declaration, ir.Tool) and declaration.sample is not None
