"""One HTTP request to the endpoint and its answer: one JSON object, or an event stream.

Knows HTTP and nothing of methods, sessions or eras. The answers of the two usual forms
are written to the connection without going through headers: `web.Response` makes its
own anew for each answer, which costs a tenth of a call.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import Final

from aiohttp import HttpVersion11, StreamReader, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDictProxy, istr

from ....core import headers as named
from ....core import jsonrpc
from ....core.errors import ProtocolError
from ...incoming import Incoming, Refused, refused
from ...monitor import Monitored
from .aiohttp_parts import HeldBack, count_written, direct_writer, server_software

# In the form that needs no folding at each look-up.
PROTOCOL_VERSION: Final = istr(named.PROTOCOL_VERSION)
METHOD: Final = istr(named.METHOD)
NAME: Final = istr(named.NAME)
SESSION_ID: Final = istr(named.SESSION_ID)
LAST_EVENT_ID: Final = istr("Last-Event-ID")

ENCODINGS: Final = ("gzip", "deflate", "identity")
"""How a request's body may be packed."""

_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
_REFUSES: Final = re.compile(r"q\s*=\s*0(\.0*)?")
_LARGEST: Final = 64 * 1024
"""Bytes of a body above which another copy costs more than a second write."""

_EVENT_STREAM: Final = {
    "Content-Type": _EVENTS,
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
"""The headers of every event stream."""


def unsupported_encoding() -> Refused:
    """The refusal of a body that is packed in another way."""
    return refused(
        415,
        f"Content-Encoding must be one of {', '.join(ENCODINGS)}",
        {"Accept-Encoding": "gzip, deflate", "Connection": "close"},
    )


def is_gone(request: web.BaseRequest) -> bool:
    """Whether the client has closed the connection of a request."""
    transport = request.transport
    return transport is None or transport.is_closing()


def single(headers: CIMultiDictProxy[str], name: str) -> str | None:
    """The one value of a header; None where it was not sent.

    Raises:
        Refused: It was sent several times, so that a proxy could go by another value.
    """
    values = headers.getall(name, ())
    if len(values) > 1:
        raise refused(400, f"{name} was sent {len(values)} times")
    return values[0] if values else None


class Exchange(Incoming):
    """A request to the endpoint, and its answer.

    Attributes:
        request: The HTTP request.
        task: What answers it.
        channel: What looks after it while it is being worked on, if anything.
        headers: What every answer to it carries, such as CORS headers.
        stream: The event stream, once it is open.
        takes_json: Whether the client accepts a JSON object.
        takes_events: Whether the client accepts an event stream.
        prefers_events: Whether it names event streams first, or nothing else.
        hidden: Headers that handlers must not see, in lower case.
        over_sse: Whether it came to an endpoint of HTTP+SSE.
        written: When something was last sent, by `time.monotonic`.
    """

    network_protocol = "http"
    network_transport = "tcp"
    stream: web.StreamResponse | None = None
    channel: Monitored | None = None
    hidden: frozenset[str] = frozenset()
    _ended = False

    def __init__(self, request: web.BaseRequest, *, over_sse: bool = False) -> None:
        self.request = request
        self.task = asyncio.current_task()
        self.over_sse = over_sse
        self.headers: dict[str, str] = {}
        self.written = time.monotonic()
        self.takes_events, self.takes_json, self.prefers_events = _accepted(
            request.headers.get(hdrs.ACCEPT, "*/*")
        )

    def check(self, now: float) -> None:
        """See `Monitored`."""
        if self.channel is not None:
            self.channel.check(now)

    @property
    def visible_headers(self) -> Mapping[str, str]:
        """The request's headers, as far as handlers may see them."""
        headers = self.request.headers
        return Visible(headers, self.hidden) if self.hidden else headers

    @property
    def is_streaming(self) -> bool:
        """Whether the event stream is open, so that the status is sent."""
        return self.stream is not None

    async def open(self, *, hold_back: bool = False) -> web.StreamResponse:
        """Turn the answer into an event stream; ConnectionError if the client is gone.

        With `hold_back` the head waits for the first event, which must follow at once.
        """
        if self.stream is not None:
            return self.stream
        self.written = time.monotonic()
        request = self.request
        stream: web.StreamResponse
        writer = None if self.headers else writer_for(request)
        if writer is not None:
            stream = _Events(request, writer)
            if not hold_back:
                await stream.write(b"")
        else:
            kind = HeldBack if hold_back else web.StreamResponse
            stream = kind(headers={**_EVENT_STREAM, **self.headers})
            if request.version >= HttpVersion11:
                stream.enable_chunked_encoding()
            # Older HTTP, which some proxies speak by default, ends it with the connection.
            await stream.prepare(request)
        self.stream = stream
        return stream

    async def write(self, data: bytes) -> None:
        """Send events; the stream is opened if need be.

        Waits while the client is slow, ConnectionError when it is gone.
        """
        stream = self.stream or await self.open(hold_back=True)
        if self._ended or is_gone(self.request):
            # After the end, the connection belongs to the next request.
            raise ConnectionResetError("the stream is closed")
        self.written = time.monotonic()
        await stream.write(data)

    async def end(self, last: bytes = b"") -> web.StreamResponse:
        """End the stream, which is opened if need be, with last events or without.

        A client that is gone is none the worse, unless there are such events; then it
        is a ConnectionError.
        """
        stream = self.stream or await self.open(hold_back=True)
        if self._ended:
            return stream
        self._ended = True
        try:
            if last and is_gone(self.request):
                raise ConnectionResetError("the client has closed the stream")
            await stream.write_eof(last)
        except ConnectionError:
            if last:
                raise
        return stream

    async def hang_up(self) -> None:
        """End the stream and close its connection, which can't serve another request
        while this one is still being worked on."""
        await self.end()
        if self.request.transport is not None:
            self.request.transport.close()

    def json(self, body: bytes, status: int = 200) -> web.StreamResponse:
        """The answer as one JSON object."""
        if status == 200 and not self.headers and len(body) <= _LARGEST:
            writer = writer_for(self.request)
            if writer is not None:
                return _Whole(self.request, writer, body)
        return web.Response(
            body=body, status=status, headers={"Content-Type": _JSON, **self.headers}
        )

    def accepted(self) -> web.Response:
        """The answer to a notification or a response."""
        return web.Response(status=202, headers=self.headers)

    def failure(
        self,
        error: ProtocolError,
        status: int,
        request_id: jsonrpc.RequestId | None = None,
    ) -> web.StreamResponse:
        """An error as one JSON object."""
        self.outcome = f"error {error.code}"
        return self.json(jsonrpc.error(request_id, error), status)


@lru_cache(64)
def _accepted(accept: str) -> tuple[bool, bool, bool]:
    """Whether events are accepted, whether JSON is, and whether events come first."""
    ranges = dict(map(_range, accept.lower().split(",")))
    events, takes_json = _takes(ranges, _EVENTS), _takes(ranges, _JSON)
    first = next(iter(ranges)) == _EVENTS
    return events, takes_json, events and (first or not takes_json)


def _range(entry: str) -> tuple[str, bool]:
    """A media range of `Accept`, and whether it is accepted: `q=0` means it is not."""
    kind, *parameters = (part.strip() for part in entry.split(";"))
    return kind, not any(_REFUSES.fullmatch(each) for each in parameters)


def _takes(ranges: Mapping[str, bool], kind: str) -> bool:
    """Whether a type is accepted; the most precise range decides.

    https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
    """
    for each in (kind, kind.partition("/")[0] + "/*", "*/*"):
        if each in ranges:
            return ranges[each]
    return False


class Visible(Mapping[str, str]):
    """Headers without some of them: a view, since few handlers look at it."""

    __slots__ = ("_headers", "_hidden")

    def __init__(self, headers: Mapping[str, str], hidden: frozenset[str]) -> None:
        """Hide headers, which are named in lower case."""
        self._headers = headers
        self._hidden = hidden

    def __getitem__(self, name: str) -> str:
        if name.lower() in self._hidden:
            raise KeyError(name)
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._headers if name.lower() not in self._hidden)

    def __len__(self) -> int:
        return sum(1 for _ in self)


