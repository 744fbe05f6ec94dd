"""`Manifest` to the text of a native mcpgen.yaml, which loads to the same definitions.

Last of the manifest stage; writes no file.
"""

from __future__ import annotations

from typing import Final

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
    whole = native_data(manifest, name)
    sections: dict[str, list[Json]] = {
        key: whole.pop(key) for key in wire.SHAPES if key in whole
    }
    return paragraphs(whole, sections)


def native_data(manifest: Manifest, name: str | None = None) -> dict[str, Json]:
    """The data of a native manifest; arguments and errors as for `to_yaml`."""
    name = name or manifest.name
    if name is None:
        raise ValueError("a raw manifest has no name of its own; give one")
    data = _native(manifest) if manifest.native else _from_wire(manifest, name)
    whole: dict[str, Json] = {"mcpgen": VERSION, "name": name, **data}
    whole["name"] = name
    if set(manifest.targets) != {"server", "client"} or "targets" in data:
        whole["targets"] = list(manifest.targets)
    return whole


def local_keys(section: str) -> frozenset[str]:
    """The keys of an entry that never go on the wire and say nothing of it.

    Args:
        section: A section of manifests, "server", or "arguments" of a prompt.
    """
    return model.OWN[_SHAPES[section]] - _OF_THE_WIRE


_SHAPES: Final = {
    **wire.SHAPES,
    "server": model.Server,
    "arguments": model.PromptArgument,
}
_OF_THE_WIRE: Final = frozenset({"extra", "instructions"})
"""Keys of mcpgen's own whose content is the server's all the same."""


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
    if manifest.connect is not None:
        made["connect"] = {"url": manifest.connect}
    elif manifest.command:
        made["connect"] = {"command": list(manifest.command)}
    for key, declarations in lists.items():
        if declarations:
            shape = wire.SHAPES[key]
            made[key] = [wire.entry(shape, d.definition) for d in declarations]
    return made
