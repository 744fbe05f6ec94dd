"""Definitions in, type expressions out: the one call of datamodel-code-generator.

Part of the models stage. The generator sees structure alone. Names of classes and
properties, enumerated values, descriptions and defaults stay here, and short keys that
we made go in their place; so no text from a schema can reach it, and of its output
nothing but keys that we know and a handful of type names is accepted. What differs in
names and values alone is asked for once.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

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
_K = TypeVar("_K")
_Values: TypeAlias = tuple[tuple[type, str | int | bool], ...]

_ALL: Final = "All"
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
class _Shape:
    """A type without the names and values in it: keys stand for them, in their order.

    Attributes:
        schema: The shape as a JSON Schema.
        names: The names of definitions, by their keys.
        values: Enumerated values, by their keys.
    """

    schema: dict[str, Json] = field(default_factory=dict[str, Json])
    names: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, _Values] = field(default_factory=dict[str, _Values])


class _Shapes:
    """The shapes of types; large projects have many types and few shapes."""

    def __init__(self, definitions: Mapping[str, Definition]) -> None:
        aliases = [d for d in definitions.values() if isinstance(d, Alias)]
        self._aliases = {alias.name: f"D{n}" for n, alias in enumerate(aliases)}
        self._classes = 0
        self._fields: dict[str, str] = {}
        self._schemas: dict[str, dict[str, Json]] = {}
        self._bodies = {
            self._aliases[alias.name]: self.of(alias.type).schema for alias in aliases
        }

    def of(self, type_: Type) -> _Shape:
        """The shape of a type."""
        shape = _Shape()
        shape.schema = self._schema(type_, shape)
        self._classes = max(self._classes, len(shape.names))
        return shape

    def key(self, shape: _Shape) -> str:
        """The field that asks for a shape."""
        text = json.dumps(shape.schema)
        key = self._fields.setdefault(text, f"f{len(self._fields)}")
        self._schemas[key] = shape.schema
        return key

    def document(self) -> dict[str, Json]:
        """What the generator sees: aliases, empty classes, and one with all shapes."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$defs": {
                **{f"C{n}": _object({"f0": {}}) for n in range(self._classes)},
                **self._bodies,
                _ALL: _object(self._schemas),
            },
        }

    def _schema(self, type_: Type, shape: _Shape) -> dict[str, Json]:
        match type_:
            case Anything():
                return {}
            case Scalar("number"):
                return {"type": ["integer", "number"]}
            case Scalar(kind):
                return {"type": kind}
            case Literals(values):
                return {"enum": [_key_of(values, shape.values, "v")]}
            case ListOf(item):
                return {"type": "array", "items": self._schema(item, shape)}
            case MapOf(value):
                inner = self._schema(value, shape)
                return {"type": "object", "additionalProperties": inner}
            case Ref(name):
                key = self._aliases.get(name)
                if key is None:
                    key = _key_of(name, shape.names, "C")
                else:
                    shape.names[key] = name
                return {"$ref": f"#/$defs/{key}"}
            case Either(members):
                return {"anyOf": [self._schema(member, shape) for member in members]}


def _key_of(value: _K, keys: dict[str, _K], prefix: str) -> str:
    """The key of a value; a new one where it has none."""
    for key, known in keys.items():
        if known == value:
            return key
    key = f"{prefix}{len(keys)}"
    keys[key] = value
    return key


def _object(properties: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
    }


def type_expressions(definitions: Mapping[str, Definition]) -> dict[str, Typed]:
    """The type expressions of all definitions, by the definitions' names.

    Raises:
        UnexpectedOutputError: If the generator's output is not what was asked for.
    """
    if not definitions:
        return {}
    shapes = _Shapes(definitions)
    wanted = {
        name: [(shapes.key(shape), shape) for shape in map(shapes.of, _types(known))]
        for name, known in definitions.items()
    }
    found = _found(shapes.document())
    read = {
        name: tuple(_ExpressionReader(shape).read(found[key]) for key, shape in parts)
        for name, parts in wanted.items()
    }
    return {
        name: Typed(fields=read[name])
        if isinstance(known, Class)
        else Typed(alias=read[name][0])
        for name, known in definitions.items()
    }


def _types(definition: Definition) -> list[Type]:
    if isinstance(definition, Alias):
        return [definition.type]
    return [member.type for member in definition.properties]


def _found(document: dict[str, Json]) -> dict[str, ast.expr]:
    """The expression of each shape, by its key."""
    bodies = dict(_class_bodies(ast.parse(_generated(document))))
    wanted = list(document["$defs"][_ALL]["properties"])
    if list(bodies.get(_ALL, ())) != wanted:
        raise UnexpectedOutputError(f"other fields than {len(wanted)} shapes")
    return bodies[_ALL]


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


class _ExpressionReader:
    """Puts names and values back where their keys stand; admits nothing else."""

    def __init__(self, shape: _Shape) -> None:
        self._names = shape.names
        self._values = shape.values

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
