"""Sends requests through the real request handler, and judges every answer.

Nothing is mocked but the socket: bytes go through aiohttp's parser, the endpoint and the
handlers, many connections at a time.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mcpgen.runtime.server.server import Server
from tests.pace import patient
from tests.runtime.server.inmemory import Answer, Connection, InMemory

from .messages import drawn
from .mutations import Requests
from .service import SETTINGS, Fuzzed

STATUSES: Final = frozenset(
    [100, 200, 202, 204, 400, 403, 404, 405, 406, 408, 413, 415, 417, 429, 503]
)
"""What a server may say to nonsense; 500 is not among it."""

PATIENCE: Final = patient(5.0)
"""Seconds after which a request without an answer counts as hanging."""

_STREAM: Final = 0.1
"""Seconds that an event stream is looked at."""

_WORKERS: Final = 32
_KEPT: Final = 20
_INITIALIZE: Final = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-03-26",
            "capabilities": {"elicitation": {}, "sampling": {}, "roots": {}},
            "clientInfo": {"name": "fuzz", "version": "1"},
        },
    }
).encode()


@dataclass
class Report:
    """What became of the requests.

    Attributes:
        requests: How many were answered.
        statuses: HTTP statuses, and how often each came; 0 is a connection that was
            closed without an answer.
        codes: JSON-RPC error codes, and how often each came.
        streams: Answers that were event streams.
        problems: What must not be: the first ones of them, with their requests.
        seconds: How long all took.
        memory: Resident memory in MiB at ten points of the run, from the second tenth on.
    """

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    streams: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)

    def blame(self, what: str, request: bytes, answer: Answer | None = None) -> None:
        """Note a problem."""
        if len(self.problems) < _KEPT:
            shown = b"" if answer is None else answer.head[:200] + answer.body[:300]
            self.problems.append(
                f"{what}\n  sent: {request[:2000]!r}\n  got: {shown!r}"
            )

    @property
    def growth(self) -> float:
        """MiB that the second half of the run added to its first half's largest size."""
        half = len(self.memory) // 2
        return max(self.memory[half:]) - max(self.memory[:half]) if half else 0.0

    def as_json(self) -> str:
        """The report for another process."""
        return json.dumps(vars(self))


class _Failures(logging.Handler):
    """Takes what the server logs as errors: none of it should be there."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.ERROR)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if record.exc_info:
            said += "\n" + logging.Formatter().formatException(record.exc_info)[-1500:]
        self._report.blame(f"logged by {record.name}: {said}", b"")


async def run(requests: int, seed: int, distinct: int = 2_000) -> Report:
    """Send requests made of `distinct` drawn messages.

    Args:
        requests: How many.
        seed: Chooses all of them.
        distinct: Messages that hypothesis draws; the others are made of them.
    """
    report = Report()
    failures = _Failures(report)
    loggers = [
        logging.getLogger(name) for name in ("mcp.server", "mcp.http", "asyncio")
    ]
    noisy = logging.getLogger("mcp.http")
    level = noisy.level
    noisy.setLevel(logging.ERROR)
    for logger in loggers:
        logger.addHandler(failures)
    supply = Requests(drawn(distinct, seed), seed)
    started = time.perf_counter()
    try:
        async with InMemory(Server(Fuzzed(), SETTINGS), SETTINGS) as server:
            for tenth in range(10):
                share = requests * (tenth + 1) // 10 - requests * tenth // 10
                left = iter(range(share))
                workers = (_Worker(server, supply, report) for _ in range(_WORKERS))
                await asyncio.gather(*(worker.run(left) for worker in workers))
                gc.collect()
                if tenth:
                    report.memory.append(_resident())
    finally:
        noisy.setLevel(level)
        for logger in loggers:
            logger.removeHandler(failures)
    report.seconds = time.perf_counter() - started
    return report


class _Worker:
    """A client with one connection and one session at a time."""

    def __init__(self, server: InMemory, supply: Requests, report: Report) -> None:
        self._server = server
        self._supply = supply
        self._report = report
        self._connection: Connection | None = None
        self._session: str | None = None

    async def run(self, left: Any) -> None:
        """Send requests as long as there are some left."""
        for _ in left:
            if self._session is None:
                await self._initialize()
            request = self._supply.next(self._session)
            answer = await self._send(request)
            self._judge(request, answer)
        self._leave()

    async def _initialize(self) -> None:
        answer = await self._send(
            b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(_INITIALIZE), _INITIALIZE)
        )
        head = answer.head.decode("latin-1").split("\r\n")
        ids = [line[16:] for line in head if line.startswith("Mcp-Session-Id: ")]
        self._session = ids[0] if ids else ""

    async def _send(self, request: bytes) -> Answer:
        if self._connection is None or self._connection.closed:
            self._leave()
            self._connection = self._server.connect()
        connection = self._connection
        started = time.perf_counter()
        answer = await connection.send(request, PATIENCE, stream_seconds=_STREAM)
        self._report.requests += 1
        if time.perf_counter() - started >= PATIENCE:
            self._report.blame("no answer", request, answer)
        read = request.startswith(b"POST /mcp HTTP/1.1\r\n") and (
            answer.status in (200, 202)
        )
        if not (read and answer.complete) or connection.dirty:
            # Whatever of it is still there must not be taken for a next request.
            self._leave()
        return answer

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.end()
            self._connection = None

    def _judge(self, request: bytes, answer: Answer) -> None:
        report = self._report
        report.statuses[answer.status] += 1
        if answer.status == 0:
            return
        if answer.status not in STATUSES:
            report.blame(f"status {answer.status}", request, answer)
        if answer.status == 404:
            self._session = None
        if answer.is_stream:
            report.streams += 1
            for line in answer.body.split(b"\n"):
                if line.startswith(b"data: {") and line.endswith(b"}"):
                    self._judge_message(request, answer, line[6:])
        elif b"\r\nContent-Type: application/json\r\n" in answer.head:
            self._judge_message(request, answer, answer.body)

    def _judge_message(self, request: bytes, answer: Answer, body: bytes) -> None:
        try:
            said = json.loads(body, parse_constant=_refuse)
        except ValueError:
            if answer.complete and not request.startswith(b"HEAD"):
                self._report.blame("not JSON", request, answer)
            return
        for message in said if isinstance(said, list) else [said]:
            error = message.get("error")
            if error is None:
                continue
            self._report.codes[error["code"]] += 1
            if error["code"] == -32603:
                self._report.blame("an internal error", request, answer)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1024 / 1024
