"""Mock mode, where settings ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...service import Service

if TYPE_CHECKING:
    from ...settings import Settings


def mock_of(service: object, settings: Settings) -> Service | None:
    """What makes answers up in a service's place; None where that is not wanted.

    The service may be a class: its handlers may be missing, or what they need to be made.
    """
    if not settings.mock:
        return None
    # The maker of examples takes a while to import.
    from .service import mocked

    if isinstance(service, Service):
        return mocked(service)
    if isinstance(service, type) and issubclass(service, Service):
        return mocked(service)
    return None
