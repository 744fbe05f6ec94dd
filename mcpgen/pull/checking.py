"""From what a server told to a checked manifest.

Middle of the pull stage. One entry that can't be used does not spoil the others: it is
left out, and said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mcpgen.diagnostics import Diagnostic, MCPGenError
from mcpgen.manifest import loads

if TYPE_CHECKING:
    from mcpgen.manifest import Eras, Manifest

    from .live import Told

_KEYS: Final = {"resources": "uri", "resourceTemplates": "uriTemplate"}
_NOUNS: Final = {
    "tools": "tool",
    "prompts": "prompt",
    "resources": "resource",
    "resourceTemplates": "resource template",
}
_NOT_IN_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_INFO: Final = frozenset(
    {"name", "version", "title", "description", "websiteUrl", "icons"}
)
_FIRST: Final = ("uri", "uriTemplate", "name", "title", "description")
FALLBACK: Final = "server"
SHOWN: Final = "server.json"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was pulled.

    Attributes:
        manifest: The manifest, raw, without a name of its own.
        left_out: What could not be used, each with the reason.
    """

    manifest: Manifest
    left_out: tuple[Diagnostic, ...]


def manifest_of(told: Told, *, eras: Eras | None = None) -> Pulled:
    """The manifest that a server's lists make.

    Raises:
        MCPGenError: Nothing of it can be used.
    """
    whole = _document(told, told.lists)
    try:
        return Pulled(_loaded(whole, eras), ())
    except MCPGenError:
        pass
    left_out: list[Diagnostic] = []
    kept = {
        section: list(_usable(section, entries, eras, left_out))
        for section, entries in told.lists.items()
    }
    return Pulled(_loaded(_document(told, kept), eras), tuple(left_out))


def name_for(told: Told) -> str:
    """A project's name after the server's own."""
    name = _NOT_IN_NAME.sub("-", str(told.facts.info.get("name", "")))
    name = re.sub(r"^[^A-Za-z]+", "", name).strip("-._")[:100]
    return name or FALLBACK


def _document(told: Told, lists: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    info = {
        key: value
        for key, value in told.facts.info.items()
        if key in _INFO and value is not None
    }
    document: dict[str, Any] = {"serverInfo": info}
    if told.facts.instructions:
        document["instructions"] = told.facts.instructions
    sections = {
        section: [_in_order(entry) for entry in lists.get(section, [])]
        for section in _NOUNS
    }
    return {**document, **{k: v for k, v in sections.items() if v or k == "tools"}}


def _in_order(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with its well-known keys in the order in which people read them."""
    first: dict[str, Any] = {key: entry[key] for key in _FIRST if key in entry}
    return {**first, **{k: v for k, v in entry.items() if k not in first}}


def _loaded(document: Mapping[str, Any], eras: Eras | None) -> Manifest:
    return loads(json.dumps(document, ensure_ascii=False), SHOWN, eras=eras)


def _usable(
    section: str,
    entries: Iterable[dict[str, Any]],
    eras: Eras | None,
    left_out: list[Diagnostic],
) -> Iterator[dict[str, Any]]:
    key = _KEYS.get(section, "name")
    taken: set[str] = set()
    for entry in entries:
        name = str(entry.get(key))
        problem = "the server lists it twice" if name in taken else None
        problem = problem or _problem(section, entry, eras)
        if problem is None:
            taken.add(name)
            yield entry
        else:
            message = f'{_NOUNS[section]} "{name[:60]}" is left out: {problem}'
            left_out.append(Diagnostic("MG702", message))


def _problem(section: str, entry: dict[str, Any], eras: Eras | None) -> str | None:
    try:
        _loaded({"tools": [], section: [entry]}, eras)
    except MCPGenError as error:
        return error.diagnostics[0].message
    return None
