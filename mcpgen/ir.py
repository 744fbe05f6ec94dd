"""The project as templates see it: frozen values, every name already decided.

Knows no file system, no Jinja and no schema library; it is what `naming` and `models`
produce and what `render` consumes. `dataclasses.asdict` prints it as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value as `json.loads` makes it; exact shape is the manifest's own affair."""


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a generated class, as a keyword argument or attribute.

    Attributes:
        wire_name: The property's name in JSON.
        python_name: The attribute's name, unique in its class.
        annotation: The type as a source expression inside `models.py`.
        required: Whether the JSON Schema requires it.
        description: The schema's description, or None.
    """

    wire_name: str
    python_name: str
    annotation: str
    required: bool
    description: str | None


@dataclass(frozen=True, slots=True)
class Model:
    """A name in `models.py` that stands for a whole JSON Schema document.

    Attributes:
        name: The class or alias in `models.py`.
        fields: The properties, where the name is a class; empty for an alias.
        is_class: False where the schema is not an object (an alias such as `list[X]`).
    """

    name: str
    fields: tuple[Field, ...]
    is_class: bool = True


@dataclass(frozen=True, slots=True)
class Completion:
    """Completion of one argument: a handler's method name, or fixed values."""

    argument: str
    method: str | None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: `definition` goes on the wire exactly as it stands."""

    wire_name: str
    method: str
    constant: str
    definition: dict[str, Json]
    description: str | None
    input: Model
    output: Model | None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt; its arguments are all strings."""

    wire_name: str
    method: str
    constant: str
    definition: dict[str, Json]
    description: str | None
    arguments: Model | None
    completions: tuple[Completion, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with a fixed URI."""

    uri: str
    method: str
    constant: str
    definition: dict[str, Json]
    description: str | None


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    """A resource template (RFC 6570); its variables are all strings."""

    uri_template: str
    method: str
    constant: str
    definition: dict[str, Json]
    description: str | None
    variables: Model
    completions: tuple[Completion, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that is rendered.

    Attributes:
        name: The project's name as the user typed it.
        server_package: Import name of the server package, such as `weather_server`.
        client_package: Import name of the client package, such as `weather_client`.
        class_prefix: Prefix of the classes, such as `Weather`.
        server_info: The `Implementation` object of the server, as on the wire.
        models_source: The body of `models.py` below its imports, formatted.
        revisions: The protocol revisions that are served, oldest first.
    """

    name: str
    server_package: str
    client_package: str
    class_prefix: str
    manifest_file: str
    description: str | None
    instructions: str | None
    version: str
    server_info: dict[str, Json]
    tools: tuple[Tool, ...]
    prompts: tuple[Prompt, ...]
    resources: tuple[Resource, ...]
    resource_templates: tuple[ResourceTemplate, ...]
    models_source: str
    revisions: tuple[str, ...]


class Ownership(StrEnum):
    """Who may change a file after it was first written."""

    GENERATED = "generated"
    YOURS = "yours"


@dataclass(frozen=True, slots=True)
class File:
    """A rendered file: `yours` is written once, `generated` at every run."""

    text: str
    ownership: Ownership
    executable: bool = False
