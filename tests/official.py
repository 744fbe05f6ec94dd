"""What goes over the wire, held against the official schema of the negotiated revision.

Two places see almost all that the tests send: every request of our client (`watch`), and
every reply of our server to the wires of the server's tests (`check_reply`). What breaks
the schema fails the test that made it, unless it says `@pytest.mark.off_protocol`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs

from mcpgen.protocol import load
from mcpgen.runtime.client.transports.http.requests import Http
from mcpgen.runtime.core.revision import Method
from mcpgen.runtime.protocol.revisions import REVISIONS

_VERSION: Final = "io.modelcontextprotocol/protocolVersion"

found: list[str] = []
"""What broke the schema since it was cleared."""


@cache
def _definitions(revision: str) -> Mapping[str, Any]:
    document: Any = load(revision).document
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": document["$defs"],
    }


@cache
def _validator(revision: str, name: str) -> Any:
    schema = {**_definitions(revision), "$ref": f"#/$defs/{name}"}
    return jsonschema_rs.Draft202012Validator(schema)


@cache
def _by_method(revision: str) -> Mapping[str, str]:
    """The definition of each request and notification."""
    return {
        definition["properties"]["method"]["const"]: name
        for name, definition in _definitions(revision)["$defs"].items()
        if "const" in definition.get("properties", {}).get("method", {})
    }


def check(revision: str, name: str, value: Any, where: str) -> None:
    """Hold a value against a definition."""
    error = next(iter(_validator(revision, name).iter_errors(value)), None)
    if error is not None:
        text = json.dumps(value)[:500]
        found.append(f"{where}: {revision} {name}: {error.message}\n  {text}")


def check_message(revision: str, message: Any, where: str) -> None:
    """Hold a request, notification or answer of a peer against the schema."""
    if revision not in REVISIONS or REVISIONS[revision].version < "2025-11-25":
        return
    method = message.get("method")
    name = _by_method(revision).get(method)
    if name is not None:
        check(revision, name, message, where)
    elif method is None:
        kind = "JSONRPCErrorResponse" if "error" in message else "JSONRPCResultResponse"
        check(revision, kind, message, where)


def check_answer(
    revision: str, methods: Mapping[str, Method], method: str, message: Any, where: str
) -> None:
    """Hold the answer to a request against the schema of its result."""
    check_message(revision, message, where)
    known = methods.get(method)
    result = message.get("result")
    if known is None or not isinstance(result, dict):
        return
    name = known.result
    if result.get("resultType") == "input_required":
        name = "InputRequiredResult"
    if name is not None and name in _definitions(revision)["$defs"]:
        check(revision, name, result, f"{where} to {method}")


def check_reply(request: Any, version: str | None, text: str, kind: str) -> None:
    """Hold what our server answers to a request of a test against the schema."""
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return
    revision = REVISIONS.get(version or "")
    if revision is None or revision.version < "2025-11-25" or not text.strip():
        return
    if kind.startswith("text/event-stream"):
        lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    else:
        lines = [text]
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and message.get("id") == request.get("id"):
            check_answer(
                revision.version,
                revision.client_requests,
                request["method"],
                message,
                "the server's answer",
            )
        elif isinstance(message, dict):
            check_message(revision.version, message, "the server's message")


def watch() -> Callable[[], None]:
    """Hold all that clients send against the schema; gives what ends it."""
    original = Http.send

    async def send(
        self: Http, method: str, headers: Any, *rest: Any, **more: Any
    ) -> Any:
        body = rest[0] if rest else more.get("body")
        if body is not None:
            message = json.loads(body)
            check_message(_revision_of(message, headers), message, "the client")
        return await original(self, method, headers, *rest, **more)

    Http.send = send  # type: ignore[method-assign]

    def end() -> None:
        Http.send = original  # type: ignore[method-assign]

    return end


def _revision_of(message: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The revision that a message is of; empty where it can't be seen."""
    params = message.get("params")
    if isinstance(params, Mapping) and message.get("method") == "initialize":
        return str(params.get("protocolVersion"))
    return str(headers.get("MCP-Protocol-Version", ""))
