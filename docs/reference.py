"""Writes pages of the reference from the code: commands, messages, keys of manifests."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from mcpgen.cli import ROOT
from mcpgen.diagnostics import CATALOGUE
from mcpgen.manifest import editor_schema

HERE: Final = Path(__file__).parent / "reference"
_MADE: Final = "Made by `python docs/reference.py` from the code.\n"
_BLOCK: Final = re.compile(r"^\x08\n", re.MULTILINE)


def pages() -> dict[str, str]:
    """The text of each page by its name."""
    return {
        "commands.md": commands(),
        "messages.md": messages(),
        "manifest-keys.md": keys(),
    }


def commands() -> str:
    """Every command, as its `--help` describes it."""
    parts = [
        "# Commands\n",
        _MADE,
        "Exit codes: 0 fine; 1 the answer is no; 2 it could not be done.\n",
    ]
    for names, command in _commands(ROOT, ("mcpgen",)):
        parts.append(f"## {' '.join(names)}\n")
        parts.append(f"{_prose(command.help or '')}\n")
        parts += _options(names, command)
        if command.epilog:
            examples = _BLOCK.sub("", command.epilog).partition("\n")[2]
            parts.append(
                "\n".join(f"  {line}" for line in examples.splitlines()) + "\n"
            )
    return "\n".join(parts)


def _commands(
    command: click.Command, names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield names, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _commands(found, (*names, name))


def _options(names: tuple[str, ...], command: click.Command) -> Iterator[str]:
    settings: Mapping[str, Any] = command.context_settings
    context = click.Context(command, info_name=" ".join(names), **settings)
    yield f"`{' '.join(names)} {' '.join(command.collect_usage_pieces(context))}`\n"
    rows = [
        record
        for parameter in command.get_params(context)
        if (record := parameter.get_help_record(context)) is not None
    ]
    yield "| option | |\n|---|---|"
    for option, meaning in rows:
        yield f"| `{option.replace('|', '/')}` | {_cell(meaning)} |"
    yield ""


def messages() -> str:
    """Every code of a diagnostic."""
    rows = [
        f"| {code} | {known.severity} | {_cell(known.meaning)} |"
        for code, known in sorted(CATALOGUE.items())
    ]
    head = (
        "Errors stop a command, warnings don't. A message names the place as "
        "`file:line:column`; `--json` gives the same to programs.\n"
    )
    table = "\n".join(["| code | | what it means |", "|---|---|---|", *rows])
    return "\n".join(["# Messages\n", _MADE, head, table, ""])


def keys() -> str:
    """Every key of a manifest."""
    schema: dict[str, Any] = json.loads(editor_schema.render())
    parts = [
        "# Keys of a manifest\n",
        _MADE,
        "[How a manifest is written](../manifest.md).\n",
    ]
    shapes = {"Manifest": schema, **schema["$defs"]}
    for name, shape in shapes.items():
        parts.append(f"## {name}\n")
        parts.append(f"{_prose(shape.get('description', ''))}\n")
        parts.append("| key | type | |\n|---|---|---|")
        required = set(shape.get("required", ()))
        for key, value in shape.get("properties", {}).items():
            mark = " (required)" if key in required else ""
            meaning = _cell(value.get("description", ""))
            parts.append(f"| `{key}`{mark} | {_type(value)} | {meaning} |")
        parts.append("")
    return "\n".join(parts)


def _type(value: dict[str, Any]) -> str:
    match value:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"enum": [*values]}:
            return " or ".join(f"`{each}`" for each in values)
        case {"anyOf": [*choices]}:
            return " or ".join(dict.fromkeys(map(_type, choices)))
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"const": constant}:
            return f"`{constant}`"
    return str(value.get("type", "anything"))


def _prose(text: str) -> str:
    return inspect.cleandoc(_BLOCK.sub("", text)).replace("<", "&lt;")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, "utf-8")
