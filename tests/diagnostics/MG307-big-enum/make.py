from __future__ import annotations

import json
from pathlib import Path


def make(folder: Path) -> str:
    """An enum of 10,001 numbers."""
    city = {"enum": list(range(10_001))}
    schema = {"type": "object", "properties": {"city": city}}
    text = json.dumps({"tools": [{"name": "a", "inputSchema": schema}]}, indent=1)
    (folder / "input.json").write_text(text, encoding="utf-8")
    return "input.json"
