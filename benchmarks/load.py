"""A load that is no bottleneck (wrk) on a server process, and what it cost the server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 40
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Request:
    """One POST that is sent again and again."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """What one measurement gave: µs of server CPU per answer, answers per second."""

    cpu: float
    rate: float
    p50: float
    p99: float


class Server:
    """A server process of ours, from start to stop."""

    def __init__(self, command: Sequence[str], port: int, folder: Path) -> None:
        self.port = port
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        """Until the port answers, whatever it answers."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=1)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(f"no server on port {self.port}")

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self) -> None:
        """Ask the process to end; kill it when it doesn't."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def post(request: Request) -> tuple[Mapping[str, str], str]:
    """Send once; the answer's headers and body."""
    sent = urllib.request.Request(
        request.url, json.dumps(request.body).encode(), dict(request.headers)
    )
    with urllib.request.urlopen(sent, timeout=10) as answer:
        return answer.headers, answer.read().decode()


def measure(
    server: Server, request: Request, connections: int, seconds: int, folder: Path
) -> Load:
    """Load a server for some seconds; every answer must have status 200."""
    script = folder / "request.lua"
    lines = [
        f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}"
        for k, v in request.headers.items()
    ]
    body = json.dumps(json.dumps(request.body))
    script.write_text("\n".join(['wrk.method = "POST"', f"wrk.body = {body}", *lines]))
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("the load generator wrk is not installed (apt install wrk)")
    before = server.cpu()
    printed = subprocess.run(
        [
            wrk,
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            str(script),
            request.url,
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=seconds + 30,
    ).stdout
    used = server.cpu() - before
    if "Non-2xx" in printed or "Socket errors" in printed:
        raise RuntimeError(printed)
    count = int(_find(r"(\d+) requests in", printed))
    return Load(
        used / count * 1e6,
        float(_find(r"Requests/sec:\s+([\d.]+)", printed)),
        _milliseconds(_find(r"^\s+50%\s+(\S+)\s*$", printed)),
        _milliseconds(_find(r"^\s+99%\s+(\S+)\s*$", printed)),
    )


def _find(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise ValueError(f"wrk printed no {pattern!r}:\n{text}")
    return match[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]  # wrk's own form
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
