"""Data -> source text; the only module that makes `Code`.

Everything that comes from a manifest passes through here before it stands in a file, so
what it says can only ever be a value, a name or prose, never syntax. The layout is the
one that black and `ruff format` leave alone at 88 columns, so no formatter has to run
over big files. It knows nothing of manifests, templates or files.
"""

from __future__ import annotations

import ast
import json
import keyword
import re
import shlex
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from operator import itemgetter
from textwrap import TextWrapper
from typing import Any, Final, TypeAlias, TypeGuard

from mcpgen.printable import INVISIBLE, json_text

LINE: Final = 88
"""Columns of a line, as black and ruff have it."""

MAX_DEPTH: Final = 120
"""Levels of nesting that `literal` writes; CPython's parser stops at 200 brackets."""

_INDENT: Final = 4
_NARROWEST_PIECE: Final = 30
_MAX_DECIMAL_DIGITS: Final = 4000
_NO_LIMIT: Final = 1 << 30


class Code(str):
    """Source text that is safe as it stands; templates accept nothing else."""

    __slots__ = ()


class UnsafeNameError(ValueError):
    """The text is no Python identifier, so it can't be written as a name."""


class TooDeepError(ValueError):
    """The value is nested deeper than `MAX_DEPTH` levels."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, or a subscript where `brackets` says so; each argument may be named."""

    function: Code
    arguments: tuple[Argument, ...]
    brackets: str = "()"


@dataclass(frozen=True, slots=True)
class Table:
    """A dict display with expressions as values; keys are strings."""

    items: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A tuple display."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value."""

    json: Any


@dataclass(frozen=True, slots=True)
class Union:
    """Types with `|` between them."""

    members: tuple[Expression, ...]


Expression: TypeAlias = "Code | Call | Table | Row | Union | Value"
Argument: TypeAlias = "Expression | tuple[Code, Expression]"


# ---------------------------------------------------------------- names


@lru_cache(maxsize=16384)
def identifier(name: str) -> Code:
    """A name that may stand in source text as it is.

    Raises:
        UnsafeNameError: If it is no identifier, a keyword, or changed by Python (NFKC).
    """
    if (
        not name.isidentifier()
        or keyword.iskeyword(name)
        or unicodedata.normalize("NFKC", name) != name
    ):
        raise UnsafeNameError(f"not a Python identifier: {name!r}")
    return Code(name)


def dotted(name: str) -> Code:
    """Identifiers with dots between, such as `models.Forecast`."""
    return Code(".".join(identifier(part) for part in name.split(".")))


# -------------------------------------------------------------- strings

_IN_STRING: Final = re.compile(f"[\\\\{INVISIBLE}]")
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode
_ENCODE_STRING: Final = json.encoder.encode_basestring
_IN_PROSE: Final = re.compile(f'[\\\\{INVISIBLE}]|(?<="")"')
_NAMED_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


def _escape(match: re.Match[str]) -> str:
    return _escape_character(match[0])


def _escape_character(character: str) -> str:
    if known := _NAMED_ESCAPES.get(character):
        return known
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=16384)
def _quoted(value: str) -> str:
    body = _IN_STRING.sub(_escape, value)
    if '"' not in body:
        return f'"{body}"'
    if body.count('"') > body.count("'"):
        return "'" + body.replace("'", "\\'") + "'"
    return '"' + body.replace('"', '\\"') + '"'


def string(value: str) -> Code:
    """A string literal on one line."""
    return Code(_quoted(value))


