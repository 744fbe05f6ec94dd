"""The version of the runtime, the same in every package that carries this copy of it."""

from typing import Final

RUNTIME_VERSION: Final = "0.1.0"
