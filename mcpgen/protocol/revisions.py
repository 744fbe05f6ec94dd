"""The protocol's revisions: which there are, and what each of them says.

Part of the protocol stage. Reads the files of `schema/`, or of any folder of that
layout; knows no manifest and nothing of the code that is made of a revision.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mcpgen import assets, schemas
from mcpgen.diagnostics import MCPGenError, Span

from .corrections import StaleCorrection, correct
from .fields import Definition, from_json, read_definitions
from .table import Era, Table
from .walking import Document, Json, NotASchema, as_list

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

_FILE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.json")


@dataclass(frozen=True, slots=True)
class RevisionData:
    """One revision of the protocol.

    Attributes:
        revision: Its date, as it stands on the wire.
        table: Its methods, notifications, capabilities and the shapes of its definitions.
        document: Its schema, corrected; None where only the table is at hand.
        source: Where the data comes from, for people.
        sha256: The checksum of the official schema file.
        corrected: How many corrections were made in the document.
        fields: Without a document: its definitions, as `fields.to_json` writes them.
    """

    revision: str
    table: Table
    document: Document | None
    source: str
    sha256: str
    corrected: int = 0
    fields: Json = None

    @property
    def has_types(self) -> bool:
        """Whether classes can be made of this revision's definitions."""
        return self.document is not None

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """What each definition holds; read anew each time."""
        if self.document is None:
            return from_json(self.fields)
        return read_definitions(self.document)


class Library:
    """The revisions in a folder laid out like `schema/`.

    A schema file that `PINNED.json` names must be the very file that was pinned.
    Corrections of mcpgen's own files must fit; in files of others, those that do not fit
    are left out.

    Args:
        folder: Where the files lie.
        below: Where everything comes from that this folder has not, corrections too.
            The folder is then one of `schemas`, and only what it has pinned counts.
    """

    def __init__(self, folder: Traversable, *, below: Library | None = None) -> None:
        self._folder = folder
        self._below = below
        self._loaded: dict[str, RevisionData] = {}

    def known(self) -> tuple[str, ...]:
        """The names of all revisions, oldest first. Opens no schema file."""
        names = {*self._schemas(), *self._tables()}
        if self._below:
            names.update(self._below.known())
        return tuple(sorted(names))

    def load(self, revision: str) -> RevisionData:
        """The data of one revision, read once.

        Raises:
            MCPGenError: MG501 unknown revision, MG502 a changed file, MG503 a stale
                correction, MG504 not a schema of the protocol.
        """
        if revision not in self._loaded:
            self._loaded[revision] = self._load(revision)
        return self._loaded[revision]

    def eras(self) -> dict[str, Era]:
        """All revisions, each with its era; raises as `load` does."""
        return {name: self.load(name).table.era for name in self.known()}

    def sha256(self, revision: str) -> str:
        """The checksum of the file that a known revision is read from.

        Line ends don't count.
        """
        for file, names in (
            (f"{revision}.json", self._schemas()),
            (f"tables/{revision}.json", self._tables()),
        ):
            if revision in names:
                content = (self._folder / file).read_bytes()
                return _sha256(content.replace(b"\r\n", b"\n"))
        if self._below is None:
            raise unknown_revision(revision, self.known())
        return self._below.sha256(revision)

    def corrections(self, revision: str) -> list[Json]:
        """The corrections of a revision.

        A defect outlives a revision until it is fixed: an added revision without
        corrections of its own is tried with those of the last one before it.
        """
        folder = self._folder / "corrections"
        names = _files(folder)
        if revision in names:
            return as_list(self._json(f"corrections/{revision}.json")) or []
        if self._below is None:
            return []
        return self._below.corrections(revision) or self._below.inherited(revision)

    def inherited(self, revision: str) -> list[Json]:
        """The replacements among the corrections of the last revision before."""
        older = [
            name for name in _files(self._folder / "corrections") if name < revision
        ]
        if not older:
            return self._below.inherited(revision) if self._below else []
        found = as_list(self._json(f"corrections/{older[-1]}.json")) or []
        # What adds something would undo that a later revision took it away.
        return [correction for correction in found if "was" in correction]

    def _load(self, revision: str) -> RevisionData:
        if revision in self._schemas():
            return self._read_schema(revision)
        if revision in self._tables():
            return self._read_table(revision)
        if self._below is None or revision not in self._below.known():
            raise unknown_revision(revision, self.known())
        return self._below.load(revision)

    def _schemas(self) -> list[str]:
        if self._below is None:
            return _files(self._folder)
        return sorted(pin["revision"] for pin in self._pins().values())

    def _tables(self) -> list[str]:
        return _files(self._folder / "tables") if self._below is None else []

    def _read_schema(self, revision: str) -> RevisionData:
        file = self._folder / f"{revision}.json"
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            raise MCPGenError.of(
                "MG502",
                f"the schema of revision {revision} is gone",
                span=Span(str(file)),
                hint="take it from version control, or add it again with --replace",
            ) from None
        pin = self._pins().get(file.name)
        if pin is not None and not _is_pinned(content, pin["sha256"]):
            raise MCPGenError.of(
                "MG502",
                f"the schema of revision {revision} was changed",
                span=Span(str(file)),
                hint="install mcpgen anew; own changes belong into corrections/"
                if self._below is None
                else "if that is wanted: mcpgen schema add FILE --replace",
            )
        return read_schema(
            content,
            revision,
            span=Span(str(file)),
            source=str(file) if pin is None else pin["source"],
            corrections=self.corrections(revision),
            strict=self._below is None and pin is not None,
        )

    def _read_table(self, revision: str) -> RevisionData:
        data = self._json(f"tables/{revision}.json")
        origin = data["derived_from"]
        return RevisionData(
            revision=revision,
            table=Table.from_json(data["table"]),
            document=None,
            source=f"derived from {origin['repository']}, {origin['path']}",
            sha256=origin["sha256"],
            fields=data["fields"],
        )

    def _pins(self) -> Mapping[str, Mapping[str, str]]:
        pins = as_list(self._json("PINNED.json")) or []
        return {pin["file"]: pin for pin in pins}

    def _json(self, path: str) -> Json:
        file = self._folder / path
        return json.loads(file.read_bytes()) if file.is_file() else None


