"""The eras that this package has: the one table that knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.features import load
from ..session import Parts, Session

if TYPE_CHECKING:
    from ..negotiation import KnownServers


async def connected(parts: Parts, known: KnownServers) -> Session:
    """A connection in the best era and version that both sides speak.

    Args:
        parts: What the connection is made of.
        known: The eras of servers that were met before; only clients that speak both
            eras need them.

    Raises:
        ClientError: There is no server, it refuses, or nothing is in common.
    """
    era = parts.wanted.era
    session: Session
    if era is None:
        both = load(
            f"{__package__}.negotiation", "the choice of an era", "client", "legacy"
        )
        session = await both.negotiate(parts, known)
    else:
        one = load(f"{__package__}.{era}.opening", f"the {era} era", "client", era)
        session = await one.opened(parts)
    return session
