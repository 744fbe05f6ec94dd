"""A manifest's text into its file: all of it, or nothing.

Part of the pull stage; knows no manifest.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from mcpgen.diagnostics import MCPGenError, Span


def put(file: Path, text: str) -> None:
    """Write a file by way of another one beside it; where it is a link, its target.

    Raises:
        MCPGenError: The system does not let it (MG411).
    """
    target = file.resolve()
    beside = target.with_name(f".{target.name}.mcpgen.tmp")
    try:
        beside.write_bytes(text.encode("utf-8"))
        beside.replace(target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise MCPGenError.of(
            "MG411",
            f"can't be written: {error.strerror or error}",
            span=Span(str(file)),
        ) from None