# Black and ruff agree about the width of these, and so will later versions: letters and
# signs that take one column, and those of East Asia that take two. They don't about
# others, such as combining characters and many pictures.
_ONE_COLUMN: Final = (
    r"\x00-\u02ff\u0370-\u0482\u048a-\u0556\u05d0-\u05ea\u0620-\u064a\u0671-\u06d3"
    r"\u0904-\u0939\u0e01-\u0e30\u10d0-\u10ff\u1e00-\u1fff\u2010-\u2027\u2030-\u205e"
    r"\u2070-\u20bf\u2100-\u2319\u2500-\u25fc"
)
_TWO_COLUMNS: Final = (
    r"\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    r"\uf900-\ufaff\uff01-\uff60\U0001f400-\U0001f43e\U0001f600-\U0001f64f"
)
_IS_WIDE: Final = re.compile(f"[{_TWO_COLUMNS}]")
_IS_UNSURE: Final = re.compile(f"[^{_ONE_COLUMN}{_TWO_COLUMNS}]")


def _widest(text: str) -> int:
    """The most columns that any formatter could count for `text`."""
    if text.isascii():
        return len(text)
    return _narrowest(text) + 2 * len(_IS_UNSURE.findall(text))


def _narrowest(text: str) -> int:
    """The fewest columns that any formatter could count for `text`."""
    if text.isascii():
        return len(text)
    known = _IS_UNSURE.sub("", text)
    return len(known) + len(_IS_WIDE.findall(known))


def _is_exact(text: str) -> bool:
    """Whether all formatters count the same columns; else only commas at ends help."""
    return text.isascii() or not _IS_UNSURE.search(text)


def _settled(literal: str, *rooms: int) -> str:
    """A string literal about which formatters agree whether it fits into any room.

    Where its width is unclear and that could decide, the characters are escaped.
    """
    if _is_exact(literal):
        return literal
    least, most = _narrowest(literal), _widest(literal)
    if not any(least <= room < most for room in rooms):
        return literal
    return _IS_UNSURE.sub(_escape, literal)


_WORDS: Final = re.compile(r"[^\n ]*(?:\n|[ ]+|$)")
_CUTS: Final = re.compile(r"[^\n ]{1,8}(?:\n|[ ]{1,8})?|\n|[ ]{1,8}")


def _pieces(
    value: str, width: int, breaks: re.Pattern[str], escaped: re.Pattern[str]
) -> list[str]:
    """Literals that concatenate to `value`, each within `width` where breaks allow."""
    pieces: list[str] = []
    piece, used = "", 0

    def end() -> None:
        pieces.append(escaped.sub(_escape, _quoted(piece)))

    for word in breaks.findall(value):
        size = _widest(escaped.sub(_escape, _IN_STRING.sub(_escape, word)))
        if piece and used + size > width:
            end()
            piece, used = "", 0
        piece += word
        used += size
        if word.endswith("\n"):
            end()
            piece, used = "", 0
    if piece:
        end()
    return pieces


_NOTHING: Final = re.compile(r"(?!)")


def _string(value: str, indent: int, room: int, *, cut: bool = False) -> str:
    """A string that may take more than `room` columns.

    In parentheses if it does, in one piece where that fits on a line of its own, because
    formatters join pieces that do; else in pieces that end at line ends and spaces.

    Args:
        value: The string.
        indent: Columns by which the line is indented that the string begins on.
        room: Columns that are left on that line.
        cut: Cut words, too. Formatters disagree about a string behind an annotation that
            is too long and in one piece.
    """
    width = LINE - indent - _INDENT
    plain = _quoted(value)
    whole = _settled(plain, room, width)
    if _narrowest(whole) <= room or width - 2 < _NARROWEST_PIECE:
        return whole
    pieces = [whole]
    if _narrowest(whole) > width:
        escaped = _NOTHING if whole == plain else _IS_UNSURE
        pieces = _pieces(value, width - 2, _WORDS, escaped)
        if len(pieces) == 1 and cut:
            pieces = _pieces(value, width - 2, _CUTS, escaped)
        if len(pieces) == 1:
            return whole
    pad = "\n" + " " * (indent + _INDENT)
    return f"({pad}{pad.join(pieces)}\n{' ' * indent})"


# ------------------------------------------------------- literals and calls


