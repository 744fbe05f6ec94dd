"""Definitions in, type expressions out: the one call of datamodel-code-generator.

Part of the models stage. The generator sees structure alone. Names of classes and
properties, enumerated values, descriptions and defaults stay here, and short keys that
we made go in their place; so no text from a schema can reach it, and of its output
nothing but keys that we know and a handful of type names is accepted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from mcpgen.ir import Json

from .types import (
    Alias,
    Anything,
    Class,
    Definition,
    Either,
    ListOf,
    Literals,
    MapOf,
    Ref,
    Scalar,
    Type,
)

Expression: TypeAlias = ast.expr
_Values: TypeAlias = tuple[tuple[type, str | int | bool], ...]

_ROOT: Final = "root"
_PLAIN_NAMES: Final = frozenset({"Any", "bool", "dict", "float", "int", "list", "str"})
_GENERIC_NAMES: Final = frozenset({"dict", "list", "Literal", "Optional", "Union"})
_BASES: Final = frozenset({"BaseModel", "RootModel"})
_IMPORTS: Final = frozenset({"__future__", "pydantic", "typing"})


class UnexpectedOutputError(Exception):
    """The model generator answered with something that we did not ask for."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The type expressions of one definition.

    Attributes:
        fields: For a class, one expression per property, in their order.
        alias: For an alias, its expression.
    """

    fields: tuple[Expression, ...] = ()
    alias: Expression | None = None


@dataclass(slots=True)
class _Keys:
    """The keys that stand for names and values in what the generator sees."""

    definitions: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[_Values, str] = field(default_factory=dict[_Values, str])

    def of_definition(self, name: str) -> str:
        return self.definitions.setdefault(name, f"D{len(self.definitions)}")

    def of_values(self, literals: Literals) -> str:
        return self.values.setdefault(literals.values, f"v{len(self.values)}")


def type_expressions(definitions: Mapping[str, Definition]) -> dict[str, Typed]:
    """The type expressions of all definitions, by the definitions' names.

    Raises:
        UnexpectedOutputError: If the generator's output is not what was asked for.
    """
    if not definitions:
        return {}
    keys = _Keys()
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            keys.of_definition(name): _definition_schema(definition, keys)
            for name, definition in definitions.items()
        },
    }
    tree = ast.parse(_generated(document))
    found = dict(_class_bodies(tree))
    reader = _ExpressionReader(keys)
    return {
        name: _typed(definition, found.get(keys.of_definition(name)), reader)
        for name, definition in definitions.items()
    }


def _definition_schema(definition: Definition, keys: _Keys) -> dict[str, Json]:
    if isinstance(definition, Alias):
        return _schema(definition.type, keys)
    names = [f"f{number}" for number in range(len(definition.properties))]
    return {
        "type": "object",
        "properties": {
            name: _schema(member.type, keys)
            for name, member in zip(names, definition.properties, strict=True)
        },
        "required": names,
    }


def _schema(type_: Type, keys: _Keys) -> dict[str, Json]:
    match type_:
        case Anything():
            return {}
        case Scalar("number"):
            return {"type": ["integer", "number"]}
        case Scalar(kind):
            return {"type": kind}
        case Literals():
            return {"enum": [keys.of_values(type_)]}
        case ListOf(item):
            return {"type": "array", "items": _schema(item, keys)}
        case MapOf(value):
            return {"type": "object", "additionalProperties": _schema(value, keys)}
        case Ref(name):
            return {"$ref": f"#/$defs/{keys.of_definition(name)}"}
        case Either(members):
            return {"anyOf": [_schema(member, keys) for member in members]}


def _generated(document: dict[str, Json]) -> str:
    """What the generator makes of the document; its import waits until here."""
    import warnings

    from datamodel_code_generator import InputFileType, LiteralType, generate
    from datamodel_code_generator.enums import (
        DataModelType,
        NamingStrategy,
        TargetPydanticVersion,
    )
    from datamodel_code_generator.format import PythonVersion

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = generate(
            document,
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            target_pydantic_version=TargetPydanticVersion.V2_12,
            enum_field_as_literal=LiteralType.All,
            use_union_operator=True,
            use_standard_collections=True,
            use_typed_nullable_map_values=True,
            use_typed_map_values_beside_other_types=True,
            skip_root_model=True,
            disable_timestamp=True,
            treat_dot_as_module=False,
            allow_remote_refs=False,
            strict_refs=True,
            naming_strategy=NamingStrategy.FullPath,
            formatters=[],
        )
    if not isinstance(text, str):
        raise UnexpectedOutputError("the model generator gave no text")
    return text


def _class_bodies(tree: ast.Module) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Each class and its annotations; anything but classes and imports is refused."""
    for statement in tree.body:
        match statement:
            case ast.ImportFrom(module=module) if module in _IMPORTS:
                continue
            case ast.ClassDef(
                name=name, bases=[base], keywords=[], decorator_list=[], body=body
            ) if _base_name(base) in _BASES:
                yield name, dict(_annotations(body))
            case ast.Expr(ast.Call(ast.Attribute(attr="model_rebuild"), [], [])):
                continue
            case _:
                raise UnexpectedOutputError(ast.unparse(statement)[:200])


