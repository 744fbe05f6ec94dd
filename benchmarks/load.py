"""A load that is no bottleneck (wrk) on server processes, and what it cost them."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.scale import Scale
from benchmarks.wire import Request, Subject

ROOT = Path(__file__).parent.parent
SLICE = 0.15
"""Seconds of load on one subject before the next one's turn."""
_SETTLE = 0.03
"""Seconds in which a server answers what it has already been asked."""
_NUMBERED = """
local number = 0
function request()
  number = number + 1
  return wrk.format(nil, nil, nil, before .. '"id": ' .. number .. after)
end
"""
"""Ids that are new each time, as the requests of one session must be."""
_REPORT = """
function done(summary, latency, requests)
  local e = summary.errors
  io.write("answers " .. summary.requests .. "\\n")
  io.write("failed " .. (e.connect + e.read + e.write + e.status) .. "\\n")
  io.write("p50 " .. latency:percentile(50) .. "\\n")
  io.write("p99 " .. latency:percentile(99) .. "\\n")
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a generator reports: answers, and latencies in ms."""

    answers: int
    p50: float
    p99: float


def cpu_per_answer(
    subjects: Sequence[Subject], connections: int, scale: Scale
) -> list[float]:
    """µs of server CPU per answer, for each subject: medians of several runs."""
    runs = [_run(subjects, connections, scale.seconds) for _ in range(scale.runs)]
    return [median(costs) for costs in zip(*runs, strict=True)]


def _run(subjects: Sequence[Subject], connections: int, seconds: float) -> list[float]:
    """µs of server CPU per answer, for each subject.

    Every subject has a server and a generator of its own, but in turns of a fraction of
    a second only one of them runs, so that whatever else the machine does hits all
    alike.
    """
    if len({each.server for each in subjects}) < len(subjects):
        raise ValueError("subjects can't share a server: its CPU time is counted whole")
    # All the time that the turns take in all, or the first generators would end early.
    turns = max(1, ceil(seconds / SLICE))
    length = ceil(turns * len(subjects) * (SLICE + _SETTLE)) + 1
    before = [each.server.cpu() for each in subjects]
    with TemporaryDirectory() as folder:
        generators = [
            _start(each.request, connections, length, Path(folder) / f"{n}.lua")
            for n, each in enumerate(subjects)
        ]
        try:
            for generator in generators:
                generator.send_signal(signal.SIGSTOP)
            for _ in range(turns):
                for generator in generators:
                    generator.send_signal(signal.SIGCONT)
                    time.sleep(SLICE)
                    generator.send_signal(signal.SIGSTOP)
                    time.sleep(_SETTLE)
            for generator in generators:
                generator.send_signal(signal.SIGCONT)
            answers = [_report(generator, length).answers for generator in generators]
        finally:
            for generator in generators:
                generator.kill()
                generator.wait()
    return [
        (each.server.cpu() - start) / count * 1e6
        for each, start, count in zip(subjects, before, answers, strict=True)
    ]


def latency(subject: Subject, connections: int, scale: Scale) -> Load:
    """What clients see of one server under load: the run with the middle tail.

    Each takes so long that the moments in which all connections are made tell little.
    """
    length = max(1, ceil(4 * scale.seconds))
    with TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        loads = [
            _report(_start(subject.request, connections, length, script), length)
            for _ in range(scale.runs)
        ]
    return sorted(loads, key=lambda load: load.p99 / load.p50)[len(loads) // 2]


def _start(
    request: Request, connections: int, seconds: int, script: Path
) -> subprocess.Popen[str]:
    wrk = shutil.which("wrk")
    if wrk is None:
        script.write_text(json.dumps(dataclasses.asdict(request)), "utf-8")
        python = [sys.executable, "-m", "benchmarks.trickle"]
        command = [*python, str(script), str(connections), str(seconds)]
    else:
        script.write_text(_lua(request), "utf-8")
        limits = [f"-c{connections}", f"-d{seconds}s", "--timeout", "60s"]
        command = [wrk, "-t1", *limits, "-s", str(script), request.url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _lua(request: Request) -> str:
    headers = [
        f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}"
        for k, v in request.headers.items()
    ]
    before, _, after = json.dumps(request.body).partition('"id": 1')
    parts = [
        f"local before = {json.dumps(before)}",
        f"local after = {json.dumps(after)}",
    ]
    return "\n".join(['wrk.method = "POST"', *headers, *parts, _NUMBERED, _REPORT])


def _report(generator: subprocess.Popen[str], seconds: int) -> Load:
    printed, _ = generator.communicate(timeout=seconds + 60)
    found = dict(re.findall(r"^(answers|failed|p50|p99) ([\d.]+)$", printed, re.M))
    answers, failed = int(found.get("answers", "0")), int(found.get("failed", "1"))
    if generator.returncode or failed:
        raise RuntimeError(f"not every request was answered:\n{printed}")
    if not answers:
        raise RuntimeError(f"no request was answered:\n{printed}")
    return Load(answers, float(found["p50"]) / 1000, float(found["p99"]) / 1000)
