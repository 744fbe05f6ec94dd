"""From an entry as it is written to the definition as it goes on the wire, and back.

Middle of the manifest stage. In native manifests mcpgen's own keys stay behind and
`extra` is merged where it stands; raw definitions are the wire's already.
"""

from __future__ import annotations

from typing import Final

from . import model
from .declarations import Json
from .reading import is_list

SHAPES: Final[dict[str, model.Shape]] = {
    "tools": model.Tool,
    "prompts": model.Prompt,
    "resources": model.Resource,
    "resourceTemplates": model.ResourceTemplate,
}


def definition(shape: model.Shape, entry: dict[str, Json]) -> dict[str, Json]:
    """The wire's form of a native entry; the same keys in the same order."""
    made: dict[str, Json] = {}
    own = model.OWN[shape]
    parts = model.PARTS.get(shape, {})
    for key, value in entry.items():
        if key == "extra":
            made.update(value)
        elif key not in own:
            made[key] = _part(parts[key], value) if key in parts else value
    return made


def _part(shape: model.Shape, value: Json) -> Json:
    if is_list(value):
        return [definition(shape, item) for item in value]
    return definition(shape, value)


def entry(shape: model.Shape, wire: dict[str, Json]) -> dict[str, Json]:
    """The native form of a wire definition: keys that mcpgen does not know in `extra`."""
    made: dict[str, Json] = {}
    extra: dict[str, Json] = {}
    known = model.keys(shape) - model.OWN[shape]
    parts = model.PARTS.get(shape, {})
    for key, value in wire.items():
        if key in known and value is not None:
            made[key] = _entry_part(parts[key], value) if key in parts else value
        elif model.is_free(key) and key not in known:
            made[key] = value
        else:
            extra[key] = value
            made["extra"] = extra
    return made


def _entry_part(shape: model.Shape, value: Json) -> Json:
    if is_list(value):
        return [entry(shape, item) for item in value]
    return entry(shape, value)
