"""The terminal of the command's tests."""

from tests.cli.conftest import terminal

__all__ = ["terminal"]
