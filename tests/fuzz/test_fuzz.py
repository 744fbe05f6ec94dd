"""A short part of `make fuzz`, which sends a million requests and takes ten minutes."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mcpgen.runtime.server.eras.legacy.served import LegacyEra
from mcpgen.runtime.server.http_endpoint import Endpoint
from mcpgen.runtime.server.server import Server
from mcpgen.runtime.server.transports.http import exchange
from tests.runtime.server.inmemory import Answer, InMemory

from .__main__ import MOST_GROWTH, parsed
from .campaign import STATUSES, Report, run
from .messages import BODIES, proper
from .service import SETTINGS, Fuzzed

REQUESTS = 2_000


def test_thousands_of_spoilt_requests_are_answered_as_they_should_be() -> None:
    report = asyncio.run(run(REQUESTS, seed=random.randrange(2**32), distinct=30))

    assert report.problems == []
    assert report.requests >= REQUESTS
    assert report.growth < MOST_GROWTH
    # Not all of it is refused at the door.
    assert report.statuses[200] > REQUESTS / 10
    assert len(report.codes) > 4
    assert report.streams > 0


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
def test_whatever_json_comes_the_answer_is_one_of_the_protocol(body: Any) -> None:
    answer = asyncio.run(answered(body))

    assert answer.complete or answer.is_stream
    assert answer.status in STATUSES - {100}
    if not answer.is_stream and answer.body:
        said = json.loads(answer.body)
        assert said["jsonrpc"] == "2.0"
        assert ("result" in said) is not ("error" in said)
        assert said.get("error", {}).get("code") != -32603


async def answered(body: Any) -> Answer:
    """The answer to a body that is sent properly."""
    data = json.dumps(body).encode("utf-8", "surrogatepass")
    method = body.get("method") if isinstance(body, dict) else None
    told = method if isinstance(method, str) and method.isidentifier() else "x"
    head = (
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Mcp-Method: {json.dumps(told)[1:-1]}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    async with InMemory(Server(Fuzzed(), SETTINGS), SETTINGS) as server:
        connection = server.connect()
        try:
            return await connection.send(head.encode() + data, 5, stream_seconds=0.1)
        finally:
            connection.end()


@pytest.mark.parametrize("version", [b" HTTP/1.0", b""])
async def test_streams_end_with_the_connection_where_http_is_older_than_1_1(
    version: bytes,
) -> None:
    """Proxies speak HTTP/1.0 unless told otherwise; that nothing is 0.9."""
    call = next(filter(_is_logging, proper()))
    call["params"]["_meta"] |= {"io.modelcontextprotocol/logLevel": "debug"}
    data = json.dumps(call).encode()
    head = (
        b"POST /mcp%b\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
        b"Mcp-Name: logging\r\nContent-Length: %d\r\n\r\n" % (version, len(data))
    )
    async with InMemory(Server(Fuzzed(), SETTINGS), SETTINGS) as server:
        connection = server.connect()
        answer = await connection.send(head + data, 5)

        assert (answer.status, answer.is_stream) == (200, True)
        assert b"chunked" not in answer.head.lower()
        assert connection.closed


def _is_logging(message: Any) -> bool:
    """Whether it is the modern call of the tool that logs."""
    params = message["params"] if isinstance(message, dict) else {}
    return params.get("name") == "logging" and "_meta" in params


def test_parsers_under_coverage_guided_search() -> None:
    assert parsed("any", 2_000, seed=random.randrange(2**16))


@pytest.mark.slow
class TestWhatItWouldFind:
    """The campaign tells of faults, if there are any."""

    def campaign(self) -> Report:
        return asyncio.run(run(600, seed=1, distinct=5))

    def test_an_exception(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def clumsy(content: Any, limit: int) -> bytes:
            raise RuntimeError("unforeseen")

        monkeypatch.setattr(exchange, "_collect", clumsy)

        found = "\n".join(self.campaign().problems)

        assert "status 500" in found
        assert "RuntimeError: unforeseen" in found

    def test_a_request_that_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def never(self: LegacyEra, exchange: Any, messages: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(LegacyEra, "batch", never)
        monkeypatch.setattr("tests.fuzz.campaign.PATIENCE", 0.3)

        assert "no answer" in "\n".join(self.campaign().problems)

    def test_memory_that_grows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept: list[bytes] = []
        respond = Endpoint.respond

        async def hoarding(self: Endpoint, exchange: Any) -> Any:
            kept.append(random.randbytes(200_000))
            return await respond(self, exchange)

        monkeypatch.setattr(Endpoint, "respond", hoarding)

        assert self.campaign().growth > MOST_GROWTH
