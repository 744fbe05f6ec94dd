"""Writes the table of settings, `docs/reference/settings.md`, from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcpgen.runtime.core.features import ERAS, TRANSPORTS
from mcpgen.runtime.server import Settings
from mcpgen.runtime.server.options.section import Option, groups

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
    parts: list[str] = []
    for title, entries in groups(Settings).items():
        parts += [f"## {title}\n", _features(entries), _table(entries)]
    return _HEAD + "\n".join(part for part in parts if part)


def _features(entries: Sequence[Option]) -> str:
    """Which features bring a section; empty where every server has it."""
    section = entries[0].section
    names = {
        base.feature
        for base in Settings.__bases__
        if issubclass(base, section) and base.feature
    }
    if not names:
        return ""
    if section.feature in ERAS:
        return (
            f"In servers with a revision of the {section.feature} era (`protocol`).\n"
        )
    kinds = {"feature": names - {*TRANSPORTS}, "transport": names & {*TRANSPORTS}}
    listed = " or ".join(
        f"the {kind} {' or '.join(f'`{name}`' for name in sorted(of_kind))}"
        for kind, of_kind in kinds.items()
        if of_kind
    )
    return f"In servers with {listed}.\n"


def _table(entries: Sequence[Option]) -> str:
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    rows.extend(
        f"| `{option.flag}` | {', '.join(f'`{name}`' for name in option.variables)} "
        f"| {f'`{option.shown_default}`' if option.shown_default else ''} "
        f"| {option.meaning.replace('|', '&#124;')} |"
        for option in entries
    )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
