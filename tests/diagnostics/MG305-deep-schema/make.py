from __future__ import annotations

import json
from pathlib import Path


def make(folder: Path) -> str:
    """A schema of schemas, 60 times."""
    schema: dict[str, object] = {"type": "object"}
    for _ in range(60):
        schema = {"type": "object", "properties": {"a": schema}}
    text = json.dumps({"tools": [{"name": "a", "inputSchema": schema}]}, indent=1)
    (folder / "input.json").write_text(text, encoding="utf-8")
    return "input.json"
