"""Who may import whom: the table of docs/architecture.md, held against the code.

A unit is a module or a folder directly below `mcpgen/`. Imports inside functions and
under `TYPE_CHECKING` count like all others: they are knowledge, too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest

PACKAGE: Final = Path(__file__).parents[1] / "mcpgen"
RUNTIME: Final = PACKAGE / "runtime"

TABLE: Final[dict[str, set[str]]] = {
    # Below every stage.
    "printable": set(),
    "diagnostics": {"printable"},
    "disk": {"diagnostics"},
    "assets": set(),
    "runtime_changes": {"assets", "diagnostics"},
    "given": set(),
    "ir": set(),
    "pycode": {"printable"},
    "entries": set(),
    # From input to text, in the order of the pipeline.
    "schemas": {"diagnostics", "disk"},
    "protocol": {
        "diagnostics",
        "assets",
        "disk",
        "folder",
        "pycode",
        "models",
        "schemas",
    },
    "manifest": {"diagnostics", "disk", "identity", "protocol", "runtime.core"},
    "lint": {"diagnostics", "manifest", "models", "runtime.core"},
    "models": {"diagnostics", "entries", "ir", "pycode"},
    "callers": {"diagnostics", "given", "manifest", "models", "naming"},
    "contracts": {
        "callers",
        "diagnostics",
        "examples",
        "given",
        "manifest",
        "naming",
        "printable",
        "runtime.core",
    },
    "pull": {
        "diagnostics",
        "disk",
        "identity",
        "manifest",
        "printable",
        "runtime.client",
        "runtime.core",
    },
    "release": {
        "callers",
        "contracts",
        "diagnostics",
        "given",
        "lock",
        "manifest",
    },
    "clients": {"contracts", "diagnostics", "editions", "lock", "manifest"},
    "editions": {
        "callers",
        "diagnostics",
        "folder",
        "given",
        "lock",
        "manifest",
        "project",
        "release",
    },
    "naming": {"diagnostics", "given"},
    "examples": {"runtime.core"},
    "build": {
        "callers",
        "contracts",
        "diagnostics",
        "examples",
        "ir",
        "manifest",
        "models",
        "naming",
        "pycode",
    },
    "features": {"ir", "runtime.version"},
    "variables": {"features", "ir", "runtime.server"},
    "views": {
        "entries",
        "examples",
        "features",
        "ir",
        "moved_names",
        "naming",
        "pycode",
        "runtime.version",
    },
    "render": {
        "assets",
        "features",
        "ir",
        "protocol",
        "pycode",
        "runtime.version",
        "variables",
        "views",
    },
    # From text to disk: none of these knows what is in a file.
    "folder": {"diagnostics"},
    "project": {"diagnostics"},
    "identity": {"assets"},
    "lock": {"diagnostics", "folder", "ir", "printable"},
    "plan": {"diagnostics", "folder", "ir", "lock"},
    "write": {"diagnostics", "disk", "lock", "plan"},
    "handlers": {"diagnostics", "ir"},
    "leftovers": {"diagnostics", "handlers", "ir"},
    "moved_names": set(),
    "own_files": {"diagnostics", "handlers", "moved_names"},
    "stubs": {"diagnostics", "disk", "folder", "handlers"},
    "memory": {"diagnostics", "disk"},
    # Where both come together.
    "changelog": {"contracts", "ir"},
    "generate": {
        "build",
        "changelog",
        "clients",
        "contracts",
        "diagnostics",
        "disk",
        "features",
        "folder",
        "given",
        "handlers",
        "identity",
        "ir",
        "leftovers",
        "lint",
        "lock",
        "manifest",
        "memory",
        "models",
        "own_files",
        "plan",
        "project",
        "protocol",
        "release",
        "renaming",
        "render",
        "runtime.version",
        "runtime_changes",
        "schemas",
        "stubs",
        "write",
        "views",
    },
    "renaming": {"diagnostics", "disk", "ir", "lock", "naming"},
    "difference": {"generate", "plan"},
    "publishing": {
        "clients",
        "diagnostics",
        "disk",
        "features",
        "folder",
        "generate",
        "ir",
        "manifest",
        "project",
        "release",
        "render",
        "variables",
        "views",
    },
    "hosts": {"diagnostics", "disk", "folder", "manifest", "runtime.client"},
    "watching": {"diagnostics", "project", "schemas"},
    "new": {
        "build",
        "diagnostics",
        "disk",
        "folder",
        "generate",
        "ir",
        "lint",
        "lock",
        "manifest",
        "project",
        "protocol",
        "release",
        "render",
        "write",
    },
    "addition": {"diagnostics", "disk", "manifest", "pull"},
    "cli": {
        "addition",
        "assets",
        "contracts",
        "diagnostics",
        "difference",
        "disk",
        "editions",
        "features",
        "folder",
        "generate",
        "hosts",
        "identity",
        "ir",
        "lint",
        "lock",
        "manifest",
        "new",
        "plan",
        "printable",
        "project",
        "protocol",
        "publishing",
        "pull",
        "release",
        "renaming",
        "runtime.client",
        "runtime.core",
        "runtime.server",
        "schemas",
        "stubs",
        "watching",
    },
    "__main__": {"cli"},
    "__init__": set(),
}

RUNTIME_TABLE: Final[dict[str, set[str]]] = {
    "core": set(),
    "protocol": {"core"},
    "server": {"core", "protocol"},
    "client": {"core", "protocol"},
    "version": set(),
    "__init__": set(),
}

CLIENT_FORBIDDEN: Final[dict[str, set[str]]] = {
    "auth": {"transports", "eras", "features"},
    "transports": {"eras", "features"},
    "eras": {"transports", "features", "auth"},
    "eras.legacy": {"eras.modern"},
    "eras.modern": {"eras.legacy"},
    "transports.http": {"transports.messages", "transports.stdio"},
    "limits": {"transports", "eras", "features"},
    "threads": {"transports", "eras", "features"},
}
"""Which parts of the client's runtime do not know which others."""

