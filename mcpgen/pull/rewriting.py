"""The text of a manifest after a pull: nothing is touched that has not changed.

Top of the pull stage. A text whose data stay stays byte for byte. Otherwise only the
lines of entries that came, went or changed are written anew; where the text is not laid
out for that, the whole goes through ruamel.yaml, comments and all. Either way the result
is read again and compared.
"""

from __future__ import annotations

import itertools
import json
import re
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.manifest import Manifest, loads, native_data
from mcpgen.manifest.yaml_text import entry_lines, mapping_lines
from mcpgen.printable import json_text

from .merging import SECTIONS, key_of, merged
from .round_trip import rewritten

if TYPE_CHECKING:
    from mcpgen.manifest import Eras

Json: TypeAlias = Any

_ANCHOR: Final = re.compile(r"[\[{,:\s-][&*][^\s,\[\]{}]")
_INDENT: Final = "  "


def updated(old: Manifest, pulled: Manifest, *, eras: Eras | None = None) -> Manifest:
    """A manifest after a pull; its text is `source.text`, the same if nothing changed.

    Args:
        old: The manifest as it is: native, in YAML or JSON.
        pulled: The manifest of the server.
        eras: As for `loads`.

    Raises:
        MCPGenError: The old manifest can't be kept up (MG703).
    """
    source = old.source
    if not old.native or old.name is None or source.format == "toml":
        raise MCPGenError.of(
            "MG703",
            "can't be brought up to date: only native manifests in YAML and JSON can",
            span=Span(source.file),
            hint="write to another file with -o, and move what is yours",
        )
    wanted = merged(source.data, native_data(pulled, old.name), pulled.left_out)
    return changed(old, wanted, eras=eras)


def changed(
    old: Manifest, wanted: Mapping[str, Json], *, eras: Eras | None = None
) -> Manifest:
    """A manifest with other data; every line that need not change stays.

    Args:
        old: The manifest as it is: native, in YAML or JSON.
        wanted: Its new data.
        eras: As for `loads`.

    Raises:
        MCPGenError: Its layout does not allow it (MG703), or the data are not those of
            a manifest.
    """
    source = old.source
    if _same(wanted, source.data):
        return old
    if source.format == "json":
        text = json_text(json.dumps(wanted, indent=2, ensure_ascii=False)) + "\n"
        return loads(text, source.file, eras=eras)
    return _yaml(old, wanted, eras)


def _yaml(old: Manifest, wanted: Mapping[str, Json], eras: Eras | None) -> Manifest:
    source = old.source
    for write in (_by_lines, _as_a_whole):
        text = write(old, wanted)
        if text is None:
            continue
        try:
            found = loads(text, source.file, eras=eras)
        except MCPGenError:
            continue
        if _same(found.source.data, wanted):
            return found
    raise MCPGenError.of(
        "MG703",
        "can't be brought up to date with its comments kept",
        span=Span(source.file),
        hint="write to another file with -o, and move what is yours",
    )


def _same(one: Json, other: Json) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


# Line by line.


def _by_lines(old: Manifest, wanted: Mapping[str, Json]) -> str | None:
    """Only the lines of what has changed are new; None where that is not safe."""
    text = old.source.text
    if _ANCHOR.search(text) or "\t" in text:
        return None
    end = "\r\n" if "\r\n" in text else "\n"
    page = _Page(old, text.splitlines())
    try:
        page.write(wanted)
    except _NotPlainError:
        return None
    return end.join(page.lines) + (end if text.endswith("\n") else "")


class _NotPlainError(Exception):
    """The text is laid out in a way that this does not handle."""


