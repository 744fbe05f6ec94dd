from __future__ import annotations

import json
from pathlib import Path


def make(folder: Path) -> str:
    """Definitions that all refer to each other, each with `unevaluatedProperties`."""
    names = [f"d{at}" for at in range(12)]
    each = {
        "allOf": [{"$ref": f"#/$defs/{name}"} for name in names],
        "unevaluatedProperties": False,
    }
    schema = {
        "type": "object",
        "$ref": "#/$defs/d0",
        "$defs": dict.fromkeys(names, each),
    }
    text = json.dumps({"tools": [{"name": "a", "inputSchema": schema}]}, indent=1)
    (folder / "input.json").write_text(text, encoding="utf-8")
    return "input.json"
