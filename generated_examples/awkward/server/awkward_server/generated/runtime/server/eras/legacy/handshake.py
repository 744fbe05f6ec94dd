"""`initialize`: which version both sides speak, and what the server says about itself.

https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from ....core.errors import INVALID_PARAMS, ProtocolError
from ....core.jsonrpc import is_object
from ...handlers.contract import Offer
from ...handlers.questions import Client
from ...methods.answer import Answer


class Handshake:
    """Agrees with legacy clients on a version."""

    __slots__ = ("_newest", "_results", "versions")

    versions: frozenset[str]
    """The versions that are served."""

    def __init__(self, offer: Offer) -> None:
        revisions = offer.legacy
        self.versions = frozenset(revisions)
        self._newest = next(iter(revisions))
        self._results: dict[str, Answer] = {}
        for version, revision in revisions.items():
            result: dict[str, Any] = {
                "protocolVersion": version,
                "capabilities": offer.capabilities_in(revision),
                "serverInfo": offer.server,
            }
            if offer.instructions is not None:
                result["instructions"] = offer.instructions
            self._results[version] = Answer(to_json(result)[1:-1])

    def negotiate(self, params: Any) -> Client:
        """The client, with the version that it will be served in.

        Raises:
            ProtocolError: The parameters of `initialize` are malformed.
        """
        if not is_object(params):
            raise ProtocolError(INVALID_PARAMS, "`params` must be an object")
        wanted = params.get("protocolVersion")
        capabilities, info = params.get("capabilities"), params.get("clientInfo")
        if not isinstance(wanted, str):
            raise ProtocolError(INVALID_PARAMS, "`protocolVersion` must be a string")
        if not is_object(capabilities) or not is_object(info):
            raise ProtocolError(
                INVALID_PARAMS, "`capabilities` and `clientInfo` must be objects"
            )
        version = wanted if wanted in self.versions else self._newest
        return Client(version, info, capabilities)

    def result(self, client: Client) -> Answer:
        """What `initialize` is answered with."""
        return self._results[client.version]
