"""The parts of `client.py`: every method twice, with one line each."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mcpgen import ir, naming, pycode
from mcpgen.pycode import Call, Code, Expression, Row, Table, Union, Value

from . import runtime
from .common import (
    BODY_INDENT,
    LONGEST_PROSE,
    METHOD_INDENT,
    Declaration,
    Method,
    model_name,
    said,
)
from .remembered import Pieces

_TEXTS: Final = 10
"""Of a tool: five of its methods, five of what they need."""


@dataclass(frozen=True, slots=True)
class ClientView:
    """The parts of `client.py`.

    Attributes:
        imports: What it imports.
        imports_for_types: What it imports for annotations only.
        has_models: Whether the module `models` is among that.
        types: The protocol's types among that.
        default: The attribute with the server that is used without a URL; empty for none.
        init: The signature of the constructor of a client with such a server.
        init_docstring: Its docstring.
        sync: The signature of the method that makes the client without asyncio.
        aliases: Type aliases for parameters whose types are long.
        methods: The asynchronous methods.
        sync_methods: The same methods, without asyncio.
    """

    imports: Code
    imports_for_types: Code
    has_models: bool
    types: tuple[str, ...]
    default: Code
    init: Code
    init_docstring: Code
    sync: Code
    aliases: tuple[Code, ...]
    methods: tuple[Method, ...]
    sync_methods: tuple[Method, ...]


def client(project: ir.Project, pieces: Pieces | None = None) -> ClientView:
    """Everything in `client.py` that depends on the project.

    Args:
        project: What to write a client for.
        pieces: What an earlier run wrote of the same tools.
    """
    return _ClientWriter(project, pieces).view()


@dataclass(slots=True)
class _Needs:
    """What methods need besides themselves.

    Attributes:
        typing: Names from `typing`.
        types: Names from the protocol's types.
        modules: Modules beside `client.py`.
        runtime: Names from the client runtime.
        abc: Names from `collections.abc`.
        aliases: Whether they use aliases, which depend on all methods before them.
    """

    typing: set[str] = field(default_factory=set[str])
    types: set[str] = field(default_factory=set[str])
    modules: set[str] = field(default_factory=set[str])
    runtime: set[str] = field(default_factory=set[str])
    abc: set[str] = field(default_factory=set[str])
    aliases: bool = False

    def add(self, other: _Needs) -> None:
        self.typing |= other.typing
        self.types |= other.types
        self.modules |= other.modules
        self.runtime |= other.runtime
        self.abc |= other.abc

    def to_texts(self) -> tuple[str, ...]:
        groups = (self.typing, self.types, self.modules, self.runtime, self.abc)
        return tuple(" ".join(sorted(group)) for group in groups)

    @classmethod
    def from_texts(cls, texts: Sequence[str]) -> _Needs:
        typing, types, modules, runtime, abc = (set(text.split()) for text in texts)
        return cls(typing, types, modules, runtime, abc)


class _ClientWriter:
    def __init__(self, project: ir.Project, pieces: Pieces | None) -> None:
        self._project = project
        self._pieces = pieces
        prefix = project.class_prefix
        self._alias_names = naming.aliases(
            [prefix, f"{prefix}Client", f"Sync{prefix}Client"]
        )
        self._needs = _Needs({"TYPE_CHECKING"}, runtime={"Client", "SyncClient"})
        self._aliases: dict[Expression, tuple[Code, Code]] = {}
        self._renamed: dict[str, Code] = {}
        self._named: dict[Code, Code] = {}

    def view(self) -> ClientView:
        pairs = [
            *map(self._remembered, self._project.tools),
            *map(self._prompt, self._project.prompts),
            *map(self._resource, self._project.resources),
            *map(self._template, self._project.resource_templates),
        ]
        if any(t.output and not t.output.is_class for t in self._project.tools):
            self._needs.runtime.add("Codec")
        aliases = tuple(source for _, source in self._aliases.values() if source)
        return ClientView(
            imports=pycode.import_block(
                (
                    runtime.local("typing", self._needs.typing),
                    runtime.local(".catalog", ["CATALOG"]),
                    runtime.local(".revisions", ["REVISIONS"]),
                    runtime.imports(self._project, "client", self._needs.runtime),
                )
            ),
            imports_for_types=self._imports_for_types(has_aliases=bool(aliases)),
            has_models=bool(self._needs.modules),
            types=tuple(self._needs.types),
            default=self._default(),
            init=pycode.signature(
                "def __init__", self._accepted("self"), Code("None"), METHOD_INDENT
            ),
            init_docstring=pycode.docstring(
                f"A client of the server at a URL.{_without_a_url(self._project)}",
                BODY_INDENT,
            ),
            sync=pycode.signature(
                "def sync",
                self._accepted("cls"),
                pycode.identifier(f"Sync{self._project.class_prefix}Client"),
                METHOD_INDENT,
            ),
            aliases=aliases,
            methods=tuple(first for first, _ in pairs),
            sync_methods=tuple(second for _, second in pairs),
        )

    def _accepted(self, first: str) -> list[Code]:
        """The parameters of what makes a client."""
        project = self._project
        optional = project.connect is not None or project.command
        url = "url: str | None = None" if optional else "url: str"
        return [Code(first), Code(url), Code("**options: Unpack[ClientOptions]")]

    def _default(self) -> Code:
        if self._project.connect is not None:
            return pycode.assignment(
                "_url", Value(self._project.connect), METHOD_INDENT
            )
        if not self._project.command:
            return Code("")
        words = Row(tuple(map(Value, self._project.command)))
        return pycode.assignment("_command", words, METHOD_INDENT)

    def _imports_for_types(self, *, has_aliases: bool) -> Code:
        project, needs = self._project, self._needs
        # Classes whose names are too long for a parameter's line.
        renamed = (
            (".models", self._renamed[name])
            for name in pycode.import_order(self._renamed)
        )
        typing = ["TypeAlias", "Unpack"] if has_aliases else ["Unpack"]
        return pycode.import_block(
            (
                runtime.local("collections.abc", needs.abc, 4),
                runtime.local("typing", typing, 4),
                runtime.local(".", needs.modules, 4),
                *renamed,
                runtime.imports(project, "client", ["ClientOptions"], 4),
                runtime.imports(project, "protocol.types", needs.types, 4),
            ),
            4,
        )

    def _remembered(self, tool: ir.Tool) -> tuple[Method, Method]:
        """A tool's methods as an earlier run wrote them, or new ones."""
        if self._pieces is None:
            return self._tool(tool)
        fresh: list[tuple[Method, Method]] = []

        def write() -> tuple[str, ...] | None:
            others, self._needs = self._needs, _Needs()
            fresh.append(self._tool(tool))
            own, self._needs = self._needs, others
            others.add(own)
            ((one, other),) = fresh
            texts = (
                one.signature,
                one.docstring,
                one.body,
                other.signature,
                other.body,
            )
            return None if own.aliases else (*texts, *own.to_texts())

        texts = self._pieces.of_tool("client", tool, _TEXTS, write)
        if fresh:
            return fresh[0]
        signature, docstring, body, sync_signature, sync_body = map(
            pycode.remembered, texts[:5]
        )
        self._needs.add(_Needs.from_texts(texts[5:]))
        return (
            Method(signature, docstring, body),
            Method(sync_signature, docstring, sync_body),
        )

    def _tool(self, tool: ir.Tool) -> tuple[Method, Method]:
        if tool.output:
            returns = self._model_name(tool.output)
        else:
            returns = self._protocol_type("CallToolResult")
        arguments: Expression
        if tool.input.is_class:
            arguments = _sent(tool.input, tool.parameters)
            parameters = self._parameters(tool.input, tool.parameters)
        else:
            arguments = pycode.identifier(tool.parameters[0])
            parameters = (
                Code(f"{tool.parameters[0]}: {self._model_name(tool.input)}"),
            )
        call: tuple[Expression, ...] = (Value(tool.wire_name), arguments)
        if tool.output and tool.output.is_class:
            call = (*call, returns)
        elif tool.output:
            # An alias, such as a union or None, is no class that could be passed as one.
            call = (*call, Call(Code(f"Codec[{returns}]"), (returns,)))
        described = _described(tool.input, tool.parameters)
        return self._pair(tool, "_call", call, parameters, returns, described)

    def _prompt(self, prompt: ir.Prompt) -> tuple[Method, Method]:
        returns = self._protocol_type("GetPromptResult")
        sent, parameters = self._strings(prompt.arguments, prompt.parameters)
        call = (Value(prompt.wire_name), sent)
        described = _described(prompt.arguments, prompt.parameters)
        return self._pair(prompt, "_get_prompt", call, parameters, returns, described)

    def _resource(self, resource: ir.Resource) -> tuple[Method, Method]:
        returns = self._protocol_type("ReadResourceResult")
        call = (Value(resource.uri),)
        return self._pair(resource, "_read_resource", call, (), returns)

    def _template(self, template: ir.ResourceTemplate) -> tuple[Method, Method]:
        returns = self._protocol_type("ReadResourceResult")
        sent, parameters = self._strings(template.variables, template.parameters)
        call = (Value(template.uri_template), sent)
        return self._pair(template, "_read_template", call, parameters, returns)

    def _strings(
        self, model: ir.Model | None, names: Sequence[str]
    ) -> tuple[Table, tuple[Code, ...]]:
        if model is None:
            return Table(()), ()
        return _sent(model, names), self._parameters(model, names)

    def _model_name(self, model: ir.Model) -> Code:
        self._needs.modules.add("models")
        return model_name(model)

    def _protocol_type(self, name: str) -> Code:
        self._needs.types.add(name)
        return Code(name)

    def _pair(
        self,
        declaration: Declaration,
        function: str,
        arguments: tuple[Expression, ...],
        parameters: tuple[Code, ...],
        returns: Code,
        described: Iterable[tuple[str, str]] = (),
    ) -> tuple[Method, Method]:
        name = pycode.identifier(declaration.method)
        types = [
            self._named[alias]
            for alias in self._named
            if any(_names(parameter, alias) for parameter in parameters)
        ]
        docstring = pycode.docstring(
            said(declaration), BODY_INDENT, arguments=described
        )
        star = (Code("*"),) if parameters else ()
        accepted = (Code("self"), *star, *parameters)

        def written(define: str, give: str) -> Method:
            head = f"{define} {name}"
            call = Call(Code(f"{give} self.{function}"), arguments)
            signature = pycode.signature(head, accepted, returns, METHOD_INDENT)
            if declaration.method in naming.CLIENT_ATTRIBUTES:
                # Callers had the name before the base class did.
                signature = pycode.with_comment(signature, "type: ignore[override]")
            return Method(
                signature,
                docstring,
                pycode.expression(call, BODY_INDENT),
                tuple(types),
            )

        return written("async def", "return await"), written("def", "return")

    def _parameters(self, model: ir.Model, names: Sequence[str]) -> tuple[Code, ...]:
        return tuple(
            self._parameter(model, field, name)
            for field, name in zip(model.fields, names, strict=True)
        )

    def _parameter(self, model: ir.Model, field: ir.Field, name: str) -> Code:
        found = pycode.annotation(field.accepts or field.annotation, "models")
        type_ = found.type
        head = f"{pycode.identifier(name)}: "
        room = pycode.LINE - BODY_INDENT - len(head) - len(",")
        if field.required:
            ending = ""
        else:
            ending = " = OMIT"
            room -= len(ending)
            self._needs.runtime |= {"OMIT", "Omit"}
        written = pycode.flat(type_ if field.required else _or_omit(type_))
        if len(written) > room:
            type_ = self._alias(model, name, type_, room - len(" | Omit"))
            written = pycode.flat(type_ if field.required else _or_omit(type_))
        self._needs.typing |= found.typing
        self._needs.abc |= found.abc
        if found.names_models:
            self._needs.modules.add("models")
        return Code(f"{head}{written}{ending}")

    def _alias(self, model: ir.Model, name: str, type_: Expression, room: int) -> Code:
        """A name for a type that would not fit on its parameter's line."""
        self._needs.aliases = True
        known = self._aliases.get(type_)
        if known and len(known[0]) <= room:
            return known[0]
        base = naming.pascal_case(name)
        full = f"{model.name.removesuffix('Input')}{base}"
        short = self._alias_names.take(
            (full if len(full) <= room - 4 else base)[: room - 4]
        )
        alias = pycode.identifier(short)
        source = pycode.assignment(f"{alias}: TypeAlias", type_, METHOD_INDENT)
        if isinstance(type_, Code) and METHOD_INDENT + len(source) > pycode.LINE:
            # Formatters differ about a name that is longer than the line.
            name = type_.removeprefix("models.")
            self._renamed[name] = pycode.renamed_import(
                ".models", name, alias, METHOD_INDENT
            )
            source = Code("")
        self._aliases[type_] = alias, source
        self._named[alias] = pycode.assignment(f"{alias}: TypeAlias", type_)
        return alias


