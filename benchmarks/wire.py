"""One call as it looks on the wire, in either era; sent once, its answer is checked."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.process import Server

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
SEARCH: Mapping[str, Any] = {"query": "boat", "limit": 5}
_TYPES = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One POST that is sent again and again."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A server, how one call of it looks on the wire, and what the answer must hold."""

    name: str
    server: Server
    request: Request
    expected: str = "boat 4"

    def check(self) -> None:
        """Send the call once.

        Raises:
            RuntimeError: The answer is not the right one.
        """
        _, answer = post(self.request)
        if self.expected not in answer or '"isError":true' in answer:
            raise RuntimeError(f"{self.name} answered {answer[:500]}")


def post(request: Request) -> tuple[Mapping[str, str], str]:
    """Send once; the answer's headers and body."""
    sent = urllib.request.Request(
        request.url, json.dumps(request.body).encode(), dict(request.headers)
    )
    with urllib.request.urlopen(sent, timeout=30) as answer:
        return answer.headers, answer.read().decode()


def modern(
    url: str,
    tool: str = "search",
    arguments: Mapping[str, Any] = SEARCH,
    *,
    progress: bool = False,
    method: str = "tools/call",
) -> Request:
    """A call in the modern era; with `progress` it asks for reports."""
    meta: dict[str, Any] = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    if progress:
        meta["progressToken"] = 7
    headers = {**_TYPES, "MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    params: dict[str, Any] = {"_meta": meta}
    if method == "tools/call":
        headers["Mcp-Name"] = tool
        params |= {"name": tool, "arguments": arguments}
    return Request(url, headers, _message(method, params))


def legacy(
    url: str,
    tool: str = "search",
    arguments: Mapping[str, Any] = SEARCH,
    *,
    progress: bool = False,
) -> Request:
    """A call in a legacy session of its own."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    if progress:
        params["_meta"] = {"progressToken": 7}
    headers = {**_TYPES, **session(url)}
    return Request(url, headers, _message("tools/call", params))


def session(url: str) -> dict[str, str]:
    """The headers that name a new legacy session."""
    headers = {**_TYPES}
    answered, _ = post(Request(url, headers, INITIALIZE))
    named = {
        "Mcp-Session-Id": answered["Mcp-Session-Id"],
        "MCP-Protocol-Version": LEGACY,
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    post(Request(url, headers | named, ready))
    return named


INITIALIZE: Mapping[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": LEGACY,
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    },
}


def _message(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
