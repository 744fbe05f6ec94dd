"""Revisions -> the source text of `runtime/protocol/`.

The last step of the protocol stage. Pure but for reading the text that is committed for
the default selection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mcpgen import assets
from mcpgen.diagnostics import Collector
from mcpgen.pycode import Value, assignment

from .documents import combined
from .modules import (
    Block,
    blocks_of,
    imported,
    in_order,
    needed,
)
from .narrowing import taken_apart, used
from .revisions import Library, RevisionData, pinned, unknown_revision
from .tables import additions, revisions_source

if TYPE_CHECKING:
    from mcpgen.models import GeneratedModels

FILES: Final = (
    "__init__.py",
    "_messages.py",
    "revisions.py",
    "types.py",
)

_PACKAGE: Final = '''"""The protocol as data and types, made from its official schemas."""
'''

_MESSAGES: Final = '''"""What else travels: requests, notifications, their params, JSON-RPC, errors.

Made by mcpgen from the protocol's schemas. Import from `.types`, which has all types.
"""
'''

_TYPES: Final = '''"""The types of the Model Context Protocol, named as in its schema.

Made by mcpgen from the protocol's schemas. What is not part of a result is imported when
it is first asked for, because making classes takes time.
"""
'''

_FEW: Final = '''"""The types of the Model Context Protocol that this package uses.

Named as in its schema. Made by mcpgen from the protocol's schemas.
"""
'''

_LAZY: Final = '''if TYPE_CHECKING:
    from ._messages import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        """Import the messages when one of them is asked for."""
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import _messages

        return getattr(_messages, name)
'''

_NARROWED: Final = '''if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Say how to have types that are not in this package."""
        if not name[:1].isupper():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise ImportError(
            f"this package has no protocol type {name}; to have all of them, add "
            "`protocol-types: all` to the manifest and run `mcpgen generate`"
        )
