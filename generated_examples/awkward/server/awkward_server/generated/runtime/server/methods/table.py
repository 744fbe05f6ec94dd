"""The requests that both eras answer alike: lists, calls, reads, prompts, completion.

Takes parameters as JSON and gives an `Answer`; knows no HTTP, sessions or framing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...core.errors import INVALID_PARAMS, RESOURCE_NOT_FOUND, ProtocolError
from ...core.jsonrpc import is_array, is_object
from ...core.uri.match import match
from ..handlers.content import ResourceNotFound
from ..handlers.context import Context
from ..middleware import Next, Request
from ..settings import Settings
from .registry import LiveCatalog, Registry
from .steps import (
    Answer,
    PromptStep,
    ResourceStep,
    Step,
    arguments,
    run_completion,
    string,
    tools_call,
)


class Methods:
    """The methods of one server, by name in `table`."""

    def __init__(
        self, catalog: LiveCatalog, settings: Settings, *, masks: bool = False
    ) -> None:
        """Prepare.

        Args:
            catalog: What is offered.
            settings: How the server is run.
            masks: Whether lists leave out what the caller lacks scopes for.
        """
        self._catalog = catalog
        self._masks = masks
        self._page_size = settings.page_size
        self._list_hints = _cache_hints(settings.list_ttl_ms, settings.list_cache_scope)
        self._read_hints = _cache_hints(settings.read_ttl_ms, settings.read_cache_scope)
        self.table: Final[Mapping[str, Next]] = {
            "tools/call": tools_call(catalog.tools.steps),
            "tools/list": self._lister(catalog.tools),
            "prompts/get": self.get_prompt,
            "prompts/list": self._lister(catalog.prompts),
            "resources/read": self.read_resource,
            "resources/list": self._lister(catalog.resources),
            "resources/templates/list": self._lister(catalog.resource_templates),
            "completion/complete": self.complete,
        }

    async def get_prompt(self, request: Request) -> Answer:
        """`prompts/get`."""
        params = request.params
        step = self._prompt(string(params, "name"))
        return await step.run(arguments(params), request.ctx)

    async def read_resource(self, request: Request) -> Answer:
        """`resources/read`."""
        uri, ctx = string(request.params, "uri"), request.ctx
        try:
            answer = await self._read(uri, ctx)
        except ResourceNotFound:
            code = INVALID_PARAMS if ctx.era == "modern" else RESOURCE_NOT_FOUND
            raise ProtocolError(code, "Resource not found", {"uri": uri}) from None
        if ctx.era == "modern":
            answer.members += self._read_hints
        return answer

    async def _read(self, uri: str, ctx: Context) -> Answer:
        step = self._catalog.resources.get(uri)
        if step is not None:
            return await step.run(uri, None, ctx)
        for template, step in self._catalog.resource_templates.steps.copy().items():
            variables = match(template, uri)
            if variables is not None:
                if uri[:5].lower() == "file:" and _leads_elsewhere(variables):
                    break
                return await step.run(uri, variables, ctx)
        raise ResourceNotFound(uri)

    async def complete(self, request: Request) -> Answer:
        """`completion/complete`."""
        params, ctx = request.params, request.ctx
        argument = params.get("argument")
        if not is_object(argument):
            raise ProtocolError(INVALID_PARAMS, "`argument` must be an object")
        context = params.get("context")
        known = context.get("arguments") if is_object(context) else None
        if is_object(known):
            ctx.completed = {k: v for k, v in known.items() if isinstance(v, str)}
        name = string(argument, "name")
        call = self._referred(params.get("ref")).complete.get(name)
        if call is None:
            return Answer(b'"completion":{"values":[]}')
        return await run_completion(call, string(argument, "value"), ctx)

    def _referred(self, ref: Any) -> Step:
        if not is_object(ref):
            raise ProtocolError(INVALID_PARAMS, "`ref` must be an object")
        if ref.get("type") == "ref/prompt":
            return self._prompt(string(ref, "name"))
        if ref.get("type") == "ref/resource":
            return self._resource(string(ref, "uri"))
        raise ProtocolError(
            INVALID_PARAMS, "`ref.type` must be ref/prompt or ref/resource"
        )

    def _prompt(self, name: str) -> PromptStep:
        step = self._catalog.prompts.get(name)
        if step is None:
            raise ProtocolError(INVALID_PARAMS, f"Unknown prompt: {name}")
        return step

    def _resource(self, uri: str) -> ResourceStep:
        catalog = self._catalog
        step = catalog.resource_templates.get(uri) or catalog.resources.get(uri)
        if step is None:
            raise ProtocolError(INVALID_PARAMS, f"Unknown resource template: {uri}")
        return step

    def _lister(self, registry: Registry[Any]) -> Next:
        async def entries(request: Request) -> Answer:
            cursor, ctx = request.params.get("cursor"), request.ctx
            if cursor is not None and not isinstance(cursor, str):
                raise ProtocolError(INVALID_PARAMS, "`cursor` must be a string")
            modern = ctx.era == "modern"
            held = ctx.scopes if self._masks else None
            page = registry.page(cursor, self._page_size, modern, held)
            return Answer(page + self._list_hints if modern else page)

        return entries


def _leads_elsewhere(variables: Mapping[str, Any]) -> bool:
    """Whether a value, joined to a directory, may be a path outside of it.

    https://modelcontextprotocol.io/specification/2026-07-28/server/resources#security-considerations
    """
    for value in variables.values():
        for part in value if is_array(value) else [value]:
            text = str(part).replace("\\", "/")
            if text.startswith("/") or "\0" in text or ".." in text.split("/"):
                return True
    return False


def _cache_hints(ttl_ms: int, scope: str) -> bytes:
    """https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching"""
    return b',"ttlMs":%d,"cacheScope":"%b"' % (ttl_ms, scope.encode("ascii"))