def _number(value: float) -> str:
    if isinstance(value, int):
        if value.bit_length() > 3 * _MAX_DECIMAL_DIGITS:
            return f"{'-' if value < 0 else ''}0x{abs(value):X}"
        return str(value)
    # 1e16, not Python's own 1e+16, is how formatters write it.
    return repr(value).replace("e+", "e") if isfinite(value) else f'float("{value}")'


def _scalar(value: object) -> str | None:
    """A JSON value without parts; None for arrays and objects."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return _number(value)
    return None


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _flat_json(value: object, room: int) -> str | None:
    """The value on one line, or None if that takes more than `room` columns."""
    parts: Iterable[tuple[str, object]]
    if _is_object(value):
        opening, closing = "{", "}"
        parts = ((_quoted(key) + ": ", item) for key, item in value.items())
    elif _is_array(value):
        opening, closing = "[", "]"
        parts = (("", item) for item in value)
    else:
        return _flat_scalar(value, room)
    out: list[str] = []
    room -= 2
    for key, item in parts:
        room -= _widest(key) + (2 if out else 0)
        text = _flat_json(item, room) if room > 0 else None
        if text is None:
            return None
        room -= _widest(text)
        out.append(key + text)
    return opening + ", ".join(out) + closing


def _flat_scalar(value: object, room: int) -> str | None:
    if isinstance(value, str) and len(value) + 2 > room:
        return None
    text = _scalar(value)
    if text is None:
        raise TypeError(f"not a JSON value: {type(value).__name__}")
    return text if _widest(text) <= room else None


class _JsonWriter:
    """Writes one value in black's layout; each nested part that fits takes one line."""

    def __init__(self) -> None:
        self.out: list[str] = []

    def write(
        self, value: object, indent: int, before: int, after: int, name: str = ""
    ) -> None:
        """Append `value`, with `before` columns in front of it and `after` behind.

        Of the columns in front, `name` takes part.
        """
        flat = _flat_json(value, LINE - before - after)
        if flat is not None:
            self.out.append(flat)
        elif isinstance(value, str):
            least = before - _widest(name) + _narrowest(name) + after
            self.out.append(_string(value, indent, LINE - least))
        elif _is_object(value):
            self._object(value, indent)
        elif _is_array(value):
            self._array(value, indent)
        else:
            self.out.append(_scalar(value) or "")

    def _object(self, value: Mapping[str, object], indent: int) -> None:
        if not value:
            self.out.append("{}")
            return
        inner = indent + _INDENT
        _check_depth(inner)
        pad = "\n" + " " * inner
        self.out.append("{")
        for key, item in value.items():
            name = f"{_quoted(key)}: "
            if isinstance(item, str):
                rest = inner + len(": ,") + _widest(_quoted(item))
                name = f"{_settled(_quoted(key), LINE - rest)}: "
            self.out += (pad, name)
            self.write(item, inner, inner + _widest(name), 1, name)
            self.out.append(",")
        self.out.append(f"\n{' ' * indent}}}")

    def _array(self, value: Sequence[object], indent: int) -> None:
        if not value:
            self.out.append("[]")
            return
        inner = indent + _INDENT
        _check_depth(inner)
        pad = "\n" + " " * inner
        self.out.append("[")
        for item in value:
            self.out.append(pad)
            self.write(item, inner, inner, 1)
            self.out.append(",")
        self.out.append(f"\n{' ' * indent}]")


def _check_depth(indent: int) -> None:
    if indent > MAX_DEPTH * _INDENT:
        raise TooDeepError(f"nested deeper than {MAX_DEPTH} levels")


def literal(value: Any, indent: int = 0, *, before: int = 0, after: int = 0) -> Code:
    """A JSON value as a Python literal, on one line if it fits, else one part per line.

    Args:
        value: What `json.loads` gives; infinities and NaN are written as calls.
        indent: Columns by which the line is indented that the literal begins on.
        before: Columns that are taken on that line, the indentation included.
        after: Columns that follow behind the literal's end.

    Raises:
        TooDeepError: For a value nested deeper than `MAX_DEPTH` levels.
        TypeError: For what is no JSON value.
    """
    writer = _JsonWriter()
    writer.write(value, indent, max(before, indent), after)
    return Code("".join(writer.out))


