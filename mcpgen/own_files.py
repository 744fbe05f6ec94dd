"""The user's files, compared with what the generated server needs and has.

Reads files of the user's and never changes them. What the server needs comes as
requirements, from `features`; a project file that another tool than the standard's
`[project]` describes is searched for names alone.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mcpgen.diagnostics import Diagnostic, Span
from mcpgen.handlers import python_files, text_of
from mcpgen.moved_names import client_home_of, home_of

if TYPE_CHECKING:
    from packaging.requirements import Requirement

Json: TypeAlias = Any

LACKS: Final = "MG436"
"""The code of what certainly has to change."""

PROJECT: Final = "server/pyproject.toml"
DOCKERFILE: Final = "server/Dockerfile"
SERVER_JSON: Final = "client/server.json"
"""The generated entry for the MCP registry, which says how uvx starts the server."""
REQUIREMENTS: Final = re.compile(r"server/([^/]+)/generated/requirements\.txt")
"""The generated list of what a server needs from PyPI, below the project's folder."""

_HEADER: Final = re.compile(r"^\[project\]", re.MULTILINE)
_DEPENDENCIES: Final = re.compile(r"^dependencies\s*=", re.MULTILINE)
_ELSEWHERE: Final = ("requirements*.txt", "requirements*.in", "setup.py", "setup.cfg")
"""Where other tools than the standard's keep dependencies, beside the project file."""

CLIENT: Final = re.compile(r"client/([^/]+)/__init__\.py")
"""The client package, below the project's folder."""

_FORMER_CHECK: Final = "u.urlopen('http://127.0.0.1:8000/healthz')"
"""From the Dockerfile as mcpgen wrote it before servers could check themselves."""


def requirements_of(text: str) -> tuple[str, ...]:
    """The requirements in the text of a generated `requirements.txt`."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def published_in(text: str) -> str | None:
    """The name of the distribution that a generated `server.json` lets uvx install."""
    try:
        (found,) = json.loads(text)["packages"]
        return str(found["identifier"])
    except (ValueError, LookupError, TypeError):
        return None


def examine(
    folder: Path,
    package: str,
    client: str,
    requirements: Sequence[str],
    published: str | None = None,
) -> Iterator[Diagnostic]:
    """Find the lines that the user's files lack.

    Args:
        folder: The project's folder.
        package: The name of the server's package.
        client: The name of the client's package; empty where there is none.
        requirements: What the server needs from PyPI.
        published: The name by which registries let users start the server, if they do.
    """
    text = text_of(folder / PROJECT)
    if published is not None:
        yield from _command(folder / PROJECT, text, package, published)
    # Most project files have these lines just as mcpgen wrote them.
    if text and not all(f'"{each}"' in text for each in requirements):
        yield from _project(folder / PROJECT, text, requirements)
    yield from _dockerfile(folder / DOCKERFILE, package)
    for place in (package, "tests"):
        for path in python_files(folder / "server" / place):
            yield from _old_imports(path, package, client)


def _project(
    path: Path, text: str, requirements: Sequence[str]
) -> Iterator[Diagnostic]:
    listed = _listed(text)
    if listed is None:
        words = "\n".join([text, *map(text_of, _other_files(path.parent))])
        missing = [each for each in requirements if not _names(words, each)]
        if missing:
            yield Diagnostic(
                "MG437",
                "has no list of dependencies that could be compared, and does not name "
                "all that the generated server needs",
                Span(str(path)),
                "add these to the dependencies, in the form of your build tool",
                "\n".join(missing),
            )
        return
    missing = [each for each in requirements if not _allowed(each, listed)]
    if missing:
        found = _DEPENDENCIES.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else None
        yield Diagnostic(
            LACKS,
            "lacks dependencies of the generated server, or allows older ones",
            Span(str(path), line),
            "write these lines into `dependencies`, in place of others for the same "
            "packages",
            "\n".join(f'"{each}",' for each in missing),
        )


def _command(
    path: Path, text: str, package: str, published: str
) -> Iterator[Diagnostic]:
    """What `uvx NAME`, of which `server.json` speaks, would not find."""
    from packaging.utils import canonicalize_name

    project = _table(text)
    if project is None:
        return
    missing: list[str] = []
    if canonicalize_name(str(project.get("name"))) != canonicalize_name(published):
        missing.append(f"name = {json.dumps(published)}")
    scripts = project.get("scripts", {})
    if published not in scripts and "scripts" not in str(project.get("dynamic")):
        missing.append("[project.scripts]")
        missing.append(f'{json.dumps(published)} = "{package}.__main__:run"')
    if missing:
        found = _HEADER.search(text)
        yield Diagnostic(
            LACKS,
            f"does not make what client/server.json names: `uvx {published}`",
            Span(str(path), text.count("\n", 0, found.start()) + 1 if found else None),
            "write these lines into those tables, or correct `registry.package` in the "
            "manifest",
            "\n".join(missing),
        )


def _table(text: str) -> Mapping[str, Json] | None:
    """The table `project` of a project file; None where it is not the standard's."""
    import tomllib

    try:
        project: Json = tomllib.loads(text).get("project")
        project.get("scripts", {}).keys()
    except (tomllib.TOMLDecodeError, AttributeError):
        return None
    table: Mapping[str, Json] = project
    return table


