"""The JSON Schema of native manifests, for editors; rendered from `model`.

    python -m mcpgen.manifest.editor_schema [FILE]

writes it, by default to the checkout's schema/mcpgen.schema.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from mcpgen import disk

from .model import NativeManifest
from .schemas import DIALECT

HOME: Final = Path(__file__).parents[2] / "schema" / "mcpgen.schema.json"


def render() -> str:
    """The schema as JSON text, the same at every time."""
    made = TypeAdapter(NativeManifest).json_schema(by_alias=True)
    for part in (made, *made["$defs"].values()):
        del part["title"]
        for schema in part["properties"].values():
            # Made by pydantic of the property's name: says nothing new.
            schema.pop("title", None)
    head = {"$schema": DIALECT, "title": "mcpgen manifest"}
    order = ("description", "type", "properties")
    whole = head | {key: made[key] for key in order} | made
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> None:
    """Write the schema to the file that is named, or to its home."""
    file = Path(arguments[0]) if arguments else HOME
    disk.put(file, render().encode(), root=file.parent)


if __name__ == "__main__":
    main(sys.argv[1:])
