"""From YAML, JSON or TOML text to a checked `Manifest`, every value with its place.

    from mcpgen import manifest

    weather = manifest.load(Path("mcpgen.yaml"))   # or MCPGenError with all problems

Knows nothing of models, templates or files that are written.
"""

from .declarations import (
    Completion,
    Declaration,
    Era,
    Json,
    LeftOut,
    Manifest,
    Pointer,
    Prompt,
    PromptArgument,
    Resource,
    ResourceTemplate,
    Target,
    Tool,
)
from .loading import load, loads
from .selection import Eras, eras_for
from .source import Source
from .writing import local_keys, native_data, to_yaml

__all__ = [
    "Completion",
    "Declaration",
    "Era",
    "Eras",
    "Json",
    "LeftOut",
    "Manifest",
    "Pointer",
    "Prompt",
    "PromptArgument",
    "Resource",
    "ResourceTemplate",
    "Source",
    "Target",
    "Tool",
    "eras_for",
    "load",
    "loads",
    "local_keys",
    "native_data",
    "to_yaml",
]
