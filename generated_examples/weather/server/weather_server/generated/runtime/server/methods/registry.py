"""What a server offers now: the catalogue's entries with their steps, changeable while it
runs, and the announcements of changes to everyone who listens.

Knows no HTTP, sessions or eras.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final, Generic, Protocol, TypeVar

from pydantic_core import to_json

from ...core.catalog import JsonObject
from ...core.errors import INVALID_PARAMS, ProtocolError
from ...core.jsonrpc import is_object, whole
from ...core.schema.validator import SchemaValidator
from ..handlers.contract import Announcement, Completer, Contract
from ..handlers.invoke import Call, Threads, awaitable, running_loop
from .steps import Handler, PromptStep, ResourceStep, Step, ToolStep, fixed_completion

S = TypeVar("S", bound=Step)

_STEPS: Final = 100
"""Listeners that hear of a change before other work gets its turn."""

_MAX_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed: a list, or with a `uri` the contents of one resource."""

    what: Announcement
    uri: str | None = None


class Listener(Protocol):
    """Hears of every change: an iterator of its steps, none of which waits."""

    def __call__(self, change: Change, /) -> Iterator[None]: ...


class Changes:
    """Passes changes on to all listeners in this process.

    With 10,000 streams that takes a while, so other work gets its turn in between.
    """

    declared: frozenset[Announcement]
    """What is announced; the server's capabilities say the same."""

    def __init__(self, declared: frozenset[Announcement]) -> None:
        self.declared = declared
        self._listeners: dict[Listener, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: deque[Iterator[None]] = deque()
        self._running = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Pass changes on in a loop, whichever thread announces them."""
        self._loop = loop

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Register; the result unregisters."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None)

    def announce(self, change: Change) -> None:
        """Tell everyone.

        Raises:
            RuntimeError: The service does not declare such announcements.
        """
        if change.what not in self.declared:
            raise RuntimeError(
                f"add {change.what!r} to `announces` of your service class to announce it"
            )
        loop = self._loop
        if loop is None or loop is running_loop():
            self._deliver(change)
            return
        # Where the loop is closed, nobody listens any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._deliver, change)

    def _deliver(self, change: Change) -> None:
        self._pending.append(self._steps(change))
        if not self._running:
            self._go_on()

    def _steps(self, change: Change) -> Iterator[None]:
        for listener in tuple(self._listeners):
            if listener in self._listeners:
                yield from listener(change)

    def _go_on(self) -> None:
        left = _STEPS
        while self._pending and left:
            left -= sum(1 for _ in islice(self._pending[0], left))
            if left:
                self._pending.popleft()
        self._running = bool(self._pending)
        if self._running and self._loop is not None:
            self._loop.call_soon(self._go_on)


class Registry(Generic[S]):
    """The entries of one list, in order, by name or URI."""

    def __init__(
        self,
        what: Announcement,
        key: str,
        member: str,
        changes: Changes,
        make: Callable[..., S],
    ) -> None:
        self._what: Final = what
        self._key = key
        self._member = member
        self._changes = changes
        self._make = make
        self.steps: Final[dict[str, S]] = {}
        """The steps behind the names; threads change it, so iterate over copies."""
        self._pages: dict[tuple[int, int, bool, frozenset[str] | None], bytes] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.steps

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.steps))

    def __len__(self) -> int:
        return len(self.steps)

    def get(self, name: str) -> S | None:
        """The step behind a name."""
        return self.steps.get(name)

    def definition(self, name: str) -> JsonObject:
        """The definition behind a name; KeyError where there is none."""
        return self.steps[name].definition

    def scopes(self, name: str) -> tuple[str, ...]:
        """The scopes that an entry asks for; none where there is no such entry."""
        step = self.steps.get(name)
        return () if step is None else step.scopes

    def put(self, step: S) -> None:
        """Add or replace an entry, silently."""
        self.steps[str(step.definition[self._key])] = step
        # Last, and a new one: a page that is being made belongs to the old one.
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
        self.put(self._make(whole(definition), handler, scopes=scopes))
        self._announce()

    def remove(self, name: str) -> None:
        """Take an entry away while the server runs, and announce it; in any thread.

        Raises:
            KeyError: There is none of this name.
        """
        del self.steps[whole(name)]
        self._pages = {}
        self._announce()

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
        pages = self._pages
        steps = self.steps.copy()
        if held is not None:
            # Scopes that nothing here asks for make no difference, and no page.
            held &= {scope for step in steps.values() for scope in step.scopes}
            steps = {n: s for n, s in steps.items() if held.issuperset(s.scopes)}
        start = 0 if cursor is None else _after(list(steps), cursor)
        key = (start, size, any_output, held)
        page = pages.get(key)
        if page is None:
            if len(pages) >= _MAX_PAGES:
                pages.clear()
            page = pages[key] = self._render(steps, start, size, any_output)
        return page

    def _render(
        self, steps: Mapping[str, S], start: int, size: int, any_output: bool
    ) -> bytes:
        end = start + size if size else len(steps)
        entries = [step.definition for step in islice(steps.values(), start, end)]
        if not any_output:
            entries = [_without_other_outputs(entry) for entry in entries]
        members = b'"%b":%b' % (self._member.encode("ascii"), to_json(entries))
        if end < len(steps):
            following = urlsafe_b64encode(list(steps)[end - 1].encode()).decode("ascii")
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

    def __init__(self, announces: frozenset[Announcement], threads: Threads) -> None:
        def tool(
            definition: JsonObject, handler: Handler, scopes: tuple[str, ...]
        ) -> ToolStep:
            _check_schemas(definition)
            return ToolStep(definition, handler, threads, scopes=scopes)

        prompt = partial(PromptStep, threads=threads, type_=Any)
        resource = partial(ResourceStep, threads=threads)
        self.changes: Final = Changes(announces)
        self.tools: Final = Registry("tools", "name", "tools", self.changes, tool)
        self.prompts: Final = Registry(
            "prompts", "name", "prompts", self.changes, prompt
        )
        self.resources: Final = Registry(
            "resources", "uri", "resources", self.changes, resource
        )
        self.resource_templates: Final = Registry(
            "resources", "uriTemplate", "resourceTemplates", self.changes, resource
        )

    def updated(self, uri: str) -> None:
        """Announce that the contents of a resource changed; in any thread."""
        self.changes.announce(Change("updates", uri))


def register(
    service: object,
    contract: Contract,
    announces: frozenset[Announcement],
    threads: Threads,
    timeout: float,
) -> LiveCatalog:
    """The catalogue that a contract declares, ready to answer.

    Args:
        service: Has the methods that the contract names.
        contract: The definitions and their bindings.
        announces: What clients are notified of.
        threads: Where plain handlers run.
        timeout: Seconds that calls of tools may take which say nothing else.

    Raises:
        ValueError: A definition has no binding, or a schema can't be compiled.
    """
    live = LiveCatalog(announces, threads)
    catalog = contract.catalog

    def bound(
        definitions: Iterable[JsonObject], key: str, bindings: Mapping[str, Any]
    ) -> Iterator[tuple[JsonObject, Any, Handler]]:
        for definition in definitions:
            name = str(definition[key])
            if name not in bindings:
                raise ValueError(f"the contract has no binding for {name!r}")
            binding = bindings[name]
            yield definition, binding, getattr(service, binding.method)

    def completions(completers: Mapping[str, Completer]) -> dict[str, Call]:
        return {
            argument: awaitable(getattr(service, completer), threads)
            if isinstance(completer, str)
            else fixed_completion(completer)
            for argument, completer in completers.items()
        }

    for definition, tool, handler in bound(catalog.tools, "name", contract.tools):
        tool_step = ToolStep(
            definition,
            handler,
            threads,
            contract.type(tool.input),
            scopes=tool.scopes,
            output_type=contract.type(tool.output),
            timeout=timeout if tool.timeout is None else tool.timeout,
        )
        live.tools.put(tool_step)
    for definition, prompt, handler in bound(catalog.prompts, "name", contract.prompts):
        type_, complete = contract.type(prompt.arguments), completions(prompt.complete)
        live.prompts.put(
            PromptStep(definition, handler, threads, type_, prompt.scopes, complete)
        )
    resources = bound(catalog.resources, "uri", contract.resources)
    for definition, resource, handler in resources:
        live.resources.put(
            ResourceStep(definition, handler, threads, scopes=resource.scopes)
        )
    templates = bound(
        catalog.resource_templates, "uriTemplate", contract.resource_templates
    )
    for definition, template, handler in templates:
        type_ = contract.type(template.variables)
        complete = completions(template.complete)
        live.resource_templates.put(
            ResourceStep(definition, handler, threads, type_, template.scopes, complete)
        )
    return live
