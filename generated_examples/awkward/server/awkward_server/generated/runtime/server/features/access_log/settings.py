"""Settings of the access log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from ...options.section import Section

AccessLogFormat: TypeAlias = Literal["text", "json", "off"]


@dataclass(frozen=True, kw_only=True)
class AccessLogSettings(Section):
    """Whether and how requests are logged."""

    title = "Access log"
    feature = "access-log"

    access_log: Annotated[AccessLogFormat, "one line per request"] = "text"
