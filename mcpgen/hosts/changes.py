"""What installing an entry changes in a host's file, and undoing it; then the writing.

Every byte outside of the entry stays as it is. What is to be written is known before
anything is written, so that it can be shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from mcpgen import disk
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.folder import unreadable
from mcpgen.manifest import files

from . import records
from .jsonc import Document, Edit, Value, apply, reverse
from .records import Record
from .table import Host

Keys: TypeAlias = tuple[str, ...]

_BOM: Final = "\ufeff".encode()
_PRIVATE: Final = 0o600
"""Permissions of a new file in the user's folder, or with values that may be secrets."""
_SECRET: Final = ("env", "headers")
"""Keys below which values may be secrets."""
_HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class Target:
    """An entry in a host's file.

    Attributes:
        host: The host.
        file: Its file, an absolute path.
        root: The folder below which no link is followed.
        name: The entry's name.
        private: Whether only the user may read a file that is created.
    """

    host: Host
    file: Path
    root: Path
    name: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a file; None stands for no file.

    Attributes:
        target: The entry.
        before: The file's content.
        after: The content to write.
        record: What is kept for an undo; None where this is one.
        folders: The folders to remove if they are empty, innermost first.
    """

    target: Target
    before: bytes | None
    after: bytes | None
    record: Record | None = None
    folders: tuple[str, ...] = ()

    def texts(self) -> tuple[str | None, str | None]:
        """The texts before and after, for people: each line ends with `\\n`.

        Values of variables and headers are hidden, of whatever entry.
        """
        known = dict[Keys, Any]()
        old = self._hidden(_lines(self.before), known)
        return old, self._hidden(_lines(self.after), known)

    def _hidden(self, text: str | None, known: dict[Keys, Any]) -> str | None:
        """A text without secrets; values other than the known ones are marked."""
        if text is None or not text.strip():
            return text
        root = _document(self.target, text).root
        edits = list[Edit]()
        for path, value in _secrets(root):
            is_other = known.setdefault(path, value.data) != value.data
            shown = json.dumps(f"{_HIDDEN} (another)" if is_other else _HIDDEN)
            edits.append(Edit(value.start, text[value.start : value.end], shown))
        return apply(text, edits)


def install(
    target: Target, entry: Mapping[str, Any], *, force: bool = False
) -> Change | None:
    """The change that makes a file have an entry; None where it has it.

    Args:
        target: Where.
        entry: The entry.
        force: Replace another entry of the same name.

    Raises:
        MCPGenError: The file can't be used, or has another entry of that name (MG440).
    """
    before = _read(target)
    text = _text(target, before)
    made = dict(entry)
    known = records.load(target.file, target.name)
    if known and before is not None and known.sha256 == records.digest(before):
        if known.entry == made:
            return None
        # Begin from the file as it was before, so that one undo leads back there.
        old = apply(text, known.edits)
        new, record = _installed(target, old, made, force=True)
        record = replace(record, created=known.created, folders=known.folders)
    else:
        found = _present(target, text)
        if found == made:
            return None
        is_ours = known is not None and found == known.entry
        new, record = _installed(target, text, made, force=force or is_ours)
        if known is not None and is_ours:
            record = replace(known, entry=made, edits=(), sha256="")
        elif before is None:
            record = replace(record, created=True, folders=_missing(target))
    after = _bytes(target, before, new)
    if record.edits:
        record = replace(record, sha256=records.digest(after))
    return Change(target, before, after, record)


def undo(target: Target, *, force: bool = False) -> Change | None:
    """The change that takes an entry out of a file; None where it is not there.

    Args:
        target: Where.
        force: Also an entry that was not written by `install`, or was edited since.

    Raises:
        MCPGenError: The file can't be used, or the entry is another one (MG441).
    """
    before = _read(target)
    text = _text(target, before)
    if not text.strip():
        return None
    known = records.load(target.file, target.name)
    is_same = before is not None and known and known.sha256 == records.digest(before)
    if known and is_same:
        left = apply(text, known.edits)
        is_gone = known.created
    else:
        removed = _removed(target, _document(target, text), known, force=force)
        if removed is None:
            return None
        left = removed
        rest = _document(target, left).root.members
        is_gone = known is not None and known.created and not rest
    return Change(
        target,
        before,
        None if is_gone else _bytes(target, before, left),
        folders=known.folders if known and is_gone else (),
    )


def write(change: Change) -> None:
    """Write a change, completely or not at all.

    Raises:
        MCPGenError: The file is not what it was when the change was made (MG443), a
            link is on the way (MG409), or the system does not allow it (MG411).
    """
    target = change.target
    if _read(target) != change.before:
        raise MCPGenError.of(
            "MG443",
            "changed while this command was waiting",
            span=Span(str(target.file)),
            hint="nothing was written; run the command again",
        )
    if change.record is None:
        _write_file(change)
        records.forget(target.file, target.name)
        return
    former = records.load(target.file, target.name)
    # First the record: an entry without one could not be undone.
    records.save(target.file, target.name, change.record)
    try:
        _write_file(change)
    except BaseException:
        if former is None:
            records.forget(target.file, target.name)
        else:
            records.save(target.file, target.name, former)
        raise


def without_values(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An entry to show: what may be a secret is hidden."""
    if entry is None:
        return None
    return {
        key: dict.fromkeys(value, _HIDDEN) if key in _SECRET else value
        for key, value in entry.items()
    }


