"""Two contracts side by side: what changed for callers.

Top of the contract stage. Every change that it finds has a rule; a difference that no
rule names is reported all the same, so that silence means equality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from . import access, hints, renames
from .changes import Change, Changes, change, in_order
from .contract import KINDS, Contract, Entry, Json
from .dialects import aligned
from .documents import text_of
from .pairs import Pair, span_of
from .values import ValueChange, argument_changes, result_changes


def compare(old: Contract, new: Contract) -> Changes:
    """What changed from one contract to another, from the callers' point of view."""
    comparison = _Comparison(old, new)
    found = list(comparison.changes())
    return Changes(in_order(found), old.version, new.version)


class _Comparison:
    def __init__(self, old: Contract, new: Contract) -> None:
        self._old = old
        self._new = new

    def changes(self) -> Iterator[Change]:
        yield from self._client()
        yield from access.changes(self._old, self._new)
        for kind in KINDS:
            yield from self._kind(kind)

    def _client(self) -> Iterator[Change]:
        old, new = self._old, self._new
        span = span_of(new, ())
        if old.package and new.package and old.package != new.package:
            message = f'the client is "{new.package}" and was "{old.package}"'
            at = span_of(new, ("name",))
            yield change("PACKAGE_RENAMED", "server", message, span=at)
        for rule, revisions, words in (
            ("REVISION_REMOVED", old.revisions, "is not served any more"),
            ("REVISION_ADDED", new.revisions, "is served as well"),
        ):
            for revision in revisions:
                if revision not in old.revisions or revision not in new.revisions:
                    message = f"the protocol revision {revision} {words}"
                    at = span_of(new, ("protocol",))
                    yield change(rule, "server", message, span=at or span)
        for rule, transports, words in (
            ("TRANSPORT_REMOVED", old.transports, "is not served any more"),
            ("TRANSPORT_ADDED", new.transports, "is served as well"),
        ):
            for transport in transports:
                if transport not in old.transports or transport not in new.transports:
                    message = f"the transport {transport} {words}"
                    at = span_of(new, ("transports",))
                    yield change(rule, "server", message, span=at or span)
        if old.instructions != new.instructions:
            at = span_of(new, ("server", "instructions"))
            message = "the instructions to models changed"
            yield change("INSTRUCTIONS_CHANGED", "server", message, span=at)
        if text_of(dict(old.server_info)) != text_of(dict(new.server_info)):
            at = span_of(new, ("server",))
            message = "the server presents itself differently"
            yield change("SERVER_INFO_CHANGED", "server", message, span=at)

    def _kind(self, kind: str) -> Iterator[Change]:
        before, after = self._old.entries[kind], self._new.entries[kind]
        moved = _moved(before, after) if kind == "template" else {}
        for key, entry in before.items():
            if key in after:
                pair = Pair(entry, after[key], (self._old, self._new))
                yield from self._entry(pair)
            elif key in moved:
                yield self._moved(entry, after[moved[key]])
            else:
                span = span_of(self._old, entry.pointer)
                rule = _RULES[kind][0]
                yield change(rule, entry.title, f"{entry.title} is gone", span=span)
        for key, entry in after.items():
            if key not in before and key not in moved.values():
                span = span_of(self._new, entry.pointer)
                rule = _RULES[kind][1]
                yield change(rule, entry.title, f"{entry.title} is new", span=span)

    def _moved(self, old: Entry, new: Entry) -> Change:
        message = f'{new.title}: the URI template of "{new.definition["name"]}" was "{old.key}"'
        span = span_of(self._new, (*new.pointer, "uriTemplate"))
        return change("RESOURCE_TEMPLATE_CHANGED", new.title, message, span=span)

    def _entry(self, pair: Pair) -> Iterator[Change]:
        old, new = pair.old, pair.new
        yield from renames.changes(pair)
        same = (old.scopes, old.timeout) == (new.scopes, new.timeout) and dict(
            old.completed
        ) == dict(new.completed)
        if same and text_of(old.definition) == text_of(new.definition):
            return
        yield from access.scope_changes(pair)
        yield from _completion(pair)
        yield from _BY_KIND[new.kind](pair)


