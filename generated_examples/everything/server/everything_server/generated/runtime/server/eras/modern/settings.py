"""Settings of the modern era: the state of rounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from pydantic import SecretStr

from ...options.section import Common, Section

KEY_BYTES: Final = 16
MINUTE: Final = 60.0


def _keys(values: Iterable[SecretStr]) -> str | None:
    if all(len(key.get_secret_value().encode()) >= KEY_BYTES for key in values):
        return None
    return (
        f"a key is shorter than {KEY_BYTES} bytes; make one by python -c "
        "'import secrets; print(secrets.token_urlsafe(32))'"
    )


@dataclass(frozen=True, kw_only=True)
class ModernSettings(Section):
    """How the state of a round is signed, and what is logged about it."""

    title = "Multi-round-trip requests (2026-07-28)"
    feature = "modern"
    common: ClassVar[Common] = ("state_keys",)

    state_keys: Annotated[
        tuple[SecretStr, ...],
        "secrets that sign requestState, newest first; empty: one per process",
        _keys,
    ] = ()
    state_lifetime: Annotated[float, "how long a requestState is valid"] = 10 * MINUTE
    warn_repeats: Annotated[
        bool,
        "for development: log what handlers repeat in each round before a question "
        "(2026-07-28)",
    ] = False
