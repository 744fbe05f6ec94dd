"""Which `$ref`s of a JSON Schema stay inside it, and where those lead.

Helper of the manifest stage. A reference is an address and a fragment; an address that
a part of the same document has given itself (`$id`) is no way out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin

from .declarations import Json, Pointer
from .reading import is_list, is_mapping
from .subschemas import walk

_KEYWORDS: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_OLD_DRAFTS: Final = ("draft-04", "draft-06", "draft-07")
_META_SCHEMAS: Final = ("http://json-schema.org/draft", "https://json-schema.org/draft")


@dataclass(frozen=True, slots=True)
class Reference:
    """One `$ref` or `$dynamicRef`.

    Attributes:
        pointer: The path of the keyword.
        text: What it says.
        leaves: Whether it names neither a part of its document nor a meta-schema.
        is_lost: Whether it is a JSON Pointer into its document, to nothing.
    """

    pointer: Pointer
    text: str
    leaves: bool
    is_lost: bool


def references(schema: Json, root: Pointer) -> Iterator[Reference]:
    """Every reference of a JSON Schema whose own path is `root`."""
    bases = _bases(schema, root)
    resources = {"": schema}
    for at, (part, base) in bases.items():
        if at == root or base != bases[_around(bases, at)][1]:
            resources.setdefault(base, part)
    for at, (part, base) in bases.items():
        for keyword in _KEYWORDS:
            text = part.get(keyword)
            if not isinstance(text, str):
                continue
            address, fragment = _joined(base, text)
            known = address in resources
            yield Reference(
                (*at, keyword),
                text,
                leaves=not known and not address.startswith(_META_SCHEMAS),
                is_lost=known and _leads_nowhere(resources[address], fragment),
            )


def _bases(schema: Json, root: Pointer) -> dict[Pointer, tuple[Json, str]]:
    """Every subschema by its path, with the address that it stands under."""
    dialect = schema.get("$schema")
    is_old = isinstance(dialect, str) and any(d in dialect for d in _OLD_DRAFTS)
    found: dict[Pointer, tuple[Json, str]] = {}
    for at, part in walk(schema, root):
        base = "" if at == root else found[_around(found, at)][1]
        name = part.get("$id", part.get("id") if is_old else None)
        # In older drafts, nothing beside a `$ref` counts.
        if isinstance(name, str) and not (is_old and "$ref" in part):
            base = _joined(base, name)[0]
        found[at] = part, base
    return found


def _around(known: dict[Pointer, tuple[Json, str]], at: Pointer) -> Pointer:
    """The path of the subschema around another one."""
    inner = at[:-1]
    while inner not in known:
        inner = inner[:-1]
    return inner


def _joined(base: str, reference: str) -> tuple[str, str]:
    """Address and fragment of a reference that stands under an address."""
    if reference.startswith("#"):
        return base, reference[1:]
    try:
        address, fragment = urldefrag(urljoin(base, reference))
    except ValueError:
        return reference, ""
    return address, fragment


def _leads_nowhere(resource: Json, fragment: str) -> bool:
    if not fragment.startswith("/"):
        return False
    for step in unquote(fragment[1:]).split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if is_list(resource) and key.isdigit() and int(key) < len(resource):
            resource = resource[int(key)]
        elif is_mapping(resource) and key in resource:
            resource = resource[key]
        else:
            return True
    return False
