"""Requests made of drawn messages, then spoilt: in their JSON, their bytes, their heads."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

from .messages import MODERN, proper

_TOKENS: Final = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xe2\x80\xa8",
    b"\r\n\r\n",
    b"\r\n ",
    b":",
    b" ",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"\\u003a",
    b"{",
    b"[" * 250,
    b"}",
    b"]",
    b",",
    b"null",
    b"-0",
    b"1e999",
    b"9" * 5000,
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate\r\n",
    b"Expect: 100-continue\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
    b"Connection: close\r\n",
    b"Host: evil.example.com\r\n",
    b"Origin: null\r\n",
    b"Accept: text/event-stream\r\n",
    b"Accept: application/json\r\n",
    b"Last-Event-ID: 1-1\r\n",
    b"Mcp-Session-Id: x\r\n",
    b"Mcp-Param-Region: =?base64?/w==?=\r\n",
    b"X: " + b"a" * 9000,
)
_VERBS: Final = (
    b"GET",
    b"DELETE",
    b"OPTIONS",
    b"PUT",
    b"HEAD",
    b"CONNECT",
    b"PRI",
    b"",
)
_PATHS: Final = (
    b"/",
    b"*",
    b"/healthz",
    b"/readyz",
    b"/mcp/",
    b"/mcp?access_token=x",
    b"//mcp",
    b"http://localhost/mcp",
    b"http://[/mcp",
    b"/%6dcp",
    b"/.well-known/oauth-protected-resource",
    b"/mcp#x",
    b"mcp",
)
_STRANGE: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    2**53,
    2**64,
    -(2**63),
    1e308,
    0.1,
    "",
    "\x00",
    "\ud7ff",
    "x" * 3000,
    [],
    {},
    [[]],
    {"": {}},
)


class Requests:
    """An endless supply of requests, the same ones for the same seed."""

    def __init__(self, bodies: Sequence[Any], seed: int) -> None:
        self._bodies = bodies
        self._proper = proper()
        self._random = random.Random(seed)
        self._last = b"{}"

    def next(self, session: str | None) -> bytes:
        """A request that has its session's id, where it names one."""
        chance = self._random
        body = chance.choice(self._proper if chance.random() < 0.6 else self._bodies)
        if chance.random() < 0.5:
            body = self._spoilt(body)
        data = json.dumps(body, ensure_ascii=chance.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
        if chance.random() < 0.25:
            data = self._bytes(data)
        self._last = data
        if len(data) > 64 * 1024 + 100:
            data = data[: 64 * 1024 + 100]
        request = self._framed(body, data, session)
        if chance.random() < 0.2:
            head, end, rest = request.partition(b"\r\n\r\n")
            request = self._bytes(head) + end + rest
        return request

    def _framed(self, body: Any, data: bytes, session: str | None) -> bytes:
        chance = self._random
        verb = b"POST" if chance.random() < 0.9 else chance.choice(_VERBS)
        path = b"/mcp" if chance.random() < 0.95 else chance.choice(_PATHS)
        lines = [b"%b %b HTTP/1.1" % (verb, path), b"Host: localhost"]
        if chance.random() < 0.98:
            lines.append(b"Content-Type: application/json")
        legacy = chance.random() < (0.05 if b"clientCapabilities" in data else 0.8)
        if session is not None and legacy:
            lines.append(b"Mcp-Session-Id: " + session.encode())
        else:
            lines += self._mirrored(body)
        if chance.random() < 0.1:
            lines.append(b"Transfer-Encoding: chunked")
            data = (
                b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n"
            )
        else:
            length = len(data)
            if chance.random() < 0.02:
                length += chance.choice((-1, 1, 10**6))
            lines.append(b"Content-Length: %d" % length)
        return b"\r\n".join([*lines, b"", data])

    def _mirrored(self, body: Any) -> list[bytes]:
        """The headers that repeat what a modern body says."""
        if not isinstance(body, dict):
            return []
        lines = [b"MCP-Protocol-Version: " + MODERN.encode()]
        params = body.get("params")
        named = params if isinstance(params, dict) else {}
        for header, value in (
            (b"Mcp-Method", body.get("method")),
            (b"Mcp-Name", named.get("name", named.get("uri"))),
        ):
            if isinstance(value, str) and value.isascii() and value.isprintable():
                lines.append(header + b": " + value.encode())
        return lines

    def _spoilt(self, body: Any) -> Any:
        """A copy with one place changed."""
        copy = json.loads(json.dumps(body))
        chance = self._random
        place: Any = copy
        while isinstance(place, dict | list) and place:
            keys: list[Any] = (
                list(place) if isinstance(place, dict) else list(range(len(place)))
            )
            key = chance.choice(keys)
            if chance.random() < 0.5 or not isinstance(place[key], dict | list):
                if chance.random() < 0.2:
                    del place[key]
                else:
                    place[key] = chance.choice(_STRANGE)
                return copy
            place = place[key]
        return copy

    def _bytes(self, data: bytes) -> bytes:
        for _ in range(self._random.randint(1, 3)):
            data = self._random.choice(_CHANGES)(self, data)
        return data

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        place = self._random.randrange(len(data))
        changed = bytes([data[place] ^ 1 << self._random.randrange(8)])
        return data[:place] + changed + data[place + 1 :]

    def _insert(self, data: bytes) -> bytes:
        place = self._random.randint(0, len(data))
        return data[:place] + self._random.choice(_TOKENS) + data[place:]

    def _line(self, data: bytes) -> bytes:
        """Put a token where a line begins, which in a head is a header."""
        places = [0, *(i + 2 for i in range(len(data)) if data[i : i + 2] == b"\r\n")]
        place = self._random.choice(places)
        return data[:place] + self._random.choice(_TOKENS) + data[place:]

    def _cut(self, data: bytes) -> bytes:
        start = self._random.randint(0, len(data))
        return data[:start] + data[start + self._random.randint(1, 20) :]

    def _repeat(self, data: bytes) -> bytes:
        start = self._random.randint(0, len(data))
        piece = data[start : start + self._random.randint(1, 40)]
        return data[:start] + piece * self._random.randint(2, 4) + data[start:]

    def _splice(self, data: bytes) -> bytes:
        other = self._last
        return (
            data[: self._random.randint(0, len(data))]
            + other[self._random.randint(0, len(other)) :]
        )


_CHANGES: Final[tuple[Callable[[Requests, bytes], bytes], ...]] = (
    Requests._flip,
    Requests._insert,
    Requests._line,
    Requests._cut,
    Requests._repeat,
    Requests._splice,
)
