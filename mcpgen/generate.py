"""From a project's folder to its plan and back onto the disk: the pipeline, joined.

The only module that knows every stage from manifest to write, and all of them by their
public functions. A project in which nothing has changed is recognised by its lock, and
then the expensive stages are not even imported.
"""

from __future__ import annotations

import contextlib
import gc
import os
import re
from collections import abc
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcpgen import (
    changelog,
    disk,
    features,
    handlers,
    identity,
    leftovers,
    lock,
    memory,
    own_files,
    release,
    renaming,
    runtime_changes,
    schemas,
    stubs,
)
from mcpgen.diagnostics import Diagnostic, MCPGenError, Severity, Span
from mcpgen.folder import Folder, Kind, digest, unreadable
from mcpgen.ir import File, Ownership
from mcpgen.lock import Generator, Inputs, Journal, Lock, Promises
from mcpgen.plan import Plan, Why, executable_here, plan, unchanged
from mcpgen.runtime.version import RUNTIME_VERSION
from mcpgen.write import exclusively, place_beside, write

if TYPE_CHECKING:
    from mcpgen import ir
    from mcpgen.given import Given
    from mcpgen.manifest import Manifest
    from mcpgen.models import Memory
    from mcpgen.project import Project
    from mcpgen.protocol import Library

ALLOW_OLDER: Final = "--allow-older"
CHANGELOG: Final = "client/CHANGELOG.md"
_LARGEST_RECORD: Final = 64 * 1024 * 1024
"""Bytes of a lock that is still read; a real one has some hundred per file."""

_RUNTIME: Final = re.compile(r"(?:client|server)/.*/runtime/version\.py")
_SERVICE: Final = re.compile(r"server/[^/]+/generated/service\.py")


@dataclass(frozen=True, slots=True)
class Records:
    """What mcpgen wrote down in a project's folder.

    Attributes:
        lock: What the last finished run left, or None.
        journal: What an unfinished run left, or None.
    """

    lock: Lock | None
    journal: Journal | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run does, or would do.

    Attributes:
        plan: The verdict of each file.
        lock: The new lock.
        lock_why: Why the lock itself has to be written; None where it is up to date.
        notes: What the user should know of the files that were rendered.
        handlers: What the user wrote, held against what is asked for now; None where
            a first look shows that nothing is missing.
        renaming: What other names of packages do to the user's files; None where they
            are the names of the last run.
        generated_by: The version of mcpgen that generated the project last, where it
            was another one.
    """

    plan: Plan
    lock: Lock
    lock_why: Why | None = None
    notes: tuple[Diagnostic, ...] = ()
    handlers: handlers.Report | None = None
    renaming: renaming.Renaming | None = None
    generated_by: str | None = None

    @property
    def drift(self) -> bool:
        """Whether the disk is not what a run would leave."""
        return bool(
            self.plan.changes or self.plan.conflicts or self.lock_why or self.refusals
        )

    @property
    def lacking(self) -> bool:
        """Whether files of the user's lack what the generated server needs."""
        return any(note.code == own_files.LACKS for note in self.notes)

    @property
    def refusals(self) -> list[Diagnostic]:
        """Why nothing is written, besides conflicts."""
        return [note for note in self.notes if note.severity is Severity.ERROR]