def json_string(value: Any) -> Code:
    """A JSON value as JSON text in a raw string, for `json.loads`; laid out for reading.

    Python reads one long string far faster than the literals that it stands for.
    `Code` in it is a part that `json_part` has laid out, in an array too long for a line.

    Raises:
        TooDeepError: For a value nested deeper than `MAX_DEPTH` levels.
    """
    out: list[str] = []
    _write_json(value, 0, 0, out)
    return Code('r"""\n' + "".join(out) + '\n"""')


def json_part(value: Any, indent: int) -> Code:
    """An element of an array, as `json_string` lays it out `indent` columns deep."""
    out: list[str] = []
    _write_json(value, indent, indent, out)
    return Code("".join(out))


def _write_json(value: object, indent: int, before: int, out: list[str]) -> None:
    if isinstance(value, Code):
        out.append(value)
        return
    _check_depth(2 * indent)
    opening, closing = "[]"
    parts: Sequence[tuple[str, object]] = ()
    if _is_object(value):
        opening, closing = "{}"
        parts = [(f"{_json_key(key)}: ", item) for key, item in value.items()]
    elif _is_array(value):
        parts = [("", item) for item in value]
    if not parts or _json_room(value, LINE - before - 1) >= 0:
        out.append(_json_text(value))
        return
    inner = indent + _INDENT // 2
    for head, item in parts:
        out.append(f"{opening}\n{' ' * inner}{head}")
        _write_json(item, inner, inner + len(head), out)
        opening = ","
    out.append(f"\n{' ' * indent}{closing}")


def _json_room(value: object, room: int) -> int:
    """Columns that are left behind a value on one line; below zero: it is too long.

    Stops there, so long values cost no more than short ones.
    """
    if isinstance(value, str):
        return room - len(value) - 2
    if _is_object(value):
        room -= 2
        for key, item in value.items():
            room -= len(key) + 4
            if room < 0:
                return room
            room = _json_room(item, room) - 2
        return room
    if _is_array(value):
        room -= 2
        for item in value:
            if room < 0:
                return room
            room = _json_room(item, room) - 2
        return room
    return room - len(str(value))


@lru_cache(maxsize=4096)
def _json_key(key: str) -> str:
    return _json_text(key)


def _json_text(value: object) -> str:
    """JSON on one line that shows every character, and that raw strings can hold.

    Three quotes never stand together in it: a string's end is followed by another sign.
    """
    text = _ENCODE_STRING(value) if isinstance(value, str) else _ENCODE(value)
    return json_text(text)


def _flat(node: Expression, room: int) -> str | None:
    """The expression on one line, or None if that takes more than `room` columns."""
    if isinstance(node, Code):
        return node if _widest(node) <= room else None
    if isinstance(node, Value):
        return _flat_json(node.json, room)
    if isinstance(node, Union):
        return _flat_parts([("", item) for item in node.members], room, " | ")
    opening, closing, parts = _parts(node)
    if isinstance(node, Row) and len(parts) == 1:
        closing = "," + closing
    body = _flat_parts(parts, room - _widest(opening) - len(closing), ", ")
    return None if body is None else opening + body + closing


def _flat_parts(
    parts: Sequence[tuple[str, Expression]], room: int, separator: str
) -> str | None:
    out: list[str] = []
    for name, item in parts:
        room -= _widest(name) + (len(separator) if out else 0)
        text = _flat(item, room) if room > 0 else None
        if text is None:
            return None
        room -= _widest(text)
        out.append(name + text)
    return separator.join(out) if room >= 0 else None


