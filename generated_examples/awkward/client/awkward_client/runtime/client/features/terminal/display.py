"""What a person sees: tables, results, progress, logs. Results go to standard output,
everything else to standard error. Knows definitions and results as JSON, no connections.

Untrusted text is made safe for a terminal here.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TextIO

from ...incoming import is_list, is_object, members
from ...options import LogMessage, Progress

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress as Bars

MAX_COLUMNS: Final = 8
"""Columns of a table that is made of a list of objects."""

UNLIMITED: Final = 1_000_000
"""Columns of an output that is no terminal."""

_STYLES: Final[Mapping[str, str]] = {
    "debug": "dim",
    "info": "cyan",
    "notice": "cyan",
    "warning": "yellow",
}


class Display:
    """The terminal's two outputs, and the progress bar between them."""

    def __init__(self) -> None:
        """Takes the outputs as they are.

        Raises:
            ImportError: `rich` is not installed.
        """
        from rich.console import Console

        # Whatever reads a pipe wants each row on one line.
        width = None if sys.stdout.isatty() else UNLIMITED
        self._out = Console(markup=False, highlight=False, emoji=False, width=width)
        self._err = Console(stderr=True, markup=False, highlight=False, emoji=False)
        self._bars: Bars | None = None
        self._paused = 0

    # ------------------------------------------------------------ while a call runs

    def progress(self, report: Progress) -> None:
        """Shows how far a call is."""
        message = in_one_line(report.message or "")
        if self._paused:
            return
        if not self._err.is_terminal:
            total = "" if report.total is None else f" of {report.total:g}"
            line = f"progress: {report.progress:g}{total} {message}"
            self._err.print(line.rstrip(), soft_wrap=True)
            return
        bars = self._bars = self._bars or self._started()
        bars.update(
            bars.task_ids[0],
            completed=report.progress,
            total=report.total,
            description=message or "working",
        )

    def log(self, message: LogMessage) -> None:
        """Shows a log message of the server."""
        data = message.data
        words = data if isinstance(data, str) else to_json_text(data, None)
        self.remark(message.level, message.logger, words)

    def remark(self, level: str, source: str | None, words: str) -> None:
        """Shows what the server or the client itself remarks."""
        from rich.text import Text

        name = f"{level} {source}" if source else level
        line = Text(f"{in_one_line(name)}: ", _STYLES.get(level, "red"))
        self._err.print(line + Text(clean(words)), soft_wrap=True)

    @contextlib.contextmanager
    def quiet(self) -> Generator[None]:
        """No progress bar while the block runs."""
        self.end_progress()
        self._paused += 1
        try:
            yield
        finally:
            self._paused -= 1

    def end_progress(self) -> None:
        """Takes the progress bar away."""
        bars, self._bars = self._bars, None
        if bars is not None:
            bars.stop()

    def _started(self) -> Bars:
        from rich import progress

        bars = progress.Progress(
            progress.SpinnerColumn(),
            # No markup: the words are the server's.
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            console=self._err,
            transient=True,
        )
        bars.add_task("working", total=None)
        bars.start()
        return bars

    # -------------------------------------------------------------------- results

    def json(self, value: Any, indent: int | None = 2) -> None:
        """Prints a value for a program."""
        self.end_progress()
        sys.stdout.write(f"{to_json_text(value, indent)}\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Says something beside the results."""
        self.end_progress()
        self._err.print(clean(text), soft_wrap=True)

    def line(self, text: str) -> None:
        """Prints one line of a result."""
        self.end_progress()
        self._out.print(clean(text), soft_wrap=True)
        sys.stdout.flush()

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Prints a table with a title."""
        from rich.table import Table
        from rich.text import Text

        table = Table(
            *columns, title=title, title_justify="left", title_style="bold", box=None
        )
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        self._out.print(table)
        self._out.print()

    def result(self, result: Mapping[str, Any]) -> None:
        """Prints what a tool has given: its structure, and content beside it."""
        self.end_progress()
        structured = result.get("structuredContent")
        if structured is not None:
            self._out.print(_value(structured))
        blocks = result.get("content")
        for block in blocks if is_list(blocks) else ():
            if structured is None or not _repeats(block, structured):
                self.content(members(block))

    def content(self, block: Mapping[str, Any]) -> None:
        """Prints one content block."""
        kind = block.get("type")
        if kind == "text":
            self.line(str(block.get("text", "")))
        elif kind == "resource":
            self.resource(members(block.get("resource")))
        elif kind == "resource_link":
            self.line(f"[link to {in_one_line(block.get('uri', ''))}]")
        else:
            size = _size(block.get("data"))
            kind, media = in_one_line(kind), in_one_line(block.get("mimeType", ""))
            self.line(f"[{kind} {media}, {size} bytes; --json shows it]")

    def resource(self, contents: Mapping[str, Any]) -> None:
        """Prints the contents of a resource: text as it is, of bytes how many."""
        if isinstance(contents.get("text"), str):
            self._text(contents["text"])
        else:
            media = in_one_line(contents.get("mimeType", "application/octet-stream"))
            size = _size(contents.get("blob"))
            uri = in_one_line(contents.get("uri", ""))
            self.line(f"[{uri}: {media}, {size} bytes; --output FILE saves it]")

    def _text(self, text: str) -> None:
        """A text for a person, or exactly as it is for a program."""
        if sys.stdout.isatty() or _is_log(sys.stdout):
            self.line(text)
        else:
            sys.stdout.buffer.write(text.encode("utf-8", "replace"))
            sys.stdout.buffer.write(b"" if text.endswith("\n") else b"\n")
            sys.stdout.flush()


def _is_log(stream: TextIO) -> bool:
    """Whether a CI system reads a stream, and not a file."""
    try:
        return in_ci() and not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def content_bytes(contents: Mapping[str, Any]) -> bytes:
    """What a resource's contents are.

    Raises:
        ValueError: They are neither text nor Base64.
    """
    text, blob = contents.get("text"), contents.get("blob")
    if isinstance(text, str):
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(blob if isinstance(blob, str) else "?", validate=True)
    except binascii.Error:
        raise ValueError("the contents are neither text nor Base64") from None


def _size(encoded: object) -> int:
    return len(encoded.rstrip("=")) * 3 // 4 if isinstance(encoded, str) else 0


def _repeats(block: object, structured: Any) -> bool:
    """Whether a text is but the structure once more, for older clients."""
    found = members(block)
    text = found.get("text")
    if found.get("type") != "text" or not isinstance(text, str):
        return False
    try:
        return bool(json.loads(text) == structured)
    except ValueError:
        return is_object(structured) and structured == {"result": text}


def _value(value: Any) -> RenderableType:
    """A structure as a table where it is one, else as JSON."""
    from rich.table import Table
    from rich.text import Text

    if is_object(value) and value:
        grid = Table.grid(padding=(0, 2))
        for key, item in value.items():
            is_table = is_object(item) or _rows(item)
            cell = _value(item) if is_table else _scalar(item)
            grid.add_row(Text(clean(key), style="bold"), cell)
        return grid
    if rows := _rows(value):
        columns = list(dict.fromkeys(key for row in rows for key in row))
        table = Table(*map(clean, columns), box=None)
        for row in rows:
            table.add_row(*(_scalar(row.get(key)) for key in columns))
        return table
    return _scalar(value)


def _rows(value: object) -> list[dict[str, Any]]:
    """The rows of a list that reads well as a table; none of any other."""
    items: list[Any] = value if is_list(value) else []
    rows: list[dict[str, Any]] = [row for row in items if is_object(row)]
    cells = [cell for row in rows for cell in row.values()]
    columns = {key for row in rows for key in row}
    is_flat = not any(is_list(cell) or is_object(cell) for cell in cells)
    reads_well = is_flat and len(rows) == len(items)
    return rows if reads_well and 0 < len(columns) <= MAX_COLUMNS else []


def _scalar(value: Any) -> RenderableType:
    from rich.text import Text

    if isinstance(value, str):
        return Text(clean(value))
    if value is None:
        return Text("-", style="dim")
    return Text(clean(to_json_text(value, 2 if is_list(value) else None)))


# -------------------------------------------------------------- untrusted text

_KEPT: Final = frozenset("\n\t")
_ACTING_ON_LOGS: Final = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
_LINE_COMMAND: Final = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_INLINE_COMMAND: Final = re.compile(r"#(?=#+\w*\[)")
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make a text look like another one, such as another address."""


def clean(value: object) -> str:
    """A text without what terminals obey: escapes, other controls, reordering."""
    text = value if isinstance(value, str) else str(value)
    if not (text.isprintable() and text.isascii()):
        text = "".join(c for c in text if c in _KEPT or not _is_command(c))
    return for_logs(text) if in_ci() else text


def in_ci() -> bool:
    """Whether a CI system that acts on lines of its logs runs this program."""
    return any(os.environ.get(name) for name in _ACTING_ON_LOGS)


def for_logs(text: str) -> str:
    """A text of which no line is a command for a CI system, such as `::add-mask::`."""
    if "::" in text:
        text = _LINE_COMMAND.sub(r"\1\\x3a", text)
    return _INLINE_COMMAND.sub(r"\\x23", text) if "##" in text else text


def in_one_line(value: object) -> str:
    """The same on one line."""
    return " ".join(clean(value).split())


def to_json_text(value: Any, indent: int | None = 2) -> str:
    """JSON that every output can hold, and in which no terminal finds a command."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(value, indent=indent, ensure_ascii=not is_unicode)
    if text.isprintable() and text.isascii():
        return text
    # Raw line ends stand between members; those in strings are escaped already.
    return "".join(_escape(c) if c != "\n" and _is_command(c) else c for c in text)


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}"


def _is_command(character: str) -> bool:
    return character in _REORDERING or unicodedata.category(character) in ("Cc", "Cs")
