"""What users wrote, held against what the service asks for now.

Reads the user's Python files and never runs, imports or changes them. What is asked for
is what a new project's `handlers.py` would have; what that looks like is `render`'s
affair, and how a stub gets into a file is that of `stubs`.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from mcpgen.diagnostics import Diagnostic, Span
from mcpgen.ir import File, Ownership

GENERATED: Final = "generated"
_SKELETON: Final = re.compile(r"server/[^/]+/handlers\.py")
_ABSTRACT: Final = re.compile(r"@abstractmethod\s+(?:async )?def (\w+)")
_DEFINED: Final = re.compile(
    r"^[ \t]+(?:async[ \t]+)?(?:def[ \t]+)?(\w+)[ \t]*[(=:]", re.M
)
_LARGEST: Final = 4 * 1024 * 1024
_MOST_FILES: Final = 1_000

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the service asks for.

    Attributes:
        base: The name of the abstract class.
        package: The server's package, below the project's folder.
        methods: Each handler as a new project would have it, by name.
        imports: What these need from `generated`.
    """

    base: str
    package: str
    methods: Mapping[str, Function]
    imports: frozenset[str]


@dataclass(frozen=True, slots=True)
class Implementation:
    """A class of the user's that implements the service.

    Attributes:
        file: Where it stands, below the project's folder.
        name: What it is called.
        line: Where it begins.
        methods: Its handlers by name, inherited ones too; None where it is no function.
        missing: The names of handlers that it has not.
        whole: Whether all of its bases could be read.
    """

    file: str
    name: str
    line: int
    methods: Mapping[str, tuple[str, Function | None]]
    missing: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """The problems of a project's handlers.

    Attributes:
        wanted: What the service asks for; None where there is no server.
        implementations: The classes that implement it.
        diagnostics: What does not fit, for people.
    """

    wanted: Wanted | None = None
    implementations: tuple[Implementation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def are_complete(folder: Path, service: str) -> bool:
    """Whether the user's files define the names of all handlers: a cheap first look.

    Args:
        folder: The project's folder.
        service: The path of the generated `service.py` below it.
    """
    asked = _ABSTRACT.findall(text_of(folder / service))
    package = folder / Path(service).parent.parent
    defined = {
        name
        for path in python_files(package)
        for name in _DEFINED.findall(text_of(path))
    }
    return defined.issuperset(asked)


def examine(folder: Path, files: Mapping[str, File]) -> Report:
    """Compare a project's handlers with what was rendered for it."""
    wanted = _wanted(files)
    if wanted is None:
        return Report()
    code = _Code(folder, wanted.package)
    found = tuple(code.implementations(wanted))
    said = [*code.broken]
    for implementation in found:
        said += _said(folder, wanted, implementation, code)
    return Report(wanted, found, tuple(said))


def _wanted(files: Mapping[str, File]) -> Wanted | None:
    for path, file in files.items():
        if _SKELETON.fullmatch(path) and file.ownership is Ownership.YOURS:
            tree = ast.parse(file.text)
            (cls,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
            imports = frozenset(
                alias.name
                for node in tree.body
                if isinstance(node, ast.ImportFrom) and node.module == GENERATED
                for alias in node.names
            )
            return Wanted(
                last_name(cls.bases[0]) or "",
                path.rpartition("/")[0],
                {node.name: node for node in cls.body if isinstance(node, _FUNCTIONS)},
                imports,
            )
    return None


_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class _Class:
    file: str
    node: ast.ClassDef
    bases: list[tuple[str, str]]
    """The last names of the bases, each with the module that it is imported from."""


class _Code:
    """The user's classes in a package, by name."""

    def __init__(self, folder: Path, package: str) -> None:
        self.broken: list[Diagnostic] = []
        self._trees: dict[str, ast.Module] = {}
        self._classes: dict[str, list[_Class]] = {}
        self._package = package
        for path in python_files(folder / package):
            self._read(path, path.relative_to(folder).as_posix())

    def _read(self, path: Path, name: str) -> None:
        try:
            tree = ast.parse(text_of(path))
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            span = Span(str(path), line, 1) if line else Span(str(path))
            message = "is not Python, so its handlers can't be compared"
            self.broken.append(Diagnostic("MG417", message, span))
            return
        self._trees[name] = tree
        imported = _imported(tree)
        for node in _classes(tree):
            names = (last_name(base) or "" for base in node.bases)
            bases = [imported.get(base, (base, "")) for base in names]
            self._classes.setdefault(node.name, []).append(_Class(name, node, bases))

    @cached_property
    def used(self) -> frozenset[str]:
        """The attributes that the code names; asked for only where one is in question."""
        nodes = (node for tree in self._trees.values() for node in ast.walk(tree))
        return frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute))

    def implementations(self, wanted: Wanted) -> Iterator[Implementation]:
        """The classes that are served: with the abstract class among their bases."""
        for found in self._served(wanted.base):
            methods: dict[str, tuple[str, Function | None]] = {}
            whole = self._collect(found, wanted.base, methods, [])
            missing = [name for name in wanted.methods if name not in methods]
            yield Implementation(
                found.file,
                found.node.name,
                found.node.lineno,
                methods,
                tuple(missing) if whole else (),
                whole,
            )

    def _served(self, stop: str) -> list[_Class]:
        """Classes that implement the service and are no part of another such class.

        Where the modules that start the server import some of them, only those count.
        """
        every = [each for named in self._classes.values() for each in named]
        found = [each for each in every if self._implements(each, stop, [])]
        parts = [base for each in found for base in self._bases(each) if base]
        leaves = [each for each in found if not _among(each, parts)]
        trees = (self._trees.get(f"{self._package}/{name}") for name in _STARTING)
        started = {
            name for tree in trees if tree for name, _ in _imported(tree).values()
        }
        return [each for each in leaves if each.node.name in started] or leaves

    def _implements(self, found: _Class, stop: str, seen: list[_Class]) -> bool:
        seen.append(found)
        return any(name == stop for name, _ in found.bases) or any(
            self._implements(base, stop, seen)
            for base in self._bases(found)
            if base and not _among(base, seen)
        )

    def _bases(self, found: _Class) -> list[_Class | None]:
        """The classes of the user's that a class names as bases; None for others."""
        return [self._base(found, name, module) for name, module in found.bases]

    def _base(self, found: _Class, name: str, module: str) -> _Class | None:
        named = self._classes.get(name, [])
        if len(named) < 2:
            return named[0] if named else None
        fitting = [
            each
            for each in named
            if (_is_module(each.file, module) if module else each.file == found.file)
        ]
        return (fitting or named)[0]

    def _collect(
        self,
        found: _Class,
        stop: str,
        into: dict[str, tuple[str, Function | None]],
        seen: list[_Class],
    ) -> bool:
        """Gather a class's attributes; gives whether all of its bases are known."""
        seen.append(found)
        for name, node in _attributes(found.node):
            into.setdefault(name, (found.file, node))
        whole = True
        for (name, _), base in zip(found.bases, self._bases(found), strict=True):
            if name in (stop, "object") or (base and _among(base, seen)):
                continue
            whole &= base is not None and self._collect(base, stop, into, seen)
        return whole


