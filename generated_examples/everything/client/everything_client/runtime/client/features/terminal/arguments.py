"""A tool's `inputSchema` as options of a command line, and their texts as JSON.

What a text means follows from the schema; whether it is allowed is the validator's
affair. Knows nothing of connections.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, NoReturn

from pydantic_core import from_json

from ...incoming import is_list, is_object, members
from .display import in_one_line

MAX_DEPTH: Final = 8
"""References and alternatives that are followed to find out a type."""

_BOOLEANS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "no", "n", "off", "0"), False),
}
_OWN: Final = frozenset(["help", "json", "output"])
"""Options of this program behind a tool's name. What a server calls its arguments must
not change what they do."""
_STRUCTURES: Final = frozenset(["array", "object"])


class UsageError(Exception):
    """A command line that can't be understood; the text says why."""


class HelpShown(Exception):
    """The help was printed, and that is all there is to do."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a tool, prompt or template.

    Attributes:
        name: Its wire name.
        schema: Its JSON Schema, references resolved.
        types: The JSON types that it may have; none where it may be anything.
        required: Whether it must be given.
        items: The schema of an array's items.
    """

    name: str
    schema: Mapping[str, Any]
    types: frozenset[str]
    required: bool = False
    items: Mapping[str, Any] | None = None

    @property
    def metavar(self) -> str:
        """What the help shows for the value."""
        if choices := choices_of(self.schema):
            return "|".join(in_one_line(choice) for choice in choices[:8])
        return "|".join(sorted(self.types - {"null"})).upper() or "VALUE"


def arguments_of(schema: object) -> list[Argument]:
    """The arguments that a tool's `inputSchema` names."""
    root = members(schema)
    required = root.get("required")
    needed = required if is_list(required) else []
    return [
        argument(name, field, root, required=name in needed)
        for name, field in members(root.get("properties")).items()
    ]


def text_arguments(named: Mapping[str, bool]) -> list[Argument]:
    """Arguments that are texts, by name: whether each is required."""
    schema = {"type": "string"}
    return [
        Argument(name, schema, frozenset(["string"]), required)
        for name, required in named.items()
    ]


def argument(
    name: str, field: object, root: Mapping[str, Any], *, required: bool = False
) -> Argument:
    """One argument, by its schema and the document that it is part of."""
    found = _resolved(field, root, MAX_DEPTH)
    items = found.get("items")
    return Argument(
        name,
        found,
        frozenset(_types(found, root, MAX_DEPTH)),
        required,
        _resolved(items, root, MAX_DEPTH) if is_object(items) else None,
    )


def value_of(text: str, wanted: Argument) -> Any:
    """The JSON value that a person means by a text.

    Raises:
        ValueError: It can't be one of the argument's types; the text says what it is.
    """
    for choice in choices_of(wanted.schema):
        if text == choice or text == json.dumps(choice):
            return choice
    return _read(text, wanted.types)


def choices_of(schema: Mapping[str, Any]) -> list[Any]:
    """The values that a schema lists; none where it lists none."""
    return [value for value, _ in titled_choices(schema)]


