"""What a manifest has to say after a pull: the server's account, the user's own keys.

Middle of the pull stage; data only. The wire is the server's, key for key. What never
goes on the wire (`timeout`, `scopes`, `complete`), what is for mcpgen (`name`,
`targets`, `protocol`, `auth`), and the user's own keys that begin with `x-` stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from mcpgen.manifest import LeftOut, local_keys

Json: TypeAlias = Any

SECTIONS: Final = ("tools", "prompts", "resources", "resourceTemplates")
_KEYS: Final = {"resources": "uri", "resourceTemplates": "uriTemplate"}


def key_of(section: str, entry: Mapping[str, Json]) -> str:
    """What an entry of a section is found by."""
    return str(entry.get(_KEYS.get(section, "name")))


def merged(
    old: Mapping[str, Json],
    pulled: Mapping[str, Json],
    left_out: LeftOut = MappingProxyType({}),
) -> dict[str, Json]:
    """The data of a native manifest after a pull.

    Args:
        old: The native manifest as it is.
        pulled: A native manifest of what the server listed.
        left_out: What the server lists in a form that cannot be used: the old form
            of that stays.
    """
    made = {key: value for key, value in old.items() if key not in SECTIONS}
    server = _kept(old.get("server", {}), pulled.get("server", {}), "server")
    if server:
        made["server"] = server
    else:
        made.pop("server", None)
    for section in SECTIONS:
        kept = left_out.get(section, {})
        before, now = old.get(section) or (), pulled.get(section) or ()
        entries = _entries(section, before, now, kept)
        if entries or section in old:
            made[section] = entries
    return made


def _entries(
    section: str, old: Json, pulled: Json, left_out: Mapping[str, frozenset[str]]
) -> list[Json]:
    """The pulled entries: known ones in their old order, then those that are new."""
    new = {key_of(section, entry): entry for entry in pulled}
    made: list[Json] = []
    for entry in old:
        key = key_of(section, entry)
        if key in new:
            members = left_out.get(key, frozenset())
            stays = {k: v for k, v in entry.items() if k in members}
            made.append(_kept(entry, {**new.pop(key), **stays}, section))
        elif key in left_out:
            made.append(entry)
    return [*made, *new.values()]


def _kept(old: Mapping[str, Json], new: Mapping[str, Json], section: str) -> Json:
    """A pulled entry with what is the user's own in the old one."""
    local = local_keys(section)
    made: dict[str, Json] = {}
    for key, value in old.items():
        if key in local or (key.startswith("x-") and key not in new):
            made[key] = value
        elif key in new:
            made[key] = new[key]
    for key, value in new.items():
        made.setdefault(key, value)
    if section == "prompts" and "arguments" in made:
        made["arguments"] = _arguments(old.get("arguments"), made["arguments"])
    return made


def _arguments(old: Json, new: Json) -> Json:
    known = {argument["name"]: argument for argument in old or ()}
    return [_kept(known.get(a["name"], {}), a, "arguments") for a in new]
