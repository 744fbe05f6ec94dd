"""Install and run the official suite; read what each scenario found."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.peers import node, node_modules

HERE: Final = Path(__file__).parent
ENTRY: Final = "@modelcontextprotocol/conformance/dist/index.js"
RUN_SECONDS: Final = 180
NOT_SERVED: Final = frozenset(
    json.loads((HERE / "floor.json").read_text("utf-8"))["not_served"]
)
"""Scenarios of servers for the tasks extension, which generated servers do not have."""
FLOOR: Final[dict[str, dict[str, dict[str, int]]]] = {
    role: floors
    for role, floors in json.loads((HERE / "floor.json").read_text("utf-8")).items()
    if role in {"server", "client"}
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """The checks of one scenario, counted by status."""

    name: str
    succeeded: int
    failed: int
    warned: int
    skipped: int
    complaints: tuple[str, ...]


def installed() -> tuple[str, str]:
    """The command that runs the suite; installs it when it is not there yet."""
    return str(node()), str(node_modules(HERE / "package.json") / ENTRY)


async def run_server(url: str, revision: str, output: Path) -> list[Scenario]:
    """Every scenario of a revision, the ones that are not scored included."""
    await _run("server", "--url", url, "--requirements", revision, "-o", str(output))
    return read(output, "server")


async def run_client(
    command: str, scenario: str, revision: str, output: Path
) -> list[Scenario]:
    """One scenario by itself: then the suite judges exit code and warnings too."""
    chosen = ["--scenario", scenario, "--spec-version", revision, "--force"]
    code, printed = await _run(
        "client", "--command", command, *chosen, "-o", str(output)
    )
    if code:
        raise AssertionError(f"the suite is not content:\n{printed[-4000:]}")
    return read(output, "client")


async def _run(*arguments: str) -> tuple[int | None, str]:
    command = await asyncio.to_thread(installed)
    here = str(Path(sys.executable).parent)
    process = await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        env={**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), RUN_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode, printed.decode()


def read(output: Path, role: str) -> list[Scenario]:
    """What a run left in its folder, one entry per scenario."""
    found = []
    for file in sorted(output.glob("**/checks.json")):
        folder = file.parent.relative_to(output).as_posix()
        match = re.fullmatch(rf"(?:{role}-)?(.+)-\d{{4}}-\d\d-\d\dT[\dZ-]+", folder)
        if match is None:
            raise ValueError(f"unexpected folder {folder!r}")
        found.append(_scenario(match[1], json.loads(file.read_text("utf-8"))))
    return found


def _scenario(name: str, checks: list[dict[str, str]]) -> Scenario:
    count = Counter(check["status"] for check in checks)
    complaints = tuple(
        f"{check['id']}: {check.get('errorMessage') or check.get('description')}"
        for check in checks
        if check["status"] in {"FAILURE", "WARNING", "SKIPPED"}
    )
    return Scenario(
        name,
        count["SUCCESS"],
        count["FAILURE"],
        count["WARNING"],
        count["SKIPPED"],
        complaints,
    )


def unexpected(found: list[Scenario], floor: dict[str, int]) -> list[str]:
    """Scenarios that ran and that neither the floor nor the list of others has."""
    return [
        f"{scenario.name}: is new; put it into floor.json"
        for scenario in found
        if scenario.name not in floor and scenario.name not in NOT_SERVED
    ]


def shortcomings(found: list[Scenario], floor: dict[str, int]) -> list[str]:
    """Whatever is worse than the floor: missing, failed, warned, skipped, too few."""
    by_name = {scenario.name: scenario for scenario in found}
    faults = [f"{name}: did not run" for name in floor if name not in by_name]
    for name, least in floor.items():
        scenario = by_name.get(name)
        if scenario is None:
            continue
        faults += [f"{name}: {complaint}" for complaint in scenario.complaints]
        if scenario.succeeded < least:
            faults.append(f"{name}: {scenario.succeeded} checks passed, not {least}")
    return faults
