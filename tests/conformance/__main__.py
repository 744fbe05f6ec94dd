"""`make conformance`: run the whole suite and print a table per revision and side."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from tests.conformance import suite
from tests.conformance.test_client import CLIENT
from tests.conformance.test_server import SERVER
from tests.servers import running_server

AT_A_TIME = 2
"""Scenarios of clients that run side by side; each is two processes."""


async def main() -> int:
    """Exit code 1 when any scenario falls below the floor."""
    faults: list[str] = []
    for revision, floor in sorted(suite.FLOOR["server"].items()):
        found = await server(revision)
        Console().print(table(f"server, {revision}", found, floor))
        faults += suite.shortcomings(found, floor) + suite.unexpected(found, floor)
    for revision, floor in sorted(suite.FLOOR["client"].items()):
        found, failed = await client(revision, list(floor))
        Console().print(table(f"client, {revision}", found, floor))
        faults += failed or suite.shortcomings(found, floor)
    for fault in faults:
        print(fault, file=sys.stderr)
    return bool(faults)


async def server(revision: str) -> list[suite.Scenario]:
    """Every scenario of servers, against one server."""
    with tempfile.TemporaryDirectory() as output:
        async with running_server(SERVER, "everything_server") as url:
            return await suite.run_server(
                url.replace("127.0.0.1", "localhost"), revision, Path(output)
            )


async def client(
    revision: str, scenarios: list[str]
) -> tuple[list[suite.Scenario], list[str]]:
    """Every scenario of clients, each judged by itself; and those that failed."""
    turn = asyncio.Semaphore(AT_A_TIME)
    failed: list[str] = []

    async def run(scenario: str) -> list[suite.Scenario]:
        async with turn:
            with tempfile.TemporaryDirectory() as output:
                try:
                    return await suite.run_client(
                        f"python {CLIENT}", scenario, revision, Path(output)
                    )
                except (AssertionError, TimeoutError) as error:
                    failed.append(f"{scenario}: {error}")
                    return []

    found = await asyncio.gather(*(run(scenario) for scenario in scenarios))
    return [scenario for each in found for scenario in each], failed


def table(title: str, found: list[suite.Scenario], floor: dict[str, int]) -> Table:
    """One row per scenario, beside the least that counts, and a row of sums."""
    known = [scenario for scenario in found if scenario.name in floor]
    rows = Table(
        Column("scenario", overflow="fold"),
        "passed",
        "official SDK",
        "failed",
        "skipped",
        title=title,
        caption=f"{len(known)} of {len(floor)} scenarios; "
        "where the SDK has no count, the least that was reached here",
        show_footer=True,
    )
    rows.columns[1].footer = str(sum(scenario.succeeded for scenario in known))
    rows.columns[2].footer = str(sum(floor.values()))
    rows.columns[3].footer = str(sum(s.failed + s.warned for s in known))
    rows.columns[4].footer = str(sum(scenario.skipped for scenario in known))
    for scenario in found:
        rows.add_row(
            scenario.name,
            str(scenario.succeeded),
            str(floor.get(scenario.name, "not served")),
            str(scenario.failed + scenario.warned),
            str(scenario.skipped),
        )
    return rows


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
