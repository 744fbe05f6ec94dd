from __future__ import annotations

import json
from pathlib import Path


def make(folder: Path) -> str:
    """A schema of 50,000 properties."""
    properties: dict[str, object] = {f"p{at}": {} for at in range(50_000)}
    schema = {"type": "object", "properties": properties}
    text = json.dumps({"tools": [{"name": "a", "inputSchema": schema}]}, indent=1)
    (folder / "input.json").write_text(text, encoding="utf-8")
    return "input.json"
