"""What a server offers, as data: the definitions that travel in list results.

Shared by server and client; knows nothing of HTTP, handlers or models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = (
    "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
)
JsonObject: TypeAlias = Mapping[str, Json]


class Catalog:
    """Everything that a manifest declares, key for key as it goes on the wire.

    Attributes:
        server: The `Implementation` object: name, version, title and the like.
        instructions: Guidance for models that use the server; None when there is none.
        tools: `Tool` definitions, in the manifest's order.
        prompts: `Prompt` definitions.
        resources: `Resource` definitions.
        resource_templates: `ResourceTemplate` definitions.
    """

    __slots__ = (
        "_text",
        "instructions",
        "prompts",
        "resource_templates",
        "resources",
        "server",
        "tools",
    )

    _text: str
    server: JsonObject
    instructions: str | None
    tools: tuple[JsonObject, ...]
    prompts: tuple[JsonObject, ...]
    resources: tuple[JsonObject, ...]
    resource_templates: tuple[JsonObject, ...]

    def __init__(
        self,
        server: JsonObject,
        instructions: str | None = None,
        tools: Sequence[JsonObject] = (),
        prompts: Sequence[JsonObject] = (),
        resources: Sequence[JsonObject] = (),
        resource_templates: Sequence[JsonObject] = (),
    ) -> None:
        self.server = server
        self.instructions = instructions
        self.tools = tuple(tools)
        self.prompts = tuple(prompts)
        self.resources = tuple(resources)
        self.resource_templates = tuple(resource_templates)

    @classmethod
    def from_json(cls, text: str) -> Catalog:
        """The catalogue that a JSON object says, by the names of the attributes.

        It is read when something of it is first asked for: a thousand definitions cost
        an import nothing.
        """
        made = cls.__new__(cls)
        made._text = text
        return made

    def __getattr__(self, name: str) -> Any:
        """Only called for what is not there yet."""
        if name not in self.__slots__ or name == "_text":
            raise AttributeError(name)
        self.__init__(**json.loads(self._text))  # type: ignore[misc]
        return getattr(self, name)
