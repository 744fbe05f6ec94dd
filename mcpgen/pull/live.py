"""What a server states and lists, page by page, whatever way requests travel.

Bottom of the pull stage. Knows the protocol's list methods and no transport.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pydantic_core import to_json

from mcpgen.diagnostics import MCPGenError
from mcpgen.runtime.client.errors import ProtocolError
from mcpgen.runtime.client.incoming import is_list
from mcpgen.runtime.core.errors import INVALID_PARAMS, METHOD_NOT_FOUND

MAX_PAGES: Final = 1_000
MAX_ITEMS: Final = 20_000
"""Entries of one list; the largest real servers have some hundred."""
MAX_BYTES: Final = 64 * 1024 * 1024
"""JSON of all pages of one list."""

CAPABILITIES: Final[dict[str, Any]] = {
    "elicitation": {"form": {}, "url": {}},
    "roots": {"listChanged": True},
    "sampling": {"context": {}, "tools": {}},
    "tasks": {
        "cancel": {},
        "list": {},
        "requests": {
            "elicitation": {"create": {}},
            "sampling": {"createMessage": {}},
        },
    },
}
"""Client capabilities that are declared while lists are read: some servers list only what
the client has declared that it can do."""

_LISTS: Final = {
    "tools": ("tools", "tools/list"),
    "prompts": ("prompts", "prompts/list"),
    "resources": ("resources", "resources/list"),
    "resourceTemplates": ("resources", "resources/templates/list"),
}
"""Section of a manifest: the capability that it needs, and the method."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says when a client connects."""

    info: Mapping[str, Any]
    capabilities: Mapping[str, Any]
    instructions: str | None


class Link(Protocol):
    """An open connection to a server."""

    @property
    def facts(self) -> Facts:
        """What the server states about itself."""
        ...

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a request.

        Raises:
            ProtocolError: The server refuses it.
            ClientError: It did not get through.
        """
        ...


@dataclass(frozen=True, slots=True)
class ServerContents:
    """What a server states and lists.

    Attributes:
        facts: What it states about itself.
        lists: Its entries by the sections of a manifest, in its own order.
    """

    facts: Facts
    lists: Mapping[str, list[Any]] = field(default_factory=dict[str, list[Any]])


async def read_all(link: Link) -> ServerContents:
    """Everything that a server lists.

    Raises:
        MCPGenError: MG701, where it answers with what is no list, or without an end.
        ClientError: As the link.
    """
    lists: dict[str, list[Any]] = {}
    for section, (capability, method) in _LISTS.items():
        if capability in link.facts.capabilities:
            found = await _all(link, section, method)
            if found:
                lists[section] = found
    return ServerContents(link.facts, lists)


async def _all(link: Link, section: str, method: str) -> list[Any]:
    found: list[Any] = []
    params: dict[str, Any] = {}
    seen: set[str] = set()
    size = 0
    for _ in range(MAX_PAGES):
        try:
            result = await link.request(method, params)
        except ProtocolError as error:
            if error.code == METHOD_NOT_FOUND or (
                error.code == INVALID_PARAMS and section == "resourceTemplates"
            ):
                return found
            raise
        found.extend(_page(result, section, method))
        cursor = result.get("nextCursor")
        if not isinstance(cursor, str):
            return found
        size += len(to_json(result))
        if size > MAX_BYTES:
            raise MCPGenError.of(
                "MG701",
                f"the pages of {method} hold more than {MAX_BYTES // 2**20} MiB; "
                f"{len(found)} entries were read",
                hint="report this to the server's maintainer",
            )
        if cursor in seen or len(found) > MAX_ITEMS:
            break
        seen.add(cursor)
        params = {"cursor": cursor}
    raise MCPGenError.of(
        "MG701",
        f"the pages of {method} never end; {len(found)} entries were read",
        hint="the server repeats itself: report this to its maintainer",
    )


def _page(result: Mapping[str, Any], section: str, method: str) -> list[Any]:
    items: Any = result.get(section)
    if items is None and section in result:
        return []
    if not is_list(items):
        message = f"the result of {method} has no list `{section}`"
        raise MCPGenError.of("MG701", message)
    return list(items)
