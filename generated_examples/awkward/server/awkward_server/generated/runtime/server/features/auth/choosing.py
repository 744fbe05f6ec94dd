"""The method of services that chooses who tells who sends a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .authenticator import Authenticator


class Authenticates:
    """What services have where the package has authentication."""

    def authenticator(self, configured: Authenticator | None) -> Authenticator | None:
        """Who tells who sends a request; override it for rules of your own.

        Args:
            configured: What the manifest and the settings choose; None without a choice.

        Returns:
            What is used; None lets everyone in.
        """
        return configured
