"""Lists, page by page, and what is known of a server's tools from them.

Turns lists into definitions; does not know how they travel.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pydantic_core import to_json

from ..core.catalog import Catalog, Json, JsonObject
from ..core.headers import header_problems
from .calls import Request, ToolCall, decoded, invalid_result
from .errors import InvalidResultError, ProtocolError
from .incoming import is_list, is_object
from .options import CallSettings

if TYPE_CHECKING:
    from ..protocol.types import CallToolResult
    from .connection import ServerConnection
    from .limits import Clock

T = TypeVar("T")
logger: Final = logging.getLogger(__name__)

TEMPLATES: Final = "resources/templates/list"
MAX_PAGES: Final = 1_000
MAX_ITEMS: Final = 100_000
"""Items on all pages of one list."""


class Listing:
    """The lists of one server."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._live: dict[str, ToolCall[CallToolResult]] = {}
        self._declared: dict[str, ToolCall[CallToolResult]] = {}

    async def all(self, method: str, options: CallSettings) -> list[dict[str, Any]]:
        """The items of all pages, which have one call's time together.

        None of a kind that the server does not declare.
        """
        if method.partition("/")[0] not in self._connection.server.capabilities:
            return []
        async with self._connection.limited(method, options) as clock:
            return await self._pages(method, options, clock)

    async def _pages(
        self, method: str, options: CallSettings, clock: Clock
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {}
        seen: set[str] = set()
        size = 0
        for _ in range(MAX_PAGES):
            request = Request(method, params, True, options)
            result = await self._connection.request(request)
            items = self._items(result, method)
            cursor = self._cursor(result, method)
            if cursor is not None and cursor in seen:
                self._note("cursors do not advance; the list ends there", method)
                found.extend(item for item in items if item not in found)
                return found
            found.extend(items)
            if cursor is None:
                return found
            size += len(to_json(result))
            if size > self._connection.max_bytes or len(found) > MAX_ITEMS:
                logger.warning(
                    "%s: its pages hold %d items and %d bytes; the rest is left out",
                    *(method, len(found), size),
                )
                return found
            seen.add(cursor)
            params = {"cursor": cursor}
            clock.heard()
        logger.warning("%s: the pages never end; the rest is left out", method)
        return found

    def _items(self, result: dict[str, Any], method: str) -> list[dict[str, Any]]:
        """The items of a page.

        Raises:
            InvalidResultError: It has no list.
        """
        kind = method.partition("/")[0]
        key = "resourceTemplates" if method == TEMPLATES else kind
        items = result.get(key)
        if key in result and not items and not is_list(items):
            # PHP writes empty lists as objects, Go writes them as null.
            self._note(f"{items!r} counts as an empty list", method)
            return []
        if not is_list(items):
            raise invalid_result(method, f"`{key}` is not a list", result)
        found = [item for item in items if is_object(item)]
        if len(found) < len(items):
            self._note("items that are not objects are left out", method)
        return found

    def _cursor(self, result: dict[str, Any], method: str) -> str | None:
        cursor = result.get("nextCursor")
        if isinstance(cursor, int) and not isinstance(cursor, bool):
            self._note("cursors are numbers; they are sent back as strings", method)
            return str(cursor)
        return cursor if isinstance(cursor, str) else None

    def _note(self, deviation: str, detail: str) -> None:
        self._connection.quirks.note(deviation, detail)

    async def typed(self, kind: type[T], method: str, options: CallSettings) -> list[T]:
        """The items of all pages as typed values; malformed ones are left out."""
        is_tools = method == "tools/list"
        items = await (self.tools(options) if is_tools else self.all(method, options))
        found: list[T] = []
        for item in items:
            try:
                found.append(decoded(kind, item, method))
            except InvalidResultError as error:
                name = item.get("name") or item.get("uri")
                logger.warning("%r is left out: %s", name, error)
        return found

    async def differences(
        self, catalog: Catalog, options: CallSettings
    ) -> tuple[Difference, ...]:
        """What the server offers other than the catalog says."""

        found: list[Difference] = []
        for kind, key, method, declared in (
            ("tool", "name", "tools/list", catalog.tools),
            ("prompt", "name", "prompts/list", catalog.prompts),
            ("resource", "uri", "resources/list", catalog.resources),
            ("resource template", "uriTemplate", TEMPLATES, catalog.resource_templates),
        ):
            live = await self.all(method, options)
            found.extend(differences(kind, key, declared, live))
        return tuple(found)

    async def tools(self, options: CallSettings) -> list[dict[str, Any]]:
        """All usable tools; what is learned of them serves later calls."""
        found = await self.all("tools/list", options)
        if self._connection.server.era == "modern":
            found = [tool for tool in found if _has_valid_headers(tool)]
        self._live = {
            tool["name"]: ToolCall.unchecked(tool)
            for tool in found
            if isinstance(tool.get("name"), str)
        }
        return found

    def tool(self, name: str, catalog: Catalog) -> ToolCall[CallToolResult]:
        """What is known of a tool: from the catalog, else from the server."""
        if not self._declared:
            self._declared = {
                str(tool["name"]): ToolCall(tool) for tool in catalog.tools
            }
        known = self._declared.get(name) or self._live.get(name)
        return known or ToolCall({"name": name})

    async def call_anew(
        self,
        call: ToolCall[Any],
        arguments: Mapping[str, Any],
        options: CallSettings,
        refusal: ProtocolError,
    ) -> dict[str, Any]:
        """The result of a tool whose headers have changed since it was described.

        Raises:
            ProtocolError: The `refusal`, where the server does not list the tool.
        """
        await self.tools(options)
        live = self._live.get(call.name)
        if live is None:
            raise refusal
        return await self._connection.request(live.request(arguments, options))


def _has_valid_headers(tool: JsonObject) -> bool:
    problems = header_problems(tool.get("inputSchema"))
    if problems:
        logger.warning(
            "tool %r is left out: %s",
            tool.get("name"),
            "; ".join(problem.message for problem in problems),
        )
    return not problems


MAX_DETAILS: Final = 20
"""Places that are named of one definition."""

IGNORED: Final = frozenset(["_meta", "icons"])
"""Keys that change nothing for a caller."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One definition that is not what the client was generated for.

    Attributes:
        kind: What it is: "tool", "prompt", "resource" or "resource template".
        name: Its wire name, or its URI.
        change: "missing" on the server, "added" there, or "changed".
        details: Where it changed, and how, for a person.
    """

    kind: str
    name: str
    change: Literal["missing", "added", "changed"]
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = "".join(f"\n  {detail}" for detail in self.details)
        return f"{self.kind} {self.name}: {self.change}{lines}"


def differences(
    kind: str, key: str, declared: Sequence[JsonObject], live: Sequence[JsonObject]
) -> Iterator[Difference]:
    """How the live definitions of one kind differ from the declared ones.

    Args:
        kind: What they are, for a person.
        key: The member that names them.
        declared: The catalog's definitions.
        live: The server's.
    """
    found = {str(each.get(key)): each for each in live}
    for definition in declared:
        name = str(definition[key])
        other = found.pop(name, None)
        if other is None:
            yield Difference(kind, name, "missing")
        elif details := tuple(_changes(definition, other, "")):
            shown = details[:MAX_DETAILS]
            rest = len(details) - len(shown)
            more = (f"and {rest} more",) if rest else ()
            yield Difference(kind, name, "changed", shown + more)
    for name in found:
        yield Difference(kind, name, "added")


def _changes(here: Json, there: Json, path: str) -> Iterator[str]:
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        for key in {**here, **there}:
            if path or key not in IGNORED:
                place = f"{path}.{key}" if path else key
                yield from _member(here, there, key, place)
    elif here != there or isinstance(here, bool) is not isinstance(there, bool):
        yield f"{path}: {_shown(here)} here, {_shown(there)} on the server"


def _member(here: JsonObject, there: JsonObject, key: str, place: str) -> Iterator[str]:
    # Some servers write null for what is absent, or an empty list for an empty object.
    if here.get(key) is None and there.get(key) is None:
        return
    if here.get(key) in ([], {}) and there.get(key) in ([], {}):
        return
    if key not in there:
        yield f"{place}: gone on the server"
    elif key not in here:
        yield f"{place}: new on the server"
    else:
        yield from _changes(here[key], there[key], place)


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
