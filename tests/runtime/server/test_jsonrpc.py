"""JSON-RPC messages as bytes, and the errors in them; no server involved."""

from __future__ import annotations

import contextlib
import gc
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen.runtime.core import jsonrpc
from mcpgen.runtime.core.errors import (
    ProtocolError,
    missing_capabilities,
    unsupported_version,
)
from tests.requirements import requirement

IDS = st.text() | st.integers(-(2**63), 2**63 - 1)


@requirement("2025-11-25/server/result-responses")
@given(IDS)
def test_ids_come_back_as_they_were(request_id: Any) -> None:
    assert jsonrpc.parse(jsonrpc.result(request_id, b'"a":1')) == {
        "jsonrpc": "2.0",
        "id": request_id,
        "result": {"a": 1},
    }


@pytest.mark.parametrize("value", [None, True, 1.0, [], {}, b"x"])
def test_nothing_else_is_an_id(value: Any) -> None:
    assert not jsonrpc.is_request_id(value)


@requirement("2025-11-25/server/error-responses")
def test_an_error_has_an_id_where_it_is_known() -> None:
    problem = ProtocolError(-32602, 'Not "that"', {"uri": "é"})
    body = {"code": -32602, "message": 'Not "that"', "data": {"uri": "é"}}

    assert json.loads(jsonrpc.error(0, problem)) == {
        "jsonrpc": "2.0",
        "id": 0,
        "error": body,
    }
    assert json.loads(jsonrpc.error(None, problem)) == {"jsonrpc": "2.0", "error": body}
    assert "data" not in json.loads(jsonrpc.error(1, ProtocolError(1, "x")))["error"]


def test_requests_and_notifications() -> None:
    assert json.loads(jsonrpc.request(7, "ping")) == {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "ping",
    }
    assert json.loads(jsonrpc.notification("n", {})) == {
        "jsonrpc": "2.0",
        "method": "n",
        "params": {},
    }


def test_messages_are_one_line() -> None:
    message = jsonrpc.notification("n", {"text": "a\nb\r\u2028c"})

    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN", b"[" * 1000, b"1 2"])
def test_what_is_not_json_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(ProtocolError) as raised:
        jsonrpc.parse(body)

    assert raised.value.code == -32700


def test_errors_survive_the_way_to_another_process() -> None:
    problem = ProtocolError(1, "x", {"a": 1})

    copy = pickle.loads(pickle.dumps(problem))

    assert (copy.code, copy.message, copy.data) == (1, "x", {"a": 1})
    assert str(copy) == "x (1)"


def test_errors_that_carry_data() -> None:
    assert missing_capabilities({"roots": {}, "sampling": {}}).data == {
        "requiredCapabilities": {"roots": {}, "sampling": {}}
    }
    assert unsupported_version("1", ("3", "2")).data == {
        "supported": ["3", "2"],
        "requested": "1",
    }


@pytest.mark.parametrize("end", [b"]", b""], ids=["valid", "invalid"])
def test_the_cycle_collector_waits_for_large_bodies(end: bytes) -> None:
    collections: list[str] = []

    def note(phase: str, _: dict[str, int]) -> None:
        collections.append(phase)

    body = b"[" + b",".join([b"[]"] * 200_000) + end
    gc.callbacks.append(note)
    try:
        with contextlib.nullcontext() if end else pytest.raises(ProtocolError):
            jsonrpc.parse(body)
    finally:
        gc.callbacks.remove(note)
    assert len(collections) <= 6  # starts and ends, one for each generation
    assert gc.isenabled()
