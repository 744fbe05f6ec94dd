"""What the weather server answers in mock mode, made from the schemas.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = r"""
{
  "get_forecast": {
    "value": {
      "city": "example",
      "days": [{"date": "2026-01-31", "low": 1, "high": 1, "sky": "clear"}]
    }
  }
}
"""
