"""`mcpgen.lock`: what a project was generated from, and the hash of every file.

Also the journal, which says the same of a run that has not come to its end. Both are
values here, and text; the disk is `folder`'s and `write`'s. Lock files arrive with
other people's repositories, so nothing in them is believed: not the shape, not the
paths.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final, NoReturn, cast

from mcpgen.diagnostics import Collector, MCPGenError, Span
from mcpgen.folder import path_problem
from mcpgen.ir import Ownership
from mcpgen.printable import json_text

FILE: Final = "mcpgen.lock"
JOURNAL: Final = "mcpgen.lock.next"
FORMAT: Final = 1

_HERE: Final = PurePath()
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MARKER: Final = re.compile(rb"^(<{7}|={7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)


_NUMBERS: Final = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}")


@dataclass(frozen=True, slots=True)
class Generator:
    """The mcpgen that wrote a lock.

    Attributes:
        version: Its version.
        sha256: Its digest.
        runtime: The version of its runtime; None in locks that do not have it.
    """

    version: str
    sha256: str
    runtime: str | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What generated files are made from, besides mcpgen itself.

    Attributes:
        manifest: The manifest's file name.
        sha256: The digest of its text.
        targets: What is generated: "server", "client" or both.
        schemas: The digest of the protocol schema of each revision, oldest first.
    """

    manifest: str
    sha256: str
    targets: tuple[str, ...]
    schemas: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was written: who may change it, and its digest at that time."""

    sha256: str
    ownership: Ownership
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Promises:
    """What callers may rely on, as data whose meaning is `contracts`' affair.

    Attributes:
        current: The contract that was generated last.
        released: The contract that callers have; None while there was no version
            before this one.
        presumed: The contract of a later version that they may have: nobody knows
            whether it was released.
    """

    current: Mapping[str, Any]
    released: Mapping[str, Any] | None
    presumed: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """The whole lock; `files` is by path.

    `promises` is None in locks from before there were any.
    """

    generator: Generator
    inputs: Inputs
    files: Mapping[str, Entry]
    promises: Promises | None = None

    def to_text(self) -> str:
        """The file's text: sorted, one line per file, so that merges stay small."""
        generator = {
            "version": self.generator.version,
            "sha256": self.generator.sha256,
        }
        if self.generator.runtime is not None:
            generator["runtime"] = self.generator.runtime
        manifest = {"file": self.inputs.manifest, "sha256": self.inputs.sha256}
        members = [
            f'"format": {FORMAT}',
            f'"mcpgen": {_line(generator)}',
            f'"manifest": {_line(manifest)}',
            f'"targets": {_line(list(self.inputs.targets))}',
            f'"schemas": {_lines(self.inputs.schemas)}',
            f'"files": {_lines({p: _entry(e) for p, e in self.files.items()})}',
        ]
        if self.promises is not None:
            members.append(f'"contract": {_contract(self.promises.current)}')
            if self.promises.released is not None:
                members.append(f'"released": {_contract(self.promises.released)}')
            if self.promises.presumed is not None:
                members.append(f'"presumed": {_contract(self.promises.presumed)}')
        return _document(members)


@dataclass(frozen=True, slots=True)
class Trace:
    """A file that a run was about to change.

    Attributes:
        ownership: Whose it is, or was to be.
        digests: What it may hold: what lay there before and what was to be written.
    """

    ownership: Ownership
    digests: frozenset[str]


@dataclass(frozen=True, slots=True)
class Journal:
    """What a run is about to change, written before the first change.

    A file with one of these digests is mcpgen's own, whether the run got to it or not.
    """

    files: Mapping[str, Trace] = field(default_factory=dict[str, Trace])

    def to_text(self) -> str:
        """The file's text, in the lock's style."""
        files = {
            path: {"owner": trace.ownership.value, "sha256": sorted(trace.digests)}
            for path, trace in self.files.items()
        }
        return _document([f'"format": {FORMAT}', f'"files": {_lines(files)}'])


