"""Whole processes, measured by the operating system; medians over interleaved runs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Prepare = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process took: CPU and wall time in seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True, slots=True)
class Subject:
    """A command to measure, and what must be done before each run of it."""

    name: str
    command: Sequence[str]
    directory: Path
    prepare: Prepare = lambda: None


def run(subject: Subject) -> Usage:
    """One run; a command that fails is an error."""
    subject.prepare()
    start = time.perf_counter()
    process = subprocess.Popen(
        subject.command, cwd=subject.directory, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, subject.command)
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def compare(subjects: Sequence[Subject], times: int) -> dict[str, Usage]:
    """Medians of several runs of each subject, in turn, after one that is not counted."""
    runs: dict[str, list[Usage]] = {subject.name: [] for subject in subjects}
    for turn in range(times + 1):
        for subject in subjects:
            usage = run(subject)
            if turn:
                runs[subject.name].append(usage)
    return {
        name: Usage(
            median(u.cpu for u in usages),
            median(u.wall for u in usages),
            max(u.memory for u in usages),
        )
        for name, usages in runs.items()
    }
