"""Issuers, and servers whose tools, prompts and resources need scopes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .issuer import Issuer


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer().running() as issuer:
        yield issuer
