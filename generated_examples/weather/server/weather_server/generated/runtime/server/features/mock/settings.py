"""Settings of mock mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ...options.section import Section


@dataclass(frozen=True, kw_only=True)
class MockSettings(Section):
    """Whether to return sample data."""

    title = "Mock mode"
    feature = "mock"

    mock: Annotated[bool, "return sample data instead of calling handlers"] = False
