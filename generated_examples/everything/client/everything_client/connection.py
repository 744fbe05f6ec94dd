"""Connections of your own, and what clients share about servers.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runtime.client import Connection, KnownServers
else:
    from .runtime.core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__, {"..runtime.client": ("Connection", "KnownServers")}
    )

__all__ = ["Connection", "KnownServers"]
