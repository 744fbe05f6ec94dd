"""What commands print: results to stdout, diagnostics to stderr, text made safe.

Knows terminals and nothing of projects. The only module that prints: names and texts
come from other people's manifests, so every part of a line is escaped here, and only
here are colours added.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from threading import Timer
from typing import Any, Final, TextIO

import click

from mcpgen import printable
from mcpgen.diagnostics import Diagnostic, Severity

PATIENCE: Final = 0.5
"""Seconds that a command may take before it says that it is at work."""

_ACTING_ON_LOGS: Final = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables that CI systems set which act on lines of logs."""


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
    text = json.dumps(value, indent=2)
    # Inside of strings; there, this is another spelling of the same character.
    click.echo(re.sub("#(?=#)", r"\\u0023", text))


def say_verbatim(text: str, *, err: bool = False) -> None:
    """Text of files: exact, unless it goes to a terminal or a CI system's log.

    These might act on it. A file or a program gets it as it is.
    """
    stream = sys.stderr if err else sys.stdout
    if not (stream.isatty() or _goes_to_log(stream)):
        click.echo(text, nl=False, err=err)
        return
    for line in text.splitlines(keepends=True):
        whole = line.removesuffix("\n")
        shown = "\t".join(map(printable.escaped, whole.split("\t")))
        click.echo(printable.line(shown), nl=whole != line, err=err)


def say_to_github(command: str, properties: Mapping[str, str], message: str) -> None:
    """A workflow command, such as an annotation; no text can end it or begin another."""
    given = ",".join(
        f"{key}={_data(value).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in properties.items()
    )
    click.echo(f"::{command} {given}::{_data(message)}")


def _data(text: str) -> str:
    return printable.one_line(text).replace("%", "%25")


def _goes_to_log(stream: TextIO) -> bool:
    """Whether a CI system reads a stream; a file in it is read by nobody."""
    if not any(os.environ.get(name) for name in _ACTING_ON_LOGS):
        return False
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


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

        shown.enter_context(Console(stderr=True).status(Text(printable.one_line(what))))

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
    for parts in diagnostic_lines(diagnostics):
        note(*parts)


def diagnostic_lines(
    diagnostics: Iterable[Diagnostic],
) -> Iterator[tuple[str | Painted, ...]]:
    """Diagnostics as lines: `file:line:column: error[CODE]: message`, details, a hint.

    A hint that several of them have is there once.
    """
    seen: set[str | None] = set()
    for diagnostic in diagnostics:
        known = diagnostic.hint in seen
        seen.add(diagnostic.hint)
        yield from _lines(replace(diagnostic, hint=None) if known else diagnostic)


def _lines(diagnostic: Diagnostic) -> Iterator[tuple[str | Painted, ...]]:
    first, *more = str(diagnostic).split("\n")
    mark = f"{diagnostic.severity}[{diagnostic.code}]"
    before, _, after = first.partition(mark)
    error = diagnostic.severity is Severity.ERROR
    yield before, Painted(mark, "red" if error else "yellow"), after
    yield from ((line,) for line in more)


def _line(stream: TextIO, parts: Iterable[str | Painted]) -> None:
    colours = _has_colours(stream)
    shown = "".join(
        click.style(printable.one_line(part.text), fg=part.colour)
        if isinstance(part, Painted) and colours
        else printable.one_line(part.text if isinstance(part, Painted) else part)
        for part in parts
    )
    click.echo(printable.line(shown), file=stream, color=colours)


def _has_colours(stream: TextIO) -> bool:
    """Terminals have colours unless the user says no: https://no-color.org."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
