"""Corrections of a schema document: visible patches that assert the old value.

Part of the protocol stage; `schema/README.md` says what a correction looks like. Knows
JSON and no MCP.
"""

from __future__ import annotations

from collections.abc import Mapping

from .walking import Json, as_list


class StaleCorrection(Exception):
    """What a correction is about no longer stands; the text says where."""


def correct(document: Json, correction: Mapping[str, Json]) -> None:
    """Make one correction in the document, or leave the document as it is.

    Raises:
        StaleCorrection: The asserted old value differs, or the place is taken or gone.
    """
    path = correction["path"]
    holder, key = _place(document, path)
    if "moves_to" in correction:
        new_holder, new_key = _place(document, correction["moves_to"])
        _assert_absent(new_holder, new_key, correction["moves_to"])
        _assert_present(holder, key, path)
        new_holder[new_key] = holder.pop(key)
        return
    if "was" in correction:
        _assert_present(holder, key, path)
        if holder[key] != correction["was"]:
            raise StaleCorrection(f"{path} is {holder[key]!r}")
    else:
        _assert_absent(holder, key, path)
    if "becomes" in correction:
        holder[key] = correction["becomes"]
    else:
        del holder[key]


def _place(document: Json, path: str) -> tuple[Json, str | int]:
    """The object or array that holds the place, and its key there."""
    *parents, last = (_key(part) for part in path.split("/")[1:])
    holder = document
    for part in parents:
        holder = _step(holder, part, path)
    return holder, int(last) if isinstance(holder, list) else last


def _key(part: str) -> str:
    """A part of a JSON Pointer (RFC 6901), its escapes undone."""
    return part.replace("~1", "/").replace("~0", "~")


def _step(holder: Json, part: str, path: str) -> Json:
    try:
        items = as_list(holder)
        return holder[part] if items is None else items[int(part)]
    except (KeyError, IndexError, ValueError, TypeError):
        raise StaleCorrection(f"{path} does not exist") from None


def _assert_present(holder: Json, key: str | int, path: str) -> None:
    if not _has(holder, key):
        raise StaleCorrection(f"{path} does not exist")


def _assert_absent(holder: Json, key: str | int, path: str) -> None:
    if _has(holder, key):
        raise StaleCorrection(f"{path} exists already")


def _has(holder: Json, key: str | int) -> bool:
    if isinstance(key, int):
        return key < len(holder)
    return isinstance(holder, dict) and key in holder