@contextlib.contextmanager
def undisturbed() -> abc.Generator[None, None, None]:
    """Work without the collector of cycles: what is made here lives until the end."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@undisturbed()
def generate(
    project: Project,
    *,
    force: bool = False,
    thoroughly: bool = False,
    allow_breaking: bool = False,
    since: str | None = None,
    allow_older: bool = False,
    rename: bool = False,
) -> Outcome:
    """Bring a project up to date.

    Args:
        project: Where.
        force: Overwrite generated files that were edited by hand.
        thoroughly: Render everything, even if the lock shows that nothing has changed.
        allow_breaking: Allow a version bump that is smaller than the changes require.
        since: The release that callers have: a wheel, a client's folder or a revision.
        allow_older: Replace what a newer mcpgen generated.
        rename: Move and edit the user's files where packages are renamed.

    Raises:
        MCPGenError: With every reason why it can't be done; nothing was written.
    """
    with exclusively(project.folder):
        records = read_records(project.folder)

        def look() -> Outcome:
            outcome = _examine(
                project,
                records,
                force=force,
                thoroughly=thoroughly,
                allow_breaking=allow_breaking,
                since=since,
                allow_older=allow_older,
                rename=rename,
            )
            problems = outcome.refusals
            if outcome.plan.conflicts:
                problems += outcome.plan.diagnostics(project.folder)
            if problems:
                raise MCPGenError(problems)
            return outcome

        outcome = look()
        if outcome.renaming is not None:
            renaming.carry_out(project.folder, outcome.renaming)
            left = outcome.renaming.notes(project.folder)
            outcome = look()
            outcome = replace(outcome, notes=(*left, *outcome.notes))
        finish(outcome, project.folder, records)
    return outcome


def add_stubs(project: Project, outcome: Outcome) -> tuple[str, ...]:
    """Put stubs for what is missing into the user's files; gives which files changed.

    Raises:
        MCPGenError: MG411, MG417 or MG418; see `stubs.insert`.
    """
    found = outcome.handlers
    if found is None or found.wanted is None:
        return ()
    with exclusively(project.folder):
        return tuple(
            implementation.file
            for implementation in found.implementations
            if stubs.insert(project.folder, found.wanted, implementation)
        )


def examine(
    project: Project,
    *,
    force: bool = False,
    allow_breaking: bool = False,
    since: str | None = None,
    allow_older: bool = False,
    rename: bool = False,
) -> Outcome:
    """What `generate` would do; nothing is written, conflicts are in the plan.

    Raises:
        MCPGenError: The manifest or the lock can't be used.
    """
    records = read_records(project.folder)
    outcome = _examine(
        *(project, records),
        force=force,
        allow_breaking=allow_breaking,
        since=since,
        allow_older=allow_older,
        rename=rename,
    )
    note = _older_runtime(project, records.lock)
    return outcome if note is None else replace(outcome, notes=(*outcome.notes, note))


def _older_runtime(project: Project, known: Lock | None) -> Diagnostic | None:
    """A warning where the packages have a copy of an older runtime."""
    if known is None or not any(map(_RUNTIME.fullmatch, known.files)):
        return None
    place = str(project.folder / lock.FILE)
    return runtime_changes.outdated(known.generator.runtime, RUNTIME_VERSION, place)


def mark_published(project: Project) -> None:
    """Note in the lock that callers have the client as it was generated last.

    Raises:
        MCPGenError: There is no lock that says what that is (MG403), or it can't be
            written.
    """
    with exclusively(project.folder):
        known = read_records(project.folder).lock
        if known is None or known.promises is None:
            raise MCPGenError.of(
                "MG403",
                "says nothing of a contract",
                span=Span(str(project.folder / lock.FILE)),
                hint="run `mcpgen generate`",
            )
        marked = replace(known, promises=release.published(known.promises))
        write(unchanged(known), project.folder, marked.to_text())


def read_records(folder: Path) -> Records:
    """The lock and the journal of a folder.

    Raises:
        MCPGenError: One of them can't be read or is not what mcpgen writes (MG4xx).
    """
    lock_data = _read_record(folder / lock.FILE)
    journal_data = _read_record(folder / lock.JOURNAL)
    journal = None
    if journal_data is not None:
        journal = lock.parse_journal(journal_data, folder)
    elif os.path.lexists(folder / place_beside(lock.JOURNAL)):
        # A run died over its journal, before it changed anything: only that is left.
        journal = Journal()
    return Records(
        None if lock_data is None else lock.parse(lock_data, folder), journal
    )


def decide(
    folder: Path,
    files: Mapping[str, File],
    inputs: Inputs,
    records: Records,
    *,
    promises: Promises | None = None,
    force: bool = False,
) -> Outcome:
    """The outcome for rendered files.

    Args:
        folder: The project's folder.
        files: What was rendered; the manifest may be among them.
        inputs: What it was rendered from.
        records: What lies in the folder.
        promises: What the lock is to say of the contract with callers.
        force: Overwrite generated files that were edited by hand.
    """
    verdicts = plan(
        files, records.lock, Folder(folder), journal=records.journal, force=force
    )
    known = {p: e for p, e in verdicts.files.items() if p != inputs.manifest}
    new = Lock(_generator(records.lock), inputs, known, promises)
    return Outcome(verdicts, new, _lock_why(new, records))


def finish(outcome: Outcome, folder: Path, records: Records) -> None:
    """Write what the outcome says; nothing at all where the disk is right already."""
    if outcome.drift or outcome.lock != records.lock:
        write(outcome.plan, folder, outcome.lock.to_text())


def inputs_of(manifest: Manifest, library: Library, file: str, text: bytes) -> Inputs:
    """What the lock is to say of a manifest, whose file has this text."""
    revisions = {name: library.sha256(name) for name in manifest.revisions}
    return Inputs(file, digest(text), tuple(manifest.targets), revisions)


def _examine(
    project: Project,
    records: Records,
    *,
    force: bool,
    thoroughly: bool = False,
    allow_breaking: bool = False,
    since: str | None = None,
    allow_older: bool = False,
    rename: bool = False,
) -> Outcome:
    try:
        text = project.manifest_path.read_bytes()
    except OSError as error:
        raise unreadable(project.manifest_path, error) from None
    settled = None if thoroughly or since else _settled(project, text, records)
    if settled is not None:
        return settled

    from mcpgen.lint import limits
    from mcpgen.manifest import load
    from mcpgen.models import Memory
    from mcpgen.protocol import news, of_project
    from mcpgen.render import Target, render
    from mcpgen.views.remembered import Pieces

    manifest = load(project.manifest_path)
    library = of_project(project.folder)
    before = memory.load(project.folder)
    known = Memory(identity.digest(), before.part("models"))
    pieces = Pieces(identity.digest(), before.part("pieces"))
    described, standing = _described(project, manifest, records, since, known)
    files = render(
        described,
        [Target(target) for target in manifest.targets],
        library=library,
        pieces=pieces,
    )
    inputs = inputs_of(manifest, library, project.manifest, text)
    if known.is_changed or pieces.is_changed:
        memory.save(project.folder, {"models": known.kept, "pieces": pieces.kept})
    judged = release.judge(standing, manifest, allow=allow_breaking)
    outcome = decide(
        project.folder, files, inputs, records, promises=judged.promises, force=force
    )
    outcome = _skewed(outcome, project.folder, records.lock, allow_older=allow_older)
    report = handlers.examine(project.folder, files)
    renamed = renaming.find(project.folder, records.lock, described)
    key = "import-name" if manifest.import_name else "name"
    said = (
        None
        if renamed is None or rename
        else renamed.refusal(manifest.source.span((key,))),
        judged.refusal,
        release.uncertainty(standing, manifest),
        memory.problem(),
    )
    notes = (
        *outcome.notes,
        *filter(None, said),
        *manifest.notes,
        *limits(manifest),
        *news(manifest.revisions, library),
        *report.diagnostics,
        *leftovers.examine(project.folder, files),
        *(
            own_files.examine(
                project.folder,
                described.server_package,
                described.client_package if "client" in manifest.targets else "",
                features.requirements(described),
                _published(files),
            )
            if "server" in manifest.targets
            else ()
        ),
    )
    return replace(outcome, notes=notes, handlers=report, renaming=renamed)


def _described(
    project: Project,
    manifest: Manifest,
    records: Records,
    since: str | None = None,
    known: Memory | None = None,
) -> tuple[ir.Project, release.Standing]:
    """The project that is rendered, and how its contract stands."""
    from mcpgen.build import build
    from mcpgen.views.publishing import client_version

    promises = _promises(project, manifest, records, since)
    described = build(
        *(manifest, manifest.name or project.folder.name, known),
        release.given(promises, manifest, _fallback(project, promises)),
    )
    standing = release.look(promises, manifest, described.contract)
    history = changelog.history(
        _written(project.folder, records.lock, CHANGELOG),
        client_version(described),
        standing.changes,
        is_known=standing.is_known,
    )
    return replace(described, history=history), standing


def server_package(project: Project) -> str:
    """The name of a project's server package, as the last run wrote it.

    Raises:
        MCPGenError: The project has no server (MG603), or its lock can't be used.
    """
    known = read_records(project.folder).lock
    for path in known.files if known else ():
        if _SERVICE.fullmatch(path):
            return path.split("/")[1]
    raise MCPGenError.of(
        "MG603",
        "the project has no server",
        span=Span(str(project.manifest_path)),
        hint="let `targets` name server, and run mcpgen generate",
    )


@undisturbed()
def described(project: Project) -> ir.Project:
    """The project that is rendered.

    Raises:
        MCPGenError: The manifest or the lock can't be used.
    """
    from mcpgen.manifest import load

    manifest = load(project.manifest_path)
    return _described(project, manifest, read_records(project.folder))[0]


@undisturbed()
def vendored(project: Project, half: str) -> dict[str, File]:
    """The files of a project's half with a copy of the runtime, by path.

    Args:
        project: Which.
        half: What their paths begin with: "client/" or "server/".

    Raises:
        MCPGenError: The manifest or the lock can't be used.
    """
    from mcpgen.protocol import of_project
    from mcpgen.render import Target, render

    files = render(
        replace(described(project), shares_runtime=False),
        [Target(half.removesuffix("/"))],
        library=of_project(project.folder),
    )
    return {path: file for path, file in files.items() if path.startswith(half)}


def _promises(
    project: Project, manifest: Manifest, records: Records, since: str | None
) -> Promises | None:
    """What callers have: as a release says, as the lock says, or as the client does."""
    from mcpgen import clients

    known = records.lock.promises if records.lock else None
    if since is not None:
        return release.since(clients.contract_of(since, project.folder))
    if records.lock is None and records.journal is None:
        found = _client(project)
        return None if found is None else release.rebuilt(found)
    version = release.unsure(known, manifest)
    tagged = clients.in_tag(version, project.folder) if version else None
    return known if tagged is None else release.since(tagged)


def _fallback(project: Project, promises: Promises | None) -> Mapping[str, Given]:
    """The names of the client that lies there, where the lock has none."""
    from mcpgen import contracts

    found = _client(project) if release.lacks_names(promises) else None
    return {} if found is None else contracts.from_json(found).names


def _client(project: Project) -> dict[str, Any] | None:
    """The contract of the client that lies there; None where there is none."""
    from mcpgen import clients

    try:
        return clients.in_folder(project.folder / "client")
    except MCPGenError:
        return None


def _written(folder: Path, known: Lock | None, path: str) -> str | None:
    """The text of a file as mcpgen wrote it last; None where it is not that."""
    entry = known.files.get(path) if known else None
    found = Folder(folder).look(path)
    if entry is None or found.kind is not Kind.FILE or found.digest != entry.sha256:
        return None
    return (folder / path).read_text(encoding="utf-8")


def _settled(project: Project, text: bytes, records: Records) -> Outcome | None:
    """The outcome where the lock alone shows that there is nothing to do."""
    known = records.lock
    if known is None or records.journal is not None:
        return None
    if (known.inputs.manifest, known.inputs.sha256) != (project.manifest, digest(text)):
        return None
    if known.generator.sha256 != identity.digest():
        return None
    if not _knows_schemas(known.inputs.schemas, project.folder):
        return None
    view = Folder(project.folder)
    for path, entry in known.files.items():
        if entry.ownership is Ownership.YOURS:
            continue
        found = view.look(path)
        if found.kind is not Kind.FILE or found.digest != entry.sha256:
            return None
        if not executable_here(found, entry.executable):
            return None
    if not _own_files_fit(project.folder, known.files):
        return None
    return Outcome(unchanged(known), known)


def _own_files_fit(folder: Path, files: Collection[str]) -> bool:
    """Whether there is nothing to report of the user's files, at a first look."""
    clients = (
        found[1] for each in files if (found := own_files.CLIENT.fullmatch(each))
    )
    client = next(clients, "")
    for path in files:
        if _SERVICE.fullmatch(path):
            if not handlers.are_complete(folder, path):
                return False
        elif found := own_files.REQUIREMENTS.fullmatch(path):
            needed = own_files.requirements_of(handlers.text_of(folder / path))
            entry = handlers.text_of(folder / own_files.SERVER_JSON)
            published = own_files.published_in(entry)
            if any(own_files.examine(folder, found[1], client, needed, published)):
                return False
    return True


