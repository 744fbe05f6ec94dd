"""The types of middleware around requests.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runtime.client import Middleware, Next, Request, Result
else:
    from .runtime.core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__, {"..runtime.client": ("Middleware", "Next", "Request", "Result")}
    )

__all__ = ["Middleware", "Next", "Request", "Result"]
