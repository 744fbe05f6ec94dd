"""A project whose packages get other names: what that moves and edits of the user's.

Nothing happens unless the user asks for it: `generate` refuses such a project and lists
what would be done. Knows lock and disk, no manifests and no templates.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcpgen import disk, naming
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span
from mcpgen.ir import Ownership, Project
from mcpgen.lock import Lock

OPTION: Final = "--rename"
_PACKAGE: Final = re.compile(r"(?:server/([^/]+)/generated|client/([^/]+))/[^/]+\.py")
_SKIPPED: Final = frozenset(
    ["__pycache__", "node_modules", "dist", "build", "venv", "site"]
)
_LARGEST: Final = 1024 * 1024
_MOST_FILES: Final = 5_000
_FEW: Final = 8
"""Files that a message lists."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A file of the user's that moves, changes, or both.

    Attributes:
        path: Where it lies, below the project's folder.
        target: Where it goes.
        text: Its new text; None where it stays as it is.
    """

    path: str
    target: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Renaming:
    """What renaming a project's packages does to files that mcpgen does not own.

    Attributes:
        packages: The new name of each package that was generated before.
        edits: The files in `server` that move or change.
        others: Files elsewhere that name an old package, with the line's number.
    """

    packages: dict[str, str]
    edits: tuple[Edit, ...]
    others: tuple[tuple[str, int], ...]

    def refusal(self, span: Span) -> Diagnostic:
        """The error while nobody has asked for the renaming."""
        pairs = [f"{old} to {new}" for old, new in self.packages.items()]
        message = f"renames {' and '.join(pairs)}, for you and for callers"
        if self.edits:
            names = [edit.path for edit in self.edits]
            listed = ", ".join(names[:_FEW])
            more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
            message += f"; files of yours that have to follow: {listed}{more}"
        base = next(iter(self.packages)).rpartition("_")[0]
        hint = (
            f"keep them with `import-name: {base}`, or run `mcpgen generate {OPTION}`, "
            "which moves and edits your files"
        )
        return Diagnostic("MG432", message, span, hint)

    def notes(self, folder: Path) -> list[Diagnostic]:
        """Warnings about files that name an old package and are not edited."""
        return [
            Diagnostic(
                "MG433",
                "names a package that was renamed",
                Span(str(folder / path), line),
                "replace the name",
            )
            for path, line in self.others
        ]


def find(folder: Path, known: Lock | None, project: Project) -> Renaming | None:
    """What a project's names rename; None where they are those of the last run."""
    old = _packages(known) if known else {}
    new = {"server": project.server_package, "client": project.client_package}
    packages = {name: new[half] for half, name in old.items() if name != new[half]}
    if known is None or not packages:
        return None
    was = naming.for_project(next(iter(packages)))
    words = {
        was.server_package: project.server_package,
        was.client_package: project.client_package,
    }
    classes = {
        form.format(was.class_prefix): form.format(project.class_prefix)
        for form in ("{}", "{}Service", "{}Client", "Sync{}Client")
    }
    edits: list[Edit] = []
    others: list[tuple[str, int]] = []
    for path in _files(folder, known):
        edit = _edit(folder, path, words, classes)
        if path.startswith("server/"):
            if edit.path != edit.target or edit.text is not None:
                edits.append(edit)
        elif edit.text is not None:
            others.append((path, _line(folder / path, words)))
    return Renaming(packages, tuple(edits), tuple(others))


def carry_out(folder: Path, renaming: Renaming) -> None:
    """Move and edit the user's files; a run that was cut short can be repeated.

    Raises:
        MCPGenError: A file is in the place of one that moves (MG432), or the system
            does not allow it (MG409, MG411); what was done up to then stays.
    """
    contents = {edit: _content(folder, edit) for edit in renaming.edits}
    for edit, data in contents.items():
        target = folder / edit.target
        if edit.path != edit.target and target.exists() and target.read_bytes() != data:
            raise MCPGenError.of(
                "MG432",
                f"is in the place of {edit.path}, which is renamed",
                span=Span(str(target)),
                hint="move it away",
            )
    for edit, data in contents.items():
        target = folder / edit.target
        mode = (folder / edit.path).stat().st_mode & 0o777
        disk.make_folders(target.parent, root=folder)
        disk.put(target, data, root=folder, mode=mode)
    for edit in renaming.edits:
        if edit.path != edit.target:
            disk.remove(folder / edit.path, root=folder)
            disk.remove_if_empty((folder / edit.path).parent)


def _content(folder: Path, edit: Edit) -> bytes:
    disk.check_way(folder / edit.path, folder)
    if edit.text is None:
        return (folder / edit.path).read_bytes()
    return edit.text.encode("utf-8")


def _packages(known: Lock) -> dict[str, str]:
    """The generated package of each half, the server first, by the lock's paths."""
    found: dict[str, str] = {}
    for path, entry in known.files.items():
        match = _PACKAGE.fullmatch(path)
        if match and entry.ownership is Ownership.GENERATED:
            found["server" if match[1] else "client"] = match[1] or match[2]
    return dict(sorted(found.items(), reverse=True))


def _files(folder: Path, known: Lock) -> Iterator[str]:
    """The files that mcpgen did not generate, without hidden and installed ones."""
    generated = {
        path
        for path, entry in known.files.items()
        if entry.ownership is Ownership.GENERATED
    }
    left = _MOST_FILES
    waiting = [folder]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.is_symlink() or path.name in _SKIPPED:
                continue
            if path.is_dir() and not path.name.startswith("."):
                waiting.append(path)
            relative = path.relative_to(folder).as_posix()
            is_own = relative in generated or relative.startswith("mcpgen.")
            if path.is_file() and not is_own and left:
                left -= 1
                yield relative


def _edit(
    folder: Path, path: str, words: dict[str, str], classes: dict[str, str]
) -> Edit:
    parts = [words.get(part, part) for part in path.split("/")]
    target = "/".join(parts) if path.startswith("server/") else path
    before = _text(folder / path)
    if before is None:
        return Edit(path, target, None)
    after = before
    if path.endswith(".py"):
        after = _with_classes(after, classes)
    for old, new in words.items():
        after = re.sub(rf"(?<![\w.-]){old}(?!\w)", new, after)
        dashed = old.replace("_", "-")
        after = re.sub(rf"(?<![\w-]){dashed}(?![\w-])", new.replace("_", "-"), after)
    return Edit(path, target, after if after != before else None)


def _with_classes(text: str, classes: dict[str, str]) -> str:
    """Python code in which classes have other names; as it was if it is not Python."""
    lines = text.splitlines(keepends=True)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return text
    for token in reversed(tokens):
        if token.type == tokenize.NAME and token.string in classes:
            row, start = token.start
            line = lines[row - 1]
            end = start + len(token.string)
            lines[row - 1] = line[:start] + classes[token.string] + line[end:]
    return "".join(lines)


def _line(path: Path, words: dict[str, str]) -> int:
    """The number of the first line that names an old package."""
    names = [form for old in words for form in (old, old.replace("_", "-"))]
    lines = enumerate((_text(path) or "").splitlines(), 1)
    return next((n for n, line in lines if any(name in line for name in names)), 1)


def _text(path: Path) -> str | None:
    """The text of a file; None where it is large, binary or unreadable."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