def _parts(
    node: Call | Table | Row,
) -> tuple[str, str, list[tuple[str, Expression]]]:
    """What opens, what closes, and what stands between, each with its name in front."""
    if isinstance(node, Table):
        return "{", "}", [(f"{_quoted(key)}: ", item) for key, item in node.items]
    if isinstance(node, Row):
        return "(", ")", [("", item) for item in node.items]
    parts: list[tuple[str, Expression]] = [
        (f"{argument[0]}=", argument[1])
        if isinstance(argument, tuple)
        else ("", argument)
        for argument in node.arguments
    ]
    return node.function + node.brackets[0], node.brackets[1], parts


def _lay(node: Expression, indent: int, before: int, after: int) -> str:
    flat = _flat(node, LINE - before - after)
    if flat is not None:
        return flat
    if isinstance(node, Code):
        return node
    if isinstance(node, Value):
        return literal(node.json, indent, before=before, after=after)
    if isinstance(node, Union):
        last = len(node.members) - 1
        return f"\n{' ' * indent}| ".join(
            _lay(item, indent, indent + 2 if at else before, 0 if at < last else after)
            for at, item in enumerate(node.members)
        )
    return _lay_parts(node, indent)


def _lay_parts(node: Call | Table | Row, indent: int) -> str:
    """What doesn't fit on its line: the parts below, on one line or one on each."""
    opening, closing, parts = _parts(node)
    if not parts:
        return opening + closing
    inner = indent + _INDENT
    pad = "\n" + " " * inner
    if isinstance(node, Call):
        body = _flat_parts(parts, LINE - inner, ", ")
        if body is not None and _is_exact(opening + body):
            return f"{opening}{pad}{body}\n{' ' * indent}{closing}"
    # Behind the only part of a subscript a comma would make a tuple of it.
    comma = "" if opening[-1] == "[" and len(parts) == 1 else ","
    lines = [
        f"{pad}{name}{_lay(item, inner, inner + _widest(name), len(comma))}{comma}"
        for name, item in parts
    ]
    return f"{opening}{''.join(lines)}\n{' ' * indent}{closing}"


def expression(
    node: Expression, indent: int = 0, *, before: int = 0, after: int = 0
) -> Code:
    """An expression in black's layout; the arguments are those of `literal`."""
    return Code(_lay(node, indent, max(before, indent), after))


def assignment(target: str, node: Expression, indent: int = 0) -> Code:
    """`target = expression`, laid out as a statement of its own.

    Args:
        target: Source text of the target, such as `X: Final`; must be `Code` if any of
            it comes from data.
    """
    before = indent + _widest(target) + 3
    if isinstance(node, Value) and isinstance(node.json, str):
        text = _string(node.json, indent, LINE - before, cut=": " in target)
        return Code(f"{target} = {text}")
    if isinstance(node, Union) and _flat(node, LINE - before) is None:
        inner = indent + _INDENT
        body = _lay(node, inner, inner, 0)
        return Code(f"{target} = (\n{' ' * inner}{body}\n{' ' * indent})")
    return Code(f"{target} = {_lay(node, indent, before, 0)}")


def flat(node: Expression) -> Code:
    """An expression on one line, however long."""
    return Code(_flat(node, _NO_LIMIT) or "")


# ---------------------------------------------------------------- types

