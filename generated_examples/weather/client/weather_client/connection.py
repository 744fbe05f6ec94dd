"""Connections of your own, and what clients share about servers.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from .runtime.client import Connection, KnownServers

__all__ = ["Connection", "KnownServers"]
