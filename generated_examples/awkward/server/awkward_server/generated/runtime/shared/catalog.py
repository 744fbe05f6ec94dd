"""What a server offers, as data: the definitions that travel in list results.

Shared by server and client; knows nothing of HTTP, handlers or models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = (
    "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
)
JsonObject: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
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

    server: JsonObject
    instructions: str | None = None
    tools: tuple[JsonObject, ...] = ()
    prompts: tuple[JsonObject, ...] = ()
    resources: tuple[JsonObject, ...] = ()
    resource_templates: tuple[JsonObject, ...] = ()
