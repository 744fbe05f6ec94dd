"""JSON Schemas in, typed pydantic classes out.

A stage of its own: it knows nothing of manifests, templates or files. The models that
it makes are for people: they never refuse and never change what is valid for the
schema. Whether an instance is valid is the JSON Schema validator's to say.
"""

from .generate import (
    GeneratedModels,
    Root,
    generate,
    generate_definitions,
    imprecise_places,
    read_names,
)
from .imprecise import Imprecise
from .kept import Kept
from .names import is_class_name
from .remembered import Memory

__all__ = [
    "GeneratedModels",
    "Imprecise",
    "Kept",
    "Memory",
    "Root",
    "generate",
    "generate_definitions",
    "imprecise_places",
    "is_class_name",
    "read_names",
]
