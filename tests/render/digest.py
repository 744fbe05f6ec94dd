"""Prints a digest of everything that is rendered; run in a process of its own."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from mcpgen.build import build
from mcpgen.manifest import load
from mcpgen.render import render

if __name__ == "__main__":
    files = render(build(load(Path(sys.argv[1])), "weather"))
    total = hashlib.sha256()
    for path, file in files.items():
        total.update(f"{path}\0{file.text}\0{file.ownership}\0".encode())
    print(total.hexdigest())
