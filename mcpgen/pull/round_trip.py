"""YAML with another value and the same comments, by ruamel.yaml.

Helper of the pull stage; knows YAML, no manifest. Reads what a user wrote, in the
library's safe mode; callers have to read the result again, and to compare.
"""

from __future__ import annotations

import io
import json
import re
from typing import Any, Final, TypeAlias

from mcpgen.manifest.reading import is_list, is_mapping

Json: TypeAlias = Any

_ENDLESS: Final = 1_000_000
_INDENTED: Final = re.compile(
    r"^( *)[^\s#-][^\n]*:\s*\n(?:\s*(?:#[^\n]*)?\n)*\1 +- ", re.MULTILINE
)
"""A sequence whose dashes stand further in than the key that holds it."""


def rewritten(text: str, wanted: Json) -> str | None:
    """YAML that has another value and keeps what it can of its comments and its style."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml: Any = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _ENDLESS
    yaml.allow_unicode = True
    if _INDENTED.search(text):
        yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        node: Any = yaml.load(text)
        conformed = _conform(node, wanted)
        out = io.StringIO()
        yaml.dump(conformed, out)
    except (YAMLError, ValueError, TypeError, AttributeError, KeyError):
        return None
    return out.getvalue()


def _conform(node: Any, wanted: Json) -> Any:
    """A node of ruamel's with a value; what is right already is left alone."""
    if is_mapping(node) and is_mapping(wanted):
        for key in [key for key in node if key not in wanted]:
            del node[key]
        for key, value in wanted.items():
            if key not in node:
                node[key] = value
            elif not _is(node[key], value):
                node[key] = _conform(node[key], value)
        return node
    if is_list(node) and is_list(wanted):
        return _conform_list(node, wanted)
    return node if _is(node, wanted) else wanted


def _conform_list(node: Any, wanted: list[Json]) -> Any:
    named = [_name(item) for item in wanted]
    if None not in named and len(set(named)) == len(named):
        for at in reversed(range(len(node))):
            if _name(node[at]) not in named:
                del node[at]
        order = [_name(item) for item in node]
        if order != [name for name in named if name in order]:
            return wanted
    while len(node) > len(wanted):
        del node[-1]
    for at, value in enumerate(wanted):
        if at >= len(node):
            node.append(value)
        elif _name(node[at]) != _name(value):
            node.insert(at, value)
        elif not _is(node[at], value):
            node[at] = _conform(node[at], value)
    return node if len(node) == len(wanted) else wanted


def _name(item: Any) -> Any:
    """What an element of a list is found by; None for what has no name."""
    if not is_mapping(item):
        return None
    return item.get("uri") or item.get("uriTemplate") or item.get("name")


def _is(node: Any, value: Json) -> bool:
    """Whether a node has a value already; `true` is not 1."""
    try:
        return json.dumps(node, sort_keys=True) == json.dumps(value, sort_keys=True)
    except TypeError:
        return False
