"""The parts of aiohttp that it does not promise to keep: all that the server uses of them.

No other module of the server touches them. Each part is looked up when it is used, works
with aiohttp 3.12.15 to 3.14, and has a plain replacement for an aiohttp without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from ....core import jsonrpc
from ...incoming import Refused

_MISSING: Final[Any] = object()

_NO_DECODER: Final = "Can not decode content-encoding"
"""What aiohttp answers where it lacks the library for an encoding."""


def part(owner: object, name: str, default: Any = None) -> Any:
    """A part of aiohttp, or a default where this aiohttp does not have it.

    Args:
        owner: An object, or the name of a module.
        name: The part's name.
        default: What stands for it.
    """
    if isinstance(owner, str):
        try:
            owner = import_module(owner)
        except ImportError:
            return default
    return getattr(owner, name, default)


# Requests, before there is an object of them.


def refine_requests(
    server: web.Server,
    is_draining: Callable[[], bool],
    unsupported: Callable[[], Refused],
) -> None:
    """Answer requests that aiohttp can't make an object of, and close while draining.

    aiohttp makes the objects where nothing is caught: no answer would come, and the
    connection would stay open for ever. Needs `Server.request_factory`,
    `Server.request_handler` and `web_protocol.ERROR`. Without them nothing is changed:
    aiohttp answers what it can, and no answer of a drain says that its connection closes.

    Args:
        server: Whose requests.
        is_draining: Whether each answer closes its connection.
        unsupported: Makes the refusal of an encoding that aiohttp can't decode.
    """
    make, handle = part(server, "request_factory"), part(server, "request_handler")
    error = part("aiohttp.web_protocol", "ERROR")
    if make is None or handle is None or error is None:
        return

    def made(message: Any, *more: Any) -> web.BaseRequest:
        if message is error:
            return _Broken(unsupported, message, *more, asyncio.get_running_loop())
        if is_draining():
            message = message._replace(should_close=True)
        try:
            return cast(web.BaseRequest, make(message, *more))
        except (ValueError, AttributeError):
            # The URL is checked no sooner than somebody asks for its host; after
            # `CONNECT` and nothing else, there may be none at all.
            message = error._replace(path=message.path or "")
            parts: list[Any] = [message, *more, asyncio.get_running_loop()]
            return _Unreadable(*parts)

    def handled(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        if type(request) is _Unreadable:
            return _refused(request)
        return cast("Awaitable[web.StreamResponse]", handle(request))

    server.request_factory = made
    server.request_handler = handled


class _Broken(web.BaseRequest):
    """What aiohttp's parser refused, and answers by itself."""

    def __init__(self, unsupported: Callable[[], Refused], *parts: Any) -> None:
        super().__init__(*parts)
        self._unsupported = unsupported

    async def _prepare_hook(self, response: Any) -> None:
        """Answer encodings that aiohttp lacks the library for as any unsupported one.

        aiohttp calls it before it sends an answer. Without it, or without `_set_status`,
        aiohttp's own answer is sent: a 400 as text.
        """
        if isinstance(response, web.Response) and _NO_DECODER in (response.text or ""):
            _replace(response, self._unsupported())


def _replace(response: web.Response, refusal: Refused) -> None:
    """Make another answer of one that is about to be sent."""
    # `set_status` refuses once an answer is being prepared.
    set_status = part(response, "_set_status")
    if set_status is None:
        return
    body = jsonrpc.error(None, refusal.error)
    response.body = body
    set_status(refusal.status, None)
    response.headers.update(refusal.headers)
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Length"] = str(len(body))


class _Unreadable(web.BaseRequest):
    """A request for a host that there can't be, such as `http://xn--/`."""


async def _refused(request: web.BaseRequest) -> web.StreamResponse:
    """Answer it as aiohttp answers what its parser refuses, log included.

    Without `RequestHandler.handle_error` nothing is logged.
    """
    reason = "The URL of the request line names a host that there can't be"
    handle_error = part(part(request, "protocol"), "handle_error")
    invalid = part("aiohttp.http_exceptions", "InvalidURLError")
    if handle_error is None or invalid is None:
        response = web.Response(status=400, text=reason)
        response.force_close()
        return response
    error = invalid(request.raw_path)
    return cast(web.StreamResponse, handle_error(request, 400, error, reason))


