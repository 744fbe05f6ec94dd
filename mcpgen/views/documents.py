"""The parts of what is no Python: project files, README, CHANGELOG."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mcpgen import ir, pycode
from mcpgen.pycode import Code

from .common import declarations, first_paragraph, summary
from .tests import awaited, tool_call

_LONGEST_SUMMARY: Final = 160
_VERSION: Final = re.compile(
    r"v?(?P<release>\d{1,9}(?:\.\d{1,9}){0,5})"
    r"(?:[-.]?(?P<phase>alpha|a|beta|b|rc)[-.]?(?P<number>\d{0,9}))?"
)
_PHASES: Final = {"alpha": "a", "a": "a", "beta": "b", "b": "b", "rc": "rc"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table of methods."""

    method: Code
    summary: Code


def title(project: ir.Project) -> Code:
    """What the server calls itself, for a heading."""
    return pycode.markdown(str(project.server_info.get("title") or project.name))


def description(project: ir.Project) -> Code:
    """What the server is for, for a Markdown file."""
    return pycode.markdown(summary(project))


def distribution(package: str) -> Code:
    """The name by which a package is installed."""
    return Code(pycode.identifier(package).replace("_", "-"))


def toml(project: ir.Project) -> dict[str, Code]:
    """The values of project files; the description is one line, as indexes want it."""
    line = shortened(" ".join(summary(project).split()))
    server = distribution(project.server_package)
    published = project.registry.package if project.registry else None
    command = pycode.toml_string(published or server)
    return {
        "server_package": pycode.toml_string(project.server_package),
        "client_package": pycode.toml_string(project.client_package),
        "server_name": command,
        # `uvx NAME` runs the command that has the distribution's name.
        "command": command if published else server,
        "script": pycode.toml_string(f"{project.server_package}.__main__:run"),
        "client_script": pycode.toml_string(f"{project.client_package}.__main__:run"),
        "version": pycode.toml_string(version(project)),
        "description": pycode.toml_string(line),
    }


def toml_strings(texts: Iterable[str]) -> list[Code]:
    """Texts as strings of project files."""
    return [pycode.toml_string(text) for text in texts]


def extras(packages: Mapping[str, Iterable[str]]) -> list[Code]:
    """The lines of a project file with the extras of features."""
    return [extra_line(name, needed) for name, needed in packages.items()]


def extra_line(name: str, needed: Iterable[str]) -> Code:
    """The line of a project file with one extra."""
    return Code(f"{name} = [{pycode.join(', ', toml_strings(needed))}]")


def version(project: ir.Project) -> Code:
    """The server's version as packages can have it (PEP 440).

    Of other versions the beginning counts, as far as it is one; without any: 0.1.0.
    """
    match = _VERSION.match(project.version.strip().lower())
    if match is None:
        return Code("0.1.0")
    phase = match["phase"]
    return Code(
        match["release"] + (f"{_PHASES[phase]}{match['number'] or 0}" if phase else "")
    )


def shortened(text: str, longest: int = _LONGEST_SUMMARY) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def method_rows(project: ir.Project) -> Iterator[Row]:
    """What the client offers, a line each."""
    for declaration in declarations(project):
        text = declaration.description or str(declaration.definition.get("title") or "")
        line = shortened(" ".join(first_paragraph(text).split()))
        yield Row(pycode.identifier(declaration.method), pycode.markdown(line))


def example(project: ir.Project, *, sync: bool) -> Code:
    """A call of the first tool that is easily called, with four columns in front."""
    head = "result = " if sync else "result = await "
    for tool in project.tools:
        if tool.sample is not None:
            return awaited(*tool_call(tool), 4, head)
    return awaited("list_tools", (), 4, head)
