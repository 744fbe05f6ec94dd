"""Reads the finished source again: what is in it, and that it is nothing else.

Part of the models stage. Signatures elsewhere are made from what stands here, so a
method and its class can't disagree; and a module that holds more than the definitions
that were asked for is never handed on.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from mcpgen.ir import Field, Model

from .types import Alias, Class, Definition, Property

_CALLS: Final = frozenset({"Field", "absent"})
_EXPRESSION_NODES: Final = (
    ast.BinOp,
    ast.BitOr,
    ast.Call,
    ast.Constant,
    ast.Dict,
    ast.List,
    ast.Load,
    ast.Name,
    ast.Subscript,
    ast.Tuple,
    ast.USub,
    ast.UnaryOp,
    ast.keyword,
)


class ForeignSourceError(Exception):
    """The source holds something that no models module has."""


def check_module(tree: ast.Module, names: Collection[str]) -> set[str]:
    """Refuse the source of models that is not exactly classes and aliases.

    Args:
        tree: The source.
        names: What it must define.

    Returns:
        All names that it uses, its own ones included.

    Raises:
        ForeignSourceError: For anything else.
    """
    return _check(tree, names, "Model")


def check_dicts(tree: ast.Module, names: Collection[str]) -> set[str]:
    """Refuse the source of dicts that is not exactly typed dicts and aliases.

    As `check_module`; dicts whose keys are no names come as calls of `TypedDict`.
    """
    return _check(tree, names, "TypedDict")


def _check(tree: ast.Module, names: Collection[str], base: str) -> set[str]:
    found: list[str] = []
    used: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.ClassDef(
                name=name,
                bases=[ast.Name(id=parent)],
                keywords=[],
                decorator_list=[],
                body=body,
            ) if parent == base:
                found.append(name)
                used |= {base}.union(*map(_names_in_class_statement, body))
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(ast.Name("TypedDict"), [_, ast.Dict(values=values)], []),
            ) if base == "TypedDict":
                found.append(name)
                used |= {base}.union(*map(_names_in_text, values))
            case ast.Expr(ast.Constant(value=str())):
                continue
            case _:
                alias, more = _alias(statement)
                found.append(alias)
                used |= more
    if sorted(found) != sorted(names):
        raise ForeignSourceError("the source defines other names than were asked for")
    return used


def _alias(statement: ast.stmt) -> tuple[str, set[str]]:
    match statement:
        case ast.AnnAssign(
            target=ast.Name(id=name), annotation=annotation, value=value
        ):
            return name, _names(annotation) | _names(value)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, _names_in_type_alias(value)
        case ast.If():
            return _tangled_alias(statement)
        case _:
            raise ForeignSourceError(ast.unparse(statement)[:200])


def _names_in_text(value: ast.expr) -> set[str]:
    """Names in a type, or in a text that is one."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return _names(ast.parse(value.value, mode="eval").body)
    return _names(value)


def _names_in_class_statement(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value):
            return _names(annotation) | _names(value)
        case ast.Pass() | ast.Expr(ast.Constant(value=str())):
            return set()
        case _:
            raise ForeignSourceError(ast.unparse(statement)[:200])


def _names_in_type_alias(value: ast.expr) -> set[str]:
    """Names in `TypeAliasType("X", "list[X]")`, whose text is an expression too."""
    match value:
        case ast.Call(
            func=ast.Name(id="TypeAliasType"),
            args=[ast.Constant(value=str()), ast.Constant(value=str(text))],
            keywords=[],
        ):
            return {"TypeAliasType"} | _names(ast.parse(text, mode="eval").body)
        case _:
            raise ForeignSourceError(ast.unparse(value)[:200])


def _tangled_alias(statement: ast.If) -> tuple[str, set[str]]:
    """Name and used names of an alias that type checkers get as a text of its own."""
    match statement:
        case ast.If(
            test=ast.Name(id="TYPE_CHECKING"),
            body=[
                ast.AnnAssign(
                    target=ast.Name(id=name),
                    annotation=ast.Name(id="TypeAlias"),
                    value=ast.Constant(value=str(text)),
                )
            ],
            orelse=[
                ast.Assign(
                    targets=[ast.Name(id=same)],
                    value=ast.Call(args=[_, ast.Constant(value=again)]) as value,
                )
            ],
        ) if name == same and text == again:
            return name, {
                "TYPE_CHECKING",
                "TypeAlias",
                *_names_in_type_alias(value),
            }
        case _:
            raise ForeignSourceError(ast.unparse(statement)[:200])


def _names(expression: ast.expr | None) -> set[str]:
    names: set[str] = set()
    waiting: list[ast.AST] = [] if expression is None else [expression]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name):
                names.add(name)
            case ast.Call(func=ast.Name(id=name)) if name not in _CALLS:
                raise ForeignSourceError(ast.unparse(node)[:200])
            case ast.Constant():
                continue
            case _:
                pass
        if not isinstance(node, _EXPRESSION_NODES):
            raise ForeignSourceError(ast.unparse(node)[:200])
        waiting.extend(ast.iter_child_nodes(node))
    return names


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
    if (member.python_name if alias is None else alias) != member.wire_name:
        raise ForeignSourceError(f"{member.python_name} has another alias")
    if _is_absent(statement.value) and isinstance(annotation, ast.BinOp):
        annotation = annotation.left
    return Field(
        wire_name=member.wire_name,
        python_name=member.python_name,
        annotation=ast.unparse(annotation),
        required=member.required,
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
