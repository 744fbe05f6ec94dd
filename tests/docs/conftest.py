"""The terminal of the tests of commands."""

from tests.cli.conftest import terminal

__all__ = ["terminal"]