def is_expected(error: BaseException | None) -> bool:
    """Whether aiohttp's log names what clients cause: no HTTP, or a connection that ended.

    Without `http_exceptions.HttpProcessingError` a request that is no HTTP is logged as
    an error with its traceback.
    """
    return isinstance(error, web.RequestPayloadError | ConnectionError) or is_no_http(
        error
    )


def is_no_http(error: BaseException | None) -> bool:
    """Whether a request could not be parsed; its `message` says why."""
    kind = part("aiohttp.http_exceptions", "HttpProcessingError", ())
    return isinstance(error, kind)


def quotes_url(error: BaseException) -> bool:
    """Whether the message of such an error is about a URL; where unknown, it may be."""
    kind = part("aiohttp.http_exceptions", "InvalidURLError", Exception)
    return isinstance(error, kind)


# Connections, and what happens on them.


def observe_connections(
    server: web.Server,
    made: Callable[[web.RequestHandler], None],
    lost: Callable[[web.RequestHandler], None],
) -> bool:
    """Learn of each connection when it begins and when it has ended.

    aiohttp has no hook for this, and an application makes its own `web.Server`.

    Returns:
        False where this aiohttp reports nothing to `Server.connection_made` and
        `Server.connection_lost`: then `Server.connections` lists those that are open.
    """
    began, ended = part(server, "connection_made"), part(server, "connection_lost")
    if began is None or ended is None:
        return False

    def connection_made(connection: web.RequestHandler, transport: Any) -> None:
        began(connection, transport)
        made(connection)

    def connection_lost(
        connection: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        lost(connection)
        ended(connection, exc)

    vars(server).update(
        connection_made=connection_made, connection_lost=connection_lost
    )
    return True


def is_waiting(connection: web.RequestHandler) -> bool | None:
    """Whether aiohttp waits for the next request, as its own timer finds out.

    Without `RequestHandler._waiter`, it is taken to wait while it has no current request.

    Returns:
        None without `RequestHandler._current_request` as well, where this can't be known.
    """
    waiter = part(connection, "_waiter", _MISSING)
    if waiter is not _MISSING:
        return waiter is not None and not waiter.done()
    request = part(connection, "_current_request", _MISSING)
    return None if request is _MISSING else request is None


def is_sending(connection: web.RequestHandler) -> bool:
    """Whether the body of a request is on its way.

    False without `RequestHandler._current_request`: the connection counts as busy.
    """
    request = part(connection, "_current_request")
    return request is not None and not request.content.is_eof()


def waits_since(connection: web.RequestHandler) -> float | None:
    """When the last request ended, in the loop's time; 0 or less before there was any.

    Reads what aiohttp keeps for its own timer, so that requests need not be counted. None
    without `RequestHandler._next_keepalive_close_time`: then no connection is closed to
    make room for a new one, which is refused instead.
    """
    due = part(connection, "_next_keepalive_close_time")
    timeout = part(connection, "keepalive_timeout")
    return None if due is None or timeout is None else float(due - timeout)


def has_no_timer(connection: web.RequestHandler) -> bool:
    """Whether aiohttp waits for a first request, and for as long as it takes.

    aiohttp ends such a connection by itself since 3.14.
    """
    due = part(connection, "_next_keepalive_close_time")
    return due == 0.0 and bool(is_waiting(connection))


def end_connection(connection: web.RequestHandler) -> None:
    """Close a connection on which no request is read or answered.

    Where that can't be known, aiohttp closes it after the request that is being answered.
    """
    waiting = is_waiting(connection)
    if waiting is None:
        close = part(connection, "close")
        if close is not None:
            close()
    elif waiting and connection.transport is not None:
        connection.transport.close()


# Answers.


def direct_writer(request: web.BaseRequest) -> AbstractStreamWriter | None:
    """aiohttp's writer of a request, where an answer may be written beside it.

    Needs `BaseRequest.writer` and its `output_size`, by which aiohttp knows that it is too
    late for another answer. Without them all answers are `web.Response`s.
    """
    writer = part(request, "writer")
    return None if part(writer, "output_size") is None else writer


def count_written(writer: AbstractStreamWriter, size: int) -> None:
    """Tell a writer of bytes that were written beside it."""
    writer.output_size += size


def server_software() -> str:
    """The value of the header `Server`."""
    return str(part("aiohttp.http", "SERVER_SOFTWARE", "aiohttp"))


class HeldBack(web.StreamResponse):
    """A response whose head goes out with its first write: one packet instead of two.

    An aiohttp without `StreamResponse._send_headers_immediately`, which came with 3.12,
    sends the head at once, which is as right.
    """

    _send_headers_immediately = False
