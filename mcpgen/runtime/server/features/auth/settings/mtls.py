"""Settings of the kind `mtls` of authentication."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from .shared import UserSettings


@dataclass(frozen=True, kw_only=True)
class MutualTLSSettings(UserSettings):
    """Which certificates of clients count."""

    title: ClassVar[str] = "Certificates of clients"
    feature: ClassVar[str] = "mtls"

    tls_client_ca: Annotated[
        Path | None, "authorities in PEM form that sign clients' certificates"
    ] = None
