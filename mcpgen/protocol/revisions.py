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

from mcpgen import assets
from mcpgen.diagnostics import MCPGenError, Span

from .corrections import StaleCorrection, correct
from .table import Era, Table
from .walking import Document, Json, NotASchema, as_list

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

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
    """

    revision: str
    table: Table
    document: Document | None
    source: str
    sha256: str

    @property
    def has_types(self) -> bool:
        """Whether classes can be made of this revision's definitions."""
        return self.document is not None


class Library:
    """The revisions in a folder laid out like `schema/`.

    A schema file that `PINNED.json` names must be the very file that was pinned, and its
    corrections must fit. Other schema files are taken as they are, and corrections that
    do not fit them are left out.
    """

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._loaded: dict[str, RevisionData] = {}

    def known(self) -> tuple[str, ...]:
        """The names of all revisions, oldest first. Only lists folders, opens no file."""
        return tuple(sorted({*self._names("."), *self._names("tables")}))

    def load(self, revision: str) -> RevisionData:
        """The data of one revision, read once.

        Raises:
            MCPGenError: MG501 unknown revision, MG502 a changed file, MG503 a stale
                correction, MG504 not a schema of the protocol.
        """
        if revision not in self._loaded:
            if revision not in self.known():
                raise unknown_revision(revision, self.known())
            in_schema = revision in self._names(".")
            read = self._read_schema if in_schema else self._read_table
            self._loaded[revision] = read(revision)
        return self._loaded[revision]

    def _names(self, folder: str) -> list[str]:
        place = self._folder / folder if folder != "." else self._folder
        if not place.is_dir():
            return []
        matches = (_FILE.fullmatch(entry.name) for entry in place.iterdir())
        return [match[1] for match in matches if match]

    def _read_schema(self, revision: str) -> RevisionData:
        file = self._folder / f"{revision}.json"
        content = file.read_bytes()
        sha256 = _sha256(content)
        pin = self._pins().get(file.name)
        if pin is not None and pin["sha256"] != sha256:
            raise MCPGenError.of(
                "MG502",
                f"the schema of revision {revision} was changed",
                span=Span(str(file)),
                hint="install mcpgen anew; own changes belong into corrections/",
            )
        return read_schema(
            content,
            revision,
            span=Span(str(file)),
            source=str(file) if pin is None else pin["source"],
            corrections=self._json(f"corrections/{file.name}") or [],
            strict=pin is not None,
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
        )

    def _pins(self) -> Mapping[str, Mapping[str, str]]:
        pins = as_list(self._json("PINNED.json")) or []
        return {pin["file"]: pin for pin in pins}

    def _json(self, path: str) -> Json:
        file = self._folder / path
        return json.loads(file.read_bytes()) if file.is_file() else None


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
        for correction in corrections:
            _correct(document, correction, revision, strict)
        table = Table.from_schema(document)
        if not strict:
            _check_keywords(document)
    except ValueError:
        raise _not_a_schema("it is no JSON", span) from None
    except RecursionError:
        raise _not_a_schema("it is nested too deeply", span) from None
    except NotASchema as error:
        raise _not_a_schema(str(error), span) from None
    return RevisionData(revision, table, document, source, _sha256(content))


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


def _correct(document: Json, correction: Json, revision: str, strict: bool) -> None:
    try:
        correct(document, correction)
    except StaleCorrection as error:
        if not strict:
            return
        raise MCPGenError.of(
            "MG503",
            f"a correction of revision {revision} no longer fits: {error}",
            span=Span(f"corrections/{revision}.json"),
            hint="look whether the defect is gone, then change or remove the correction",
        ) from None


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
