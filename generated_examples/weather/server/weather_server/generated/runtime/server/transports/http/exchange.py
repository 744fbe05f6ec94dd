"""One HTTP request to the endpoint and its answer: one JSON object, or an event stream.

Knows HTTP and nothing of methods, sessions or eras.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from aiohttp import StreamReader, hdrs, web
from multidict import CIMultiDictProxy

from ....core import jsonrpc
from ....core.errors import ProtocolError
from ...incoming import Incoming, Refused, refused
from . import direct
from .sse import Stream

_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
_REFUSES: Final = re.compile(r"q\s*=\s*0(\.0*)?")
_NOTHING: Final[frozenset[str]] = frozenset()


ENCODINGS: Final = ("gzip", "deflate", "identity")
"""How a request's body may be packed."""


def unsupported_encoding() -> Refused:
    """The refusal of a body that is packed in another way."""
    return refused(
        415,
        f"Content-Encoding must be one of {', '.join(ENCODINGS)}",
        {"Accept-Encoding": "gzip, deflate", "Connection": "close"},
    )


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
        headers: What every answer to it carries, such as CORS headers.
        stream: The event stream, once it is open.
        takes_events: Whether the client accepts an event stream.
        prefers_events: Whether it names event streams first, or nothing else.
        hidden: Headers that handlers must not see, in lower case.
        over_sse: Whether it came to an endpoint of HTTP+SSE.
        written: When something was last sent, by `time.monotonic`.
    """

    network_protocol = "http"

    __slots__ = (
        "_takes_json",
        "headers",
        "hidden",
        "over_sse",
        "prefers_events",
        "request",
        "stream",
        "takes_events",
        "written",
    )

    def __init__(self, request: web.BaseRequest, *, over_sse: bool = False) -> None:
        super().__init__(network_transport="tcp")
        self.request = request
        self.over_sse = over_sse
        self.headers: dict[str, str] = {}
        self.stream: Stream | None = None
        self.hidden = _NOTHING
        self.written = time.monotonic()
        self.takes_events, self._takes_json, self.prefers_events = _accepted(
            request.headers.get(hdrs.ACCEPT, "*/*")
        )

    @property
    def visible_headers(self) -> Mapping[str, str]:
        """The request's headers, as far as handlers may see them."""
        headers = self.request.headers
        return Visible(headers, self.hidden) if self.hidden else headers

    @property
    def is_streaming(self) -> bool:
        """Whether the event stream is open, so that the status is sent."""
        return self.stream is not None

    def require_accept(self) -> None:
        """Refuse a client that accepts neither form of an answer."""
        if not (self.takes_events or self._takes_json):
            raise refused(406, f"Accept must list {_JSON} and {_EVENTS}")

    async def open(self, *, hold_back: bool = False) -> Stream:
        """Turn the answer into an event stream; ConnectionError if the client is gone.

        With `hold_back` the head waits for the first event, which must follow at once.
        """
        if self.stream is None:
            self.written = time.monotonic()
            self.stream = await Stream.open(
                self.request, self.headers, hold_back=hold_back
            )
        return self.stream

    async def write(self, data: bytes) -> None:
        """Send events; the stream is opened if need be."""
        stream = self.stream or await self.open(hold_back=True)
        self.written = time.monotonic()
        await stream.write(data)

    async def end(self, last: bytes) -> web.StreamResponse:
        """Send the last events and end the stream, which is opened if need be.

        Raises:
            ConnectionError: There are such events, but the client is gone.
        """
        stream = self.stream or await self.open(hold_back=True)
        await stream.end(last)
        return stream.response

    def json(self, body: bytes, status: int = 200) -> web.StreamResponse:
        """The answer as one JSON object."""
        request = self.request
        if (
            status == 200
            and not self.headers
            and len(body) <= direct.LARGEST
            and direct.suits(request)
        ):
            return direct.Whole(request, body)
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
    """The body of a request.

    Raises:
        Refused: It is larger than `limit` bytes, or not there after `seconds`; 0 waits
            for as long as it takes. Or it is not packed as its headers say.
    """
    length = request.content_length
    if length is not None and length > limit:
        raise _too_large(limit)
    content = request.content
    try:
        if content.is_eof():
            body = content.read_nowait()
            if len(body) > limit:
                raise _too_large(limit)
            return body
        async with asyncio.timeout(seconds or None):
            return await _collect(content, limit)
    except TimeoutError:
        raise refused(
            408,
            f"The request body took longer than {seconds:g} s; setting body_timeout",
            {"Connection": "close"},
        ) from None
    except web.RequestPayloadError:
        raise refused(
            400,
            "The request body can't be read; see Content-Encoding, Transfer-Encoding",
            {"Connection": "close"},
        ) from None


async def _collect(content: StreamReader, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := await content.readany():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> Refused:
    return refused(
        413,
        f"The request body is larger than {limit} bytes; setting max_body",
        {"Connection": "close"},
    )
