"""Results of modern requests as whole messages: `resultType` and `_meta` around members."""

from __future__ import annotations

import logging
from typing import Final

from pydantic_core import to_json

from ...core import jsonrpc
from ...core.catalog import JsonObject
from ...core.errors import INTERNAL_ERROR, ProtocolError
from ..methods.answer import Answer

_log: Final = logging.getLogger("mcp.server")

SERVER_INFO: Final = "io.modelcontextprotocol/serverInfo"
SUBSCRIPTION_ID: Final = "io.modelcontextprotocol/subscriptionId"


class ModernFrame:
    """Puts results of one server into messages."""

    __slots__ = ("_complete", "_info", "_input_required")

    def __init__(self, server_info: JsonObject) -> None:
        self._info = {SERVER_INFO: server_info}
        meta = to_json(self._info)
        self._complete = b'"resultType":"complete","_meta":%b' % meta
        self._input_required = b'"resultType":"input_required","_meta":%b,' % meta

    def complete(self, request_id: jsonrpc.RequestId, answer: Answer) -> bytes:
        """The response of a request that is done."""
        head = self._complete
        if answer.meta is not None:
            meta = jsonrpc.encode({**self._info, **answer.meta})
            head = b'"resultType":"complete","_meta":%b' % meta
        members = b"%b,%b" % (head, answer.members) if answer.members else head
        return jsonrpc.result(request_id, members)

    def input_required(self, request_id: jsonrpc.RequestId, answer: Answer) -> bytes:
        """The response of a request that needs the client's answers first."""
        return jsonrpc.result(request_id, self._input_required + answer.members)


def error_response(request_id: jsonrpc.RequestId, error: ProtocolError) -> bytes:
    """The response for an error, which a handler may have made of anything."""
    try:
        if type(error.code) is int and isinstance(error.message, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            return jsonrpc.error(request_id, error)
        raise TypeError("the code must be an int, the message a str")
    except Exception:
        _log.exception("a ProtocolError of a handler can't be sent")
        internal = ProtocolError(INTERNAL_ERROR, "Internal error")
        return jsonrpc.error(request_id, internal)


def legacy_result(request_id: jsonrpc.RequestId, answer: Answer) -> bytes:
    """The response of a legacy request."""
    if answer.meta is None:
        return jsonrpc.result(request_id, answer.members)
    meta = b'"_meta":' + jsonrpc.encode(answer.meta)
    members = b"%b,%b" % (meta, answer.members) if answer.members else meta
    return jsonrpc.result(request_id, members)
