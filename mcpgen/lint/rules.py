"""The rules of lint: each is a function from the manifest to findings with one code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from mcpgen.diagnostics import Diagnostic
from mcpgen.manifest import (
    Declaration,
    Json,
    Manifest,
    Pointer,
    Prompt,
    Tool,
    words,
)
from mcpgen.manifest.reading import is_list, is_mapping, quoted
from mcpgen.manifest.schemas import dialect
from mcpgen.manifest.subschemas import walk
from mcpgen.runtime.core.schema.document import encoded

from . import schemas
from .schemas import Finding

SHORT: Final = 10
"""Characters below which a description can hardly say anything."""

MAX_NAMES: Final = 5
"""Tools that one note names."""

NAME_LENGTH: Final = 128
"""https://modelcontextprotocol.io/specification/2026-07-28/server/tools#tool-names"""

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]*")
_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_BORROWED: Final = frozenset(
    {"$dynamicRef", "$recursiveRef", "$ref", "allOf", "patternProperties"}
)
"""Keywords by which a schema may get properties that do not stand in `properties`."""

_OLD: Final = ("draft-04", "draft-06", "draft-07")
"""Dialects in which nothing counts beside a `$ref`."""
_IN_PLACE: Final = frozenset(
    {"allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"}
)
"""Keywords whose schemas are about the same value as the schema around them."""


def lint(manifest: Manifest) -> list[Diagnostic]:
    """All warnings on a manifest, in order of position."""
    source = manifest.source
    found = [
        Diagnostic(code, words.about(source.data, at) + message, source.span(at), hint)
        for code, message, at, hint in _findings(manifest)
    ]
    return sorted((*manifest.notes, *found), key=_position)


def limits(manifest: Manifest) -> list[Diagnostic]:
    """What callers of a valid manifest run into: worth a note when generating."""
    source = manifest.source
    found = [
        Diagnostic(code, words.about(source.data, at) + message, source.span(at), hint)
        for tool in manifest.tools
        for code, message, at, hint in _tasks(tool)
    ]
    bare = [tool for tool in manifest.tools if _is_bare(tool.input_schema)]
    if bare:
        names = [quoted(tool.name) for tool in bare[:MAX_NAMES]]
        more = f" and {len(bare) - MAX_NAMES} more" if len(bare) > MAX_NAMES else ""
        message = f"`inputSchema` has no `properties`: {', '.join(names)}{more}"
        span = source.span((*bare[0].pointer, "inputSchema"))
        hint = "some frameworks reject the whole server; write `properties: {}`"
        found.append(Diagnostic("MG430", message, span, hint))
    return found


def _is_bare(schema: dict[str, Json]) -> bool:
    return "properties" not in schema and not _BORROWED & schema.keys()


def _tasks(tool: Tool) -> Iterator[Finding]:
    execution = tool.definition.get("execution")
    if is_mapping(execution) and execution.get("taskSupport") == "required":
        message = "calls must be tasks, which generated code does not support"
        at = (*tool.pointer, "execution", "taskSupport")
        yield "MG914", message, at, "a server that requires tasks rejects every call"


def _position(finding: Diagnostic) -> tuple[int, int, str]:
    span = finding.span
    return (span and span.line) or 0, (span and span.column) or 0, finding.code


def _findings(manifest: Manifest) -> Iterator[Finding]:
    yield from _further_pages(manifest)
    yield from _same_descriptions(manifest.tools)
    yield from _unguarded(manifest)
    for declaration in manifest.declarations():
        yield from _descriptions(declaration)
        if isinstance(declaration, Tool | Prompt):
            yield from _names(declaration)
    for tool in manifest.tools:
        yield from _tasks(tool)
        yield from _hints(tool)
        yield from _undescribed(tool)
        for key in ("inputSchema", "outputSchema"):
            schema = tool.definition.get(key)
            if is_mapping(schema):
                yield from _schema(schema, (*tool.pointer, key))


def _further_pages(manifest: Manifest) -> Iterator[Finding]:
    if manifest.native:
        return
    for root in ((), ("result",)):
        at = (*root, "nextCursor")
        if words.value_at(manifest.source.data, at):
            message = "this result is one page of several; what follows is missing"
            yield "MG911", message, at, "ask for all pages, or use `mcpgen pull`"


def _unguarded(manifest: Manifest) -> Iterator[Finding]:
    if (manifest.auth or {}).get("kind", "none") != "none":
        return
    for declaration in manifest.declarations():
        if declaration.scopes:
            message = "the scopes guard nothing: the manifest chooses no `auth`"
            hint = "add `auth: {kind: jwt, issuer: ...}`, or set MCP_AUTH where it runs"
            yield "MG913", message, (*declaration.pointer, "scopes"), hint
            return


def _same_descriptions(tools: tuple[Tool, ...]) -> Iterator[Finding]:
    first: dict[str, Tool] = {}
    for tool in tools:
        text = (tool.description or "").strip()
        if not text:
            continue
        known = first.setdefault(text, tool)
        if known is not tool:
            message = f"the description is that of tool {quoted(known.name)}"
            hint = "say how they differ, else a model can't choose"
            yield "MG910", message, (*tool.pointer, "description"), hint