def parse(data: bytes, folder: PurePath = _HERE) -> Lock:
    """The lock in a file's bytes.

    Args:
        data: The bytes.
        folder: Where diagnostics say the lock lies.

    Raises:
        MCPGenError: Damaged (MG403), in conflict after a merge (MG404), of an unknown
            format (MG405), or with paths that can't be a project's (MG406).
    """
    file = str(folder / FILE)
    document = _read(data, file)
    shape = _Shape(file)
    generator = shape.strings(document.get("mcpgen"), "version", "sha256")
    manifest = shape.strings(document.get("manifest"), "file", "sha256")
    targets = shape.list_of_strings(document.get("targets"))
    schemas = shape.mapping(document.get("schemas"))
    files = shape.mapping(document.get("files"))
    _check_paths(files, file)
    return Lock(
        Generator(generator["version"], generator["sha256"], _runtime(shape, document)),
        Inputs(
            manifest["file"],
            manifest["sha256"],
            tuple(targets),
            shape.strings(schemas, *schemas),
        ),
        {path: _parse_entry(shape, entry) for path, entry in files.items()},
        _parse_promises(shape, document),
    )


def _runtime(shape: _Shape, document: dict[str, Any]) -> str | None:
    """The version of the runtime, which is three numbers."""
    found = shape.mapping(document.get("mcpgen")).get("runtime")
    if found is None:
        return None
    if not isinstance(found, str) or not _NUMBERS.fullmatch(found):
        shape.wrong()
    return found


def parse_journal(data: bytes, folder: PurePath = _HERE) -> Journal:
    """The journal in a file's bytes; raises as `parse` does."""
    file = str(folder / JOURNAL)
    document = _read(data, file)
    shape = _Shape(file)
    files = shape.mapping(document.get("files"))
    _check_paths(files, file)
    traces: dict[str, Trace] = {}
    for path, value in files.items():
        trace = shape.mapping(value)
        digests = shape.list_of_strings(trace.get("sha256"))
        traces[path] = Trace(shape.owner(trace), frozenset(digests))
    return Journal(traces)


def _line(value: object) -> str:
    return json_text(json.dumps(value, ensure_ascii=False))


def _lines(members: Mapping[str, object]) -> str:
    """An object with one member per line, sorted."""
    if not members:
        return "{}"
    lines = (f"    {_line(key)}: {_line(members[key])}" for key in sorted(members))
    return "{\n" + ",\n".join(lines) + "\n  }"


def _contract(data: Mapping[str, Any]) -> str:
    """A contract with one line per entry, sorted."""
    rest = [f'"{k}": {_sorted_line(v)}' for k, v in data.items() if k != "entries"]
    entries = data.get("entries")
    if isinstance(entries, Mapping):
        named = cast(Mapping[str, object], entries)
        lines = [f"{_line(key)}: {_sorted_line(named[key])}" for key in sorted(named)]
        inner = ",\n".join(f"      {line}" for line in lines)
        rest.append(f'"entries": {{\n{inner}\n    }}' if lines else '"entries": {}')
    return "{\n" + ",\n".join(f"    {member}" for member in rest) + "\n  }"


def _sorted_line(value: object) -> str:
    return json_text(json.dumps(value, ensure_ascii=False, sort_keys=True))


def _document(members: list[str]) -> str:
    return "{\n" + ",\n".join(f"  {member}" for member in members) + "\n}\n"


def _entry(entry: Entry) -> dict[str, object]:
    members: dict[str, object] = {
        "owner": entry.ownership.value,
        "sha256": entry.sha256,
    }
    if entry.executable:
        members["executable"] = True
    return members


