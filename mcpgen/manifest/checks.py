"""What a manifest's entries must mean together: names, URIs, templates, headers.

Second check of the manifest stage, after `shape`. Careful with what `shape` has
refused: it looks only at values of the right type, so that both can report at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mcpgen.diagnostics import Diagnostic
from mcpgen.runtime.core.headers import ANNOTATION, header_problems
from mcpgen.runtime.core.uri.expand import variables
from mcpgen.runtime.core.uri.template import Part, parse

from . import limits, schemas, words
from .declarations import Json, Pointer
from .reading import containers, is_mapping, levels, parts, quoted, shown
from .source import Source

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_URI: Final = re.compile('[\x00-\x20\x7f-\x9f<>"\u2028\u2029]')
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)

_TAKEN: Final = {
    "tools": "the tool name",
    "prompts": "the prompt name",
    "arguments": "the argument name",
    "resources": "the URI",
    "resourceTemplates": "the URI template",
}


def findings(source: Source, root: Pointer, native: bool) -> list[Diagnostic]:
    """Everything that is wrong with the entries of the document at `root`."""
    check = _Check(source, native)
    check.texts()
    data = words.value_at(source.data, root)
    if native and is_mapping(data.get("server")):
        check.name(("server",), data["server"])
    for pointer, tool in _entries(data, root, "tools"):
        check.name(pointer, tool)
        check.tool(pointer, tool)
    for pointer, prompt in _entries(data, root, "prompts"):
        check.name(pointer, prompt)
        check.prompt(pointer, prompt)
    for pointer, resource in _entries(data, root, "resources"):
        check.name(pointer, resource)
        check.uri(pointer, resource)
    for pointer, template in _entries(data, root, "resourceTemplates"):
        check.name(pointer, template)
        check.template(pointer, template)
    check.unique(data, root, "tools", "name")
    check.unique(data, root, "prompts", "name")
    check.unique(data, root, "resources", "uri")
    check.unique(data, root, "resourceTemplates", "uriTemplate")
    return check.found


def _longest(level: list[Json]) -> int:
    return max((len(text) for text in level if type(text) is str), default=0)


def _mappings(data: Json) -> Iterator[dict[str, Json]]:
    return (part for level in levels(data) for part in level if is_mapping(part))


def _entries(
    data: Json, root: Pointer, key: str
) -> Iterator[tuple[Pointer, dict[str, Json]]]:
    """The mappings in the list below a key, each with its path."""
    for at, entry in parts(data.get(key)):
        if is_mapping(entry):
            yield (*root, key, at), entry


def _mixes_lengths(part: Part) -> bool:
    """Whether braces have a variable with a length beside others, all without names."""
    return (
        not isinstance(part, str)
        and not part.operator.named
        and len(part.variables) > 1
        and any(variable.prefix for variable in part.variables)
    )


@dataclass(slots=True)
class _Check:
    source: Source
    native: bool
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def note(
        self, code: str, message: str, pointer: Pointer, hint: str | None = None
    ) -> None:
        """Note a finding on the entry around a path."""
        text = words.about(self.source.data, pointer) + message
        self.found.append(Diagnostic(code, text, self.source.span(pointer), hint))

    def texts(self) -> None:
        """No text is longer than anyone can mean."""
        longest = (_longest(level) for level in levels(self.source.data))
        if len(self.source.text) <= limits.TEXT or max(longest) <= limits.TEXT:
            return
        for pointer, value in containers(self.source.data):
            for step, part in parts(value):
                cap = limits.ICON if step == "src" else limits.TEXT
                if isinstance(part, str) and len(part) > cap:
                    message = (
                        f"{quoted(step)} has {len(part):,} characters; at most {cap:,} "
                        "are allowed"
                    )
                    self.note("MG211", message, (*pointer, step))

    def name(self, pointer: Pointer, entry: dict[str, Json]) -> None:
        """A name can be shown, logged and sent."""
        name = entry.get("name")
        if not isinstance(name, str):
            return
        at = (*pointer, "name")
        if not name.strip():
            self.note("MG202", "the name is empty", at)
        elif len(name) > limits.NAME:
            message = f"the name has {len(name):,} characters"
            self.note("MG203", message, at, f"at most {limits.NAME:,} are allowed")
        elif control := _CONTROL.search(name):
            code = f"U+{ord(control[0]):04X}"
            self.note("MG206", f"the name has the control character {code}", at)

    def unique(self, data: Json, root: Pointer, section: str, key: str) -> None:
        """No two entries of a list have the same key."""
        first: dict[str, Pointer] = {}
        for pointer, entry in _entries(data, root, section):
            value = entry.get(key)
            at = (*pointer, key)
            if not isinstance(value, str) or not value:
                continue
            known = first.setdefault(value, at)
            if known != at:
                message = f"{_TAKEN[section]} {quoted(value)} is taken already"
                place = self.source.span(known)
                self.note("MG201", message, at, f"the first one is at {place}")

    def tool(self, pointer: Pointer, tool: dict[str, Json]) -> None:
        """A tool's schemas can be used, its headers follow the specification."""
        arguments = tool.get("inputSchema")
        at = (*pointer, "inputSchema")
        if is_mapping(arguments):
            if arguments.get("type") != "object":
                self._not_object(at, arguments)
            self.found.extend(schemas.findings(self.source, at))
            if any(ANNOTATION in part for part in _mappings(arguments)):
                self._headers(at, arguments)
        if is_mapping(tool.get("outputSchema")):
            at = (*pointer, "outputSchema")
            self.found.extend(schemas.findings(self.source, at))

    def _not_object(self, at: Pointer, schema: dict[str, Json]) -> None:
        message = "`inputSchema` must have `type: object` at its root"
        place = (*at, "type") if "type" in schema else at
        self.note("MG301", message, place, "arguments are always a JSON object")

    def _headers(self, at: Pointer, schema: dict[str, Json]) -> None:
        for problem in header_problems(schema):
            hint = None
            if "type" in problem.message:
                hint = "use integer, string or boolean"
            self.note("MG204", problem.message, (*at, *problem.path), hint)

    def prompt(self, pointer: Pointer, prompt: dict[str, Json]) -> None:
        """A prompt's arguments have good names, each once."""
        for at, argument in _entries(prompt, pointer, "arguments"):
            self.name(at, argument)
        self.unique(prompt, pointer, "arguments", "name")

    def uri(self, pointer: Pointer, resource: dict[str, Json]) -> None:
        """A resource's URI is absolute."""
        uri = resource.get("uri")
        at = (*pointer, "uri")
        if not isinstance(uri, str) or not self._fits(at, uri):
            return
        if uri and not _ABSOLUTE.fullmatch(uri):
            message = f"the URI {quoted(uri)} is not absolute"
            self.note("MG207", message, at, "start with a scheme, such as weather://")

    def _fits(self, at: Pointer, uri: str) -> bool:
        if len(uri) > limits.URI:
            message = f"the URI has {len(uri):,} characters"
            self.note("MG203", message, at, f"at most {limits.URI:,} are allowed")
        elif foreign := _NOT_IN_URI.search(uri):
            message = f"a URI can't have the character {foreign[0]!r}"
            self.note("MG207", message, at, "escape it as %XX")
        else:
            return True
        return False

    def template(self, pointer: Pointer, entry: dict[str, Json]) -> None:
        """A resource template is one, and `complete` names its variables."""
        template = entry.get("uriTemplate")
        at = (*pointer, "uriTemplate")
        if not isinstance(template, str) or not self._fits(at, template):
            return
        try:
            names = variables(template)
        except ValueError as error:
            self.note("MG208", shown(error, 300), at, "see RFC 6570")
            return
        if self.native and any(map(_mixes_lengths, parse(template))):
            message = (
                f"the URI template {quoted(template)} can't be read back from a URI"
            )
            hint = "give a variable with a length its own braces: {a},{b:3} for {a,b:3}"
            self.note("MG208", message, at, hint)
        if template[:1] != "{" and template and not _ABSOLUTE.fullmatch(template):
            message = f"the URI template {quoted(template)} is not absolute"
            self.note("MG207", message, at, "start with a scheme, such as weather://")
        complete = entry.get("complete") if self.native else None
        for name in complete if is_mapping(complete) else ():
            if name not in names:
                message = (
                    f"`complete`: {quoted(template)} has no variable {quoted(name)}"
                )
                known = words.these([f"`{n}`" for n in names]) or "none"
                at = (*pointer, "complete", name)
                self.note("MG210", message, at, f"its variables: {known}")