def _base_name(base: ast.expr) -> str | None:
    target = base.value if isinstance(base, ast.Subscript) else base
    return target.id if isinstance(target, ast.Name) else None


def _annotations(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for statement in body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                yield name, annotation
            case ast.Pass():
                continue
            case _:
                raise UnexpectedOutputError(ast.unparse(statement)[:200])


def _typed(
    definition: Definition,
    found: dict[str, ast.expr] | None,
    reader: _ExpressionReader,
) -> Typed:
    if found is None:
        raise UnexpectedOutputError(f"no class for {definition.name}")
    if isinstance(definition, Class):
        wanted = [f"f{number}" for number in range(len(definition.properties))]
    else:
        wanted = [_ROOT]
    if list(found) != wanted:
        raise UnexpectedOutputError(f"{definition.name} has other fields: {found}")
    expressions = tuple(reader.read(expression) for expression in found.values())
    if isinstance(definition, Class):
        return Typed(fields=expressions)
    return Typed(alias=expressions[0])


class _ExpressionReader:
    """Puts names and values back where their keys stand; admits nothing else."""

    def __init__(self, keys: _Keys) -> None:
        self._names = {key: name for name, key in keys.definitions.items()}
        self._values = {key: values for values, key in keys.values.items()}

    def read(self, expression: ast.expr) -> Expression:
        """The expression with our names.

        Raises:
            UnexpectedOutputError: For a node that no type expression has.
        """
        match expression:
            case ast.Name(id=name) | ast.Constant(value=str(name)):
                return self._name(name)
            case ast.Constant(value=None):
                return ast.Constant(None)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return ast.BinOp(self.read(left), ast.BitOr(), self.read(right))
            case ast.Subscript(value=ast.Name(id=name), slice=inner):
                return self._subscript(name, inner)
            case _:
                raise UnexpectedOutputError(ast.unparse(expression)[:200])

    def _name(self, name: str) -> Expression:
        if name in self._names:
            return ast.Name(self._names[name])
        if name in _PLAIN_NAMES:
            return ast.Name(name)
        try:
            parsed = ast.parse(name, mode="eval").body
        except SyntaxError:
            raise UnexpectedOutputError(name[:200]) from None
        if isinstance(parsed, (ast.Name, ast.Constant)):
            raise UnexpectedOutputError(name[:200])
        return self.read(parsed)

    def _subscript(self, name: str, inner: ast.expr) -> Expression:
        if name not in _GENERIC_NAMES:
            raise UnexpectedOutputError(name[:200])
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name == "Literal":
            return self._literal(parts)
        read = [self.read(part) for part in parts]
        if name == "Optional":
            return ast.BinOp(read[0], ast.BitOr(), ast.Constant(None))
        if name == "Union":
            joined = read[0]
            for member in read[1:]:
                joined = ast.BinOp(joined, ast.BitOr(), member)
            return joined
        slice_: ast.expr = ast.Tuple(read) if len(read) > 1 else read[0]
        return ast.Subscript(ast.Name(name), slice_)

    def _literal(self, parts: list[ast.expr]) -> Expression:
        constants: list[ast.expr] = []
        for part in parts:
            key: Any = part.value if isinstance(part, ast.Constant) else None
            if key not in self._values:
                raise UnexpectedOutputError(ast.unparse(part)[:200])
            constants.extend(ast.Constant(value) for _, value in self._values[key])
        slice_ = ast.Tuple(constants) if len(constants) > 1 else constants[0]
        return ast.Subscript(ast.Name("Literal"), slice_)
