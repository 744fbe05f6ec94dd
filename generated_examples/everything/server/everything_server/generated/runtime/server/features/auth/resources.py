"""The URLs as which clients know a server; a token is made for one of them.

https://www.rfc-editor.org/rfc/rfc9728#section-3
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ...settings import Settings

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True, slots=True)
class Resource:
    """What clients connect to.

    Attributes:
        path: Its own path.
        public: Its URL as clients know it; empty where requests name the host.
    """

    path: str
    public: str

    @property
    def named(self) -> str:
        """Where its metadata is, as clients know the server."""
        return well_known(urlsplit(self.public).path if self.public else self.path)


def resources(settings: Settings) -> tuple[Resource, ...]:
    """The endpoint; then the event streams of HTTP+SSE, where the server has them.

    Clients of both compare what they connect to with the metadata, so each needs its own.
    """
    public, own = settings.public_url.rstrip("/"), settings.path.rstrip("/")
    sse: str = getattr(settings, "sse_path", "").rstrip("/")
    found = (Resource(settings.path, public),)
    if not sse or not public.endswith(own if public else ""):
        return found
    return (*found, Resource(sse, public and public.removesuffix(own) + sse))


def well_known(path: str) -> str:
    """Where the metadata of an endpoint is: no slash is left at its end.

    https://www.rfc-editor.org/rfc/rfc9728#section-3.1
    """
    return WELL_KNOWN + path.rstrip("/")
