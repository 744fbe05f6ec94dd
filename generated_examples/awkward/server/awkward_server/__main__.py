"""Runs the awkward server."""

from __future__ import annotations

import sys

from .app import HOOKS
from .generated import main
from .handlers import Awkward


def run() -> int:
    """Serves until it is told to stop, and gives the exit code; `--help` says how."""
    return main(Awkward, hooks=HOOKS)


if __name__ == "__main__":
    sys.exit(run())