def _write_file(change: Change) -> None:
    target = change.target
    if change.after is None:
        disk.remove(target.file, root=target.root)
        for folder in change.folders:
            disk.remove_if_empty(Path(folder))
        return
    disk.make_folders(target.file.parent, root=target.root)
    entry = change.record.entry if change.record else {}
    is_private = target.private or any(key in entry for key in _SECRET)
    mode = _PRIVATE if change.before is None and is_private else None
    disk.put(target.file, change.after, root=target.root, mode=mode)


def _secrets(
    value: Value, path: Keys = (), *, inside: bool = False
) -> Iterator[tuple[Keys, Value]]:
    """The values below the keys of variables and headers, with the keys on the way."""
    for member in value.members or ():
        here = (*path, member.key)
        is_secret = inside or member.key in _SECRET
        if member.value.members is None and is_secret:
            yield here, member.value
        yield from _secrets(member.value, here, inside=is_secret)


def _installed(
    target: Target, text: str, entry: dict[str, Any], *, force: bool
) -> tuple[str, Record]:
    """The text with an entry, and a record of it."""
    key, name = target.host.key, target.name
    if not text.strip():
        fresh = Document(str(target.file), "{}\n", comments=False)
        new = apply(fresh.text, fresh.add(fresh.root, key, {name: entry}))
        return new, Record(entry, "", (Edit(0, new, text),), container=True)
    document = _document(target, text)
    parent = document.object(key)
    if parent is None:
        edits = document.add(document.root, key, {name: entry})
        back = tuple(reverse(edits))
        return apply(text, edits), Record(entry, "", back, container=True)
    member = parent.member(name)
    if member is None:
        edits = document.add(parent, name, entry)
        return apply(text, edits), Record(entry, "", tuple(reverse(edits)))
    if not force:
        raise MCPGenError.of(
            "MG440",
            f'has another entry "{name}"',
            span=document.span(member),
            details=_differing(member.value.data, entry),
            hint="replace it with --force, or choose another name with --name",
        )
    edits = document.replace(member, entry)
    return apply(text, edits), Record(
        entry, "", tuple(reverse(edits)), previous=member.value.data
    )


def _removed(
    target: Target, document: Document, known: Record | None, *, force: bool
) -> str | None:
    """The text without an entry; None where it is not there."""
    parent = document.object(target.host.key)
    member = None if parent is None else parent.member(target.name)
    if parent is None or member is None:
        return None
    is_ours = known is not None and member.value.data == known.entry
    if not is_ours and not force:
        raise MCPGenError.of(
            "MG441",
            f'the entry "{target.name}" was edited since it was installed'
            if known
            else f'the entry "{target.name}" was not installed by this command',
            span=document.span(member),
            hint="remove it all the same with --force, or by hand",
        )
    if is_ours and known is not None and known.previous is not None:
        edits = document.replace(member, known.previous)
    elif (
        is_ours
        and known is not None
        and known.container
        and parent.members == (member,)
    ):
        outer = document.root.member(target.host.key)
        assert outer is not None
        edits = document.remove(document.root, outer)
    else:
        edits = document.remove(parent, member)
    return apply(document.text, edits)


def _differing(old: Any, new: Mapping[str, Any]) -> str:
    """What differs between two entries, a line each, without what may be a secret."""
    if not isinstance(old, dict):
        return "it is not an object"
    there = cast("dict[str, Any]", old)
    keys = [*new, *(key for key in there if key not in new)]
    return "\n".join(
        f"{key}: {_found(key, there.get(key))} in the file, {_shown(new.get(key))} now"
        for key in keys
        if there.get(key) != new.get(key)
    )


def _found(key: str, value: Any) -> str:
    """A value of the file: arguments and URLs have keys and tokens in them, too."""
    is_open = key in ("type", "command") or isinstance(value, dict) or value is None
    return _shown(value) if is_open else "another value"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        # Variables and headers: their values may be secrets.
        names = ", ".join(cast("dict[str, Any]", value))
        return f"values for {names}" if names else "nothing"
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _present(target: Target, text: str) -> Any:
    """The entry that a file has; None where it has none of that name."""
    if not text.strip():
        return None
    parent = _document(target, text).object(target.host.key)
    member = None if parent is None else parent.member(target.name)
    return member.value.data if member else None


def _document(target: Target, text: str) -> Document:
    return Document(str(target.file), text, comments=target.host.comments)


def _lines(data: bytes | None) -> str | None:
    if data is None:
        return None
    return data.removeprefix(_BOM).decode().replace("\r\n", "\n")


def _missing(target: Target) -> tuple[str, ...]:
    """The folders that have to be created, innermost first."""
    folders = [target.file.parent, *target.file.parent.parents]
    inside = folders[: folders.index(target.root)]
    return tuple(str(folder) for folder in inside if not folder.exists())


def _read(target: Target) -> bytes | None:
    """The content of a file, which must be one; None where there is nothing."""
    disk.check_way(target.file, target.root)
    try:
        return files.content(target.file, Span(str(target.file)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(target.file, error) from None


def _text(target: Target, data: bytes | None) -> str:
    """The text of a file's content; empty where it is blank."""
    if not (data or b"").removeprefix(_BOM).strip():
        return (data or b"").removeprefix(_BOM).decode()
    return files.decode(data or b"", str(target.file))


def _bytes(target: Target, before: bytes | None, text: str) -> bytes:
    """The content for a text; it keeps a byte order mark."""
    mark = _BOM if (before or b"").startswith(_BOM) else b""
    try:
        return mark + text.encode()
    except UnicodeEncodeError:
        raise MCPGenError.of(
            "MG021",
            "the entry has a path or a value that is not valid Unicode",
            span=Span(str(target.file)),
        ) from None
