"""A manifest's file to text: exists, is a file, is not huge, is UTF-8.

First step of the manifest stage; knows no format. The only module of the stage that
touches the disk.
"""

from __future__ import annotations

import stat
from pathlib import Path

from mcpgen.diagnostics import MCPGenError, Span

from . import limits
from .reading import Lines

_MEGABYTE = 1024 * 1024


def read_text(path: Path) -> str:
    """The text of a file, without a byte order mark; line ends are kept.

    Raises:
        MCPGenError: MG001 to MG006, with the reason.
    """
    span = Span(str(path))
    try:
        found = content(path, span)
    except FileNotFoundError:
        hint = "`mcpgen new server NAME` makes a manifest"
        raise MCPGenError.of(
            "MG001", "there is no such file", span=span, hint=hint
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"the file can't be read: {reason}"
        raise MCPGenError.of("MG003", message, span=span) from None
    return decode(found, str(path))


def decode(content: bytes, file: str) -> str:
    """UTF-8 bytes as text, without a byte order mark.

    Raises:
        MCPGenError: MG005 not UTF-8, MG006 empty.
    """
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = Lines(before).place(len(before))
        message = f"not UTF-8: byte 0x{content[error.start]:02X} has no meaning here"
        raise MCPGenError.of(
            "MG005",
            message,
            span=Span(file, line, column),
            hint="save the file as UTF-8",
        ) from None
    if not text.strip():
        raise MCPGenError.of("MG006", "the file is empty", span=Span(file))
    return text


def content(path: Path, span: Span) -> bytes:
    """The bytes of a file.

    Raises:
        MCPGenError: MG002 not a file, MG004 too large.
        OSError: It can't be read.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise MCPGenError.of("MG002", f"this is {what}", span=span)
    with path.open("rb") as file:
        content = file.read(limits.FILE_BYTES + 1)
    if len(content) > limits.FILE_BYTES:
        message = f"the file is larger than {limits.FILE_BYTES // _MEGABYTE} MB"
        raise MCPGenError.of("MG004", message, span=span)
    return content
