"""The everything server as an application."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from .generated import Hook, Settings, create_app
from .handlers import Everything

HOOKS: Sequence[Hook] = ()
"""Run around every call, such as audits and the choice of a tenant."""


def make_app(settings: Settings | None = None) -> web.Application:
    """The server as an aiohttp application: run it, extend it, or mount it."""
    return create_app(Everything(), settings, hooks=HOOKS)