_BUILT_IN: Final = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})
_FROM_TYPING: Final = frozenset({"Any", "Literal"})
_FROM_ABC: Final = frozenset({"Mapping", "Sequence"})


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type as it stands outside the module that defines its classes.

    Attributes:
        type: The type, without what `Annotated` adds to it.
        typing: The names that must be imported from `typing`.
        abc: The names that must be imported from `collections.abc`.
        names_models: Whether it names anything of the models module.
    """

    type: Expression
    typing: frozenset[str]
    abc: frozenset[str]
    names_models: bool


@lru_cache(maxsize=4096)
def annotation(source: str, module: str) -> Annotation:
    """A type expression of a models module, for use outside of it.

    Args:
        source: Names, subscripts, `|`, and constants inside `Literal`; nothing else.
        module: The name under which the models module is imported.

    Raises:
        ValueError: If it has any other form.
    """
    used: set[str] = set()
    found = _type(ast.parse(source, mode="eval").body, module, used)
    typing, abc = frozenset(used & _FROM_TYPING), frozenset(used & _FROM_ABC)
    return Annotation(found, typing, abc, names_models=used > typing | abc)


def _type(node: ast.expr, module: str, used: set[str]) -> Expression:
    if isinstance(node, ast.Name):
        return _type_name(node.id, module, used)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        members: list[Expression] = []
        for alternative in _alternatives(node):
            member = _type(alternative, module, used)
            members.extend(member.members if isinstance(member, Union) else [member])
        return Union(tuple(members))
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        part = node.slice
        parts = part.elts if isinstance(part, ast.Tuple) else [part]
        if node.value.id == "Annotated":
            return _type(parts[0], module, used)
        function = _type_name(node.value.id, module, used)
        return Call(function, tuple(_type(part, module, used) for part in parts), "[]")
    if isinstance(node, ast.Constant | ast.UnaryOp):
        return flat(Value(ast.literal_eval(node)))
    raise ValueError(f"not a type expression: {ast.unparse(node)}")


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


def _type_name(name: str, module: str, used: set[str]) -> Code:
    if name in _BUILT_IN:
        return identifier(name)
    if name in _FROM_TYPING | _FROM_ABC:
        used.add(name)
        return identifier(name)
    used.add(name)
    return dotted(f"{module}.{name}")


# ----------------------------------------------------------- statements


def imports(module: str, names: Iterable[str], indent: int = 0) -> Code:
    """`from module import names` in isort's order; nothing where there is no name."""
    ordered = [identifier(name) for name in import_order(names)]
    if not ordered:
        return Code("")
    line = f"from {module} import {', '.join(ordered)}"
    if indent + _widest(line) <= LINE:
        return Code(line)
    pad = " " * indent
    listed = "".join(f"{pad}    {name},\n" for name in ordered)
    return Code(f"from {module} import (\n{listed}{pad})")


def renamed_import(module: str, name: str, alias: str, indent: int = 0) -> Code:
    """The import of a name under another one, as a statement of its own."""
    names = f"{identifier(name)} as {identifier(alias)}"
    pad = " " * indent
    return Code(f"from {module} import (\n{pad}    {names},\n{pad})")


def import_block(statements: Iterable[tuple[str, Code]], indent: int = 0) -> Code:
    """Import statements in isort's order, with a blank line between the sections.

    Args:
        statements: The module of each, and its text; empty ones are left out.
        indent: The columns in front of them; the first line has none.
    """
    sections: dict[int, list[tuple[tuple[bool, str], Code]]] = {}
    for module, text in statements:
        if text:
            key = (text.startswith("from "), module.lower())
            sections.setdefault(_section(module), []).append((key, text))
    pad = " " * indent
    blocks = (
        f"\n{pad}".join(text for _, text in sorted(sections[number], key=itemgetter(0)))
        for number in sorted(sections)
    )
    return Code(f"\n\n{pad}".join(blocks))


def _section(module: str) -> int:
    """Where isort puts a module: standard library, other packages, the package itself."""
    if module.startswith("."):
        return 2
    return 0 if module.partition(".")[0] in sys.stdlib_module_names else 1


def import_order(names: Iterable[str]) -> list[str]:
    """Names as isort orders them: constants, classes, the rest; each once."""
    return sorted(set(names), key=_import_key)


def _import_key(name: str) -> tuple[int, str, str]:
    kind = 1 if name[:1].isupper() else 2
    if name.isupper() and len(name) > 1:
        kind = 0
    return kind, name.lower(), name


