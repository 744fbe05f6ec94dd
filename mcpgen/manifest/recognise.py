"""Which of the known forms a document has: native, or raw JSON of list results.

Middle of the manifest stage, before `shape`; looks at the outermost keys only.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final

from mcpgen.diagnostics import Diagnostic, MCPGenError

from . import words
from .declarations import Json, Pointer
from .reading import is_list, is_mapping, quoted
from .source import Source

VERSION: Final = 1
"""The version of the native format."""

_FIRST_LINE: Final = "a manifest starts with `mcpgen: 1` and `name: …`"


@dataclass(frozen=True, slots=True)
class Form:
    """A document's form, and where in it the lists lie."""

    native: bool
    root: Pointer


def recognise(source: Source) -> Form:
    """The form of a document.

    Raises:
        MCPGenError: MG101, MG102, MG103, MG105 or MG108.
    """
    data = source.data
    if not is_mapping(data):
        message = f"a manifest is a mapping of keys, not {words.kind(data)}"
        hint = None
        if is_list(data):
            hint = 'a list of tools has objects with a `name`: [{"name": ...}, ...]'
        raise _error(source, "MG101", message, (), hint)
    if "mcpgen" in data:
        _check_version(source, data["mcpgen"])
        return Form(native=True, root=())
    if _is_native_without_version(source):
        raise _without_version(source)
    root: Pointer = ()
    if "jsonrpc" in data or is_mapping(data.get("result")):
        root = _result(source)
    lists = words.value_at(data, root)
    if not any(section in lists for section in words.SECTIONS):
        message = "this is neither a manifest nor the result of a list request"
        hint = f"{_FIRST_LINE}; a list result has `tools`, `prompts` or `resources`"
        raise _error(source, "MG102", message, root, hint)
    return Form(native=False, root=root)


def _check_version(source: Source, version: Json) -> None:
    if version == VERSION and type(version) is int:
        return
    shown = quoted(version) if isinstance(version, str) else str(version)[:60]
    message = f"this mcpgen reads format version {VERSION}, not {shown}"
    newer = type(version) is int and version > VERSION
    hint = "a newer mcpgen may read it" if newer else f"write `mcpgen: {VERSION}`"
    raise _error(source, "MG103", message, ("mcpgen",), hint)


def _is_native_without_version(source: Source) -> bool:
    """Raw results are JSON from a server; what a person wrote looks different."""
    data = source.data
    if is_mapping(data.get("server")) and "name" in data and "serverInfo" not in data:
        return True
    if is_mapping(data.get("auth")):
        # Read as a list result, it would make a server without authentication.
        return True
    return not source.text.lstrip().startswith(("{", "["))


def _without_version(source: Source) -> MCPGenError:
    close = difflib.get_close_matches("mcpgen", list[str](source.data), n=1)
    hint = f"{_FIRST_LINE}; did you mean that by {quoted(close[0])}?" if close else None
    message = "the key `mcpgen` is missing"
    return _error(source, "MG105", message, (), hint or _FIRST_LINE)


def _result(source: Source) -> Pointer:
    data = source.data
    if is_mapping(data.get("result")):
        return ("result",)
    if "error" in data:
        reason = words.value_at(data, ("error", "message"))
        said = f": {quoted(reason)}" if isinstance(reason, str) else ""
        message = f"this response is an error, it has no result{said}"
        raise _error(source, "MG108", message, ("error",), None)
    message = "this JSON-RPC message has no `result`"
    raise _error(source, "MG108", message, (), "give the response to tools/list")


def _error(
    source: Source, code: str, message: str, pointer: Pointer, hint: str | None
) -> MCPGenError:
    return MCPGenError([Diagnostic(code, message, source.span(pointer), hint)])
