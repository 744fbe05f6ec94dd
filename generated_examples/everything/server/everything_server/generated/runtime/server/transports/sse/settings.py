"""Settings of HTTP+SSE, the transport of 2024-11-05."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ...options.section import served_path, served_path_or_off
from ..http.settings import PublicSettings


def _path(value: str) -> str | None:
    return served_path(value)


def _path_or_off(value: str) -> str | None:
    # That no other path is the same is checked where HTTP+SSE is served.
    return served_path_or_off(value)


@dataclass(frozen=True, kw_only=True)
class SseSettings(PublicSettings):
    """Where clients of HTTP+SSE find the server."""

    title = "HTTP+SSE (2024-11-05)"
    feature = "sse"

    sse_path: Annotated[
        str, "path of the event stream of HTTP+SSE; empty: off", _path_or_off
    ] = "/sse"
    messages_path: Annotated[
        str, "path to which clients of HTTP+SSE post their messages", _path
    ] = "/messages"
