"""What the parts of one server share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .admission import Authentication, Limits
    from .handlers.contract import Offer
    from .methods.registry import LiveCatalog
    from .middleware import Chain, Next
    from .monitor import RequestMonitor
    from .service import Service
    from .settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that all eras and transports of one server use.

    Attributes:
        service: The user's service.
        settings: How the server is run.
        offer: What it declares, per revision.
        catalog: What it lists now.
        methods: What answers the requests that both eras have, by name.
        custom: Names of further methods, which features bring.
        chain: The middleware around all methods.
        limits: Counts calls, streams and sessions.
        authentication: Authentication; None where everyone is served.
        monitor: Looks after running requests.
    """

    service: Service
    settings: Settings
    offer: Offer
    catalog: LiveCatalog
    methods: dict[str, Next]
    custom: frozenset[str]
    chain: Chain
    limits: Limits
    authentication: Authentication | None
    monitor: RequestMonitor
