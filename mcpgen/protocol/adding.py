"""A schema file that a user brings becomes a revision that projects can be made for.

Part of the protocol stage, joined with `schemas`, which knows where such files lie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcpgen import schemas
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span
from mcpgen.folder import unreadable

from .changes import unhandled
from .revisions import Library, RevisionData, installed, pinned, read_schema

LARGEST: Final = 16 * 1024 * 1024
"""Bytes that a schema file may have; MCP's have 200,000."""

_UPSTREAM_NAME: Final = "schema"
"""The specification calls its files `schema/<revision>/schema.json`."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became known.

    Attributes:
        data: The revision.
        folder: Where its schema lies now.
        is_new: Whether anything was written; the same file again changes nothing.
        unhandled: What it has that neither mcpgen's revisions nor the runtime know.
    """

    data: RevisionData
    folder: Path
    is_new: bool
    unhandled: tuple[str, ...]


def add(
    file: Path,
    folder: Path,
    library: Library,
    *,
    revision: str | None = None,
    source: str | None = None,
    replace: bool = False,
) -> Added:
    """Make a schema file known.

    Args:
        file: The official `schema.json` of a revision or a draft.
        folder: Where it is to lie; see `schemas`.
        library: What is known there so far.
        revision: Its name on the wire; None takes the name of the file or its folder.
        source: Where it came from; None takes the name of the file.
        replace: Take the place of a revision that is known with another schema.

    Raises:
        MCPGenError: MG501 to MG508; nothing was written.
    """
    content = _content(file)
    name = revision or _name(file)
    if not schemas.NAME.fullmatch(name):
        raise _no_name(file, f"{name!r} can't be the name of a revision")
    data = read_schema(
        content,
        name,
        span=Span(str(file)),
        source=source or file.name,
        corrections=Library(folder, below=library).corrections(name),
    )
    is_new = _is_new(data, library, content, file, replace=replace)
    if is_new:
        schemas.pin(folder, content, name, data.source)
    return Added(data, folder, is_new, _news(data))


def read_file(file: Path) -> RevisionData:
    """A schema file as a revision that is nowhere added; it is called like the file.

    Raises:
        MCPGenError: It can't be read, or is no schema of the protocol (MG504).
    """
    library = installed()
    return read_schema(
        _content(file),
        file.name,
        span=Span(str(file)),
        source=file.as_posix(),
        corrections=library.corrections(file.stem) or library.inherited(file.stem),
    )


def news(revisions: Iterable[str], library: Library) -> Iterator[Diagnostic]:
    """What added revisions have that neither mcpgen's own nor the runtime have."""
    known = pinned().known()
    for revision in sorted(set(revisions) - set(known)):
        new = _news(library.load(revision))
        if new:
            yield Diagnostic(
                "MG508",
                f"revision {revision} has what the runtime does not act on: "
                f"{', '.join(new)}",
                hint="methods among them are answered with `method not found`; "
                f"see mcpgen schema diff {known[-1]} {revision}",
            )


def _news(data: RevisionData) -> tuple[str, ...]:
    mcpgens = map(pinned().load, pinned().known())
    usual = {name for other in mcpgens for name in unhandled(other)}
    return tuple(name for name in unhandled(data) if name not in usual)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise unreadable(file, error) from None
    if len(content) > LARGEST:
        raise MCPGenError.of(
            "MG504",
            f"this is not a schema of the Model Context Protocol: it is larger than "
            f"{LARGEST // 1024 // 1024} MiB",
            span=Span(str(file)),
            hint="give the specification's schema/<revision>/schema.json",
        )
    return content


def _name(file: Path) -> str:
    name = file.stem if file.stem != _UPSTREAM_NAME else file.absolute().parent.name
    if not any(character.isdigit() for character in name):
        raise _no_name(file, "the file does not tell which revision it is")
    return name


def _no_name(file: Path, message: str) -> MCPGenError:
    return MCPGenError.of(
        "MG506",
        message,
        span=Span(str(file)),
        hint="say what stands on the wire, such as --revision 2026-07-28",
    )


def _is_new(
    data: RevisionData, library: Library, content: bytes, file: Path, *, replace: bool
) -> bool:
    if data.revision not in library.known():
        return True
    known = library.load(data.revision)
    if known.sha256 == hashlib.sha256(content).hexdigest():
        # Of the oldest revisions mcpgen has a table; the file gives types as well.
        return not known.has_types
    if not replace:
        raise MCPGenError.of(
            "MG505",
            f"revision {data.revision} is known with another schema, from "
            f"{known.source}",
            span=Span(str(file)),
            hint="use this one in its place with --replace, or name it: --revision",
        )
    return True
