"""Runs the everything server."""

from __future__ import annotations

import sys

from .app import HOOKS
from .generated import main
from .handlers import Everything


def run() -> int:
    """Serves until it is told to stop, and gives the exit code; `--help` says how."""
    return main(Everything, hooks=HOOKS)


if __name__ == "__main__":
    sys.exit(run())
