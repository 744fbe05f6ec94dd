"""What the everything server answers in mock mode, made from the schemas.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = r"""
{"test_structured_content": {"value": {"city": "example", "letters": 0}}}
"""
