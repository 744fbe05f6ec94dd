"""What serves otherwise than `main`: mounted, over other transports.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from .runtime.server import (
    LIVE_CATALOG,
    SERVER,
    Connection,
    LiveCatalog,
    Server,
    add_metadata_route,
    serve_stdio,
)

__all__ = [
    "LIVE_CATALOG",
    "SERVER",
    "Connection",
    "LiveCatalog",
    "Server",
    "add_metadata_route",
    "serve_stdio",
]
