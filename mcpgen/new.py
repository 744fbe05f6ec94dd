"""A new project: an empty folder, a manifest, and the first generation.

Joins the stages as `generate` does. What is its own: which folder may be used, and the
text of the project's `mcpgen.yaml`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcpgen import disk, generate, lock, project, release
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span
from mcpgen.folder import Folder, path_problem, unreadable
from mcpgen.generate import Outcome, Records
from mcpgen.ir import EDITOR_SCHEMA, File, Ownership
from mcpgen.write import exclusively, place_beside

if TYPE_CHECKING:
    from mcpgen import ir
    from mcpgen.manifest import Manifest, Target

MANIFEST: Final = project.MANIFEST_FILES[0]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")
_PLAIN: Final = re.compile(r"(?!(?:true|false|null)$)[a-z][a-z0-9_-]*", re.IGNORECASE)
"""Names that YAML takes for text without quotes."""
_NAME_VALUE: Final = re.compile(
    r"""^(name:[ \t]+)(?:"[^"\\\r\n]*"|'[^'\r\n]*'|[^\s'"#]+)""", re.MULTILINE
)
_NAME_LINE: Final = re.compile(r"^name:[^\r\n]*", re.MULTILINE)
_TARGETS_VALUE: Final = re.compile(
    r"^(targets:[ \t]+)\[[^\]\[{}#\r\n]*\]", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Created:
    """A project that was just made.

    Attributes:
        folder: Where it lies, as the user would write it.
        project: What it is made of.
        outcome: What was written.
        notes: What was corrected in the source, or left out.
    """

    folder: Path
    project: ir.Project
    outcome: Outcome
    notes: tuple[Diagnostic, ...] = ()


@generate.undisturbed()
def create(
    name: str,
    *,
    source: Path | Manifest | None = None,
    folder: Path | None = None,
    targets: tuple[Target, ...] | None = None,
) -> Created:
    """Make a project.

    Args:
        name: The project's name.
        source: The manifest: a file in any form that is read, or what was read already;
            None takes the example.
        folder: Where to make it; None takes a folder called `name`.
        targets: The halves to generate; None takes the manifest's, which has to have
            a server then.

    Raises:
        MCPGenError: It can't be made; nothing was written.
    """
    _check_name(name, folder)
    folder = folder or Path(name)
    records = _vacancy(folder)
    text, manifest = _manifest(name, source, targets)

    from mcpgen.build import build
    from mcpgen.lint import limits
    from mcpgen.protocol import installed
    from mcpgen.render import Target, render

    # The manifest was read from the user's file; the project gets one of its own.
    made = replace(
        build(manifest, name),
        manifest_file=MANIFEST,
        editor_schema=EDITOR_SCHEMA in text,
    )
    halves = [Target(target) for target in manifest.targets]
    library = installed()
    rendered = render(made, halves, library=library, example=source is None)
    files = {MANIFEST: File(text, Ownership.YOURS), **rendered}
    inputs = generate.inputs_of(manifest, library, MANIFEST, text.encode())
    outcome = _write(folder, files, inputs, records, release.first(made.contract))
    notes = (*manifest.notes, *limits(manifest))
    return Created(folder, made, outcome, notes)


def edited(text: str, name: str, targets: tuple[Target, ...]) -> str | None:
    """A YAML manifest with another name and other targets, every other byte kept.

    None where the text is not laid out so plainly that this is safe: callers have to
    read the result again, and to compare.
    """
    value = name if _PLAIN.fullmatch(name) else json.dumps(name)
    text, times = _NAME_VALUE.subn(lambda match: match[1] + value, text)
    if times != 1:
        return None
    value = f"[{', '.join(targets)}]"
    text, times = _TARGETS_VALUE.subn(lambda match: match[1] + value, text)
    if times == 0 and len(targets) == 1:
        end = "\r\n" if "\r\n" in text else "\n"
        line = f"{end}targets: {value}"
        text = _NAME_LINE.sub(lambda match: match[0] + line, text)
    return text if times <= 1 else None


def _check_name(name: str, folder: Path | None) -> None:
    problem = None
    if not _NAME.fullmatch(name):
        problem = "is not a letter, then up to 99 letters, digits, `.`, `_` and `-`"
    elif folder is None:
        problem = path_problem(name)
    if problem is None:
        return
    hint = None
    if "/" in name or "\\" in name:
        hint = "NAME is the project's name; say where it goes with --directory"
    raise MCPGenError.of("MG413", f"the name {name!r} {problem}", hint=hint)


def _vacancy(folder: Path) -> Records:
    """What an earlier attempt left in a folder that is empty but for that.

    Raises:
        MCPGenError: The folder can't be used (MG410, MG411).
    """
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return Records(None, None)
    except NotADirectoryError:
        raise _unfit(folder, "is not a folder") from None
    except OSError as error:
        raise unreadable(folder, error) from None
    if not names:
        return Records(None, None)
    if lock.JOURNAL in names and lock.FILE not in names:
        records = generate.read_records(folder)
        if records.journal and not _strangers(folder, records.journal):
            return records
    raise _unfit(folder, "is not empty")


def _unfit(folder: Path, message: str) -> MCPGenError:
    return MCPGenError.of(
        "MG410",
        message,
        span=Span(str(folder)),
        hint="take another name or --directory; in a project: mcpgen generate",
    )


def _strangers(folder: Path, journal: lock.Journal) -> bool:
    """Whether a folder has files that an attempt cut short did not put there."""
    beside = {place_beside(path) for path in (*journal.files, lock.FILE, lock.JOURNAL)}
    view = Folder(folder)
    for path in folder.rglob("*"):
        relative = path.relative_to(folder).as_posix()
        if relative == lock.JOURNAL or relative in beside:
            continue
        trace = journal.files.get(relative)
        if trace is None:
            if path.is_symlink() or not path.is_dir():
                return True
        elif view.look(relative).digest not in trace.digests:
            return True
    return False


def _manifest(
    name: str, source: Path | Manifest | None, targets: tuple[Target, ...] | None
) -> tuple[str, Manifest]:
    """The text of the project's manifest, and what it says.

    Places in it are those of the user's file, the only one there is yet.
    """
    from mcpgen.manifest import eras_for, load, loads

    if source is None:
        from mcpgen.render import example_manifest

        text = example_manifest(name)
        return text, loads(text, MANIFEST)
    given = load(source, eras=eras_for(None)) if isinstance(source, Path) else source
    if targets is None:
        targets = given.targets if "server" in given.targets else ("server", "client")
    wanted = replace(given.named(name), targets=targets)
    return _text(given, wanted), wanted


def _text(given: Manifest, wanted: Manifest) -> str:
    """The text of a manifest: its own where it has one in YAML, comments and all."""
    from mcpgen.manifest import loads, to_yaml

    source = given.source
    if given.native and source.format == "yaml" and wanted.name:
        if (given.name, given.targets) == (wanted.name, wanted.targets):
            return source.text
        text = edited(source.text, wanted.name, wanted.targets)
        with contextlib.suppress(MCPGenError):
            if text is not None and _same(loads(text, MANIFEST), wanted):
                return text
    return f"# yaml-language-server: $schema=./{EDITOR_SCHEMA}\n{to_yaml(wanted)}"


def _same(edited_: Manifest, wanted: Manifest) -> bool:
    """Whether an edited text says what is wanted, and nothing else has changed."""
    ours = ("name", "targets")
    now, before = edited_.source.data, wanted.source.data
    return (edited_.name, edited_.targets) == (wanted.name, wanted.targets) and {
        k: v for k, v in now.items() if k not in ours
    } == {k: v for k, v in before.items() if k not in ours}


def _write(
    folder: Path,
    files: Mapping[str, File],
    inputs: lock.Inputs,
    records: Records,
    promises: lock.Promises,
) -> Outcome:
    existed = folder.is_dir()
    disk.make_folders(folder, root=disk.root_of(folder))
    try:
        with exclusively(folder):
            outcome = generate.decide(folder, files, inputs, records, promises=promises)
            if outcome.plan.conflicts:
                raise MCPGenError(outcome.plan.diagnostics(folder))
            generate.finish(outcome, folder, records)
    except BaseException:
        if not existed:
            disk.remove_if_empty(folder)
        raise
    return outcome
