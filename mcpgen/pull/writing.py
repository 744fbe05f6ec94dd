"""A manifest's text into its file: all of it, or nothing.

Part of the pull stage; knows no manifest.
"""

from __future__ import annotations

from pathlib import Path

from mcpgen import disk


def put(file: Path, text: str) -> None:
    """Write a manifest; links below the current folder are not followed.

    Raises:
        MCPGenError: A link is in its place or on the way (MG409), or the system does not
            let it be written (MG411).
    """
    disk.put(file, text.encode("utf-8"), root=disk.root_of(file))
