"""What indexes and registries read: the client's metadata, and `server.json`.

https://packaging.python.org/en/latest/specifications/pyproject-toml/
https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/server-json/generic-server-json.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

from mcpgen import ir, pycode
from mcpgen.pycode import Code

from .common import summary
from .documents import distribution, shortened, version

SERVER_JSON: Final = (
    "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
)
PYTHON: Final = ">=3.11"
_LONGEST_DESCRIPTION: Final = 100
_LONGEST_TITLE: Final = 100
_FORGES: Final = {"github.com": "github", "gitlab.com": "gitlab"}
LOCAL_URL: Final = "http://127.0.0.1:8000/mcp"


def client_name(project: ir.Project) -> Code:
    """The name by which the client is installed, as text without quotes."""
    # The manifest admits letters, digits and `._-` only.
    return pycode.markdown_code(
        project.package.name or distribution(project.client_package)
    )


def client_version(project: ir.Project) -> Code:
    """The client's version."""
    return pycode.markdown_code(project.package.version or version(project))


def python(project: ir.Project) -> Code:
    """The versions of Python that the client admits, as TOML."""
    return pycode.toml_string(project.package.python or PYTHON)


def metadata(project: ir.Project) -> Iterator[Code]:
    """Lines of the table `project`."""
    package = project.package
    if package.license is not None:
        yield Code(f"license = {pycode.toml_string(package.license)}")
    if package.authors:
        entries = pycode.join(", ", (_author(*author) for author in package.authors))
        yield Code(f"authors = [{entries}]")
    if package.keywords:
        words = pycode.join(", ", map(pycode.toml_string, package.keywords))
        yield Code(f"keywords = [{words}]")


def _author(name: str, email: str | None) -> Code:
    entry = f"name = {pycode.toml_string(name)}"
    if email is not None:
        entry += f", email = {pycode.toml_string(email)}"
    return Code(f"{{ {entry} }}")


def urls(project: ir.Project) -> Iterator[Code]:
    """Lines of the table `project.urls`."""
    for label, url in project.package.urls:
        yield Code(f"{pycode.toml_string(label)} = {pycode.toml_string(url)}")


def server_json(
    project: ir.Project, registry: ir.Registry, variables: Iterable[ir.Variable]
) -> Code:
    """The text of `server.json`.

    Args:
        project: The project.
        registry: Its entry in the registry.
        variables: What hosts that start the server ask users for.
    """
    entry: dict[str, ir.Json] = {
        "$schema": SERVER_JSON,
        "name": registry.name,
        "description": shortened(
            " ".join(summary(project).split()), _LONGEST_DESCRIPTION
        ),
        "version": project.version or "0.1.0",
    }
    named = project.server_info.get("title")
    if isinstance(named, str) and named.strip():
        entry["title"] = shortened(" ".join(named.split()), _LONGEST_TITLE)
    website = project.server_info.get("websiteUrl")
    if isinstance(website, str) and website.startswith("https://"):
        entry["websiteUrl"] = website
    forge = _FORGES.get(urlsplit(registry.repository or "").hostname or "")
    if registry.repository is not None and forge is not None:
        entry["repository"] = {"url": registry.repository, "source": forge}
    if registry.package is not None:
        entry["packages"] = [_package(project, registry.package, variables)]
    if registry.url is not None and "http" in project.transports:
        entry["remotes"] = [{"type": "streamable-http", "url": registry.url}]
    return pycode.json_document(entry)


def _package(
    project: ir.Project, name: str, variables: Iterable[ir.Variable]
) -> dict[str, ir.Json]:
    """The server on PyPI, as uvx starts it.

    Of a server that somebody else makes, options and settings are not known.
    """
    made: dict[str, ir.Json] = {
        "registryType": "pypi",
        "identifier": name,
        "version": version(project),
        "runtimeHint": "uvx",
    }
    if "stdio" in project.transports:
        made["transport"] = {"type": "stdio"}
    else:
        made["transport"] = {"type": "streamable-http", "url": LOCAL_URL}
    if project.has_server and "stdio" in project.transports:
        made["packageArguments"] = [{"type": "named", "name": "--stdio"}]
    listed = [_variable(each) for each in variables]
    return {**made, "environmentVariables": listed} if listed else made


def _variable(variable: ir.Variable) -> dict[str, ir.Json]:
    made: dict[str, ir.Json] = {
        "name": variable.name,
        "description": variable.description,
        "isRequired": variable.is_required,
        "isSecret": variable.is_secret,
    }
    if variable.kind != "text":
        made["format"] = "filepath"
    return made


def contract(project: ir.Project) -> Code:
    """What the client carries of its contract besides its catalog: above all names.

    How the server authenticates is its own affair, and stays out.
    """
    rows = {
        key: {k: v for k, v in entry.items() if k != "definition"}
        for key, entry in project.contract["entries"].items()
    }
    rest = {
        key: value
        for key, value in project.contract.items()
        if key not in ("auth", "entries")
    }
    return pycode.json_table(rest, "entries", rows)


def marker(registry: ir.Registry) -> Code:
    """What the registry looks for in a package's README."""
    return pycode.html_comment(f"mcp-name: {registry.name}")


def changes(project: ir.Project) -> Iterator[Code]:
    """What changed since the version that callers have, a line each."""
    for level, message in project.history.changes:
        yield Code(f"{level}: {pycode.markdown(message)}")
