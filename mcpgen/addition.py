"""A further tool, prompt, resource or template in a project's manifest.

Joins the manifest and the stage that rewrites it; comments and layout stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from mcpgen import disk
from mcpgen.diagnostics import MCPGenError, Span

if TYPE_CHECKING:
    from mcpgen.manifest import Manifest

Kind: TypeAlias = Literal["tool", "prompt", "resource", "template"]

_SECTIONS: Final[dict[Kind, str]] = {
    "tool": "tools",
    "prompt": "prompts",
    "resource": "resources",
    "template": "resourceTemplates",
}
_KEYS: Final = {"resources": "uri", "resourceTemplates": "uriTemplate"}


def add(
    file: Path,
    kind: Kind,
    name: str,
    *,
    description: str | None = None,
    uri: str | None = None,
) -> Manifest:
    """Add an entry to a manifest, written to its file; gives the new manifest.

    Args:
        file: A native manifest in YAML or JSON.
        kind: What to add.
        name: Its name.
        description: What it is for; None writes a sentence to be replaced.
        uri: The URI of a resource, or the URI template of a template.

    Raises:
        MCPGenError: It is there already (MG431), or the manifest would not be valid or
            cannot be changed in place; nothing was written.
    """
    from mcpgen.manifest import load
    from mcpgen.pull import changed

    old = load(file)
    section = _SECTIONS[kind]
    entry = _entry(kind, name, description, uri)
    key = _KEYS.get(section, "name")
    entries: list[Any] = old.source.data.get(section) or []
    for at, known in enumerate(entries):
        if known[key] == entry[key]:
            raise MCPGenError.of(
                "MG431",
                f"the manifest has a {kind} {entry[key]!r} already",
                span=old.source.span((section, at)),
            )
    if not old.native:
        raise MCPGenError.of(
            "MG703",
            "can't be changed in place: it is not a native manifest",
            span=Span(old.source.file),
            hint="make a project of it: mcpgen new server NAME --manifest FILE",
        )
    data = {**old.source.data, section: [*entries, entry]}
    new = changed(old, data)
    disk.put(file, new.source.text.encode(), root=disk.root_of(file))
    return new


def _entry(
    kind: Kind, name: str, description: str | None, uri: str | None
) -> dict[str, Any]:
    words = description or f"Say what {name} does, and when to use it."
    entry: dict[str, Any] = {"name": name, "description": words}
    if kind == "tool":
        entry["inputSchema"] = {"type": "object", "properties": {}}
    elif kind == "resource":
        entry = {"uri": uri, **entry}
    elif kind == "template":
        entry = {"uriTemplate": uri, **entry}
    return entry