def _files(folder: Traversable) -> list[str]:
    """The revisions that files in a folder are named after, sorted."""
    if not folder.is_dir():
        return []
    matches = (_FILE.fullmatch(entry.name) for entry in folder.iterdir())
    return sorted(match[1] for match in matches if match)


def _is_pinned(content: bytes, sha256: str) -> bool:
    """Whether these are the pinned bytes, or those with a checkout's line ends."""
    return sha256 in (_sha256(content), _sha256(content.replace(b"\r\n", b"\n")))


def read_schema(
    content: bytes,
    revision: str,
    *,
    span: Span,
    source: str,
    corrections: Json = (),
    strict: bool = False,
) -> RevisionData:
    """Make a revision of the text of a schema file, which may come from anybody.

    Args:
        content: The file's bytes.
        revision: The name under which the revision goes on the wire.
        span: The file, for messages.
        source: Where the file comes from, for people.
        corrections: Corrections to make.
        strict: Whether a correction that does not fit is an error or left out.

    Raises:
        MCPGenError: MG503 a stale correction, MG504 not a schema of the protocol.
    """
    try:
        document = json.loads(content)
        corrected = sum(
            _correct(document, correction, revision, strict)
            for correction in corrections
        )
        table = Table.from_schema(document)
        if not strict:
            _check_keywords(document)
    except ValueError:
        raise _not_a_schema("it is no JSON", span) from None
    except RecursionError:
        raise _not_a_schema("it is nested too deeply", span) from None
    except NotASchema as error:
        raise _not_a_schema(str(error), span) from None
    return RevisionData(revision, table, document, source, _sha256(content), corrected)


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def unknown_revision(revision: str, known: tuple[str, ...]) -> MCPGenError:
    """The error for a revision that there is none of."""
    import difflib

    near = difflib.get_close_matches(revision, known, 1, 0.8)
    meant = f"did you mean {near[0]}? " if near else ""
    return MCPGenError.of(
        "MG501",
        f"there is no protocol revision {revision!r}",
        hint=f"{meant}known are {', '.join(known)}",
    )


