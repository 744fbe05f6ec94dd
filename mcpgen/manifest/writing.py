"""`Manifest` to the text of a native mcpgen.yaml, which loads to the same definitions.

Last of the manifest stage; writes no file.
"""

from __future__ import annotations

from . import model, wire
from .declarations import Declaration, Json, Manifest
from .recognise import VERSION
from .yaml_text import paragraphs


def to_yaml(manifest: Manifest, name: str | None = None) -> str:
    """A native manifest in YAML.

    Comments and layout of the source are not kept; where the source is a native
    manifest in YAML already, its own text is the better one.

    Args:
        manifest: Any manifest, native or raw.
        name: The project's name; None takes the manifest's own.

    Raises:
        ValueError: There is no name.
    """
    name = name or manifest.name
    if name is None:
        raise ValueError("a raw manifest has no name of its own; give one")
    data = _native(manifest) if manifest.native else _from_wire(manifest, name)
    whole: dict[str, Json] = {"mcpgen": VERSION, "name": name, **data}
    whole["name"] = name
    if set(manifest.targets) != {"server", "client"} or "targets" in data:
        whole["targets"] = list(manifest.targets)
    sections: dict[str, list[Json]] = {
        key: whole.pop(key) for key in wire.SHAPES if key in whole
    }
    return paragraphs(whole, sections)


def _native(manifest: Manifest) -> dict[str, Json]:
    data: dict[str, Json] = manifest.source.data
    return dict(data)


def _from_wire(manifest: Manifest, name: str) -> dict[str, Json]:
    info = dict(manifest.server_info)
    if info.get("name") == name:
        del info["name"]
    server = wire.entry(model.Server, info)
    if manifest.instructions is not None:
        server["instructions"] = manifest.instructions
    lists: dict[str, tuple[Declaration, ...]] = {
        "tools": manifest.tools,
        "prompts": manifest.prompts,
        "resources": manifest.resources,
        "resourceTemplates": manifest.resource_templates,
    }
    made: dict[str, Json] = {"server": server} if server else {}
    for key, declarations in lists.items():
        if declarations:
            shape = wire.SHAPES[key]
            made[key] = [wire.entry(shape, d.definition) for d in declarations]
    return made
