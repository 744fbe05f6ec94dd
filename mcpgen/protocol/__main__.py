"""`python -m mcpgen.protocol`: renders what is made of `schema/` and committed.

For people who work on mcpgen itself; users never need it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Final

from mcpgen import assets, disk

from .fields import read_definitions, to_json
from .rendering import render_anew
from .revisions import known
from .table import Table

_USAGE: Final = """\
usage: python -m mcpgen.protocol                       render mcpgen/runtime/protocol/
       python -m mcpgen.protocol table FILE REVISION   derive schema/tables/REVISION.json
"""


def main(arguments: list[str]) -> int:
    """Run one of the two commands; returns the exit code."""
    match arguments:
        case []:
            folder = Path(str(assets.runtime()), "protocol")
            for name, text in render_anew(known()).items():
                disk.put(folder / name, text.encode(), root=folder)
        case ["table", file, revision]:
            content = Path(file).read_bytes()
            path = Path("schema", "tables", f"{revision}.json")
            disk.put(path, table_text(content, revision).encode(), root=Path())
        case _:
            sys.stderr.write(_USAGE)
            return 2
    return 0


def table_text(content: bytes, revision: str) -> str:
    """What `schema/tables/<revision>.json` says of an official schema file."""
    document = json.loads(content)
    data = {
        "derived_from": {
            "repository": "modelcontextprotocol/modelcontextprotocol",
            "path": f"schema/{revision}/schema.json",
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        "table": Table.from_schema(document).to_json(),
        "fields": to_json(read_definitions(document)),
    }
    return json.dumps(data, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
