"""A client and an aiohttp application in one process: a pair of sockets, no network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp

from .transports.http.aiohttp_parts import application_connector

if TYPE_CHECKING:
    from aiohttp import web


def memory_session(app: web.Application) -> Callable[[], aiohttp.ClientSession]:
    """What makes sessions whose every connection leads to the application."""

    def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=application_connector(app))

    return make