def _tool(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.definition, pair.new.definition
    yield from _values(pair, "inputSchema", argument_changes)
    yield from _result(pair)
    yield from hints.changes(pair)
    yield from _description(pair, "TOOL_DESCRIPTION_CHANGED")
    named = ("inputSchema", "outputSchema", "annotations", "execution", "description")
    yield from _details(pair, "TOOL_DETAILS_CHANGED", old, new, named)


def _values(
    pair: Pair,
    key: str,
    changes: Callable[[Json, Json], list[ValueChange]],
) -> Iterator[Change]:
    old, new = pair.old.definition.get(key), pair.new.definition.get(key)
    if text_of(old) == text_of(new):
        return
    noun = "argument" if key == "inputSchema" else "result"
    all_found = changes(*aligned(old, new))
    if not all_found:
        message = f"`{key}` is written differently and says the same"
        yield pair.say("TOOL_DETAILS_CHANGED", message, at=(key,))
    for found in all_found:
        gone = found.rule in ("ARGUMENT_REMOVED", "RESULT_FIELD_REMOVED")
        what = f"{noun} `{found.path}`" if found.path else f"`{key}`"
        joint = ": " if found.message.startswith("`") else " "
        yield pair.say(
            found.rule,
            f"{what}{joint}{found.message}",
            path=found.path,
            at=(key, *found.new),
            was=(key, *found.old) if gone else None,
            example=found.example,
        )


def _result(pair: Pair) -> Iterator[Change]:
    key = "outputSchema"
    had, has = key in pair.old.definition, key in pair.new.definition
    if had and has:
        yield from _values(pair, key, result_changes)
    elif had:
        message = "the result has no `outputSchema` any more"
        yield pair.say("RESULT_SCHEMA_REMOVED", message, was=(key,))
    elif has:
        message = "the result has an `outputSchema` now"
        yield pair.say("RESULT_SCHEMA_ADDED", message, at=(key,))


def _prompt(pair: Pair) -> Iterator[Change]:
    old, new = _arguments(pair.old), _arguments(pair.new)
    for name, (at, argument) in old.items():
        if name not in new:
            message = f"argument `{name}` is gone"
            was = ("arguments", at)
            yield pair.say("PROMPT_ARGUMENT_REMOVED", message, path=name, was=was)
            continue
        place, changed = new[name][0], new[name][1]
        where = ("arguments", place)
        if bool(changed.get("required")) and not argument.get("required"):
            message = f"argument `{name}` is required now"
            rule = "PROMPT_ARGUMENT_BECAME_REQUIRED"
            yield pair.say(rule, message, path=name, at=where)
        if bool(argument.get("required")) and not changed.get("required"):
            message = f"argument `{name}` can be left out now"
            rule = "PROMPT_ARGUMENT_BECAME_OPTIONAL"
            yield pair.say(rule, message, path=name, at=where)
        if argument.get("description") != changed.get("description"):
            message = f"argument `{name}` has another description"
            rule = "PROMPT_DESCRIPTION_CHANGED"
            yield pair.say(rule, message, path=name, at=where)
    for name, (at, argument) in new.items():
        if name not in old:
            required = bool(argument.get("required"))
            rule = (
                "PROMPT_ARGUMENT_REQUIRED_ADDED"
                if required
                else "PROMPT_ARGUMENT_ADDED"
            )
            message = f"argument `{name}` is new{' and required' if required else ''}"
            yield pair.say(rule, message, path=name, at=("arguments", at))
    yield from _description(pair, "PROMPT_DESCRIPTION_CHANGED")
    rest = [
        {name: _rest(arguments[name][1]) for name in old.keys() & new.keys()}
        for arguments in (old, new)
    ]
    if text_of(rest[0]) != text_of(rest[1]):
        message = "further details of its arguments changed"
        yield pair.say("PROMPT_DETAILS_CHANGED", message, at=("arguments",))
    named = ("arguments", "description")
    yield from _details(
        pair,
        "PROMPT_DETAILS_CHANGED",
        pair.old.definition,
        pair.new.definition,
        named,
    )


_Argument = tuple[int, Mapping[str, Json]]


def _arguments(entry: Entry) -> dict[str, _Argument]:
    listed = entry.definition.get("arguments") or ()
    return {argument["name"]: (at, argument) for at, argument in enumerate(listed)}


def _rest(argument: Mapping[str, Json]) -> dict[str, Json]:
    named = ("required", "description")
    return {key: value for key, value in argument.items() if key not in named}


def _resource(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.definition, pair.new.definition
    before, after = old.get("mimeType"), new.get("mimeType")
    if before != after:
        if before is None:
            rule, message = (
                "RESOURCE_MIME_TYPE_TOLD",
                f"is {after}, and was not declared",
            )
        elif after is None:
            rule, message = "RESOURCE_MIME_TYPE_DROPPED", f"was {before}"
        else:
            rule = "RESOURCE_MIME_TYPE_CHANGED"
            message = f"is {after} and was {before}"
        yield pair.say(rule, f"its MIME type {message}", at=("mimeType",))
    yield from _details(pair, "RESOURCE_DETAILS_CHANGED", old, new, ("mimeType",))


def _description(pair: Pair, rule: str) -> Iterator[Change]:
    old, new = pair.old.definition, pair.new.definition
    if old.get("description") != new.get("description"):
        yield pair.say(rule, "has another description", at=("description",))


def _details(
    pair: Pair,
    rule: str,
    old: Mapping[str, Json],
    new: Mapping[str, Json],
    named: tuple[str, ...],
) -> Iterator[Change]:
    """What changed besides the keys that other rules look at."""
    changed = [
        key
        for key in dict.fromkeys([*old, *new])
        if key not in named and text_of(old.get(key)) != text_of(new.get(key))
    ]
    if changed:
        keys = ", ".join(f"`{key}`" for key in changed)
        yield pair.say(rule, f"other values of {keys}", at=(changed[0],))


def _completion(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.completed, pair.new.completed
    names: dict[str, Any] = dict.fromkeys([*old, *new])
    for name in names:
        if name not in new:
            rule, message = "COMPLETION_REMOVED", "is not completed any more"
        elif name not in old:
            rule, message = "COMPLETION_ADDED", "is completed now"
        elif old[name] != new[name]:
            rule, message = "COMPLETION_CHANGED", "is completed with other values"
        else:
            continue
        yield pair.say(rule, f"`{name}` {message}", path=name)


def _moved(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> dict[str, str]:
    """Templates whose name stayed while their URI template changed: old key to new."""
    gone = [e for key, e in before.items() if key not in after]
    came = {e.definition["name"]: key for key, e in after.items() if key not in before}
    moved: dict[str, str] = {}
    for entry in gone:
        key = came.pop(entry.definition["name"], None)
        if key is not None:
            moved[entry.key] = key
    return moved


_RULES: Final = {
    "tool": ("TOOL_REMOVED", "TOOL_ADDED"),
    "prompt": ("PROMPT_REMOVED", "PROMPT_ADDED"),
    "resource": ("RESOURCE_REMOVED", "RESOURCE_ADDED"),
    "template": ("RESOURCE_TEMPLATE_REMOVED", "RESOURCE_TEMPLATE_ADDED"),
}
_BY_KIND: Final[dict[str, Callable[[Pair], Iterator[Change]]]] = {
    "tool": _tool,
    "prompt": _prompt,
    "resource": _resource,
    "template": _resource,
}
