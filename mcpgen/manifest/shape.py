"""Whether a document has a manifest's shape: keys, types, single values.

First check of the manifest stage; drives the types of `model` and says in plain words
what they find. Strict with native manifests (a person can mistype); lax with raw JSON
(unknown keys and nulls go on the wire as they are).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from mcpgen.diagnostics import Diagnostic

from . import constraints, model, words
from .declarations import Json, Pointer
from .reading import is_list, is_mapping, quoted
from .source import Source

_WANTED: Final = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "string_type": "text",
}


def findings(source: Source, pointer: Pointer, native: bool) -> list[Diagnostic]:
    """Everything that is wrong with the shape of the document at `pointer`."""
    shape = model.NativeManifest if native else model.RawLists
    known = _Known(source, native)
    part = known.part(shape, words.value_at(source.data, pointer), pointer)
    try:
        _adapter(shape).validate_python(part)
    except ValidationError as error:
        known.found.extend(
            _finding(source, pointer, detail)
            for detail in error.errors(include_url=False)
            if not _is_empty_name((*pointer, *detail["loc"]), detail["type"])
        )
    return known.found


def _is_empty_name(pointer: Pointer, kind: str) -> bool:
    """What `checks` says in better words."""
    around, inner = words.split(pointer)
    return bool(around) and inner[-1:] == ("name",) and kind == "string_too_short"


@cache
def _adapter(shape: model.Shape) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


@dataclass(slots=True)
class _Known:
    """Leaves out of a document what the model does not know, and notes mistakes."""

    source: Source
    native: bool
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def part(self, shape: model.Shape, value: Json, pointer: Pointer) -> Json:
        """The part of a value that the model has to check."""
        if is_list(value):
            return [
                self.part(shape, item, (*pointer, at)) for at, item in enumerate(value)
            ]
        if not is_mapping(value):
            return value
        kept: dict[str, Json] = {}
        inner = model.PARTS.get(shape, {})
        for key in self._keys(shape, value, pointer):
            item = value[key]
            kept[key] = (
                self.part(inner[key], item, (*pointer, key)) if key in inner else item
            )
        return kept

    def _keys(
        self, shape: model.Shape, value: dict[str, Json], pointer: Pointer
    ) -> Iterator[str]:
        known = model.keys(shape)
        own = model.OWN.get(shape, frozenset())
        for key, item in value.items():
            if self.native and key in known:
                if key == "extra":
                    self._extra(shape, value, pointer)
                yield key
            elif self.native and not model.is_free(key):
                self._unknown(known, key, pointer)
            elif key in known - own and (item is not None or key in model.NEVER_NULL):
                yield key

    def _extra(
        self, shape: model.Shape, value: dict[str, Json], pointer: Pointer
    ) -> None:
        extra = value["extra"]
        own = model.OWN[shape]
        known = model.keys(shape) - own
        for key, item in extra.items() if is_mapping(extra) else ():
            if key in value and key not in own:
                message = f"`extra` has the key {quoted(key)}, which is there already"
            elif key in known and item is not None:
                message = f"`extra` has the key {quoted(key)}, which mcpgen knows"
            else:
                continue
            self._note(
                "MG109", message, (*pointer, "extra", key), "write it beside `extra`"
            )

    def _unknown(self, known: frozenset[str], key: str, pointer: Pointer) -> None:
        close = difflib.get_close_matches(key, sorted(known), n=1, cutoff=0.6)
        lower = {name.lower(): name for name in known}
        guess = lower.get(key.lower().replace("_", "")) or (close[0] if close else None)
        hint = f"did you mean `{guess}`?" if guess else None
        if hint is None and "extra" in known:
            hint = (
                f"allowed are {words.these([f'`{k}`' for k in sorted(known)])}; a key "
                "that mcpgen does not know goes below `extra`"
            )
        elif hint is None:
            hint = f"allowed are {words.these([f'`{k}`' for k in sorted(known)])}"
        self._note("MG104", f"unknown key {quoted(key)}", (*pointer, key), hint)

    def _note(self, code: str, message: str, pointer: Pointer, hint: str) -> None:
        message = words.about(self.source.data, pointer[:-1]) + message
        span = self.source.span(pointer, key=True)
        self.found.append(Diagnostic(code, message, span, hint))


def _finding(source: Source, root: Pointer, detail: ErrorDetails) -> Diagnostic:
    pointer = (*root, *_existing(source, root, detail))
    code, text, hint = _text(detail)
    if detail["type"] == "missing":
        hint = _meant(str(detail["loc"][-1]), words.value_at(source.data, pointer))
    around, inner = words.split(pointer)
    message = text
    if detail["type"] != "missing":
        message = f"`{words.path(inner)}` {text}" if inner else f"this {text}"
    elif inner:
        message = f"`{words.path(inner)}`: {text}"
    if around:
        message = f"{words.entry(source.data, around)}: {message}"
    return Diagnostic(code, message, source.span(pointer), hint)


def _meant(missing: str, there: Json) -> str | None:
    """A hint where a missing key is there in another spelling, such as `input_schema`."""
    for key in there if is_mapping(there) else ():
        if key.replace("_", "").replace("-", "").lower() == missing.lower():
            return f"did you mean {quoted(missing)} by {quoted(key)}?"
    return None


def _existing(source: Source, root: Pointer, detail: ErrorDetails) -> Pointer:
    """The path that pydantic names, without steps that only pydantic knows."""
    pointer: Pointer = detail["loc"]
    if detail["type"] == "missing":
        return pointer[:-1]
    while pointer and words.value_at(source.data, (*root, *pointer[:-1])) is None:
        pointer = pointer[:-1]
    return pointer


def _text(detail: ErrorDetails) -> tuple[str, str, str | None]:
    """Code, message and hint for an error of pydantic's."""
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "missing":
        return "MG105", f"the key `{detail['loc'][-1]}` is missing", None
    if kind in _WANTED:
        wanted, found = _WANTED[kind], words.kind(detail["input"])
        if kind == "int_type" and found == "a number":
            found = "a fraction"
        hint = None
        if kind == "string_type" and found != "null":
            hint = (
                "write it in quotes" if not isinstance(detail["input"], list) else None
            )
        return "MG106", f"must be {wanted}, not {found}", hint
    known = _VALUES.get(kind)
    return "MG107", known(context) if known else detail["msg"], None


_VALUES: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    constraints.PLAIN: lambda context: str(context["text"]),
    "literal_error": lambda context: f"must be {context['expected']}",
    "greater_than": lambda context: f"must be more than {context['gt']:g}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:g}",
    "too_short": lambda _: "must not be empty",
    "string_too_short": lambda _: "must not be empty",
    "finite_number": lambda _: "must be a finite number",
}
