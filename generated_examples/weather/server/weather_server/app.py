"""The weather server as an application."""

from __future__ import annotations

from aiohttp import web

from .generated import Settings, create_app
from .handlers import Weather


def make_app(settings: Settings | None = None) -> web.Application:
    """The server as an aiohttp application: run it, extend it, or mount it."""
    return create_app(Weather(), settings)
