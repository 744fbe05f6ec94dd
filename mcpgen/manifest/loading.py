"""File to `Manifest`: read, recognise, check everything, build the declarations.

The end of the manifest stage and its only entrance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Final

from mcpgen import identity
from mcpgen.diagnostics import Collector, Diagnostic, MCPGenError, Span
from mcpgen.runtime.core.features import DEFAULT_TRANSPORTS, TRANSPORTS

from . import files, limits, model, words
from .declarations import (
    Completion,
    Json,
    LeftOut,
    Manifest,
    Pointer,
    Prompt,
    PromptArgument,
    Resource,
    ResourceTemplate,
    Target,
    Tool,
)
from .list_results import usable, wrapped
from .reading import is_list, lone_surrogate, too_deep
from .recognise import Form, recognise
from .selection import Eras, check_transports, eras_for, resolve
from .source import Format, Source
from .wire import definition

_FORMATS: Final[Mapping[str, Format]] = {
    ".json": "json",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
}
DEFAULT_VERSION: Final = "0.1.0"
_REQUIRED: Final = "requires-mcpgen"
_TARGETS: Final[tuple[Target, ...]] = ("server", "client")


def load(path: Path, *, eras: Eras | None = None) -> Manifest:
    """Read and check a manifest.

    Args:
        path: A file in YAML, JSON or TOML, by its suffix.
        eras: The protocol revisions that exist; None takes those that are known in the
            file's folder.

    `requires-mcpgen` is checked against this mcpgen before anything else, as a newer
    one may know keys that this one refuses.

    Raises:
        MCPGenError: With everything that is wrong, in order of position.
    """
    text = files.read_text(path)
    eras = eras or eras_for(path.parent)
    return loads(text, str(path), eras=eras, is_required=True)


def loads(
    text: str, file_name: str, *, eras: Eras | None = None, is_required: bool = False
) -> Manifest:
    """`load` for a text at hand; `file_name` gives the format and is shown.

    Without `eras` those count that are known outside of any project. `is_required`
    applies `requires-mcpgen`.
    """
    source = read_source(text, file_name)
    if is_list(source.data):
        source = wrapped(source)
    form = recognise(source)
    if is_required and form.native:
        _check_version(source)
    found = Collector()
    _check(source, form, found)
    notes: tuple[Diagnostic, ...] = ()
    left_out: LeftOut = {}
    if found.errors and not form.native:
        part = usable(source, form.root)
        if not part.is_empty:
            source, notes, left_out = part.source, part.notes, part.left_out
            found = Collector()
            _check(source, form, found)
    data = words.value_at(source.data, form.root)
    revisions: tuple[str, ...] = ()
    known = Eras({})
    if not any(d.code in ("MG106", "MG107") for d in found):
        wanted = data.get("protocol") if form.native else None
        known = eras or eras_for(None)
        revisions = resolve(source, wanted, known, found)
        if form.native and not found.errors:
            check_transports(source, revisions, known, found)
    if found.errors:
        raise MCPGenError(_sorted(found))
    made = _manifest(source, form, data, revisions, known)
    return replace(made, notes=notes, left_out=left_out) if notes else made


def read_source(text: str, file_name: str) -> Source:
    """The data of a text in its format, whole and safe to walk.

    Raises:
        MCPGenError: MG005 to MG021, with the place where it is known.
    """
    text = files.decode(_encoded(text, file_name), file_name)
    source = _read(text, file_name)
    deep = too_deep(source.data)
    if deep is not None:
        raise MCPGenError.of("MG020", limits.TOO_DEEP, span=source.span(deep))
    broken = lone_surrogate(text, source.data)
    if broken is not None:
        message = "this text has half of a surrogate pair, which is no character"
        raise MCPGenError.of("MG021", message, span=source.span(broken))
    return source


def _encoded(text: str, file: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        message = "not UTF-8: the text has half of a surrogate pair"
        raise MCPGenError.of("MG005", message, span=Span(file)) from None


def _read(text: str, file: str) -> Source:
    suffix = PurePath(file).suffix.lower()
    form = _FORMATS.get(suffix)
    if form is None and text.lstrip().startswith(("{", "[")):
        form = "json"
    if form == "yaml":
        from . import yaml_source

        return Source(file, form, text, yaml_source.read(file, text), yaml_source.find)
    if form == "toml":
        from . import toml_source

        return Source(file, form, text, toml_source.read(file, text), toml_source.find)
    if form == "json":
        from . import json_source

        return Source(file, form, text, json_source.read(file, text), json_source.find)
    message = f'unknown file type "{suffix}"' if suffix else "the file has no suffix"
    hint = "name it .yaml, .json or .toml"
    raise MCPGenError.of("MG007", message, span=Span(file), hint=hint)


def _check_version(source: Source) -> None:
    """Refuse a manifest that requires another mcpgen; wrong values are found later."""
    required = source.data.get(_REQUIRED)
    if not isinstance(required, str):
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    version = identity.version()
    try:
        fits = SpecifierSet(required).contains(version, prereleases=True)
    except InvalidSpecifier:
        return
    if not fits and version != identity.UNKNOWN:
        raise MCPGenError.of(
            "MG111",
            f"requires mcpgen {required}; this is mcpgen {version}",
            span=source.span((_REQUIRED,)),
            hint=f"install one: pip install 'mcpgen{required}'",
        )


def _check(source: Source, form: Form, found: Collector) -> None:
    from . import checks, shape

    found.extend(shape.findings(source, form.root, form.native))
    found.extend(checks.findings(source, form.root, form.native))


def _sorted(found: Collector) -> list[Diagnostic]:
    def place(finding: Diagnostic) -> tuple[int, int, str]:
        span = finding.span
        line = span.line if span and span.line else 0
        column = span.column if span and span.column else 0
        return line, column, finding.code

    return sorted(dict.fromkeys(found), key=place)


def _manifest(
    source: Source, form: Form, data: Json, revisions: tuple[str, ...], known: Eras
) -> Manifest:
    native = form.native
    name: str | None = data["name"] if native else None
    info, instructions = _server(data) if native else _raw_server(data)
    targets = data.get("targets", _TARGETS) if native else _TARGETS
    given = data.get("transports") if native else None
    transports = DEFAULT_TRANSPORTS if given is None else given
    return Manifest(
        source=source,
        native=native,
        name=name,
        server_info=info,
        instructions=instructions,
        revisions=revisions,
        eras=known.among(revisions),
        targets=tuple(target for target in _TARGETS if target in targets),
        tools=tuple(
            Tool(
                entry["name"],
                wire,
                pointer,
                entry.get("timeout") if native else None,
                _scopes(entry, native),
            )
            for pointer, entry, wire in _entries(data, form, "tools", model.Tool)
        ),
        prompts=tuple(
            Prompt(
                entry["name"],
                wire,
                pointer,
                tuple(_arguments(entry, pointer, native)),
                _scopes(entry, native),
            )
            for pointer, entry, wire in _entries(data, form, "prompts", model.Prompt)
        ),
        resources=tuple(
            Resource(entry["name"], entry["uri"], wire, pointer, _scopes(entry, native))
            for pointer, entry, wire in _entries(
                data, form, "resources", model.Resource
            )
        ),
        resource_templates=tuple(
            _template(entry, wire, pointer, native)
            for pointer, entry, wire in _entries(
                data, form, "resourceTemplates", model.ResourceTemplate
            )
        ),
        auth=data.get("auth") if native else None,
        package=data.get("package") if native else None,
        registry=data.get("registry") if native else None,
        connect=data.get("connect", {}).get("url") if native else None,
        command=tuple(data.get("connect", {}).get("command", ())) if native else (),
        environment=tuple(data.get("environment", ())) if native else (),
        import_name=data.get("import-name") if native else None,
        features=data.get("features", {}) if native else {},
        transports=tuple(t for t in TRANSPORTS if t in transports),
        runtime=data.get("runtime", "vendored") if native else "vendored",
        protocol_types=data.get("protocol-types", "used") if native else "used",
    )


def _server(data: Json) -> tuple[dict[str, Json], str | None]:
    written = data.get("server", {})
    wire = definition(model.Server, written)
    info = {"name": data["name"], **wire}
    info.setdefault("version", DEFAULT_VERSION)
    return info, written.get("instructions")


def _raw_server(data: Json) -> tuple[dict[str, Json], str | None]:
    info = dict(data.get("serverInfo") or {})
    info = {key: value for key, value in info.items() if value is not None}
    info.setdefault("version", DEFAULT_VERSION)
    return info, data.get("instructions")


def _entries(
    data: Json, form: Form, section: str, shape: model.Shape
) -> Iterator[tuple[Pointer, dict[str, Json], dict[str, Json]]]:
    """Path, entry as written, definition on the wire."""
    for at, entry in enumerate(data.get(section) or ()):
        wire = definition(shape, entry) if form.native else entry
        yield (*form.root, section, at), entry, wire


def _scopes(entry: Json, native: bool) -> tuple[str, ...]:
    return tuple(entry.get("scopes", ())) if native else ()


def _arguments(
    prompt: Json, pointer: Pointer, native: bool
) -> Iterator[PromptArgument]:
    for at, argument in enumerate(prompt.get("arguments") or ()):
        complete = argument.get("complete") if native else None
        yield PromptArgument(
            name=argument["name"],
            description=argument.get("description"),
            required=bool(argument.get("required")),
            pointer=(*pointer, "arguments", at),
            completion=_completion(argument["name"], complete),
        )


def _template(
    entry: Json, wire: dict[str, Json], pointer: Pointer, native: bool
) -> ResourceTemplate:
    from mcpgen.runtime.core.uri.expand import variables

    template = entry["uriTemplate"]
    complete: dict[str, Json] = entry.get("complete", {}) if native else {}
    made = (_completion(name, value) for name, value in complete.items())
    return ResourceTemplate(
        name=entry["name"],
        uri_template=template,
        definition=wire,
        pointer=pointer,
        variables=variables(template),
        completions=tuple(completion for completion in made if completion),
        scopes=_scopes(entry, native),
    )


def _completion(name: str, complete: Json) -> Completion | None:
    if is_list(complete):
        return Completion(name, tuple(complete))
    return Completion(name) if complete else None