_STARTING: Final = ("app.py", "__main__.py")
"""The modules that start the server, in its package."""


def _among(found: _Class, others: Iterable[_Class]) -> bool:
    return any(found is other for other in others)


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """What a module imports from others, with the module's name, by the name here."""
    return {
        alias.asname or alias.name: (alias.name, node.module or "")
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _is_module(file: str, module: str) -> bool:
    """Whether a file is the module of that (relative or absolute) name."""
    path = file.removesuffix(".py").removesuffix("/__init__")
    return f"/{path}".endswith(f"/{module.replace('.', '/')}")


def _classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """The classes, outer ones first: they are statements, so no expression is visited."""
    waiting: deque[ast.AST] = deque([tree])
    while waiting:
        node = waiting.popleft()
        if isinstance(node, ast.ClassDef):
            yield node
        for name in _BLOCKS:
            waiting.extend(getattr(node, name, ()))


_BLOCKS: Final = ("body", "orelse", "finalbody", "handlers", "cases")


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, Function | None]]:
    for part in node.body:
        match part:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield part.name, part
            case ast.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        yield target.id, None
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name, None
            case _:
                pass


def _said(
    folder: Path, wanted: Wanted, implementation: Implementation, code: _Code
) -> Iterator[Diagnostic]:
    place = Span(str(folder / implementation.file), implementation.line, 1)
    name = implementation.name
    if implementation.missing:
        yield Diagnostic(
            "MG414",
            f"{name} has no {_listed(implementation.missing)}",
            place,
            "write it, or let mcpgen begin: mcpgen generate --add-stubs",
        )
    for method, (file, node) in implementation.methods.items():
        if node is None:
            continue
        span = Span(str(folder / file), node.lineno, node.col_offset + 1)
        asked = wanted.methods.get(method)
        if asked is None:
            # What the user's own code names may be a handler of a tool made by hand.
            is_handler = not method.startswith("_") and _takes_context(node)
            if is_handler and method not in code.used:
                yield _extra(method, implementation, span)
            continue
        for difference in _differences(node, asked):
            yield Diagnostic("MG416", f"{name}.{method}: {difference}", span)


