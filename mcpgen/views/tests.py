"""The parts of a new `tests/test_service.py`: each handler called once by the client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mcpgen import ir, pycode
from mcpgen.pycode import Argument, Call, Code, Value

from .common import BODY_INDENT


@dataclass(frozen=True, slots=True)
class Test:
    """A test that calls one handler.

    Attributes:
        signature: `async def` up to the colon.
        statement: The call.
        skip: Whether its arguments are still to be written.
    """

    signature: Code
    statement: Code
    skip: bool = False


def handler_tests(project: ir.Project) -> Iterator[Test]:
    """A test for everything that a handler answers."""
    for tool in project.tools:
        call, arguments = tool_call(tool)
        yield _test(project, tool.method, call, arguments, skip=tool.sample is None)
    for prompt in project.prompts:
        arguments = strings(prompt.arguments, prompt.parameters)
        yield _test(project, prompt.method, prompt.method, arguments)
    for resource in project.resources:
        yield _test(project, resource.method, resource.method, ())
    for template in project.resource_templates:
        arguments = strings(template.variables, template.parameters)
        yield _test(project, template.method, template.method, arguments)
    for prompt in project.prompts:
        yield from _completions(project, prompt, "complete_prompt", prompt.wire_name)
    for template in project.resource_templates:
        uri = template.uri_template
        yield from _completions(project, template, "complete_template", uri)


def _completions(
    project: ir.Project,
    declaration: ir.Prompt | ir.ResourceTemplate,
    method: str,
    reference: str,
) -> Iterator[Test]:
    for completion in declaration.completions:
        if completion.method:
            arguments = (Value(reference), Value(completion.argument))
            yield _test(project, completion.method, method, arguments)


def _test(
    project: ir.Project,
    name: str,
    call: str,
    arguments: tuple[Argument, ...],
    *,
    skip: bool = False,
) -> Test:
    client = pycode.identifier(f"{project.class_prefix}Client")
    return Test(
        signature=pycode.signature(
            f"async def {pycode.identifier(f'test_{name}')}",
            [Code(f"client: {client}")],
            Code("None"),
        ),
        statement=awaited(call, arguments, BODY_INDENT),
        skip=skip,
    )


def awaited(
    method: str, arguments: tuple[Argument, ...], indent: int, head: str = "await "
) -> Code:
    """A statement that calls a method of `client`."""
    function = Code(f"{head}client.{pycode.identifier(method)}")
    return pycode.expression(Call(function, arguments), indent)


def tool_call(tool: ir.Tool) -> tuple[str, tuple[Argument, ...]]:
    """How a tool is called with its sample: by its method wherever that can be."""
    sample = tool.sample or {}
    typed: list[Argument] = []
    for field, parameter in zip(tool.input.fields, tool.parameters, strict=False):
        if field.wire_name in sample:
            value = Value(sample[field.wire_name])
            typed.append((pycode.identifier(parameter), value))
    if tool.sample is not None and tool.input.is_class and len(typed) == len(sample):
        return tool.method, tuple(typed)
    return "call_tool", (Value(tool.wire_name), Value(sample))


def strings(
    model: ir.Model | None, parameters: tuple[str, ...]
) -> tuple[Argument, ...]:
    """Examples of the arguments that have to be given; each is a text, or a list."""
    if model is None:
        return ()
    return tuple(
        (
            pycode.identifier(parameter),
            Value(["example"] if field.annotation.startswith("list") else "example"),
        )
        for field, parameter in zip(model.fields, parameters, strict=True)
        if field.required
    )


def client_imports(project: ir.Project, *names: str) -> Code:
    """The client's class, and further names from the client package."""
    client = f"{project.class_prefix}Client"
    return pycode.imports(project.client_package, [client, *names])


def server_name(project: ir.Project) -> Code:
    """The name that the server gives itself."""
    return pycode.string(str(project.server_info["name"]))
