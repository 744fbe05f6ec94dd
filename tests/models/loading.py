"""Generated models as modules that can be used, and exact comparison of JSON."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType
from typing import Any

from mcpgen.models import GeneratedModels, Root, generate
from mcpgen.models.documents import is_array, is_object
from mcpgen.runtime.core.model import Codec

_numbers = itertools.count()


def module_text(generated: GeneratedModels) -> str:
    """A whole module, as a package has it."""
    base = ", ".join(generated.base_names or ("Model",))
    lines = [
        "from __future__ import annotations",
        *generated.imports,
        f"from mcpgen.runtime.core.model import {base}",
    ]
    return "\n".join(lines) + "\n\n\n" + generated.source


def load(generated: GeneratedModels) -> ModuleType:
    """The module, run."""
    module = ModuleType(f"generated_models_{next(_numbers)}")
    sys.modules[module.__name__] = module
    exec(compile(module_text(generated), module.__name__, "exec"), vars(module))
    return module


def model(schema: Any, name: str = "Thing") -> Any:
    """The class or alias of one schema."""
    return getattr(load(generate([Root(name, schema, "the schema")])), name)


def codec(schema: Any) -> Codec[Any]:
    """What builds and dumps values of one schema."""
    return Codec(model(schema))


def source(schema: Any, name: str = "Thing") -> str:
    """The source of one schema's models."""
    return generate([Root(name, schema, "the schema")]).source


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; unlike in Python, true is not 1.

    The order of keys means nothing in JSON.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if is_array(one) and is_array(other):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
