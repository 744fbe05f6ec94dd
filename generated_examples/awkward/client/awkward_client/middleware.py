"""The types of middleware around requests.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from .runtime.client import Middleware, Next, Request, Result

__all__ = ["Middleware", "Next", "Request", "Result"]
