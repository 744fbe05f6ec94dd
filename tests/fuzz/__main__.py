"""`python -m tests.fuzz`: a million requests, the parsers, explanations, properties.

What it finds becomes an explicit example of the test that lacked it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from . import explanations
from .campaign import Report, run

PARSERS = ("body", "envelope", "header", "proxies", "state", "token", "small")
"""The targets of `tests.fuzz.parsers`, which instruments what it imports."""

MOST_GROWTH = 16.0
"""MiB that a process may grow by in the second half of its run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and say what was found; 1 if it was anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--parses", type=int, default=200_000, help="per parser")
    parser.add_argument("--schemas", type=int, default=2_000, help="to explain")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(asyncio.run(run(given.requests, given.seed)).as_json())
        return 0
    bad = _requests(given.requests, given.seed, max(1, given.processes))
    bad |= _parses(given.parses, given.seed)
    bad |= _explanations(given.schemas, given.seed)
    return int(_properties(given.processes) or bad)


def _requests(requests: int, seed: int, processes: int) -> bool:
    """Whether anything was wrong."""
    share = -(-requests // processes)
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.fuzz", "--one"),
                *("--requests", str(share), "--seed", str(seed + number)),
            ],
            stdout=subprocess.PIPE,
        )
        for number in range(processes)
    ]
    reports = []
    for process in running:
        out, _ = process.communicate()
        if process.returncode:
            print(f"a process ended with {process.returncode}")
            return True
        reports.append(Report(**json.loads(out)))
    _show(reports)
    problems = [problem for report in reports for problem in report.problems]
    print("\n".join(problems))
    return bool(problems) or any(r.growth > MOST_GROWTH for r in reports)


def _show(reports: list[Report]) -> None:
    statuses, codes = Counter[str](), Counter[str]()
    for report in reports:
        statuses.update({str(k): v for k, v in report.statuses.items()})
        codes.update({str(k): v for k, v in report.codes.items()})
    total = sum(report.requests for report in reports)
    print(f"{total:,} requests in {max(r.seconds for r in reports):.0f} s")
    print("statuses:", ", ".join(f"{k}: {v:,}" for k, v in statuses.most_common()))
    print("codes:", ", ".join(f"{k}: {v:,}" for k, v in codes.most_common()))
    print(f"event streams: {sum(report.streams for report in reports):,}")
    for report in reports:
        sizes = ", ".join(f"{size:.1f}" for size in report.memory)
        print(f"memory in MiB: {sizes}; second half {report.growth:+.1f}")


def _parses(runs: int, seed: int) -> bool:
    """Whether any parser failed."""
    found = [name for name in PARSERS if not parsed(name, runs, seed)]
    return bool(found)


def _explanations(schemas: int, seed: int) -> bool:
    """Whether explaining an invalid value took too long, or failed."""
    outcome = explanations.run(schemas, seed, timed=True)
    print(
        f"explanations: {outcome.explained:,} of {schemas:,} schemas, "
        f"at most {outcome.most_seconds * 1000:.0f} ms, "
        f"{outcome.most_bytes / 2**20:.1f} MiB"
    )
    print("\n".join(outcome.faults))
    return bool(outcome.faults)


def _properties(processes: int) -> bool:
    """Whether a property of `make test` fails for examples that it does not draw."""
    tests = Path(__file__).parents[1]
    files = [
        str(path)
        for path in sorted(tests.rglob("test_*.py"))
        if "from hypothesis import" in path.read_text("utf-8")
    ]
    command = [
        *(sys.executable, "-m", "pytest", "-q", "--hypothesis-profile=search"),
        *("-n", str(max(1, processes)), "-k", "not test_fuzz", *files),
    ]
    return subprocess.run(command, cwd=tests.parent, check=False).returncode != 0


def parsed(name: str, runs: int, seed: int) -> bool:
    """Whether a parser took so many inputs without failing; says so if not."""
    with TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "tests.fuzz.parsers", name),
            *(
                f"-runs={runs}",
                f"-seed={seed + 1}",
                "-timeout=30",
                "-rss_limit_mb=1024",
            ),
            *("-max_len=2048", "-len_control=0", folder),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    paths = re.findall(r"DONE +cov: (\d+)", done.stderr)
    print(f"{name}: {runs:,} inputs, paths: {', '.join(paths) or 'FAILED'}")
    if done.returncode:
        print(done.stdout[-1000:] + done.stderr[-3000:])
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
