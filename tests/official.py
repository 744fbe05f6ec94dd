"""What goes over the wire, held against the official schema of the negotiated revision.

`watch` sees every HTTP request and response of this process: what our clients send, and
what our servers answer, in this process or another (`ours` names those), also piece by
piece. What breaks the schema fails the test in which it was sent or read, unless the test
says `@pytest.mark.off_protocol`. The schemas of the revisions before 2025-11-25 lie in
`../shared`; where that is absent, their messages are not looked at.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import FrameType
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import jsonschema_rs
from aiohttp.streams import StreamReader

from mcpgen.protocol import load
from mcpgen.protocol.revisions import Library
from mcpgen.runtime.protocol.revisions import REVISIONS
from mcpgen.runtime.server.http_endpoint import HttpEndpoint
from tests.shared_data import SCHEMAS

_VERSION: Final = "MCP-Protocol-Version"
_SESSION: Final = "Mcp-Session-Id"

found: list[str] = []
"""What broke the schema since the test began."""
seen: Counter[tuple[str, str]] = Counter()
"""How many messages were looked at, by who sent them and revision."""

_elsewhere: Final[list[str]] = []
"""The origins of our servers in other processes."""
_here: Final[set[str]] = set()
"""Those of our servers in this process, each since its first request."""
_versions: Final[dict[tuple[str, str], str]] = {}
"""The negotiated version, by origin and session."""
_asked: Final[dict[tuple[str, Any], str]] = {}
"""The method of what a server asks a client, by origin and id."""
_streams: Final[dict[int, tuple[StreamReader, Exchange]]] = {}
"""Whose response a body is."""


# ------------------------------------------------------------------------ the schema


@cache
def _document(revision: str) -> Mapping[str, Any] | None:
    document: Any = None
    if revision in REVISIONS:
        document = load(revision).document
    if document is None and (SCHEMAS / f"{revision}.json").is_file():
        document = Library(SCHEMAS).load(revision).document
    return document if isinstance(document, dict) else None


@cache
def _definitions(revision: str) -> Mapping[str, Any]:
    document = _document(revision) or {}
    found: Mapping[str, Any] = document.get("$defs") or document.get("definitions", {})
    return found


@cache
def _validator(revision: str, name: str) -> Any:
    document = _document(revision) or {}
    place = "$defs" if "$defs" in document else "definitions"
    return jsonschema_rs.validator_for({**document, "$ref": f"#/{place}/{name}"})


@cache
def _by_method(revision: str) -> Mapping[str, str]:
    """The definition of each request and notification."""
    return {
        definition["properties"]["method"]["const"]: name
        for name, definition in _definitions(revision).items()
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
    known = _definitions(revision)
    if not known or not isinstance(message, dict):
        return
    seen[where, revision] += 1
    method = message.get("method")
    if method is not None:
        name = _by_method(revision).get(method)
    elif "error" in message:
        name = next(n for n in ("JSONRPCErrorResponse", "JSONRPCError") if n in known)
        if name == "JSONRPCError":
            # Allowed by "Sending Messages to the Server", and not by these schemas.
            message = {"id": 0, **message}
    else:
        name = next(
            n for n in ("JSONRPCResultResponse", "JSONRPCResponse") if n in known
        )
    if name is not None:
        check(revision, name, message, where)


def check_answer(revision: str, method: str, message: Any, where: str) -> None:
    """Hold the answer to a request against the schema of its result."""
    check_message(revision, message, where)
    table = load(revision).table
    known = table.client_requests.get(method) or table.server_requests.get(method)
    result = message.get("result")
    if known is None or not isinstance(result, dict):
        return
    name = known.result
    if result.get("resultType") == "input_required":
        name = "InputRequiredResult"
    if name in _definitions(revision):
        check(revision, name, result, f"{where} to {method}")


# ----------------------------------------------------------------------- the traffic


@contextmanager
def ours(url: str) -> Iterator[None]:
    """Hold what comes from a server of ours in another process against the schema, too."""
    origin = _origin(url)
    _elsewhere.append(origin)
    try:
        yield
    finally:
        _elsewhere.remove(origin)


def _origin(url: object) -> str:
    parts = urlsplit(str(url))
    return f"{parts.hostname}:{parts.port}"


@dataclass
class Exchange:
    """One HTTP request and what has been read of its response.

    Attributes:
        origin: Where it goes.
        message: The JSON-RPC message that was sent, if any.
        sent: The headers that were sent.
        received: Those of the response.
    """

    origin: str
    message: Any
    sent: Mapping[str, str]
    received: Mapping[str, str] = field(default_factory=dict[str, str])
    _read: bytearray = field(default_factory=bytearray)

    @property
    def revision(self) -> str:
        """The revision that the messages are of; empty where it can't be seen."""
        if named := self.sent.get(_VERSION):
            return named
        session = self.sent.get(_SESSION, self.received.get(_SESSION, ""))
        return _versions.get((self.origin, session), "")

    def check_sent(self) -> None:
        """Hold what a client of ours sends against the schema."""
        message = self.message
        if not isinstance(message, dict):
            return
        revision = self.revision
        if message.get("method") == "initialize":
            revision = str((message.get("params") or {}).get("protocolVersion"))
        asked = None
        if "method" not in message:
            asked = _asked.pop((self.origin, message.get("id")), None)
        if asked is not None and revision in REVISIONS:
            check_answer(revision, asked, message, "the client's answer")
        else:
            check_message(revision, message, "the client")

    def feed(self, data: bytes) -> None:
        """Take what was read of the body."""
        self._read += data
        if not self.received.get("Content-Type", "").startswith("text/event-stream"):
            if self._read.endswith((b"}", b"]")):
                self._take(bytes(self._read))
            return
        while (end := self._read.find(b"\n\n")) >= 0:
            event = bytes(self._read[:end])
            del self._read[: end + 2]
            lines = [line for line in event.split(b"\n") if line.startswith(b"data:")]
            self._take(b"\n".join(line[5:].strip() for line in lines))

    def _take(self, text: bytes) -> None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return
        for message in value if isinstance(value, list) else [value]:
            if isinstance(message, dict) and (self.message or "jsonrpc" in message):
                self._received(message)

    def _received(self, message: dict[str, Any]) -> None:
        result = message.get("result")
        if isinstance(result, dict) and {"protocolVersion", "capabilities"} <= {
            *result
        }:
            session = self.received.get(_SESSION, "")
            _versions[self.origin, session] = str(result["protocolVersion"])
        if "method" in message and "id" in message:
            _asked[self.origin, message["id"]] = message["method"]
        revision = self.revision
        if revision not in REVISIONS or self.origin not in {*_here, *_elsewhere}:
            return
        request = self.message if isinstance(self.message, dict) else {}
        method = request.get("method")
        if isinstance(method, str) and message.get("id") == request.get("id"):
            check_answer(revision, method, message, "the server's answer")
        else:
            check_message(revision, message, "the server's message")


