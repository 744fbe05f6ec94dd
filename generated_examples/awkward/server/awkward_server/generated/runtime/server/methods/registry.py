"""What a server offers now: the catalogue's entries with their steps, changeable while it
runs, and the announcements of changes.

Knows no HTTP, sessions or eras; streams register themselves in `changes`.
"""

from __future__ import annotations

import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar

from pydantic_core import to_json

from ...core.catalog import JsonObject
from ...core.errors import INVALID_PARAMS, ProtocolError
from ...core.jsonrpc import is_object, whole
from ...core.schema.validator import SchemaValidator
from ..handlers.invoke import Threads
from .changes import Announcement, Change, Changes
from .steps import PromptStep, ResourceStep
from .tools import Handler, ToolStep

S = TypeVar("S")

_MAX_PAGES: Final = 1_000


class Registry(Generic[S]):
    """The entries of one list, in order, by name or URI."""

    __slots__ = (
        "_changes",
        "_definitions",
        "_key",
        "_lock",
        "_make",
        "_member",
        "_pages",
        "_scopes",
        "_what",
        "steps",
    )

    def __init__(
        self,
        what: Announcement,
        key: str,
        member: str,
        changes: Changes,
        make: Callable[[JsonObject, Handler], S],
    ) -> None:
        self._what = what
        self._key = key
        self._member = member
        self._changes = changes
        self._make = make
        self._lock = threading.Lock()
        self._definitions: dict[str, JsonObject] = {}
        self.steps: dict[str, S] = {}
        """The steps behind the names; another dict after each change."""
        self._scopes: dict[str, tuple[str, ...]] = {}
        self._pages: dict[tuple[int, int, bool, frozenset[str] | None], bytes] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.steps

    def __iter__(self) -> Iterator[str]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def get(self, name: str) -> S | None:
        """The step behind a name."""
        return self.steps.get(name)

    def definition(self, name: str) -> JsonObject:
        """The definition behind a name; KeyError where there is none."""
        return self._definitions[name]

    def scopes(self, name: str) -> tuple[str, ...]:
        """The scopes that an entry asks for; none where there is no such entry."""
        return self._scopes.get(name, ())

    def put(
        self, definition: JsonObject, step: S, scopes: tuple[str, ...] = ()
    ) -> None:
        """Add or replace an entry, silently; before the server has started."""
        name = str(definition[self._key])
        self._definitions[name] = definition
        self._scopes[name] = scopes
        self.steps[name] = step
        self._pages = {}

    def add(
        self, definition: JsonObject, handler: Handler, *, scopes: tuple[str, ...] = ()
    ) -> None:
        """Add or replace an entry while the server runs, and announce it; in any thread.

        Args:
            definition: As on the wire.
            handler: `(arguments, ctx)` with the arguments as JSON; `(ctx)` for
                resources.
            scopes: What callers need when the server authenticates.

        Raises:
            ValueError: A tool's schema can't be used.
        """
        definition = whole(definition)
        step = self._make(definition, handler)
        with self._changing():
            self.put(definition, step, scopes)
        self._announce()

    def remove(self, name: str) -> None:
        """Take an entry away while the server runs, and announce it; in any thread.

        Raises:
            KeyError: There is none of this name.
        """
        name = whole(name)
        with self._changing():
            del self.steps[name], self._definitions[name], self._scopes[name]
        self._announce()

    @contextmanager
    def _changing(self) -> Generator[None, None, None]:
        """Change copies, so that what others iterate over stays as it is."""
        with self._lock:
            self._definitions = dict(self._definitions)
            self._scopes = dict(self._scopes)
            self.steps = dict(self.steps)
            try:
                yield
            finally:
                # Last, and a new one: a page that is being made belongs to the old one.
                self._pages = {}

    def page(
        self,
        cursor: str | None,
        size: int,
        any_output: bool,
        held: frozenset[str] | None = None,
    ) -> bytes:
        """One page of the list, as members of a result.

        Args:
            cursor: Where the page begins; None for the first one.
            size: Entries per page; 0 for all.
            any_output: Whether the revision allows an `outputSchema` of any type.
            held: The caller's scopes, to leave out what needs others; None for all.

        Raises:
            ProtocolError: The cursor was not made by this list.
        """
        if held is not None:
            # Scopes that nothing here asks for make no difference, and no page.
            held = held & self._asked()
        pages = self._pages
        names = self._names(held)
        start = 0 if cursor is None else _after(names, cursor)
        key = (start, size, any_output, held)
        page = pages.get(key)
        if page is None:
            if len(pages) >= _MAX_PAGES:
                pages.clear()
            page = pages[key] = self._render(names, start, size, any_output)
        return page

    def _asked(self) -> frozenset[str]:
        return frozenset[str]().union(*self._scopes.values())

    def _names(self, held: frozenset[str] | None) -> list[str]:
        if held is None:
            return list(self._definitions)
        return [n for n in self._definitions if held.issuperset(self._scopes[n])]

    def _render(
        self, names: list[str], start: int, size: int, any_output: bool
    ) -> bytes:
        end = start + size if size else len(names)
        entries = [self._definitions[name] for name in names[start:end]]
        if not any_output:
            entries = [_without_other_outputs(entry) for entry in entries]
        members = b'"%b":%b' % (self._member.encode("ascii"), to_json(entries))
        if end < len(names):
            following = urlsafe_b64encode(names[end - 1].encode()).decode("ascii")
            members += b',"nextCursor":' + to_json(following)
        return members

    def _announce(self) -> None:
        if self._what in self._changes.declared:
            self._changes.announce(Change(self._what))


