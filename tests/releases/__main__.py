"""`python -m tests.releases`: keep what this mcpgen generates, at a release."""

from __future__ import annotations

from mcpgen.runtime.version import RUNTIME_VERSION
from tests.releases import write

print(write(RUNTIME_VERSION))
