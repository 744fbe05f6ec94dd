"""Fills a live catalogue from a service: every binding becomes a prepared step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.catalog import JsonObject
from ..handlers.contract import Completer
from ..handlers.invoke import Call, Threads, awaitable
from ..service import Service
from ..settings import Settings
from .registry import LiveCatalog
from .steps import PromptStep, ResourceStep, fixed_completion
from .tools import ToolStep


def register(service: Service, settings: Settings, threads: Threads) -> LiveCatalog:
    """The catalogue that a service's contract declares, ready to answer.

    Raises:
        ValueError: A definition has no binding, or a schema can't be compiled.
    """
    contract = service.contract
    live = LiveCatalog(service.announces, threads)
    for definition in contract.catalog.tools:
        tool = _binding(contract.tools, definition, "name")
        live.tools.put(
            definition,
            ToolStep(
                definition,
                getattr(service, tool.method),
                threads,
                input_type=contract.type(tool.input),
                output_type=contract.type(tool.output),
                timeout=settings.tool_timeout if tool.timeout is None else tool.timeout,
            ),
            tool.scopes,
        )
    for definition in contract.catalog.prompts:
        prompt = _binding(contract.prompts, definition, "name")
        live.prompts.put(
            definition,
            PromptStep(
                definition,
                getattr(service, prompt.method),
                threads,
                arguments_type=contract.type(prompt.arguments),
                complete=_completions(service, prompt.complete, threads),
            ),
            prompt.scopes,
        )
    for definition in contract.catalog.resources:
        resource = _binding(contract.resources, definition, "uri")
        live.resources.put(
            definition,
            ResourceStep(definition, getattr(service, resource.method), threads),
            resource.scopes,
        )
    for definition in contract.catalog.resource_templates:
        template = _binding(contract.resource_templates, definition, "uriTemplate")
        live.resource_templates.put(
            definition,
            ResourceStep(
                definition,
                getattr(service, template.method),
                threads,
                variables_type=contract.type(template.variables),
                complete=_completions(service, template.complete, threads),
            ),
            template.scopes,
        )
    return live


def _binding(bindings: Mapping[str, Any], definition: JsonObject, key: str) -> Any:
    name = str(definition[key])
    try:
        return bindings[name]
    except KeyError:
        raise ValueError(f"the contract has no binding for {name!r}") from None


def _completions(
    service: Service, completers: Mapping[str, Completer], threads: Threads
) -> dict[str, Call]:
    return {
        argument: awaitable(getattr(service, completer), threads)
        if isinstance(completer, str)
        else fixed_completion(completer)
        for argument, completer in completers.items()
    }