def titled_choices(schema: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """The values that a schema lists, each with its title; None where it has none."""
    listed, titles = schema.get("enum"), schema.get("enumNames")
    if "const" in schema:
        return [(schema["const"], None)]
    if is_list(listed):
        shown = titles[: len(listed)] if is_list(titles) else []
        return list(zip_longest(listed, shown))
    for key in ("oneOf", "anyOf"):
        options = schema.get(key)
        if is_list(options) and options and all("const" in members(o) for o in options):
            return [(option["const"], option.get("title")) for option in options]
    return []


def _read(text: str, types: frozenset[str]) -> Any:
    value: Any = text
    with suppress(ValueError):
        value = from_json(text, allow_inf_nan=False)
    kind = _NAMES[value.__class__]
    is_number = kind == "integer" and "number" in types
    if not types or is_number or (kind != "string" and kind in types):
        return value
    if "boolean" in types and (word := text.lower()) in _BOOLEANS:
        return _BOOLEANS[word]
    if "string" in types:
        return text
    raise ValueError(f"{text!r} is not of type {' or '.join(sorted(types))}")


def _resolved(field: object, root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """A schema with its reference, if that is to a part of the same document."""
    found = members(field)
    reference = found.get("$ref")
    if depth <= 0 or not isinstance(reference, str) or not reference.startswith("#/"):
        return found
    target: Any = root
    for part in reference[2:].split("/"):
        target = members(target).get(part.replace("~1", "/").replace("~0", "~"))
    rest = {key: value for key, value in found.items() if key != "$ref"}
    return {**_resolved(target, root, depth - 1), **rest}


def _types(
    schema: Mapping[str, Any], root: Mapping[str, Any], depth: int
) -> Iterator[str]:
    """The types that a schema admits, as far as it says so plainly."""
    kind = schema.get("type")
    if isinstance(kind, str):
        yield kind
    elif is_list(kind):
        yield from (each for each in kind if isinstance(each, str))
    elif choices := choices_of(schema):
        yield from {_NAMES[choice.__class__] for choice in choices}
    elif depth > 0:
        for key in ("anyOf", "oneOf"):
            options = schema.get(key)
            for option in options if is_list(options) else ():
                yield from _types(_resolved(option, root, depth), root, depth - 1)


_NAMES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}


# --------------------------------------------------------------- the command line


def read_arguments(
    said: argparse.Namespace,
    wanted: Sequence[Argument],
    *,
    program: str,
    description: str = "",
) -> dict[str, Any]:
    """The arguments in the words of a command line behind a tool's name.

    Args:
        said: What the command line said so far, its `words` among it. It learns of
            options of this program in these words.
        wanted: The arguments that there are.
        program: How the help calls what is run.
        description: What it does, for the help.

    Raises:
        UsageError: They can't be understood.
        HelpShown: They ask for the help.
    """
    parser = Parser(
        prog=_escaped(program),
        usage=_escaped(f"{program} [--ARGUMENT VALUE ...] [JSON | -]"),
        # Here argparse fills in nothing but this.
        description=in_one_line(description).replace("%(prog)", "%%(prog)"),
        add_help=False,
        allow_abbrev=False,
    )
    named = spellings(wanted)
    for number, (each, options) in enumerate(zip(wanted, named, strict=True)):
        if options:
            _add(parser, each, f"argument_{number}", options)
    parser.add_argument(
        "json_text",
        nargs="?",
        metavar="JSON",
        help="the arguments as a JSON object; - reads it from standard input",
    )
    parser.add_argument("-h", "--help", action="help", help="show this help")
    parser.add_argument("--json", action="store_true", help="print JSON")
    if said.command == "read":
        parser.add_argument("--output", metavar="FILE", help="save it to a file")
    _, unknown = parser.parse_known_args(said.words, said)
    if unknown:
        option = unknown[0].partition("=")[0]
        known = [spelled for options in named for spelled in sorted(options)]
        alike = difflib.get_close_matches(option, known, 3)
        hint = (
            f"did you mean {' or '.join(alike)}?"
            if alike
            else "this program's own options stand before the command"
        )
        raise UsageError(f"there is no argument {unknown[0]}; {hint}")
    values = _json_arguments(said.json_text)
    for number, each in enumerate(wanted):
        texts = getattr(said, f"argument_{number}", None)
        if texts is not None:
            values[each.name] = _value(texts, each)
    return values


def option_of(name: str) -> str:
    """How an argument is written: `--arg-NAME` where `--NAME` is this program's own."""
    return f"--arg-{name}" if name in _OWN else f"--{name}"


def spellings(wanted: Sequence[Argument]) -> list[set[str]]:
    """How each argument is written: by its wire name, and in kebab-case.

    A wire name goes before another argument's kebab-case; of two that are alike in
    kebab-case, the first has it. An argument that no option can be called by has none.
    """
    found = [
        {option_of(each.name)} if each.name and "=" not in each.name else set[str]()
        for each in wanted
    ]
    taken = {f"--{name}" for name in _OWN}
    for each, options in zip(wanted, found, strict=True):
        if each.name in _OWN and any(options & o for o in found if o is not options):
            options.clear()
        taken |= options
    for each, options in zip(wanted, found, strict=True):
        spelled = f"--{_kebab(each.name)}"
        if options and spelled not in taken and each.name not in _OWN:
            options.add(spelled)
            taken.add(spelled)
    return found


def _kebab(name: str) -> str:
    words = _HUMP.sub("-", name).replace("_", "-").replace(".", "-").lower()
    return words.strip("-")


_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _add(
    parser: argparse.ArgumentParser, each: Argument, place: str, options: set[str]
) -> None:
    said = [in_one_line(each.schema.get("description", ""))]
    if keys := _keys_of(each):
        said.append(keys)
    if each.required:
        said.append("(required)")
    if "default" in each.schema:
        said.append(f"(default: {in_one_line(json.dumps(each.schema['default']))})")
    parser.add_argument(
        *sorted(options),
        dest=place,
        metavar=_escaped(each.metavar),
        help=_escaped(" ".join(filter(None, said))),
        action="append",
        **_count(each),
    )


def _keys_of(each: Argument) -> str:
    """The keys of an object, or of the objects in a list, as the help shows them."""
    in_list = "object" not in each.types
    schema = (each.items or {}) if in_list else each.schema
    named = members(schema.get("properties"))
    if not named:
        return ""
    needed = schema.get("required")
    required: list[Any] = needed if is_list(needed) else []
    keys = ", ".join(
        f"{in_one_line(name)}{'' if name in required else '?'}: "
        f"{argument(name, field, schema).metavar.lower()}"
        for name, field in named.items()
    )
    return f"[{{{keys}}}, ...]" if in_list else f"{{{keys}}}"


def _count(each: Argument) -> dict[str, Any]:
    """How many values an option takes: several for arrays, perhaps none for flags."""
    if "array" in each.types:
        return {"nargs": "+"}
    if "boolean" in each.types:
        return {"nargs": "?", "const": "true"}
    return {}


def _value(groups: list[Any], wanted: Argument) -> Any:
    option = option_of(wanted.name)
    is_list = "array" in wanted.types
    if len(groups) > 1 and not is_list:
        raise UsageError(f"{option} was given {len(groups)} times")
    texts: list[str] = [t for group in groups for t in group] if is_list else groups
    is_plain = not is_list or (wanted.types - _STRUCTURES and wanted.items is None)
    try:
        if len(texts) == 1 and (is_plain or texts[0].lstrip().startswith("[")):
            return value_of(texts[0], wanted)
        item = argument(wanted.name, wanted.items or {}, {})
        return [value_of(text, item) for text in texts]
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _json_arguments(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        value = from_json(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise UsageError(f"the arguments are not valid JSON: {error}") from None
    if not is_object(value):
        raise UsageError("the arguments are JSON, but not an object")
    return value


class Parser(argparse.ArgumentParser):
    """Raises where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise HelpShown


def _escaped(text: str) -> str:
    """A text in which argparse finds nothing to fill in."""
    return text.replace("%", "%%")