def _correct(document: Json, correction: Json, revision: str, strict: bool) -> bool:
    """Make a correction; gives whether it was made."""
    try:
        correct(document, correction)
    except StaleCorrection as error:
        if not strict:
            return False
        raise MCPGenError.of(
            "MG503",
            f"a correction of revision {revision} no longer fits: {error}",
            span=Span(f"corrections/{revision}.json"),
            hint="look whether the defect is gone, then change or remove the correction",
        ) from None
    return True


def _check_keywords(document: Json) -> None:
    """Refuse what is no JSON Schema at all; what was pinned is known to be one."""
    import jsonschema_rs

    try:
        jsonschema_rs.meta.validate(document)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise NotASchema(f"it is no JSON Schema: {reason}") from None


def _not_a_schema(reason: str, span: Span) -> MCPGenError:
    return MCPGenError.of(
        "MG504",
        f"this is not a schema of the Model Context Protocol: {reason}",
        span=span,
        hint="give the specification's schema/<revision>/schema.json",
    )


@lru_cache(maxsize=1)
def pinned() -> Library:
    """The revisions that come with mcpgen."""
    return Library(assets.schema())


def installed() -> Library:
    """The revisions that come with mcpgen, and those that this user has added."""
    return _above(pinned(), schemas.of_user())


def of_project(project: Path) -> Library:
    """The revisions that a project can be generated for.

    A project's own go before the user's, and both before mcpgen's.

    Raises:
        MCPGenError: MG507, a list of added schemas is damaged.
    """
    return _above(installed(), schemas.of_project(project))


def _above(library: Library, folder: Path) -> Library:
    return Library(folder, below=library) if schemas.pins(folder) else library


def known() -> tuple[str, ...]:
    """The names of the revisions that come with mcpgen, oldest first."""
    return pinned().known()


def load(revision: str) -> RevisionData:
    """A revision that comes with mcpgen.

    Raises:
        MCPGenError: MG501 to MG504, see `Library.load`.
    """
    return pinned().load(revision)


@dataclass(frozen=True, slots=True)
class Description:
    """A revision in figures, for `mcpgen schema list`.

    Attributes:
        revision: Its name on the wire.
        era: "legacy" or "modern".
        source: Where its data comes from.
        sha256: The checksum of the official schema file.
        has_types: Whether types can be made of it, or its table alone is at hand.
        definitions: How many definitions its schema has.
        requests: How many methods are requests, in either direction.
        notifications: How many methods are notifications, in either direction.
    """

    revision: str
    era: Era
    source: str
    sha256: str
    has_types: bool
    definitions: int
    requests: int
    notifications: int


def describe(library: Library | None = None) -> list[Description]:
    """All revisions in figures, oldest first.

    Raises:
        MCPGenError: MG502 to MG504, see `Library.load`.
    """
    source = library or pinned()
    return [_description(source.load(revision)) for revision in source.known()]


def _description(data: RevisionData) -> Description:
    table = data.table
    return Description(
        revision=data.revision,
        era=table.era,
        source=data.source,
        sha256=data.sha256,
        has_types=data.has_types,
        definitions=len(table.definitions),
        requests=len({*table.client_requests, *table.server_requests}),
        notifications=len({*table.client_notifications, *table.server_notifications}),
    )