def signature(
    head: str, parameters: Sequence[str], returns: Code, indent: int = 0
) -> Code:
    """`def name(parameters) -> returns:` over as many lines as it needs.

    Args:
        head: `async def name` or `def name`, of `Code` parts only.
        parameters: Each with its annotation and default; short enough for one line.
        returns: The return annotation; a subscript is broken behind its first bracket
            where it is too long.
    """
    pad = " " * indent
    joined = ", ".join(parameters)
    one = f"{head}({joined}) -> {returns}:"
    if indent + _widest(one) <= LINE:
        return Code(one)
    tail = f"{pad}) -> {returns}:"
    if _widest(tail) > LINE and "[" in returns:
        outer, inner = returns[:-1].split("[", 1)
        tail = f"{pad}) -> {outer}[\n{pad}    {inner}\n{pad}]:"
    # A lone parameter gets its comma even where it would fit without.
    compact = len(parameters) > 1 and _is_exact(one)
    if compact and indent + _INDENT + _widest(joined) <= LINE:
        return Code(f"{head}(\n{pad}    {joined}\n{tail}")
    lines = "".join(f"{pad}    {parameter},\n" for parameter in parameters)
    return Code(f"{head}(\n{lines}{tail}")


def with_comment(statement: Code, words: str) -> Code:
    """A statement with a comment for tools behind its first line."""
    first, newline, rest = statement.partition("\n")
    return Code(f"{first}  # {words}{newline}{rest}")


# ----------------------------------------------------------------- prose

_LIST_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_DEEPEST_LEAD: Final = 16


