"""Every Python name of a project: wire names first, collisions resolved together.

Wire names are any text; what comes out are identifiers that differ from each other and
from every name that generated code needs for itself. Names are handed out in a fixed
order (tools, prompts, resources, templates, completions; each in the manifest's order),
so what is added at the end never renames what was there before. Names that callers have
come before all others, and stay. Knows no source text and no manifest.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.given import Given

LONGEST: Final = 60
"""Characters of a method's or parameter's name."""
LONGEST_CLASS: Final = 44
"""Characters of a class name without its last word, such as `Input`."""
LONGEST_PARAMETER: Final = 40
LONGEST_PROJECT: Final = 50
LONGEST_PREFIX: Final = 32

SERVICE_ATTRIBUTES: Final = frozenset(
    {"announces", "authenticator", "contract", "on_shutdown", "on_startup", "register"}
)
"""Public attributes of the server runtime's `Service`, and of its metaclass."""

SYNC_CLIENT_ATTRIBUTES: Final = frozenset(
    {
        "call_tool",
        "capabilities",
        "check",
        "close",
        "complete_prompt",
        "complete_template",
        "era",
        "from_config",
        "get_prompt",
        "in_memory",
        "instructions",
        "list_prompts",
        "list_resource_templates",
        "list_resources",
        "list_tools",
        "middleware",
        "open",
        "over",
        "ping",
        "protocol_version",
        "read_resource",
        "roots_changed",
        "server_info",
        "set_logging_level",
        "stdio",
        "subscribe",
        "with_options",
    }
)
"""Public attributes of the client runtime's `SyncClient`."""

CLIENT_ATTRIBUTES: Final = SYNC_CLIENT_ATTRIBUTES | {"catalog", "sync"}
"""Public attributes of the client runtime's `Client`."""

_IN_CLASS_BODIES: Final = frozenset(
    {
        "abstractmethod",
        "bool",
        "bytes",
        "catalog",
        "classmethod",
        "dict",
        "float",
        "int",
        "list",
        "models",
        "object",
        "property",
        "set",
        "staticmethod",
        "str",
        "super",
        "tuple",
        "type",
        "types",
    }
)
"""Lower-case names that generated class bodies use: a method would hide them."""