DEPENDENCIES: Final = {
    "aiohttp",
    "jsonschema_rs",
    "multidict",
    "pydantic",
    "pydantic_core",
}
"""What generated packages may need; `multidict` is the type of aiohttp's headers."""
EXTRAS: Final = {"joserfc", "opentelemetry", "prometheus_client", "rich", "uvloop"}
"""What they use where it is there: imported inside functions, or for types, only."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), str(path))


def unit_of(path: Path, root: Path) -> str:
    """The first part of a file's path below `root`, without its suffix."""
    return path.relative_to(root).parts[0].removesuffix(".py")


def imported(tree: ast.AST, path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """The full names that a file imports, relative ones resolved, with the statement."""
    package = ["mcpgen", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *([node.module] if node.module else [])]
            if module in (["mcpgen"], ["mcpgen", "runtime"]) or not node.module:
                yield from ((".".join([*module, a.name]), node) for a in node.names)
            else:
                yield ".".join(module), node


def layer(name: str) -> str | None:
    """The unit that a full name belongs to; of the runtime, its part as well."""
    parts = name.split(".")
    if parts[0] != "mcpgen":
        return None
    if len(parts) == 1:
        return "__init__"
    return ".".join(parts[1:3]) if parts[1] == "runtime" else parts[1]


def is_for_types(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def sources(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.py") if "_data" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


OURS: Final = [path for path in sources(PACKAGE) if RUNTIME not in path.parents]
COPIED: Final = sources(RUNTIME)


def test_the_table_names_every_unit_and_no_other() -> None:
    units = {unit_of(path, PACKAGE) for path in OURS}

    assert units == set(TABLE)


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_imports_go_along_the_pipeline(path: Path) -> None:
    unit = unit_of(path, PACKAGE)
    allowed = TABLE[unit] | {unit, "__init__"}

    for name, node in imported(parsed(path), path):
        found = layer(name)
        assert found is None or found in allowed, f"line {node.lineno}: {name}"


def test_the_table_has_no_circle() -> None:
    done: set[str] = set()
    while left := {u: n - done for u, n in TABLE.items() if u not in done}:
        free = {u for u, needs in left.items() if not needs & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        done |= free


@pytest.mark.parametrize("path", COPIED, ids=name_of)
def test_the_runtime_imports_only_itself_and_what_generated_packages_need(
    path: Path,
) -> None:
    unit = unit_of(path, RUNTIME)
    tree = parsed(path)
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(function, ast.If) and is_for_types(function))
        for node in ast.walk(function)
    }

    for name, node in imported(tree, path):
        top = name.partition(".")[0]
        where = f"line {node.lineno}: {name}"
        if isinstance(node, ast.ImportFrom) and node.level:
            part = name.removeprefix("mcpgen.runtime.").partition(".")[0]
            assert name.startswith("mcpgen.runtime."), where
            assert part in RUNTIME_TABLE[unit] | {unit}, where
        elif top in EXTRAS:
            assert id(node) in inner, where
        else:
            assert top in DEPENDENCIES | set(sys.stdlib_module_names), where


SERVER_TABLE: Final[dict[str, set[str]]] = {
    # What handlers see, and what answers requests.
    "settings": {"features.auth", "options", "sections"},
    "options": set(),
    "sections": {"options", "transports.http"},
    "principal": set(),
    "monitor": set(),
    "stores": {"handlers"},
    "logs": {"transports.http"},
    "handlers": {"incoming", "principal", "methods", "stores"},
    "service": {"handlers", "methods", "middleware", "options", "features.auth"},
    "methods": {"handlers", "middleware", "settings"},
    # The way of a message: transport, era, middleware, method, and back.
    "incoming": {"principal"},
    "middleware": {"handlers", "incoming", "methods", "principal"},
    "parts": {
        "handlers",
        "incoming",
        "methods",
        "middleware",
        "monitor",
        "principal",
        "service",
        "settings",
        "transports.http",
    },
    "transports.http": {"incoming", "logs", "monitor", "settings"},
    "transports.stdio": set(),
    "transports.connection": {"eras.era"},
    # Nobody imports an era but this, and the settings their sections.
    "eras.era": {"settings"},
    "transports.sse": {
        "eras.era",
        "http_endpoint",
        "options",
        "parts",
        "sections",
        "transports.connection",
    },
    "eras.modern": {"eras.era", "settings"},
    "eras.legacy": {"eras.era", "settings"},
    # Nobody imports a feature but this table, and the settings their sections.
    "features.table": {
        "http_endpoint",
        "methods",
        "parts",
        "service",
        "settings",
    },
    "features.access_log": {"parts", "sections", "settings"},
    "features.auth": {
        "handlers",
        "options",
        "sections",
        "service",
        "settings",
    },
    "features.limits": {"handlers", "parts", "settings", "stores"},
    "features.mock": {"handlers", "service"},
    "features.telemetry": {"handlers", "settings"},
    # What puts a server together and runs it.
    "http_endpoint": {
        "eras.era",
        "incoming",
        "parts",
        "transports.http",
    },
    "server": {"*"},
    "app": {"*"},
    "runner": {"*"},
    "health": {"settings"},
    "stopping": set(),
    "main": {"*"},
}
"""What the rooms of the server know of each other, beside `core` and `protocol`.

`*` is everything above. Types count like all imports.
"""
COMMON: Final = {
    "transports": {"incoming", "methods", "handlers", "middleware", "principal"},
    "eras": {
        "incoming",
        "methods",
        "handlers",
        "middleware",
        "parts",
        "principal",
        "stores",
    },
    "features": {"incoming", "methods", "middleware", "principal"},
}
"""What all rooms of a floor know beside that."""
LIFTED: Final = {"transports.connection": {"parts"}}


def room(module: str) -> str:
    """The part of `mcpgen.runtime.server` that a module belongs to."""
    parts = module.removeprefix("mcpgen.runtime.server").lstrip(".").split(".")
    if "settings" in parts[1:]:
        return "sections"
    if parts[0] in ("transports", "eras", "features") and len(parts) > 1:
        return ".".join(parts[:2])
    return parts[0]


def rooms_known(name: str) -> set[str]:
    known = SERVER_TABLE[name]
    floor = COMMON.get(name.partition(".")[0], set()) | LIFTED.get(name, set())
    if "*" in known:
        return set(SERVER_TABLE) | {"", "features"}
    more = {each for each in SERVER_TABLE if each.partition(".")[0] in known}
    http = {"transports.http"} if "." in name and name != "transports.stdio" else set()
    return known | floor | more | http | {name}


MODULES: Final = {
    ".".join(("mcpgen", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in COPIED
}


def modules_imported(path: Path) -> set[str]:
    """The modules of the runtime that a file imports, names from them left out."""
    found: set[str] = set()
    for name, node in imported(parsed(path), path):
        names = [a.name for a in node.names] if isinstance(node, ast.ImportFrom) else []
        inner = {f"{name}.{each}" for each in names} & MODULES.keys()
        found |= inner or {name} & MODULES.keys()
    return found


@pytest.mark.parametrize("path", sources(RUNTIME / "server"), ids=name_of)
def test_the_rooms_of_the_server_know_what_the_table_says(path: Path) -> None:
    (name,) = [module for module, home in MODULES.items() if home == path]
    here = room(name)
    if not here:
        return  # what the package exports

    for module in sorted(modules_imported(path)):
        if module.startswith("mcpgen.runtime.server"):
            assert room(module) in rooms_known(here), f"{name} imports {module}"


def test_no_module_of_the_server_is_in_a_circle() -> None:
    left = {
        module: {m for m in modules_imported(path) if m.startswith("mcpgen.runtime.s")}
        for module, path in MODULES.items()
        if module.startswith("mcpgen.runtime.server")
    }
    while left:
        free = {module for module, needs in left.items() if not needs & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {module: needs for module, needs in left.items() if module not in free}


def test_every_part_of_the_runtime_is_in_the_table() -> None:
    assert {unit_of(path, RUNTIME) for path in COPIED} == set(RUNTIME_TABLE)


PRIVATE_HOMES: Final = {
    "runtime/server/transports/http/aiohttp_parts.py",
    "runtime/client/transports/http/aiohttp_parts.py",
    "runtime/client/features/oauth/watched.py",
}
"""The modules that may use parts of aiohttp that it does not promise to keep."""

PUBLIC_MODULES: Final = {
    "aiohttp",
    "aiohttp.abc",
    "aiohttp.hdrs",
    "aiohttp.typedefs",
    "aiohttp.web",
}
UNPROMISED: Final = {
    *("request_factory", "request_handler", "handle_error", "output_size"),
    *("connection_made", "connection_lost", "keepalive_timeout", "writer"),
}
"""Parts without an underscore that aiohttp's documentation does not have."""


def names_given(tree: ast.Module) -> set[str]:
    """Names with one underscore that a module gives to functions and attributes."""
    given: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            given |= {node.attr} if of_self(node) else set()
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            given.add(node.id)
    return {name for name in given if name[0] == "_" and name[:2] != "__"}


def of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


AIOHTTP: Final = Path(aiohttp.__file__).parent
PRIVATE: Final = frozenset[str]().union(
    *(names_given(parsed(path)) for path in AIOHTTP.glob("*.py"))
)
"""Names with an underscore of the aiohttp that is installed."""


def is_of_aiohttp(node: ast.ClassDef) -> bool:
    """Whether a class is made of one of aiohttp's."""
    bases = {ast.unparse(base).partition(".")[0] for base in node.bases}
    return bool(bases & {"aiohttp", "web"})


OVERRIDDEN: Final = {
    *("_create_connection", "_prepare_hook", "_send_headers_immediately", "_handle"),
    *("_start", "_prepare", "_make_server", "_request_class", "_resolve_host"),
}
"""What subclasses of aiohttp's classes could replace in them."""


def unpromised(tree: ast.Module) -> Iterator[str]:
    """What a module uses of aiohttp that does not belong to its documented parts.

    A name that the module gives to a thing of its own counts as that thing.
    """
    for_types = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and is_for_types(branch)
        for node in ast.walk(branch)
    }
    imports = {
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        if id(node) not in for_types and not getattr(node, "level", 0)
        for alias in node.names
    }
    used = {name for name in imports if name.partition(".")[0] == "aiohttp"}
    if not used:
        return
    yield from used - PUBLIC_MODULES
    wanted = (PRIVATE - names_given(tree)) | UNPROMISED
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in wanted:
            yield f"{node.attr} in line {node.lineno}"
        elif isinstance(node, ast.ClassDef) and is_of_aiohttp(node):
            yield from names_given(ast.Module(node.body, [])) & OVERRIDDEN


@pytest.mark.parametrize("path", COPIED, ids=name_of)
def test_parts_that_aiohttp_does_not_promise_are_used_in_one_module_per_side(
    path: Path,
) -> None:
    if name_of(path) not in PRIVATE_HOMES:
        assert list(unpromised(parsed(path))) == []


@pytest.mark.parametrize(
    "code",
    [
        "from aiohttp.web_protocol import ERROR",
        "import aiohttp.http_parser",
        "from aiohttp import web\nclass A(web.BaseSite):\n  def f(self): self._server.x",
        "from aiohttp import web\ndef f(c): return c._waiter is None",
        "import aiohttp\ndef f(s): s._request_class = 1",
        "from aiohttp import web\ndef f(r): r.writer.output_size += 1",
        "from aiohttp import web\nclass A(web.Response):\n  _prepare_hook = None",
    ],
)
def test_such_a_part_would_be_seen(code: str) -> None:
    assert list(unpromised(ast.parse(code)))


def test_a_wrong_import_would_be_seen() -> None:
    path = RUNTIME / "server" / "app.py"
    code = "from ..client import x\nfrom mcpgen import ir\nimport mcpgen.plan, yaml\n"

    found = [name for name, _ in imported(ast.parse(code), path)]

    assert found == ["mcpgen.runtime.client", "mcpgen.ir", "mcpgen.plan", "yaml"]
    assert [layer(name) for name in found] == ["runtime.client", "ir", "plan", None]


CLIENT: Final = "mcpgen.runtime.client."
CLIENT_FILES: Final = [path for path in COPIED if unit_of(path, RUNTIME) == "client"]


def module_of(path: Path) -> str:
    parts = ["mcpgen", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def client_imports(path: Path, *, types: bool) -> set[str]:
    """The modules of the client that a file imports, without the client's own name."""
    modules = {module_of(each) for each in CLIENT_FILES}
    tree = parsed(path)
    for_types = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and is_for_types(branch)
        for statement in branch.body
        for node in ast.walk(statement)
    }
    found: set[str] = set()
    for name, node in imported(tree, path):
        if id(node) in for_types and not types:
            continue
        named = [name]
        if isinstance(node, ast.ImportFrom):
            named += [f"{name}.{alias.name}" for alias in node.names]
        known = [each for each in named if each in modules]
        found.update(each.removeprefix(CLIENT) for each in known[-1:])
    return found - {module_of(path).removeprefix(CLIENT)}


@pytest.mark.parametrize("path", CLIENT_FILES, ids=name_of)
def test_parts_of_the_client_know_only_what_they_may(path: Path) -> None:
    module = module_of(path).removeprefix(CLIENT)
    forbidden = {
        other
        for part, others in CLIENT_FORBIDDEN.items()
        if f"{module}.".startswith(f"{part}.")
        for other in others
    }

    for name in client_imports(path, types=True):
        assert not any(f"{name}.".startswith(f"{each}.") for each in forbidden), name


@pytest.mark.parametrize("side", ["server", "client"])
def test_nobody_imports_an_era_but_the_table(side: str) -> None:
    """Packages may lack it. The server's settings and exports are lines of an era."""
    lines = {"server/__init__.py", "server/settings.py"}
    for path in sources(RUNTIME / side):
        place = path.relative_to(RUNTIME).as_posix()
        if not place.startswith(f"{side}/eras/") and place not in lines:
            for module in modules_imported(path):
                parts = module.removeprefix(f"mcpgen.runtime.{side}.").split(".")
                assert parts[:2] not in (["eras", "modern"], ["eras", "legacy"]), place


def test_the_client_has_no_circle_of_modules() -> None:
    """Imports that are for types alone do not count: they are never run."""
    left = {
        module_of(path).removeprefix(CLIENT): client_imports(path, types=False)
        for path in CLIENT_FILES
        if module_of(path) != CLIENT.removesuffix(".")
    }
    while left:
        free = {module for module, needs in left.items() if not needs & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {module: needs for module, needs in left.items() if module not in free}