_LONGEST_COMMAND: Final = 200


def command_line(project: ir.Project) -> str:
    """The program that a client starts where it gets no URL, for people."""
    text = shlex.join(project.command)
    if len(text) > _LONGEST_COMMAND:
        text = f"{text[:_LONGEST_COMMAND]} ..."
    return text.replace("`", "'")


def _without_a_url(project: ir.Project) -> str:
    """What a client does that gets no URL; empty where it needs one."""
    if project.connect is not None:
        return f" Without a URL, it is the one at {project.connect}."
    if project.command:
        return f" Without a URL, it starts the program `{command_line(project)}`."
    return ""


def _names(parameter: Code, alias: Code) -> bool:
    """Whether an alias is the type of a parameter, alone or beside `Omit` and None."""
    type_ = parameter.partition(": ")[2].partition(" = ")[0]
    return alias in type_.split(" | ")


def _or_omit(type_: Expression) -> Expression:
    """The type of a parameter that may be left out; None stays the last member."""
    members = type_.members if isinstance(type_, Union) else (type_,)
    if members[-1] == "None":
        return Union((*members[:-1], Code("Omit"), members[-1]))
    return Union((*members, Code("Omit")))


def _sent(model: ir.Model, names: Sequence[str]) -> Table:
    """The arguments by their wire names."""
    return Table(
        tuple(
            (field.wire_name, pycode.identifier(name))
            for field, name in zip(model.fields, names, strict=True)
        )
    )


def _described(model: ir.Model | None, names: Sequence[str]) -> list[tuple[str, str]]:
    """What the `Args:` section says."""
    if model is None or not model.is_class:
        return []
    return [
        (name, field.description[:LONGEST_PROSE])
        for field, name in zip(model.fields, names, strict=True)
        if field.description
    ]