def _descriptions(declaration: Declaration) -> Iterator[Finding]:
    text = (declaration.description or "").strip()
    if not text:
        who = "models choose" if isinstance(declaration, Tool) else "people choose"
        yield "MG901", "no description", declaration.pointer, f"{who} by it"
        return
    at = (*declaration.pointer, "description")
    if len(text) < SHORT:
        hint = f"say in a sentence what it is for ({SHORT} characters or more)"
        yield "MG902", f"the description {quoted(text)} says hardly anything", at, hint
    elif _letters(text) == _letters(declaration.name):
        yield "MG902", "the description only repeats the name", at, None


def _letters(text: str) -> str:
    return _LETTERS.sub("", text.lower())


def _names(declaration: Tool | Prompt) -> Iterator[Finding]:
    name, at = declaration.name, (*declaration.pointer, "name")
    if not _NAME.fullmatch(name):
        hint = "use only letters A to Z, digits, `_`, `-` and `.`"
        yield "MG903", "the name has characters that clients may refuse", at, hint
    if len(name) > NAME_LENGTH:
        message = f"the name has {len(name)} characters"
        yield "MG904", message, at, f"clients may refuse more than {NAME_LENGTH}"


def _hints(tool: Tool) -> Iterator[Finding]:
    hints = tool.definition.get("annotations")
    if not is_mapping(hints):
        return
    if hints.get("readOnlyHint") is True and hints.get("destructiveHint") is True:
        message = "`readOnlyHint` and `destructiveHint` contradict each other"
        yield "MG909", message, (*tool.pointer, "annotations", "destructiveHint"), None


def _undescribed(tool: Tool) -> Iterator[Finding]:
    properties = tool.input_schema.get("properties", {})
    names = [
        f"`{name}`"
        for name, schema in properties.items()
        if isinstance(schema, dict) and not {"description", "$ref"} & schema.keys()
    ]
    if names:
        shown = names if len(names) <= 5 else [*names[:4], f"{len(names) - 4} more"]
        what = "arguments" if len(names) > 1 else "argument"
        message = f"no description of the {what} {words.these(shown)}"
        yield "MG912", message, (*tool.pointer, "inputSchema", "properties"), None


def _schema(root: dict[str, Json], pointer: Pointer) -> Iterator[Finding]:
    yield from _imprecise(root, pointer)
    is_old = any(name in (dialect(root) or "") for name in _OLD)
    for at, schema in walk(root, pointer):
        yield from schemas.findings(schema, at, old=is_old)
        if "default" in schema and not _accepts(root, schema):
            shown = words.kind(schema["default"])
            message = (
                f"`{_last(at)}`: its default, {shown}, is refused by its own schema"
            )
            hint = "clients that fill in defaults would be refused"
            yield "MG905", message, (*at, "default"), hint
        yield from _required(schema, at)
        yield from _patterns(schema, at)


def _last(at: Pointer) -> str:
    inner = words.split(at)[1]
    return words.path(inner)


def _accepts(root: dict[str, Json], schema: dict[str, Json]) -> bool:
    """Whether a schema takes its own default; yes where that is unknown."""
    import jsonschema_rs

    alone: dict[str, Json] = {
        "$schema": dialect(root),
        **{key: root[key] for key in ("$defs", "definitions") if key in root},
        "allOf": [schema],
    }
    try:
        return jsonschema_rs.is_valid(encoded(alone), schema["default"], offline=True)
    except (ValueError, jsonschema_rs.ReferencingError):
        return True


def _imprecise(root: dict[str, Json], pointer: Pointer) -> Iterator[Finding]:
    """Where the models have `Any`, and why."""
    from mcpgen.models import imprecise_places

    for place in imprecise_places(root):
        at = (*pointer, *place.pointer)
        name = f"`{_last(at)}`"
        if place.reason is None:
            message = f"{name} has no type, so it is `Any` in Python"
            yield "MG906", message, at, None
        else:
            message = f"{name} is `Any` in Python, or holds it: {place.reason}"
            yield "MG313", message, at, "values are checked by the schema all the same"


def _required(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    properties, required = schema.get("properties"), schema.get("required")
    if not is_mapping(properties) or not is_list(required):
        return
    if schema.keys() & _BORROWED or {*at[-2:]} & _IN_PLACE:
        return
    for index, name in enumerate(required):
        if name not in properties:
            message = f"{quoted(name)} is required but is no property"
            yield "MG907", message, (*at, "required", index), None


def _patterns(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _compiles(pattern):
        message = f"the pattern {quoted(pattern)} can't be used"
        yield "MG908", message, (*at, "pattern"), "patterns are ECMA-262"


@lru_cache(maxsize=4096)
def _compiles(pattern: str) -> bool:
    import jsonschema_rs

    try:
        jsonschema_rs.validator_for({"pattern": pattern}, offline=True)
    except ValueError:
        return False
    return True