async def read_body(request: web.BaseRequest, limit: int, seconds: float) -> bytes:
    """The body of a request that has not arrived as a whole.

    Raises:
        Refused: It is larger than `limit` bytes, or not there after `seconds`; 0 waits
            for as long as it takes.
        web.RequestPayloadError: It is not packed as its headers say.
    """
    length = request.content_length
    if length is not None and length > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(seconds or None):
            return await _collect(request.content, limit)
    except TimeoutError:
        raise refused(
            408,
            f"The request body took longer than {seconds:g} s; setting body_timeout",
            {"Connection": "close"},
        ) from None


def unpackable() -> Refused:
    """The refusal of a body that is not packed as its headers say."""
    return refused(
        400,
        "The request body can't be read; see Content-Encoding, Transfer-Encoding",
        {"Connection": "close"},
    )


async def _collect(content: StreamReader, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := await content.readany():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def too_large(limit: int) -> Refused:
    """The refusal of a body of more than so many bytes."""
    return refused(
        413,
        f"The request body is larger than {limit} bytes; setting max_body",
        {"Connection": "close"},
    )


def writer_for(request: web.BaseRequest) -> AbstractStreamWriter | None:
    """Where an answer is written without headers of its own; None where it can't be.

    Then something looks at the answer's headers on its way (an application's
    middlewares and signals), or the head must say more.
    """
    usual = (
        type(request) is web.BaseRequest
        and request.version == HttpVersion11
        and request.keep_alive
    )
    return direct_writer(request) if usual else None


class _Direct(web.StreamResponse):
    """An answer that is sent with status 200, and leaves the connection open.

    aiohttp asks for no more of it than is defined here: it is prepared from the start,
    so nothing of it can be changed.
    """

    # No properties: each takes as long as a look into a dictionary, and a frame.
    status = 200  # pyright: ignore[reportIncompatibleMethodOverride, reportAssignmentType]
    keep_alive = True  # pyright: ignore[reportIncompatibleMethodOverride, reportAssignmentType]

    @property
    def prepared(self) -> bool:
        """Always: nothing can be changed."""
        return True

    def __init__(self, request: web.BaseRequest, writer: AbstractStreamWriter) -> None:
        self._request = request
        self._writer = writer

    async def _send(self, data: bytes) -> None:
        """Write, and wait while the client is slow; ConnectionError when it is gone."""
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        transport.write(data)
        count_written(self._writer, len(data))
        if transport.get_write_buffer_size():
            await self._writer.drain()


class _Whole(_Direct):
    """A JSON object, sent with its head when aiohttp asks for it."""

    def __init__(
        self, request: web.BaseRequest, writer: AbstractStreamWriter, body: bytes
    ) -> None:
        self._request = request
        self._writer = writer
        self._json = body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send everything; ConnectionError where the client is gone."""
        body = self._json
        await self._send(b"%b%d\r\n\r\n%b" % (_heads()[0], len(body), body))
        return self._writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be sent."""


class _Events(_Direct):
    """An event stream, whose head goes out with the first write."""

    def __init__(self, request: web.BaseRequest, writer: AbstractStreamWriter) -> None:
        super().__init__(request, writer)
        self._unsent = _heads()[1]
        self._ended = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Nothing: the head waits for what follows."""
        return self._writer

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send events, or the head alone; ConnectionError where the client is gone."""
        head, self._unsent = self._unsent, b""
        await self._send(b"%b%b" % (head, _chunk(data)))

    async def write_eof(self, data: bytes = b"") -> None:
        """Send last events, and end; ConnectionError where the client is gone."""
        if not self._ended:
            self._ended = True
            head, self._unsent = self._unsent, b""
            await self._send(b"%b%b0\r\n\r\n" % (head, _chunk(data)))


def _chunk(data: bytes | bytearray | memoryview) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc9112#section-7.1"""
    return b"%x\r\n%b\r\n" % (len(data), bytes(data)) if data else b""


_made: tuple[int, bytes, bytes] = (0, b"", b"")


def _heads() -> tuple[bytes, bytes]:
    """The heads of a JSON object, up to its length, and of an event stream.

    They are the same for a second.
    """
    global _made
    now = int(time.time())
    if _made[0] != now:
        date = formatdate(now, usegmt=True)
        common = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nServer: {server_software()}\r\n"
        kind = f"Content-Type: {_JSON}\r\nContent-Length: "
        lines = "".join(f"{name}: {value}\r\n" for name, value in _EVENT_STREAM.items())
        end = "Transfer-Encoding: chunked\r\n\r\n"
        _made = now, f"{common}{kind}".encode(), f"{common}{lines}{end}".encode()
    return _made[1:]