def _wrapped(text: str, width: int, first_gap: int = 0) -> list[str]:
    """Escaped lines of prose, none over `width` where words allow.

    Args:
        first_gap: Columns that are taken on the first line.
    """
    out: list[str] = []
    for raw in re.split(r"\r\n|\r|\n", text.strip()):
        line = _IN_PROSE.sub(_escape_prose, raw.expandtabs(4).rstrip())
        gap = " " * first_gap if not out else ""
        if len(line) + len(gap) <= width:
            out.append(line)
            continue
        bare = line.lstrip(" ")
        lead = min(len(line) - len(bare), _DEEPEST_LEAD)
        item = _LIST_ITEM.match(bare)
        wrapper = TextWrapper(
            width=max(width, lead + 20),
            initial_indent=gap + " " * lead,
            subsequent_indent=" " * (lead + (2 if item else 0)),
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines = wrapper.wrap(bare)
        out += [lines[0][len(gap) :], *lines[1:]]
    return out


def _escape_prose(match: re.Match[str]) -> str:
    return '\\"' if match[0] == '"' else _escape_character(match[0])


def _outdented(lines: Sequence[str]) -> list[str]:
    """Lines moved left as far as all but the first allow, as formatters do."""
    leads = [len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip()]
    cut = min(leads, default=0)
    return [lines[0].lstrip(" "), *(line[cut:].rstrip() for line in lines[1:])]


def docstring(
    text: str, indent: int = 0, *, arguments: Iterable[tuple[str, str]] = ()
) -> Code:
    """A docstring that says `text`, re-wrapped; its words stand as they are.

    Args:
        text: Plain prose or Markdown; must hold more than white space.
        indent: Columns by which the docstring is indented.
        arguments: Names and descriptions for an `Args:` section.
    """
    pad = " " * indent
    width = LINE - indent
    lines = _outdented(_wrapped(text, width, first_gap=3))
    if len(lines) == 1 and len(lines[0]) + 6 > width:
        lines = _outdented(_wrapped(text, width - 3, first_gap=3))
    described = [(name, words) for name, words in arguments if words.strip()]
    if described:
        lines += ["", "Args:"]
        for name, words in described:
            first, *rest = _wrapped(words, width - 8, first_gap=len(name) - 2)
            lines.append(f"    {name}: {first.lstrip(' ')}")
            lines += [f"        {line}".rstrip() for line in rest]
    if lines[0].startswith('"'):
        lines[0] = " " + lines[0]
    if len(lines) == 1:
        # A full stop where a quote or backslash would run into the closing quotes:
        # black and ruff differ about the space that they put there.
        full_stop = "." if lines[0][-1] in '"\\' else ""
        return Code(f'"""{lines[0]}{full_stop}"""')
    body = "\n".join(pad + line if line else "" for line in lines)
    return Code(f'"""{body[indent:]}\n{pad}"""')


def comment(text: str, indent: int = 0) -> Code:
    """Prose as comment lines, the first without its indentation."""
    lines = _wrapped(text, LINE - indent - 2)
    return Code(f"\n{' ' * indent}".join(f"# {line}".rstrip() for line in lines))


# ------------------------------------------------------- other languages

_IN_TOML: Final = re.compile(f'[\\\\"{INVISIBLE}]')
_PLAIN_YAML: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_YAML_WORDS: Final = frozenset(
    {"false", "n", "no", "null", "off", "on", "true", "y", "yes"}
)
_IN_MARKDOWN: Final = re.compile(r"[\\`*_{}\[\]<>#|~&!]")
_PARAGRAPH_START: Final = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


def toml_string(value: str) -> Code:
    """A basic TOML string; lone surrogates, which TOML lacks, become U+FFFD."""

    def escaped(match: re.Match[str]) -> str:
        character = match[0]
        if character in '"\\':
            return "\\" + character
        if "\ud800" <= character <= "\udfff":
            return "\\ufffd"
        code = ord(character)
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return Code('"' + _IN_TOML.sub(escaped, value) + '"')


def yaml_string(value: str) -> Code:
    """A YAML scalar on one line: plain where that is safe, else in double quotes."""
    if _PLAIN_YAML.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return Code(value)
    return Code('"' + _IN_TOML.sub(_escape_json, value) + '"')


def _escape_json(match: re.Match[str]) -> str:
    character = match[0]
    return "\\" + character if character in '"\\' else _escape_character(character)


def json_document(value: Any) -> Code:
    """A JSON file, in ASCII, without its last `\\n`."""
    return Code(json.dumps(value, indent=2))


def json_table(rest: Mapping[str, Any], key: str, rows: Mapping[str, Any]) -> Code:
    """A JSON file in ASCII with a table of one line per row, without its last `\\n`."""
    lines = [f"  {json.dumps(k)}: {json.dumps(v)}," for k, v in rest.items()]
    lines.append(f"  {json.dumps(key)}: {{")
    last = len(rows) - 1
    lines += [
        f"    {json.dumps(k)}: {json.dumps(v, sort_keys=True)}{'' if n == last else ','}"
        for n, (k, v) in enumerate(rows.items())
    ]
    return Code("\n".join(["{", *lines, "  }", "}"]))


def markdown(text: str) -> Code:
    """Prose for a Markdown file, on one line, that is neither markup nor HTML there."""
    line = " ".join(text.split())
    line = re.sub(f"[{INVISIBLE}]", "\ufffd", line.replace("\xa0", " "))
    line = _IN_MARKDOWN.sub(lambda match: "\\" + match[0], line)
    return Code(_PARAGRAPH_START.sub(r"\1\\\2", line))


def join(separator: str, parts: Iterable[Code]) -> Code:
    """Safe parts with a fixed separator between them."""
    return Code(separator.join(parts))


def shell_word(text: str) -> Code:
    """A text as one word of a POSIX shell; one without control characters."""
    if not text.isprintable():
        raise ValueError("a shell word has a control character")
    return Code(shlex.quote(text))


def markdown_code(text: str) -> Code:
    """Text between backticks in a Markdown file."""
    return Code(re.sub(f"[`{INVISIBLE}]", "", text))


def html_comment(text: str) -> Code:
    """Text inside of an HTML comment."""
    return Code(re.sub(f"[-{INVISIBLE}]{{2,}}|[<>{INVISIBLE}]", "", text))


def checked_source(source: str) -> Code:
    """Source that another stage has made of `Code` and checked, without its last `\\n`."""
    return Code(source.rstrip("\n"))


def remembered(source: str) -> Code:
    """Source that an earlier run has made here, of the same."""
    return Code(source)