'''


def render(
    revisions: Sequence[str], *, library: Library | None = None
) -> dict[str, str]:
    """The files of `runtime/protocol/` by name, for the revisions that are spoken.

    The types are those of the newest of them that has a schema file; a property is
    required only if all of them require it.

    Args:
        revisions: Names of revisions, at least one, in any order.
        library: Where the revisions come from; by default those of mcpgen.

    Raises:
        MCPGenError: MG501 for unknown revisions, MG502 to MG504 for unusable files.
        ValueError: No revision is given.
    """
    library = library or pinned()
    if library is pinned() and set(revisions) == set(library.known()):
        folder = assets.runtime() / "protocol"
        return {name: (folder / name).read_text(encoding="utf-8") for name in FILES}
    return render_anew(revisions, library=library)


def render_anew(
    revisions: Sequence[str],
    *,
    library: Library | None = None,
    models: str = "..core.model",
) -> dict[str, str]:
    """`render` without a look at the committed text.

    `models` is the runtime's module of that name, as the types import it.
    """
    source = library or pinned()
    known = source.known()
    problems = Collector()
    for name in sorted(set(revisions) - set(known)):
        problems.extend(unknown_revision(name, known).diagnostics)
    problems.raise_errors()
    if not revisions:
        raise ValueError("no protocol revision is selected")
    selected = [source.load(name) for name in sorted(set(revisions))]
    others = [source.load(name) for name in known if name not in revisions]
    return {
        "__init__.py": _PACKAGE,
        **_types(selected, others, models),
        "revisions.py": revisions_source(_own(revisions, source)),
    }


def _own(revisions: Sequence[str], library: Library) -> list[RevisionData]:
    """The revisions whose tables are part of the runtime: those that mcpgen has."""
    added = set(additions(revisions, library))
    names = sorted({name for name in revisions if name not in added})
    return [pinned().load(name) for name in names or pinned().known()[-1:]]


def _types(
    selected: Sequence[RevisionData], others: Sequence[RevisionData], home: str
) -> dict[str, str]:
    from mcpgen.models import generate_definitions

    document = combined(selected, others[::-1])
    names = {name: class_name(name) for name in document["$defs"]}
    models = generate_definitions(document, names, where="the protocol's schema")
    blocks = blocks_of(models.source)
    roots = {names.get(name, name) for name in _results([*selected, *others])}
    of_results = needed(blocks, roots)
    results = [block for block in blocks if block.name in of_results]
    messages = [block for block in blocks if block.name not in of_results]
    homes = _homes(models, home)
    local = dict.fromkeys((block.name for block in results), ".types")
    return {
        "types.py": _module(_TYPES, [*results, _end(_LAZY)], homes),
        "_messages.py": _messages(messages, homes | local),
    }


def _messages(blocks: Sequence[Block], homes: Mapping[str, str]) -> str:
    names = sorted(block.name for block in blocks)
    end = _end(f"{assignment('__all__', Value(names))}\n")
    return _module(_MESSAGES, [*blocks, end], homes)


def _end(text: str) -> Block:
    """What stands behind the definitions of a module."""
    uses = ["TYPE_CHECKING"] if "TYPE_CHECKING" in text else []
    return Block("", text, False, frozenset(uses), frozenset())


def class_name(definition: str) -> str:
    """The class of a definition: its name, but for names that the modules need."""
    from mcpgen.models.names import MODULE_NAMES

    return f"{definition}Object" if definition in MODULE_NAMES else definition


def _results(revisions: Iterable[RevisionData]) -> set[str]:
    """The definitions of the results of all requests."""
    return {
        request.result
        for data in revisions
        for requests in (data.table.client_requests, data.table.server_requests)
        for request in requests.values()
    }


def _homes(models: GeneratedModels, home: str) -> dict[str, str]:
    """Imported name to module, as the generated source wants it."""
    homes = {**dict.fromkeys(models.base_names, home), "TYPE_CHECKING": "typing"}
    for statement in models.imports:
        _, module, _, *names = statement.split()
        homes.update((name.rstrip(","), module) for name in names)
    return homes


def _module(docstring: str, blocks: Sequence[Block], homes: Mapping[str, str]) -> str:
    standard, third_party, own = "", "", ""
    for module, names in imported(blocks, homes).items():
        statement = _import(module, names)
        if module == "typing":
            standard += statement
        elif module.startswith("."):
            own += statement
        else:
            third_party += statement
    # Annotations that are evaluated where they stand make classes a third faster than
    # ones that pydantic has to compile.
    future = "" if in_order(blocks) else "from __future__ import annotations\n"
    head = "\n".join(
        part for part in (docstring, future, standard, third_party, own) if part
    )
    gap = "\n\n" if blocks[0].is_class else "\n"
    return head + gap + "\n\n".join(block.text for block in blocks)


def narrowed(files: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The files of `runtime/protocol/` with some of the types alone.

    Args:
        files: What `render` gave.
        names: The types that are used; what they lead to stays as well.
    """
    modules = [taken_apart(files[name]) for name in ("types.py", "_messages.py")]
    kept = used(modules, names)
    blocks = [b for module in modules for b in module.blocks if b.name in kept]
    homes = {
        name: home
        for module in modules
        for name, home in module.homes.items()
        if home != ".types"
    }
    rest = {name: text for name, text in files.items() if name != "_messages.py"}
    return {
        **rest,
        "types.py": _module(_FEW, [*blocks, _end(_NARROWED)], homes),
    }


def results_of(
    methods: Iterable[str], revisions: Sequence[str], library: Library | None
) -> set[str]:
    """The types of the results of some requests of clients."""
    source = library or pinned()
    wanted = set(methods)
    return {
        class_name(request.result)
        for revision in revisions
        for method, request in source.load(revision).table.client_requests.items()
        if method in wanted
    }


def _import(module: str, names: Sequence[str], indent: int = 0) -> str:
    pad = " " * indent
    line = f"{pad}from {module} import {', '.join(names)}\n"
    if len(line) <= 89:
        return line
    body = "".join(f"{pad}    {name},\n" for name in names)
    return f"{pad}from {module} import (\n{body}{pad})\n"
