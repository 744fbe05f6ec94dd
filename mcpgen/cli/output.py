"""What commands print: results to stdout, diagnostics to stderr, text made safe.

Knows terminals and nothing of projects. Names and texts come from strangers'
manifests, so every part of a line is escaped here, and only here are colours added.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import Any, Final, TextIO

import click

from mcpgen.diagnostics import Diagnostic, Severity

PATIENCE: Final = 0.5
"""Seconds that a command may take before it says that it is at work."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A part of a line in a colour, where the terminal has colours."""

    text: str
    colour: str


def prepare_streams() -> None:
    """Let no character break the output, whatever coding the terminal has."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def say(*parts: str | Painted) -> None:
    """A line of the result."""
    _line(sys.stdout, parts)


def note(*parts: str | Painted) -> None:
    """A line beside the result, on stderr."""
    _line(sys.stderr, parts)


def say_json(value: Any) -> None:
    """The whole result, for programs."""
    click.echo(json.dumps(value, indent=2))


def say_verbatim(text: str) -> None:
    """Text of files: exact, unless it goes to a terminal, which might act on it."""
    click.echo(visible(text) if sys.stdout.isatty() else text, nl=False)


@contextmanager
def working(what: str) -> Generator[None]:
    """Show on a terminal what is going on, if it goes on for longer than `PATIENCE`."""
    if not sys.stderr.isatty():
        yield
        return
    shown = ExitStack()

    def show() -> None:
        from rich.console import Console
        from rich.text import Text

        shown.enter_context(Console(stderr=True).status(Text(visible(what))))

    timer = Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        shown.close()


def complain(diagnostics: Iterable[Diagnostic]) -> None:
    """Diagnostics about what the user gave, on stderr."""
    for diagnostic in diagnostics:
        note(*diagnostic_parts(diagnostic))


def diagnostic_parts(diagnostic: Diagnostic) -> tuple[str | Painted, ...]:
    """A diagnostic as a line: `file:line:column: error[CODE]: message`, and its hint."""
    mark = f"{diagnostic.severity}[{diagnostic.code}]"
    before, _, after = str(diagnostic).partition(mark)
    error = diagnostic.severity is Severity.ERROR
    return before, Painted(mark, "red" if error else "yellow"), after


def visible(text: str) -> str:
    """Text with the characters escaped that a terminal could act on."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode()
        for c in text
    )


def _line(stream: TextIO, parts: Iterable[str | Painted]) -> None:
    colours = _has_colours(stream)
    shown = "".join(
        click.style(visible(part.text), fg=part.colour)
        if isinstance(part, Painted) and colours
        else visible(part.text if isinstance(part, Painted) else part)
        for part in parts
    )
    click.echo(shown, file=stream, color=colours)


def _has_colours(stream: TextIO) -> bool:
    """Terminals have colours unless the user says no: https://no-color.org."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
