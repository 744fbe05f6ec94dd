"""Settings of the kind `token` of authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import SecretStr

from ....options.section import Section


@dataclass(frozen=True, kw_only=True)
class TokenSettings(Section):
    """Which fixed tokens count."""

    title: ClassVar[str] = "Fixed tokens"
    feature: ClassVar[str] = "token"

    auth_tokens: Annotated[
        tuple[SecretStr, ...], "bearer tokens that never change, for development"
    ] = ()
