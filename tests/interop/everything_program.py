"""The everything example as a program that reports what becomes of a cancelled call.

`python everything_program.py --stdio`; standard error gets a line "started" when the
handler of `test_cancellation` begins and "cancelled" when it ends by cancellation.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

sys.path.insert(
    0, str(Path(__file__).parents[2] / "generated_examples/everything/server")
)
_handlers = importlib.import_module("everything_server.handlers")


class Reporting(_handlers.Everything):  # type: ignore[misc, name-defined]
    """The example's handlers, one of which reports its end."""

    async def test_cancellation(self, args: Any, ctx: Any) -> str:
        """Work until cancelled."""
        print("started", file=sys.stderr, flush=True)
        try:
            result: str = await super().test_cancellation(args, ctx)
        except asyncio.CancelledError:
            print("cancelled", file=sys.stderr, flush=True)
            raise
        return result


if __name__ == "__main__":
    generated = importlib.import_module("everything_server.generated")
    sys.exit(generated.main(Reporting))
