"""Names that callers have and that stand for something else now, or for nothing.

Middle of the contract stage. What is gone from the wire has rules of its own: only what
stayed there under another Python name is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpgen import callers
from mcpgen.given import Given

from .changes import Change
from .documents import Pointer
from .pairs import Pair

ARGUMENTS: Final = ("input", "arguments", "variables")
"""Places of classes whose attributes are parameters of the client's method."""
_SCHEMAS: Final = {"input": "inputSchema", "output": "outputSchema"}


def changes(pair: Pair) -> Iterator[Change]:
    """The names of one entry that changed."""
    old, new = pair.old, pair.new
    if old.method != new.method:
        message = f"the client's method is `{new.method}` and was `{old.method}`"
        yield pair.say("METHOD_RENAMED", message)
    before, after = old.names, new.names
    if before is None or after is None or before == after:
        return
    is_other = old.method != new.method and before.class_base != after.class_base
    if before.module != after.module and not is_other and _has_modules(pair):
        message = (
            f"the module of its models is `{after.module}` and was `{before.module}`"
        )
        yield pair.say("MODULE_RENAMED", message)
    yield from _arguments(pair, before, after)
    yield from _attributes(pair, before, after)
    if not is_other:
        # With a method of another name, that of its classes goes without saying.
        yield from _classes(pair, before, after)
    for argument, method in before.completers.items():
        now = after.completers.get(argument, method)
        if now != method:
            message = (
                f"the method that completes `{argument}` is `{now}` and was `{method}`"
            )
            yield pair.say("METHOD_RENAMED", message, path=argument)


def parameters(names: Given) -> dict[str, str]:
    """The parameters of the client's method by wire name."""
    found: dict[str, str] = {}
    for root in ARGUMENTS:
        found |= names.attributes.get(names.classes.get(root, ""), {})
    return found | dict(names.arguments)


def _has_modules(pair: Pair) -> bool:
    """Whether the models of the client are a package with a module for each tool."""
    return all(
        len({name for its in contract.names.values() for name in its.classes.values()})
        > callers.LARGEST_MODULE
        for contract in pair.contracts
    )


def _arguments(pair: Pair, before: Given, after: Given) -> Iterator[Change]:
    now = parameters(after)
    for wire, name in parameters(before).items():
        if now.get(wire, name) != name:
            message = f"argument `{wire}` is `{now[wire]}` in Python and was `{name}`"
            at = _place("input", wire) if pair.new.kind == "tool" else ()
            yield pair.say("ARGUMENT_RENAMED", message, path=wire, at=at)


def _attributes(pair: Pair, before: Given, after: Given) -> Iterator[Change]:
    """Attributes of classes, wherever a class is that stands at the same place."""
    said: set[tuple[str, str]] = set()
    for place, owner, other in _pairs(before, after):
        if place in ARGUMENTS:
            continue
        now = after.attributes.get(other, {})
        for wire, name in before.attributes.get(owner, {}).items():
            if now.get(wire, name) != name and (owner, wire) not in said:
                said.add((owner, wire))
                message = (
                    f"`{wire}` is the attribute `{now[wire]}` of `{other}` "
                    f"and was `{name}`"
                )
                path = f"{place}/{wire}"
                yield pair.say("FIELD_RENAMED", message, path=path)


def _classes(pair: Pair, before: Given, after: Given) -> Iterator[Change]:
    said: set[str] = set()
    for place, name, now in _pairs(before, after):
        if name != now and name not in said and not _has_moved(name, before, after):
            said.add(name)
            message = f"the class at `{place}` is `{now}` and was `{name}`"
            yield pair.say("CLASS_RENAMED", message, path=place)


def _has_moved(name: str, before: Given, after: Given) -> bool:
    """Whether a class only stands elsewhere, and holds what it held."""
    held = before.attributes.get(name, {})
    holds = after.attributes.get(name)
    return bool(held) and holds is not None and held.keys() <= holds.keys()


def _pairs(before: Given, after: Given) -> Iterator[tuple[str, str, str]]:
    for place, name in before.classes.items():
        now = after.classes.get(place)
        if now is not None:
            yield place, name, now


def _place(root: str, wire: str) -> Pointer:
    return (_SCHEMAS[root], "properties", wire)
