"""The manifest of an MCP Bundle (MCPB), and the script that hosts run.

https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md
"""

from __future__ import annotations

from typing import Final

from mcpgen import ir, pycode
from mcpgen.pycode import Code

from .common import summary
from .documents import distribution

MANIFEST_VERSION: Final = "0.4"
_KINDS: Final = {"text": "string", "file": "file", "folder": "directory"}


def manifest(
    project: ir.Project,
    variables: tuple[ir.Variable, ...],
    *,
    python: str,
    author: tuple[str, str | None],
) -> Code:
    """The text of `manifest.json`.

    Args:
        project: What is served.
        variables: What users are asked for.
        python: The versions of Python that the server admits, as a specifier.
        author: A name, and an e-mail address or None.
    """
    package, info = project.package, project.server_info
    name, email = author
    made: dict[str, ir.Json] = {
        "manifest_version": MANIFEST_VERSION,
        "name": project.name,
        "display_name": str(info.get("title") or project.name),
        "version": project.version or "0.1.0",
        "description": " ".join(summary(project).split()),
        "author": {"name": name, **({"email": email} if email else {})},
    }
    source = None if project.registry is None else project.registry.repository
    if source is not None:
        made["repository"] = {"type": "git", "url": source}
    website = info.get("websiteUrl")
    if isinstance(website, str):
        made["homepage"] = website
    made["server"] = _server(project, variables)
    made["tools"] = [_named(tool.definition) for tool in project.tools]
    # A prompt's text is made by its handler, and a list of prompts needs their texts.
    made["prompts_generated"] = bool(project.prompts)
    if package.keywords:
        made["keywords"] = list(package.keywords)
    if package.license is not None:
        made["license"] = package.license
    made["compatibility"] = {
        "platforms": ["darwin", "win32", "linux"],
        "runtimes": {"python": python},
    }
    if variables:
        made["user_config"] = {_key(each): _option(each) for each in variables}
    return pycode.json_document(made)


def entry_point(project: ir.Project) -> str:
    """The name of the script: that of the server's command, by which it knows itself."""
    return f"{distribution(project.server_package)}.py"


def script(project: ir.Project) -> Code:
    """The text of the script; it serves standard input and output, also without options."""
    docstring = pycode.docstring(
        f"Serves {project.name} over standard input and output."
    )
    package = pycode.string(project.server_package)
    return Code(
        f"{docstring}\n\nimport runpy\nimport sys\n\n"
        'if "--stdio" not in sys.argv:\n'
        "    # The server reads both before handlers are imported, which may print.\n"
        '    sys.argv.append("--stdio")\n    sys.orig_argv.append("--stdio")\n'
        f'runpy.run_module({package}, run_name="__main__", alter_sys=True)\n'
    )


def _server(
    project: ir.Project, variables: tuple[ir.Variable, ...]
) -> dict[str, ir.Json]:
    # Hosts may use the command, or run the entry point with uv as they see fit.
    script = entry_point(project)
    command: dict[str, ir.Json] = {
        "command": "uv",
        "args": ["run", "--directory", "${__dirname}", script, "--stdio"],
    }
    if variables:
        command["env"] = {
            each.name: f"${{user_config.{_key(each)}}}" for each in variables
        }
    return {"type": "uv", "entry_point": script, "mcp_config": command}


def _named(definition: dict[str, ir.Json]) -> dict[str, ir.Json]:
    words = definition.get("description") or definition.get("title")
    named = {"name": definition["name"]}
    return {**named, "description": words} if words else named


def _key(variable: ir.Variable) -> str:
    return variable.name.lower()


def _option(variable: ir.Variable) -> dict[str, ir.Json]:
    found: dict[str, ir.Json] = {
        "type": _KINDS[variable.kind],
        "title": variable.name.removeprefix("MCP_").replace("_", " ").capitalize(),
        "description": variable.description,
        "required": variable.is_required,
    }
    if not variable.is_required:
        # Without a default, the server would get the name of the option as its value.
        found["default"] = ""
    if variable.is_secret:
        found["sensitive"] = True
    return found
