"""What releases of mcpgen generated, kept as data: old code runs with the new runtime.

`VERSION.zip` is a server and a client of `manifest`, with `runtime: shared`, as the release
with that version of the runtime generated them. At each release that raises the runtime's
version, `python -m tests.releases` writes the next one; those before it stay.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
MOMENT: Final = (2020, 2, 2, 0, 0, 0)


def manifest() -> dict[str, Any]:
    """A manifest with something of each kind."""
    text = {"type": "string"}
    return {
        "mcpgen": 1,
        "name": "old",
        "runtime": "shared",
        "tools": [
            {
                "name": "greet",
                "inputSchema": {
                    "type": "object",
                    "properties": {"name": text, "times": {"type": "integer"}},
                    "required": ["name"],
                },
                "outputSchema": {
                    "type": "object",
                    "properties": {"text": text},
                    "required": ["text"],
                },
            },
            {"name": "wave", "inputSchema": {"type": "object", "properties": {}}},
        ],
        "prompts": [{"name": "write", "arguments": [{"name": "to", "complete": True}]}],
        "resources": [{"name": "names", "uri": "old://names"}],
        "resourceTemplates": [{"name": "one", "uriTemplate": "old://names/{name}"}],
    }


def write(version: str) -> Path:
    """Write what this mcpgen generates; gives the file."""
    from mcpgen.build import build
    from mcpgen.manifest import loads
    from mcpgen.render import render

    files = render(build(loads(json.dumps(manifest()), "mcpgen.json"), "old"))
    target = FOLDER / f"{version}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, file in files.items():
            if "_server/" in path or "_client/" in path:
                archive.writestr(zipfile.ZipInfo(path, MOMENT), file.text)
    return target
