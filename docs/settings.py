"""Writes the table of settings, `docs/reference/settings.md`, from the settings."""

from __future__ import annotations

from pathlib import Path

from mcpgen.runtime.server import settings_table

PAGE = Path(__file__).parent / "reference" / "settings.md"
_HEAD = """\
# Settings of a generated server

Made by `python docs/settings.py` from the server's settings; `python -m weather_server --help` prints the same.

An option wins over the environment, that over the manifest's `auth`, where a value that is the default counts as none. Lists are separated by commas. Times are in seconds and sizes in bytes,
unless a name says more; 0 means no limit where the meaning says so. Secrets come from the variable, or from a file (one entry a line) that
the option or `MCP_..._FILE` names; they are no options themselves, since command lines can be read by others.

"""


def page() -> str:
    """The page's text."""
    return _HEAD + settings_table()


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
