"""Uses the everything server from a terminal.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

import sys

from .client import EverythingClient
from .runtime.client.features.terminal import main


def run() -> int:
    """Does what the command line says, and gives the exit code; `--help` says how."""
    return main(EverythingClient)


if __name__ == "__main__":
    sys.exit(run())