_RESERVED_MODULES: Final = frozenset(
    {"aux", "con", "nul", "prn", "runtime"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)
"""Names that no module has: Windows takes them for devices in every folder."""

_IN_CLIENTS: Final = frozenset({"catalog", "models", "self"})
"""Names that the bodies of client methods use: a parameter would hide them."""

_CLASSES_IN_MODULES: Final = frozenset(
    {
        "Any",
        "CallToolResult",
        "Catalog",
        "ClassVar",
        "Client",
        "ClientOptions",
        "Codec",
        "Completions",
        "CompletionReturn",
        "Contents",
        "Context",
        "Contract",
        "Final",
        "GetPromptResult",
        "Hook",
        "JsonObject",
        "Literal",
        "MaybeAwaitable",
        "Omit",
        "PromptBinding",
        "PromptMessage",
        "PromptReturn",
        "ReadResourceResult",
        "ResourceBinding",
        "ResourceNotFound",
        "ResourceReturn",
        "Service",
        "Settings",
        "StructuredReturn",
        "SyncClient",
        "TemplateBinding",
        "ToolBinding",
        "ToolCall",
        "ToolError",
        "ToolResult",
        "ToolReturn",
        "TypeAlias",
        "Unpack",
    }
)
"""Names with a capital that generated modules import."""

RESERVED_METHODS: Final = frozenset(
    SERVICE_ATTRIBUTES | CLIENT_ATTRIBUTES | SYNC_CLIENT_ATTRIBUTES | _IN_CLASS_BODIES
)

_IMPOSSIBLE_METHODS: Final = SERVICE_ATTRIBUTES | _IN_CLASS_BODIES
"""Names that no method can have, not even one that callers have: the server, or the
class around it, would not work."""

ROOTS: Final = ("Input", "Output", "Arguments", "Variables")
"""Last words of the classes that stand for whole schemas."""


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """The names that come from the project's own name.

    Attributes:
        server_package: Import name of the server package.
        client_package: Import name of the client package.
        class_prefix: Prefix of the classes; also the handlers' class.
    """

    server_package: str
    client_package: str
    class_prefix: str

    @property
    def server_distribution(self) -> str:
        """The name by which the server is installed."""
        return self.server_package.replace("_", "-")

    @property
    def client_distribution(self) -> str:
        """The name by which the client is installed."""
        return self.client_package.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Wire:
    """What a name is made from: the wire name, and the arguments with completion.

    `given` has the names that callers have already.
    """

    name: str
    completed: tuple[str, ...] = ()
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one tool, prompt, resource or template.

    Attributes:
        method: The method of service and client.
        module: Its module of a package of models; differs in more than case.
        class_base: What its classes begin with: `GetForecast` of `GetForecastInput`.
        completers: The methods that complete its arguments, by argument.
        given: The names that callers have already.
    """

    method: str
    module: str
    class_base: str
    completers: dict[str, str]
    given: Given | None = None

    def root(self, suffix: str) -> str:
        """The class of a whole schema, by its last word: one of `ROOTS`."""
        known = self.given.classes.get(suffix.lower()) if self.given else None
        return known or f"{self.class_base}{suffix}"


@dataclass(frozen=True, slots=True)
class AllNames:
    """The names of a whole project, in the order in which the wire names came."""

    tools: tuple[Names, ...]
    prompts: tuple[Names, ...]
    resources: tuple[Names, ...]
    resource_templates: tuple[Names, ...]


class _Taken:
    """The names of one scope; a name that is taken gets a number.

    Args:
        reserved: Names that nothing gets.
        any_case: Whether names that differ only in case count as the same.
        endings: What may be put behind a name; none of the results may be reserved.
    """

    def __init__(
        self,
        reserved: Iterable[str] = (),
        *,
        any_case: bool = False,
        endings: Sequence[str] = ("",),
    ) -> None:
        self._any_case = any_case
        self._endings = endings
        self._names: set[str] = set()
        self._reserved = {self._key(name) for name in reserved}
        self._next: dict[str, int] = {}

    def _key(self, name: str) -> str:
        return name.casefold() if self._any_case else name

    def claim(self, name: str) -> bool:
        """Take exactly this name, reserved or not; False if something has it already."""
        key = self._key(name)
        if key in self._names:
            return False
        self._names.add(key)
        return True

    def _is_free(self, name: str) -> bool:
        if self._key(name) in self._names:
            return False
        return not any(self._key(name + end) in self._reserved for end in self._endings)

    def take(self, name: str) -> str:
        """The name itself, or the first free one with a number behind it."""
        found = name
        number = self._next.get(name, 2)
        while not self._is_free(found):
            # Remembered, so a thousand equal names take a thousand steps.
            found = f"{name.rstrip('_')}_{number}"
            number += 1
        if found != name:
            self._next[name] = number
        self._names.add(self._key(found))
        return found


_CAMEL: Final = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s(?![a-z]))[a-z])"
)
"""Where a word begins: `getHTTPPage` is three words, and `listPRs` two."""


def _words(wire_name: str) -> list[str]:
    """The parts of a name, in lower case; only characters that identifiers can have."""
    text = _normal(wire_name[: 4 * LONGEST])
    text = _CAMEL.sub("_", text).lower()
    kept = "".join(c if _in_identifier(c) else "_" for c in text)
    words = _normal(kept).split("_")
    return [word for word in words if word]


def _in_identifier(character: str) -> bool:
    # Letters beyond the BMP come and go with the version of Python's Unicode tables.
    return character <= "\uffff" and f"a{character}".isidentifier()


def snake_case(wire_name: str, fallback: str, longest: int = LONGEST) -> str:
    """An identifier like `wire_name`; `fallback` stands before what can't begin one.

    `getForecast` and `get-forecast` give `get_forecast`; keywords get an underscore.
    """
    name = "_".join(_words(wire_name))[:longest].strip("_")
    if not name.isidentifier():
        name = f"{fallback}_{name}".rstrip("_")[:longest]
    name = _or(name, fallback)
    return f"{name}_" if keyword.iskeyword(name) else name


def _or(name: str, fallback: str) -> str:
    """The name, if Python takes it for one and leaves it as it is."""
    return name if name.isidentifier() and _normal(name) == name else fallback


def _normal(name: str) -> str:
    """The name as Python reads it: identifiers are the same if their NFKC is."""
    return unicodedata.normalize("NFKC", name)


def pascal_case(snake: str, longest: int = LONGEST_CLASS) -> str:
    """A class name from a name in snake case: `get_forecast` gives `GetForecast`."""
    words = [word[:1].upper() + word[1:] for word in snake.split("_") if word]
    return _normal("".join(words))[:longest]


def for_project(name: str, *, span: Callable[[], Span] | None = None) -> ProjectNames:
    """The packages and classes of the project `name`.

    Only ASCII goes in, because that is what distributions on an index can be called.
    `weather-server` and `weather` make the same: `weather_server`, `weather_client`.

    Args:
        name: As people write it.
        span: Where it stands, for diagnostics.

    Raises:
        MCPGenError: MG240 where nothing in the name can stand in a package's name.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = _words(plain)
    if words[1:] and words[-1] in ("server", "client"):
        words.pop()
    if not words:
        raise MCPGenError.of(
            "MG240",
            f"the project's name {_shown(name)} has no letter or digit from ASCII",
            span=span and span(),
            hint="packages are named after the project: choose a name such as `weather`",
        )
    if len("_".join(words)) > LONGEST_PROJECT:
        raise MCPGenError.of(
            "MG240",
            f"the project's name {_shown(name)} is longer than "
            f"{LONGEST_PROJECT} characters",
            span=span and span(),
            hint="packages are named after the project: choose a shorter name",
        )
    if words[0][0].isdigit():
        words.insert(0, "mcp")
    base = "_".join(words)
    prefix = pascal_case(base, LONGEST_PREFIX - len("Mcp"))
    if not _is_free_prefix(prefix):
        prefix += "Mcp"
    return ProjectNames(f"{base}_server", f"{base}_client", prefix)


def _is_free_prefix(prefix: str) -> bool:
    made = (prefix, f"{prefix}Service", f"{prefix}Client", f"Sync{prefix}Client")
    return not any(
        name in _CLASSES_IN_MODULES
        or keyword.iskeyword(name)
        or hasattr(builtins, name)
        for name in made
    )


def _shown(name: str) -> str:
    return f'"{name[:40]}…"' if len(name) > 40 else f'"{name}"'


def for_declarations(
    tools: Sequence[Wire],
    prompts: Sequence[Wire],
    resources: Sequence[Wire],
    resource_templates: Sequence[Wire],
) -> AllNames:
    """Names for everything that a manifest declares, all different in their scope."""
    groups = {
        "tool": tools,
        "prompt": prompts,
        "resource": resources,
        "template": resource_templates,
    }
    scope = _Scope([wire.given for g in groups.values() for wire in g if wire.given])
    kept = {
        kind: [scope.keep(wire, kind) for wire in wires]
        for kind, wires in groups.items()
    }
    found = {
        kind: [
            known or scope.names(wire, kind)
            for known, wire in zip(kept[kind], wires, strict=True)
        ]
        for kind, wires in groups.items()
    }
    for kind, wires in groups.items():
        for names, wire in zip(found[kind], wires, strict=True):
            scope.add_completers(names, wire)
    return AllNames(*(tuple(found[kind]) for kind in groups))


_METHODS: Final = {
    "tool": "{}",
    "prompt": "{}_prompt",
    "resource": "read_{}",
    "template": "read_{}",
}


class _Scope:
    """The namespaces that all declarations share."""

    def __init__(self, given: Sequence[Given]) -> None:
        self._methods = _Taken(RESERVED_METHODS)
        self._modules = _Taken(_RESERVED_MODULES, any_case=True)
        # Case counts for nothing here: `Getforecast` beside `GetForecast` would only
        # be legal, not readable.
        inner = [name for its in given for name in its.classes.values()]
        self._classes = {
            kind: _Taken(inner, any_case=True, endings=ROOTS) for kind in _METHODS
        }
        self._roots = _Taken(any_case=True)

    def keep(self, wire: Wire, kind: str) -> Names | None:
        """The names that callers have; None where there are none that can stay."""
        given = wire.given
        if given is None or given.method in _IMPOSSIBLE_METHODS:
            return None
        # Records come from files: two that claim the same name can't both be right.
        roots = [given.classes.get(suffix.lower()) for suffix in ROOTS]
        if not all(self._roots.claim(name) for name in roots if name):
            return None
        if not self._methods.claim(given.method):
            return None
        return Names(
            method=given.method,
            module=_first(self._modules, given.module, given.method),
            class_base=_first(self._classes[kind], given.class_base),
            completers={
                argument: given.completers[argument]
                for argument in wire.completed
                if argument in given.completers
                and self._methods.claim(given.completers[argument])
            },
            given=given,
        )

    def names(self, wire: Wire, kind: str) -> Names:
        longest = LONGEST - len("_template")
        base = snake_case(wire.name, kind, longest)
        bare = base.rstrip("_")
        method = base if kind == "tool" else _METHODS[kind].format(bare)
        if method in RESERVED_METHODS:
            method += "_"
        method = self._methods.take(method)
        return Names(
            method=method,
            module=self._modules.take(method),
            class_base=self._classes[kind].take(
                _or(pascal_case(base), pascal_case(kind))
            ),
            completers={},
        )

    def add_completers(self, names: Names, wire: Wire) -> None:
        base = re.sub(r"_prompt$|^read_", "", names.method).strip("_")
        for argument in wire.completed:
            if argument in names.completers:
                continue
            name = f"complete_{base}_{snake_case(argument, 'argument').strip('_')}"
            names.completers[argument] = self._methods.take(name[:LONGEST].rstrip("_"))


def _first(taken: _Taken, name: str, base: str | None = None) -> str:
    """A name that callers have, unless something has it already."""
    return name if taken.claim(name) else taken.take(base or name)


def parameters(
    field_names: Iterable[str], given: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Names of a client method's parameters, one for each attribute of its input.

    Args:
        field_names: The attributes.
        given: Parameters that callers have, by attribute.
    """
    known = given or {}
    listed = list(field_names)
    taken = _Taken(known[name] for name in listed if name in known)
    found: list[str] = []
    for name in listed:
        if name in known:
            found.append(known[name])
            continue
        long = len(name) > LONGEST_PARAMETER
        short = name[:LONGEST_PARAMETER].rstrip("_") if long else name
        hidden = keyword.iskeyword(short) or short in _IN_CLIENTS
        found.append(taken.take(f"{short}_" if hidden else short))
    return tuple(found)


def aliases(reserved: Iterable[str]) -> _Taken:
    """A scope for type aliases of a module that has the `reserved` names already."""
    return _Taken({*reserved, *_CLASSES_IN_MODULES}, any_case=True)
