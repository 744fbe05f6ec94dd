"""A service that answers with made-up values, from nothing but the contract.

For those who write clients before there are handlers. Every result is valid for its
`outputSchema`, always the same, and says nothing true: mcpgen made it from the schema
when it generated the package.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, cast

from pydantic import BaseModel
from pydantic_core import to_json

from ....core.catalog import Json, JsonObject
from ....core.model import Codec
from ...handlers.content import ToolError, ToolResult
from ...handlers.contract import Contract
from ...service import Service

_Handler: TypeAlias = Callable[..., Awaitable[Any]]

_log: Final = logging.getLogger("mcp.server")

_TEXTS: Final = ("json", "xml", "yaml", "javascript", "x-www-form-urlencoded")
"""Media types besides `text/*` whose contents are text, by their end."""


class Mock(Service):
    """The base of services that return sample data."""


def mocked(service: Service | type[Service]) -> Mock:
    """A service that answers for another one; nothing of that one is called or made.

    Authentication is what the manifest and the settings choose.
    """
    if isinstance(service, Mock):
        return service
    _log.warning("mock mode: returning sample data instead of calling handlers")
    made = type(
        "Mocked",
        (Mock,),
        {
            "contract": service.contract,
            "announces": service.announces,
            **_methods(service.contract),
        },
    )
    return cast(Mock, made())


def _methods(contract: Contract) -> dict[str, _Handler]:
    methods: dict[str, _Handler] = {}
    catalog = contract.catalog
    examples: dict[str, JsonObject] = json.loads(contract.examples)
    for definition in catalog.tools:
        name = str(definition["name"])
        tool = contract.tools[name]
        methods[tool.method] = (
            _tool(name, examples.get(name, {}), contract.type(tool.output))
            if "outputSchema" in definition
            else _plain_tool(name)
        )
    for definition in catalog.prompts:
        prompt = contract.prompts[str(definition["name"])]
        methods[prompt.method] = _prompt(definition)
    for definition in catalog.resources:
        resource = contract.resources[str(definition["uri"])]
        methods[resource.method] = _resource(definition)
    for definition in catalog.resource_templates:
        template = contract.resource_templates[str(definition["uriTemplate"])]
        methods[template.method] = _resource(definition)
    for completing in (contract.prompts, contract.resource_templates):
        for binding in completing.values():
            names = [c for c in binding.complete.values() if isinstance(c, str)]
            methods |= dict.fromkeys(names, _no_completions)
    return methods


def _tool(name: str, example: JsonObject, output: Any) -> _Handler:
    codec = None if output is None else Codec[Any](output)

    async def answer(_: Service, *given: object) -> Any:
        if "value" not in example:
            raise ToolError(_missing(name, example.get("reason")))
        value: Any = example["value"]
        return ToolResult(value if codec is None else codec.build(value))

    return answer


def _missing(name: str, reason: Json) -> str:
    if reason is None:
        return (
            f"Mock mode has no result of {name}: run `mcpgen generate`, with `mock` "
            "among the manifest's `features.server`."
        )
    return (
        f"Mock mode can't make a result of {name}: {reason}\n"
        "Write one into its outputSchema, as `examples: [...]`."
    )


def _plain_tool(name: str) -> _Handler:
    async def answer(_: Service, *given: object) -> str:
        return f"A made-up result of {name}."

    return answer


def _prompt(definition: JsonObject) -> _Handler:
    said = definition.get("description") or definition.get("title")

    async def answer(_: Service, *given: object) -> str:
        lines = [f"A made-up message of the prompt {definition['name']}."]
        if isinstance(said, str):
            lines.append(said)
        if given and isinstance(given[0], BaseModel):
            arguments = given[0].model_dump_json(by_alias=True, exclude_unset=True)
            lines.append(f"Arguments: {arguments}")
        return "\n\n".join(lines)

    return answer


def _resource(definition: JsonObject) -> _Handler:
    name = str(definition["name"])
    kind = str(definition.get("mimeType", "text/plain")).partition(";")[0].strip()

    async def answer(_: Service, *given: object) -> str | bytes:
        text = f"Made-up contents of {name}."
        if kind.endswith("json"):
            return to_json({"text": text}).decode()
        is_text = kind.startswith("text/") or kind.endswith(_TEXTS)
        return text if is_text else text.encode()

    return answer


async def _no_completions(_: Service, *given: object) -> list[str]:
    return []
