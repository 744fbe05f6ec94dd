"""Settings of the kind `api-key` of authentication."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from ....options.section import Section


@dataclass(frozen=True, kw_only=True)
class APIKeySettings(Section):
    """Which API keys count."""

    title: ClassVar[str] = "API keys"
    feature: ClassVar[str] = "api-key"

    auth_api_keys: Annotated[
        tuple[str, ...], "hashed API keys, as NAME:SHA256:SCOPE SCOPE"
    ] = ()
    auth_api_keys_path: Annotated[
        Path | None, "file of hashed API keys, one a line; read again when it changes"
    ] = None