def _published(files: Mapping[str, File]) -> str | None:
    """The name by which registries let users start the server."""
    made = files.get(own_files.SERVER_JSON)
    return own_files.published_in(made.text) if made else None


def _knows_schemas(used: Mapping[str, str], folder: Path) -> bool:
    """Whether the schemas that the lock names are there, and no further ones.

    Those that come with mcpgen are its own affair: its digest is compared.
    """
    own = schemas.digests(schemas.of_project(folder))
    added = {**schemas.digests(schemas.of_user()), **own}
    return own.keys() <= used.keys() and all(
        added[name] == sha256 if name in added else identity.has_schema(name)
        for name, sha256 in used.items()
    )


def _generator(known: Lock | None) -> Generator:
    """This mcpgen. Its version is looked up only where the lock has another one."""
    sha256 = identity.digest()
    if known is not None and known.generator.sha256 == sha256:
        return known.generator
    return Generator(identity.version(), sha256, RUNTIME_VERSION)


def _skewed(
    outcome: Outcome, folder: Path, known: Lock | None, *, allow_older: bool
) -> Outcome:
    """An outcome that shows which other version generated the project last.

    An older mcpgen that would change nothing leaves the lock to the newer one; one that
    would is refused.
    """
    if known is None or known.generator.version == outcome.lock.generator.version:
        return outcome
    theirs, ours = known.generator.version, outcome.lock.generator.version
    outcome = replace(outcome, generated_by=theirs)
    if not _is_newer(theirs, ours):
        return outcome
    if not outcome.plan.changes and not outcome.plan.conflicts:
        kept = replace(outcome.lock, generator=known.generator)
        return replace(outcome, lock=kept)
    if allow_older:
        return outcome
    refusal = Diagnostic(
        "MG434",
        f"mcpgen {theirs} generated the project, and this is mcpgen {ours}: it would "
        "take back what changed in between",
        Span(str(folder / lock.FILE)),
        f"upgrade mcpgen, or run `mcpgen generate {ALLOW_OLDER}`",
    )
    return replace(outcome, notes=(refusal,))


def _is_newer(version: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return other != identity.UNKNOWN and Version(version) > Version(other)
    except InvalidVersion:
        return False


def _lock_why(new: Lock, records: Records) -> Why | None:
    """Why the lock is not as it should be.

    That another mcpgen made the same files is no drift: projects may be generated and
    checked by two versions that agree.
    """
    if records.journal is not None:
        return Why.UNFINISHED
    if records.lock is None:
        return Why.MISSING
    same = (new.inputs, new.files) == (records.lock.inputs, records.lock.files)
    return None if same else Why.OUTDATED


def _read_record(path: Path) -> bytes | None:
    disk.check_way(path, path.parent)
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            data = file.read(_LARGEST_RECORD + 1)
    except OSError as error:
        raise unreadable(path, error) from None
    # Cut short it is no JSON any more, and says so.
    return data[:_LARGEST_RECORD]
