"""Revisions -> the source text of `runtime/protocol/`.

The last step of the protocol stage. Pure but for reading the text that is committed for
the default selection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from mcpgen import assets
from mcpgen.diagnostics import Collector

from .documents import combined
from .modules import (
    Block,
    blocks_of,
    imported,
    in_import_order,
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
    "_results.py",
    "revisions.py",
    "types.py",
)

_PACKAGE: Final = '''"""The protocol as data and types, made from its official schemas."""
'''

_RESULTS: Final = '''"""What requests are answered with, and everything that such results hold.

Made by mcpgen from the protocol's schemas. Import from `.types`, which has all types.
"""
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

_LAZY: Final = '''else:

    def __getattr__(name: str) -> object:
        """Import the messages when one of them is asked for."""
{absent}        if name.startswith("_"):
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from . import _messages

        return getattr(_messages, name)
'''

_LACKING: Final = '''if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Explain which types are not in this package."""
{absent}        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
'''

_IF_ABSENT: Final = """\
        if name in _ABSENT.split():
            raise ImportError(
                f"the protocol type {name} is not in this package: add "
                "`protocol-types: all` to the manifest and run `mcpgen generate`"
            )
"""


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
    local = dict.fromkeys((block.name for block in results), "._results")
    return {
        "_results.py": _module(_RESULTS, results, homes),
        "_messages.py": _module(_MESSAGES, messages, homes | local),
        "types.py": _facade(results, messages),
    }


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
    homes = dict.fromkeys(models.base_names, home)
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


def _facade(
    results: Sequence[Block], messages: Sequence[Block], absent: Sequence[str] = ()
) -> str:
    eager = _import("._results", in_import_order(block.name for block in results))
    lazy = _import("._messages", in_import_order(block.name for block in messages), 4)
    names = sorted(block.name for block in (*results, *messages))
    exported = "".join(f'    "{name}",\n' for name in names)
    explained = _IF_ABSENT if absent else ""
    if messages:
        rest = f"if TYPE_CHECKING:\n{lazy}{_LAZY.format(absent=explained)}\n"
    else:
        rest = f"{_LACKING.format(absent=explained)}\n"
    if absent:
        words = "\n".join(wrap(" ".join(sorted(absent)), 88))
        rest += f'\n_ABSENT: Final = """\n{words}\n"""\n'
    typing = "TYPE_CHECKING, Final" if absent else "TYPE_CHECKING"
    return (
        f"{_TYPES}\nfrom typing import {typing}\n\n{eager}\n"
        f"{rest}\n__all__ = [\n{exported}]\n"
    )


def narrowed(files: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The files of `runtime/protocol/` with some of the types alone.

    Args:
        files: What `render` gave.
        names: The types that are used; what they lead to stays as well.
    """
    modules = {
        name: taken_apart(files[name]) for name in ("_results.py", "_messages.py")
    }
    kept = used(modules.values(), names)
    results, messages = (
        [block for block in module.blocks if block.name in kept]
        for module in modules.values()
    )
    absent = sorted(
        block.name
        for module in modules.values()
        for block in module.blocks
        if block.name not in kept
    )
    found = {**files, "types.py": _facade(results, messages, absent)}
    for (name, module), blocks in zip(
        modules.items(), (results, messages), strict=True
    ):
        if blocks:
            found[name] = _module(module.docstring, blocks, module.homes)
        else:
            del found[name]
    return found


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
