"""The everything server."""

from .generated import __version__

__all__ = ["__version__"]
