"""Reads the finished source again: what is in it, and that it is nothing else.

Part of the models stage. Signatures elsewhere are made from what stands here, so a
method and its class can't disagree; and a module that holds more than the definitions
that were asked for is never handed on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from mcpgen.ir import Field, Model

from .types import Alias, Class, Definition, Property

_CALLS: Final = frozenset({"Field", "absent", "TypeAliasType"})


class ForeignSourceError(Exception):
    """The source holds something that no models module has."""


def check_module(tree: ast.Module, definitions: Mapping[str, Definition]) -> None:
    """Refuse a module that is not exactly the classes and aliases of `definitions`.

    Raises:
        ForeignSourceError: For anything else.
    """
    found: list[str] = []
    for statement in tree.body:
        match statement:
            case ast.ClassDef(
                name=name,
                bases=[ast.Name(id="Model")],
                keywords=[],
                decorator_list=[],
                body=body,
            ):
                found.append(name)
                for inner in body:
                    _check_class_statement(inner)
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=value)
                | ast.Assign(targets=[ast.Name(id=name)], value=value)
            ):
                found.append(name)
                _check_expression(value)
            case ast.Expr(ast.Constant(value=str())):
                continue
            case _:
                raise ForeignSourceError(ast.unparse(statement)[:200])
    if sorted(found) != sorted(definitions):
        raise ForeignSourceError("the source defines other names than were asked for")


def _check_class_statement(statement: ast.stmt) -> None:
    match statement:
        case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value):
            _check_expression(annotation)
            _check_expression(value)
        case ast.Pass() | ast.Expr(ast.Constant(value=str())):
            return
        case _:
            raise ForeignSourceError(ast.unparse(statement)[:200])


def _check_expression(expression: ast.expr | None) -> None:
    if expression is None:
        return
    for node in ast.walk(expression):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
                continue
            case (
                ast.Name()
                | ast.Constant()
                | ast.Subscript()
                | ast.BinOp(op=ast.BitOr())
                | ast.Tuple()
                | ast.List()
                | ast.Dict()
                | ast.keyword()
                | ast.Lambda(args=ast.arguments(args=[], vararg=None, kwarg=None))
                | ast.UnaryOp(op=ast.USub(), operand=ast.Constant())
                | ast.expr_context()
                | ast.operator()
                | ast.unaryop()
                | ast.arguments()
            ):
                continue
            case _:
                raise ForeignSourceError(ast.unparse(expression)[:200])


def read_models(
    tree: ast.Module, definitions: Mapping[str, Definition]
) -> dict[str, Model]:
    """Every class and alias of the module, in the order of `definitions`.

    Raises:
        ForeignSourceError: If a class has other fields than its definition.
    """
    bodies = {
        statement.name: dict(_fields(statement))
        for statement in tree.body
        if isinstance(statement, ast.ClassDef)
    }
    return {
        name: (
            Model(name, (), is_class=False)
            if isinstance(definition, Alias)
            else _model(definition, bodies[name])
        )
        for name, definition in definitions.items()
    }


def _fields(made: ast.ClassDef) -> Iterator[tuple[str, ast.AnnAssign]]:
    for statement in made.body:
        if isinstance(statement, ast.AnnAssign):
            assert isinstance(statement.target, ast.Name)
            yield statement.target.id, statement


def _model(definition: Class, body: dict[str, ast.AnnAssign]) -> Model:
    if list(body) != [member.python_name for member in definition.properties]:
        raise ForeignSourceError(f"{definition.name} has other fields than its schema")
    return Model(
        definition.name,
        tuple(_field(p, body[p.python_name]) for p in definition.properties),
    )


def _field(member: Property, statement: ast.AnnAssign) -> Field:
    annotation, alias = _without_alias(statement.annotation)
    if (alias or member.python_name) != member.wire_name:
        raise ForeignSourceError(f"{member.python_name} has another alias")
    if _is_absent(statement.value) and isinstance(annotation, ast.BinOp):
        annotation = annotation.left
    return Field(
        wire_name=member.wire_name,
        python_name=member.python_name,
        annotation=ast.unparse(annotation),
        required=statement.value is None,
        description=member.description,
    )


def _without_alias(annotation: ast.expr) -> tuple[ast.expr, str | None]:
    match annotation:
        case ast.Subscript(
            value=ast.Name(id="Annotated"),
            slice=ast.Tuple(
                elts=[
                    inner,
                    ast.Call(keywords=[ast.keyword("alias", ast.Constant(str(alias)))]),
                ]
            ),
        ):
            return inner, alias
        case _:
            return annotation, None


def _is_absent(value: ast.expr | None) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="absent")):
            return True
        case _:
            return False