def check_request(url: object, headers: Mapping[str, str], message: Any) -> None:
    """Hold what reached a server of a test against the schema, whoever sent it."""
    Exchange(_origin(url), message, headers).check_sent()


def watch() -> Callable[[], None]:
    """Hold all traffic of this process against the schema; gives what ends it."""
    session: Any = aiohttp.ClientSession
    reader: Any = StreamReader
    server: Any = HttpEndpoint
    request, read, handle = (
        session._request,
        reader._read_nowait_chunk,
        server.handle,
    )

    async def watched_request(self: Any, method: str, url: Any, **more: Any) -> Any:
        exchange = Exchange(_origin(url), _message(more), _headers(self, more))
        if _is_our_client(sys._getframe(1)):
            exchange.check_sent()
        response = await request(self, method, url, **more)
        exchange.received = response.headers
        _streams[id(response.content)] = response.content, exchange
        return response

    def watched_read(self: Any, n: int) -> bytes:
        data: bytes = read(self, n)
        _, exchange = _streams.get(id(self), (None, None))
        if exchange is not None:
            exchange.feed(data)
        return data

    async def watched_handle(self: Any, request: Any) -> Any:
        address = request.transport and request.transport.get_extra_info("sockname")
        if isinstance(address, tuple):
            _here.add(f"{address[0]}:{address[1]}")
        else:
            # In memory: the name is of nothing that could be connected to.
            _here.add(_origin(request.url))
        return await handle(self, request)

    session._request, reader._read_nowait_chunk = watched_request, watched_read
    server.handle = watched_handle

    def end() -> None:
        session._request, reader._read_nowait_chunk = request, read
        server.handle = handle

    return end


def forget() -> None:
    """Begin a test."""
    for each in (found, seen, _here, _versions, _asked, _streams):
        each.clear()


def _message(more: Mapping[str, Any]) -> Any:
    body = more.get("data")
    if "json" in more:
        return more["json"]
    if not isinstance(body, bytes | str):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _headers(session: Any, more: Mapping[str, Any]) -> Mapping[str, str]:
    given = more.get("headers") or {}
    headers: Mapping[str, str] = session._prepare_headers(given)
    return headers


def _is_our_client(frame: FrameType | None) -> bool:
    """Whether a client of ours sends: the runtime's, or a copy in a generated package."""
    for _ in range(4):
        if frame is None:
            return False
        if str(frame.f_globals.get("__name__")).endswith(".http.requests"):
            return True
        frame = frame.f_back
    return False