def _read(data: bytes, file: str) -> dict[str, Any]:
    marker = _MARKER.search(data)
    if marker is not None:
        raise MCPGenError.of(
            "MG404",
            "has conflict markers of a merge",
            span=Span(file, data.count(b"\n", 0, marker.start()) + 1, 1),
            hint="keep either side of the whole file, then run `mcpgen generate`, "
            "with --force if generated files were merged, too",
        )
    document: object = None
    try:
        document = json.loads(data, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        _damaged(file, f"is not JSON: {error.msg}", error.lineno, error.colno)
    except (ValueError, RecursionError) as error:
        _damaged(file, f"is not JSON: {error}")
    if not isinstance(document, dict):
        _damaged(file, "is not a JSON object")
    members = cast(dict[str, Any], document)
    _check_format(members.get("format"), file)
    return members


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object has the same key twice")
    return members


def _check_format(found: object, file: str) -> None:
    if found == FORMAT and not isinstance(found, bool):
        return
    if isinstance(found, int) and found > FORMAT:
        raise MCPGenError.of(
            "MG405",
            f"has format {found}, written by a newer mcpgen; "
            f"this one reads format {FORMAT}",
            span=Span(file),
            hint="upgrade mcpgen",
        )
    raise MCPGenError.of(
        "MG405",
        f"has no format that this mcpgen reads; it reads format {FORMAT}",
        span=Span(file),
        hint=_cure(file),
    )


_RESTORE: Final = (
    "restore it from version control, or delete it and run `mcpgen generate --force`"
)
_REMOVE: Final = "it was left by a run that was cut short: delete it and run `mcpgen generate --force`"


def _cure(file: str) -> str:
    """What to do about a record that can't be used."""
    return _REMOVE if file.endswith(JOURNAL) else _RESTORE


def _damaged(
    file: str, message: str, line: int | None = None, column: int | None = None
) -> NoReturn:
    raise MCPGenError.of(
        "MG403", message, span=Span(file, line, column), hint=_cure(file)
    ) from None


def _check_paths(files: Mapping[str, Any], file: str) -> None:
    """Refuse paths that lead elsewhere, and the files that mcpgen itself keeps."""
    problems = Collector()
    for path in files:
        problem = path_problem(path)
        if problem is None and path.casefold() in (FILE, JOURNAL):
            problem = "is mcpgen's own record"
        if problem is not None:
            problems.add(
                "MG406",
                f"the path {path!r} {problem}",
                span=Span(file),
                hint="do not trust it; " + _cure(file),
            )
    problems.raise_errors()


def _parse_entry(shape: _Shape, value: object) -> Entry:
    members = shape.mapping(value)
    sha256 = shape.strings(members, "sha256")["sha256"]
    if not _SHA256.fullmatch(sha256):
        shape.wrong()
    executable = members.get("executable", False)
    if not isinstance(executable, bool):
        shape.wrong()
    return Entry(sha256, shape.owner(members), executable)


def _parse_promises(shape: _Shape, document: dict[str, Any]) -> Promises | None:
    if "contract" not in document:
        return None
    released, presumed = (document.get(key) for key in ("released", "presumed"))
    return Promises(
        shape.mapping(document["contract"]),
        None if released is None else shape.mapping(released),
        None if presumed is None else shape.mapping(presumed),
    )


class _Shape:
    """Takes parsed JSON apart and refuses what has another shape."""

    def __init__(self, file: str) -> None:
        self._file = file

    def wrong(self) -> NoReturn:
        _damaged(self._file, "does not have the shape that mcpgen writes")

    def mapping(self, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong()
        return cast(dict[str, Any], value)

    def strings(self, value: object, *keys: str) -> dict[str, str]:
        members = self.mapping(value)
        found: dict[str, str] = {}
        for key in keys:
            text = members.get(key)
            if not isinstance(text, str):
                self.wrong()
            found[key] = text
        return found

    def list_of_strings(self, value: object) -> list[str]:
        if not isinstance(value, list):
            self.wrong()
        texts: list[str] = []
        for text in cast(Iterable[object], value):
            if not isinstance(text, str):
                self.wrong()
            texts.append(text)
        return texts

    def owner(self, members: Mapping[str, Any]) -> Ownership:
        owner = self.strings(members, "owner")["owner"]
        try:
            return Ownership(owner)
        except ValueError:
            self.wrong()
