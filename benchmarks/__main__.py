"""`python -m benchmarks [--quick] [NAME ...]`: run the benchmarks and print ratios."""

from __future__ import annotations

import importlib
import os
import sys

from rich.console import Console

from benchmarks.scale import FULL, QUICK

BENCHMARKS = (
    "server",
    "stdio",
    "startup",
    "imports",
    "growth",
    "memory",
    "client",
    "validation",
    "auth",
    "generation",
)


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, all of them by default; 2 for an unknown name."""
    chosen = [each for each in arguments if each != "--quick"]
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        print(
            f"no such benchmark: {', '.join(sorted(unknown))}; "
            f"there are {', '.join(BENCHMARKS)}",
            file=sys.stderr,
        )
        return 2
    scale = QUICK if "--quick" in arguments else FULL
    # Peers come from wheels, with byte code; what is generated here writes its own.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    console = Console()
    for name in chosen or BENCHMARKS:
        importlib.import_module(f"benchmarks.{name}").main(console, scale)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
