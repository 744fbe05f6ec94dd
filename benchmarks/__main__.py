"""`make bench [ONLY=generation]`: run the benchmarks and print ratios."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = ("generation", "server")


def main(chosen: list[str]) -> int:
    """Run the named benchmarks, all of them by default; 2 for an unknown name."""
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    for name in chosen or BENCHMARKS:
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