def _listed(text: str) -> list[Requirement] | None:
    """The dependencies of a project file; None where they are not listed there."""
    import tomllib

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        data: Mapping[str, Json] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    project: Json = data.get("project")
    try:
        if "dependencies" in project.get("dynamic", ()):
            return None
        listed: list[Json] = list(project.get("dependencies", []))
    except (AttributeError, TypeError):
        # Not the tables and lists of the standard, or no `[project]` at all.
        return None
    found: list[Requirement] = []
    for each in listed:
        try:
            found.append(Requirement(str(each)))
        except InvalidRequirement:
            continue
    return found


def _other_files(folder: Path) -> Iterator[Path]:
    for pattern in _ELSEWHERE:
        yield from sorted(folder.glob(pattern))


def _names(text: str, requirement: str) -> bool:
    """Whether a text has the name of a requirement, in one of its spellings."""
    from packaging.requirements import Requirement

    name = re.escape(Requirement(requirement).name)
    pattern = re.sub(r"\\-|_|\\\.", "[-_.]+", name)
    return re.search(rf"(?<![\w.-]){pattern}(?![\w-])", text, re.IGNORECASE) is not None


def _allowed(wanted: str, listed: Iterable[Requirement]) -> bool:
    """Whether dependencies have a requirement, with no version below those wanted."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    need = Requirement(wanted)
    name = canonicalize_name(need.name)
    same = [each for each in listed if canonicalize_name(each.name) == name]
    return any(each.url is not None or _fits(each, need) for each in same)


def _fits(given: Requirement, need: Requirement) -> bool:
    from packaging.version import InvalidVersion, Version

    lowest: list[Version] = []
    for specifier in given.specifier:
        if specifier.operator in (">=", ">", "==", "~="):
            try:
                lowest.append(Version(specifier.version.removesuffix(".*")))
            except InvalidVersion:
                return True
        elif specifier.operator == "===":
            return True
    return bool(lowest) and need.specifier.contains(max(lowest), prereleases=True)


def _dockerfile(path: Path, package: str) -> Iterator[Diagnostic]:
    text = text_of(path)
    at = text.find(_FORMER_CHECK)
    if at != -1:
        yield Diagnostic(
            LACKS,
            "has a health check for one port and path, whatever the settings are",
            Span(str(path), text.count("\n", 0, at) + 1),
            "write this in place of the line",
            f'    CMD ["python", "-m", "{package}", "--health"]',
        )


def _old_imports(path: Path, package: str, client: str) -> Iterator[Diagnostic]:
    """Imports of names from where an earlier mcpgen had them."""
    text = text_of(path)
    if not re.search(rf"(generated|{re.escape(client)})\s+import\b", text):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # reported by what looks for handlers
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        if _is_generated(node, package):
            yield from _old_names(path, node, home_of)
        elif node.module == client and not node.level:
            yield from _old_names(path, node, client_home_of)


def _is_generated(node: ast.ImportFrom, package: str) -> bool:
    if node.level:
        return node.module == "generated"
    return node.module == f"{package}.generated"


def _old_names(
    path: Path,
    node: ast.ImportFrom,
    home_of: Callable[[str], tuple[str, str] | None],
) -> Iterator[Diagnostic]:
    lines: list[str] = []
    for alias in node.names:
        if home := home_of(alias.name):
            module, name = home
            renamed = f" as {alias.asname or alias.name}"
            lines.append(
                f"from {'.' * node.level}{node.module}.{module} import {name}"
                + (renamed if name != (alias.asname or alias.name) else "")
            )
    if lines:
        yield Diagnostic(
            "MG439",
            "imports names from where they will be until the next minor version only",
            Span(str(path), node.lineno),
            "write these lines in place of those names",
            "\n".join(lines),
        )