def _after(names: list[str], cursor: str) -> int:
    try:
        return names.index(urlsafe_b64decode(cursor.encode()).decode()) + 1
    except ValueError:
        raise ProtocolError(INVALID_PARAMS, "The cursor is not valid") from None


def _check_schemas(definition: JsonObject) -> None:
    """The manifest's tools were checked when the code was generated; these were not."""
    taken, given = definition.get("inputSchema"), definition.get("outputSchema", {})
    if not (is_object(taken) and is_object(given)):
        raise ValueError("`inputSchema` and `outputSchema` must be objects")
    if taken.get("type") != "object":
        raise ValueError('`inputSchema` must have "type": "object"')
    SchemaValidator(taken).compile()
    SchemaValidator(given).compile()


def _without_other_outputs(definition: JsonObject) -> JsonObject:
    """A tool for legacy revisions, where an output is always an object."""
    schema = definition.get("outputSchema")
    if isinstance(schema, Mapping) and schema.get("type") != "object":
        return {k: v for k, v in definition.items() if k != "outputSchema"}
    return definition


class LiveCatalog:
    """What the server offers now.

    Attributes:
        tools: The tools, by name.
        prompts: The prompts, by name.
        resources: The resources, by URI.
        resource_templates: The resource templates, by URI template.
        changes: Where announcements go.
    """

    __slots__ = ("changes", "prompts", "resource_templates", "resources", "tools")

    def __init__(self, announces: frozenset[Announcement], threads: Threads) -> None:
        def prompt(definition: JsonObject, handler: Handler) -> PromptStep:
            return PromptStep(definition, handler, threads, arguments_type=Any)

        def resource(definition: JsonObject, handler: Handler) -> ResourceStep:
            return ResourceStep(definition, handler, threads)

        def tool(definition: JsonObject, handler: Handler) -> ToolStep:
            _check_schemas(definition)
            return ToolStep(definition, handler, threads)

        self.changes: Final = Changes(announces)
        self.tools: Final[Registry[ToolStep]] = Registry(
            "tools", "name", "tools", self.changes, tool
        )
        self.prompts: Final[Registry[PromptStep]] = Registry(
            "prompts", "name", "prompts", self.changes, prompt
        )
        self.resources: Final[Registry[ResourceStep]] = Registry(
            "resources", "uri", "resources", self.changes, resource
        )
        self.resource_templates: Final[Registry[ResourceStep]] = Registry(
            "resources", "uriTemplate", "resourceTemplates", self.changes, resource
        )

    def updated(self, uri: str) -> None:
        """Announce that the contents of a resource changed; in any thread."""
        self.changes.announce(Change("updates", uri))
