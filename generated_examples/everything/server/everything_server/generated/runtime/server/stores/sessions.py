"""Legacy sessions as handlers and stores see them, and what a store of them does.

How a session works is the legacy era's, which a package may lack.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any, Protocol

from ..handlers.questions import Client


class Session:
    """One client of the legacy era, from `initialize` until it is gone.

    Attributes:
        id: What clients name it by: in `Mcp-Session-Id`, or in the URL to which those of
            HTTP+SSE post.
        client: Who it is.
        counts_for: Whose limits of sessions it counts against.
        owner: The key of its principal; None without authentication.
        used: When it last did something, by `time.monotonic`.
    """

    __slots__ = ("_data", "client", "counts_for", "id", "owner", "used")

    def __init__(
        self,
        client: Client,
        counts_for: tuple[str, ...] = (),
        owner: str | None = None,
    ) -> None:
        """Begin, with an id that nobody can guess."""
        self.id = secrets.token_urlsafe(24)
        self.client = client
        self.counts_for = counts_for
        self.owner = owner
        self.used = time.monotonic()
        self._data: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:
        """Yours, kept as long as the session in this process."""
        if self._data is None:
            self._data = {}
        return self._data

    @property
    def busy(self) -> bool:
        """Whether something is open or running, so that it is not idle."""
        return False

    def elicitation_complete(self, elicitation_id: str) -> bool:
        """Tell the client that what happens on a page of `ctx.elicit_url` is done.

        Call it in the event loop, at any time, such as when the page's form came in.
        The client may then repeat a request that had to wait for it.
        https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#completion-notifications-for-url-mode-elicitation

        Args:
            elicitation_id: What `ctx.elicit_url` was called with.

        Returns:
            Whether there was anything to tell: not for an id that this session was
            never asked with, or that was complete before.
        """
        return False


class SessionStore(Protocol):
    """Where sessions are kept."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Session]: ...

    def get(self, session_id: str) -> Session | None:
        """The session of an id, which thereby counts as used."""
        ...

    def add(self, session: Session) -> bool:
        """Keep a session; False when there are too many to take another."""
        ...

    def remove(self, session_id: str) -> Session | None:
        """Forget a session, which the caller then ends."""
        ...

    def count(self, owner: str) -> int:
        """How many sessions there are that count for an owner."""
        ...

    def expired(self, before: float) -> list[Session]:
        """Remove and return the idle sessions that were last used before a time."""
        ...
