"""`make conformance`: run the whole suite and print a table per scenario."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conformance import suite
from tests.conformance.test_server import SERVER
from tests.servers import running_server


async def main() -> int:
    """Exit code 1 when any scenario falls below the floor."""
    faults: list[str] = []
    for revision, floor in sorted(suite.FLOOR["server"].items()):
        with tempfile.TemporaryDirectory() as output:
            async with running_server(SERVER, "everything_server") as url:
                found = await suite.run_server(
                    url.replace("127.0.0.1", "localhost"), revision, Path(output)
                )
        Console().print(table(f"server, {revision}", found, floor))
        faults += suite.shortcomings(found, floor)
    for fault in faults:
        print(fault, file=sys.stderr)
    return bool(faults)


def table(title: str, found: list[suite.Scenario], floor: dict[str, int]) -> Table:
    """One row per scenario, beside the official SDK's count."""
    rows = Table("scenario", "passed", "official SDK", "failed", "skipped", title=title)
    for scenario in found:
        rows.add_row(
            scenario.name,
            str(scenario.succeeded),
            str(floor.get(scenario.name, "-")),
            str(scenario.failed + scenario.warned),
            str(scenario.skipped),
        )
    return rows


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