def _extra(method: str, implementation: Implementation, span: Span) -> Diagnostic:
    close = difflib.get_close_matches(method, implementation.missing, 1)
    if not close and len(implementation.missing) == 1:
        close = list(implementation.missing)
    hint = f"if it was renamed, call it {close[0]}" if close else "take it out"
    message = f"{implementation.name}.{method} answers nothing that the manifest has"
    return Diagnostic("MG415", message, span, hint)


def _differences(written: Function, asked: Function) -> Iterator[str]:
    theirs, ours = written.args, asked.args
    if theirs.vararg or theirs.kwarg:
        return
    have = [*theirs.posonlyargs, *theirs.args]
    if len(have) - len(theirs.defaults) > len(ours.args) or len(have) < len(ours.args):
        names = ", ".join(argument.arg for argument in ours.args)
        yield f"the parameters are ({names})"
        return
    for given, wanted in zip(have, ours.args, strict=False):
        if given.annotation is None or wanted.annotation is None:
            continue
        if last_name(given.annotation) != last_name(wanted.annotation):
            yield f"{given.arg} is {ast.unparse(wanted.annotation)} now"
    one, other = _model(written.returns), _model(asked.returns)
    if one and other and one != other:
        yield f"it returns models.{other} now"


def _model(annotation: ast.expr | None) -> str | None:
    """The name in `models.Name`; a handler may return other types than its model."""
    match annotation:
        case ast.Attribute(value=ast.Name(id="models"), attr=name):
            return name
        case _:
            return None


def _takes_context(node: Function) -> bool:
    annotations = (argument.annotation for argument in node.args.args)
    return any(last_name(found) == "Context" for found in annotations)


def last_name(node: ast.expr | None) -> str | None:
    """The last name of a dotted one, also in quotes; None for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str(text)):
            return text.rpartition(".")[2]
        case ast.Subscript(value=value):
            return last_name(value)
        case _:
            return None


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def python_files(package: Path) -> list[Path]:
    """The user's Python files: those of mcpgen and hidden ones are left out."""
    found: list[Path] = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).parts
        if parts[0] == GENERATED or any(part.startswith(".") for part in parts):
            continue
        found.append(path)
    return found[:_MOST_FILES]


def text_of(path: Path) -> str:
    """What a file of the user's says; empty where it can't be read."""
    try:
        # A pipe or a terminal would keep the reader waiting.
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except OSError:
        return ""
    return data.decode("utf-8-sig", errors="replace")