class _Page:
    """The lines of a manifest; places are those of the old text, so the end goes first."""

    def __init__(self, old: Manifest, lines: list[str]) -> None:
        self.lines = lines
        self._old = old
        self._data: Mapping[str, Json] = old.source.data
        self._count = len(lines)

    def write(self, wanted: Mapping[str, Json]) -> None:
        """Write all that has another value."""
        there = [key for key in ("server", *SECTIONS) if key in self._data]
        for key in sorted(there, key=lambda k: self._line(k, key=True), reverse=True):
            if key == "server":
                self._write_server(wanted.get(key))
            else:
                self._write_section(key, wanted.get(key))
        for section in SECTIONS:
            if section not in self._data:
                self._append(section, wanted.get(section) or [])
        if "server" not in self._data and "server" in wanted:
            at = self._line("name", key=True) + 1
            self.lines[at:at] = mapping_lines({"server": wanted["server"]})

    def _write_server(self, server: Json) -> None:
        before = self._data.get("server")
        if _same(before, server):
            return
        start, stop = self._region("server")
        if server is None:
            del self.lines[start:stop]
        else:
            block = self.lines[start:stop]
            self.lines[start:stop] = _rewritten(block, {"server": server})

    def _write_section(self, section: str, entries: list[Json] | None) -> None:
        before: list[Json] = self._data[section] or []
        if _same(before, entries):
            return
        if not before:
            start, stop = self._region(section)
            self.lines[start:stop] = _section_lines(section, entries or [])
        elif not entries:
            start, stop = self._region(section)
            self.lines[start:stop] = [f"{section}: []"]
        else:
            self._change(section, before, entries)

    def _append(self, section: str, entries: list[Json]) -> None:
        """A section that was not there yet, at the end of the text."""
        if not entries:
            return
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()
        self.lines += ["", *_section_lines(section, entries)]

    def _change(self, section: str, before: list[Json], entries: list[Json]) -> None:
        wanted = {key_of(section, entry): entry for entry in entries}
        regions = self._entries(section, len(before))
        indent = len(self.lines[regions[0][0]]) - len(
            self.lines[regions[0][0]].lstrip()
        )
        known = {key_of(section, entry) for entry in before}
        came = [entry for key, entry in wanted.items() if key not in known]
        if came:
            at = regions[-1][1]
            spaced = any(not line.strip() for line in self._between(regions))
            self.lines[at:at] = [
                line
                for entry in came
                for line in ([""] if spaced else []) + entry_lines(entry, " " * indent)
            ]
        for entry, (start, stop) in reversed(list(zip(before, regions, strict=True))):
            new = wanted.get(key_of(section, entry))
            if new is None:
                start = self._with_comment(start)
                del self.lines[start:stop]
            elif not _same(new, entry):
                self.lines[start:stop] = _changed(self.lines[start:stop], entry, new)

    def _between(self, regions: list[tuple[int, int]]) -> list[str]:
        pairs = itertools.pairwise(regions)
        return [line for (_, a), (b, _) in pairs for line in self.lines[a:b]]

    def _with_comment(self, start: int) -> int:
        """Where an entry begins with the comment right above it, and an empty line."""
        while start and self.lines[start - 1].lstrip().startswith("#"):
            start -= 1
        if start and not self.lines[start - 1].strip():
            start -= 1
        return start

    def _entries(self, section: str, count: int) -> list[tuple[int, int]]:
        """The lines of each entry of a block sequence, from its dash on."""
        starts = [self._line(section, at) for at in range(count)]
        columns = {self._dash(start) for start in starts}
        if len(columns) != 1 or len(set(starts)) != count:
            raise _NotPlainError
        stops = [*starts[1:], self._region(section)[1]]
        return [
            (start, self._trimmed(start, stop))
            for start, stop in zip(starts, stops, strict=True)
        ]

    def _dash(self, at: int) -> int:
        match = re.match(r"( *)- ", self.lines[at])
        if match is None:
            raise _NotPlainError
        return len(match[1])

    def _region(self, key: str) -> tuple[int, int]:
        """The lines of a key of the whole, up to the next one."""
        start = self._line(key, key=True)
        if not re.match(rf"[\"']?{key}[\"']?:", self.lines[start]):
            raise _NotPlainError
        others = [self._line(other, key=True) for other in self._data]
        stop = min((at for at in others if at > start), default=self._count)
        return start, self._trimmed(start, stop)

    def _trimmed(self, start: int, stop: int) -> int:
        """The end without the empty lines and comments that belong to what follows."""
        while stop > start + 1 and (
            not self.lines[stop - 1].strip()
            or self.lines[stop - 1].lstrip().startswith(("#", "..."))
        ):
            stop -= 1
        return stop

    def _line(self, *pointer: str | int, key: bool = False) -> int:
        span = self._old.source.span(pointer, key=key)
        if span.line is None:
            raise _NotPlainError
        return span.line - 1


def _section_lines(section: str, entries: list[Json]) -> list[str]:
    lines = [f"{section}:"]
    for at, entry in enumerate(entries):
        lines += [""] if at else []
        lines += entry_lines(entry, _INDENT)
    return lines if entries else [f"{section}: []"]


def _changed(block: list[str], before: Json, after: Json) -> list[str]:
    """The lines of an entry that is to have another value.

    What stands there as mcpgen writes it has nothing of the user's to keep.
    """
    indent = " " * (len(block[0]) - len(block[0].lstrip()))
    if block == entry_lines(before, indent):
        return entry_lines(after, indent)
    return _rewritten(block, [after])


def _rewritten(block: list[str], value: Json) -> list[str]:
    """The lines of a part of a document that is to have another value."""
    depth = len(block[0]) - len(block[0].lstrip())
    plain = [
        line[depth:] if line[:depth].isspace() or not depth else line for line in block
    ]
    if any(line[:depth].strip() for line in block):
        raise _NotPlainError
    text = rewritten("\n".join(plain) + "\n", value)
    if text is None:
        raise _NotPlainError
    # Where sequences inside are indented, ruamel.yaml indents the outermost one, too.
    made = textwrap.dedent(text).splitlines()
    return [f"{' ' * depth}{line}" if line else "" for line in made]


# As a whole.


def _as_a_whole(old: Manifest, wanted: Mapping[str, Json]) -> str | None:
    return rewritten(old.source.text, wanted)
