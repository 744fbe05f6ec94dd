"""`ir.Project` -> `{path: text}`: a pure function that shares nothing with the disk.

Templates give the shape, `views` and `pycode` give every value; the environment refuses
anything else. It must not know where or whether the files are written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import jinja2

from mcpgen import assets, features, ir, pycode, variables
from mcpgen.ir import File, Ownership
from mcpgen.pycode import Code
from mcpgen.runtime.version import RUNTIME_VERSION
from mcpgen.views import (
    catalog,
    client,
    common,
    documents,
    examples,
    handler,
    package,
    publishing,
    reference,
    runtime,
    service,
    tests,
)
from mcpgen.views.remembered import Pieces

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from mcpgen.protocol import Library


class Target(StrEnum):
    """A half of a project that can be made alone."""

    SERVER = "server"
    CLIENT = "client"


BOTH: Final = (Target.SERVER, Target.CLIENT)
_SEVERAL: Final = 64
"""Tools from which on it pays to look up what was written before."""


class UnsafeTextError(TypeError):
    """A template asked for text that `pycode` has not made."""


def render(
    project: ir.Project,
    targets: Collection[Target] = BOTH,
    *,
    library: Library | None = None,
    example: bool = False,
    pieces: Pieces | None = None,
) -> dict[str, File]:
    """Every file of a project by its path below the project's folder, with `/`.

    The manifest itself is not among them: callers write it.

    Args:
        project: What `build` gave.
        targets: The halves to render.
        library: Where the project's revisions come from; by default from mcpgen.
        example: The manifest is `example_manifest(...)` as it stands, so `handlers.py`
            and the tests are the example's real ones in place of skeletons.
        pieces: What an earlier run wrote of the same parts; for large projects only.
    """
    if project.shares_runtime and library is not None:
        from mcpgen.protocol.tables import additions

        added = any(additions(project.revisions, library))
        project = replace(project, own_types=added)
    if len(project.tools) < _SEVERAL:
        pieces = None
    pages = _Pages(project, targets, library, example=example, pieces=pieces)
    files = dict(pages.project())
    if Target.SERVER in targets:
        files.update(pages.server())
        files.update(pages.handlers())
    if Target.CLIENT in targets:
        files.update(pages.client())
    return dict(sorted(files.items()))


def example_manifest(name: str) -> str:
    """The text of the `mcpgen.yaml` that `mcpgen new server NAME` starts with."""
    return _fill("example/mcpgen.yaml.jinja", name=pycode.yaml_string(name))


def runtime_distribution() -> dict[str, str]:
    """The files of the distribution `mcpgen-runtime` by path: the whole runtime."""
    values = {"version": pycode.toml_string(RUNTIME_VERSION)}
    files = {
        "LICENSE": assets.license_file().read_text(encoding="utf-8"),
        f"{runtime.SHARED}/py.typed": "",
    }
    for name in ("README.md", "pyproject.toml"):
        files[name] = _fill(f"runtime/{name}.jinja", **values)
    for path, file in _sources(assets.runtime()):
        files[f"{runtime.SHARED}/{path}"] = file.read_text(encoding="utf-8")
    return dict(sorted(files.items()))


# ------------------------------------------------------------ the environment


@cache
def environment() -> jinja2.Environment:
    """What templates are filled in: it takes `Code` and refuses everything else."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        undefined=jinja2.StrictUndefined,
        finalize=_only_code,
        # Nothing here is HTML, and what is not `Code` does not get in.
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _template(name: str) -> str:
    return assets.templates().joinpath(name).read_text(encoding="utf-8")


def _only_code(value: object) -> Code:
    if isinstance(value, Code):
        return value
    if isinstance(value, jinja2.Undefined):
        # Raises, and says which name is missing.
        str(value)
    raise UnsafeTextError(f"a template asked for {type(value).__name__}, not Code")


def _fill(template: str, **values: Any) -> str:
    return environment().get_template(template).render(values)


# ------------------------------------------------------------------- the files

_ABOUT: Final = {
    "middleware": "What runs around messages: hooks, message middleware and features.",
    "serving": "What serves otherwise than `main`: mounted, over other transports.",
    "stores": "What keeps counters, sessions and events elsewhere than in memory.",
}
"""What each module beside the server's `generated` has."""

_ABOUT_CLIENT: Final = {
    "auth": "Credentials: tokens, keys, certificates and signing in.",
    "connection": "Connections of your own, and what clients share about servers.",
    "middleware": "The types of middleware around requests.",
}
"""What each module beside the client package's `__init__` has."""

Files: TypeAlias = Iterator[tuple[str, File]]


class _Pages:
    """The files of one project, group by group."""

    def __init__(
        self,
        project: ir.Project,
        targets: Collection[Target],
        library: Library | None,
        *,
        example: bool,
        pieces: Pieces | None,
    ) -> None:
        self._pieces = pieces
        self._project = project
        self._library = library
        self._has_client = Target.CLIENT in targets
        self._example = example
        self._server = pycode.identifier(project.server_package)
        self._client = pycode.identifier(project.client_package)
        self._catalogue: File | None = None
        self._handlers = tuple(handler.handlers(project))
        self._common: dict[str, Any] = {
            "prefix": pycode.identifier(project.class_prefix),
            "server_package": self._server,
            "client_package": self._client,
            "server_name": documents.distribution(self._server),
            "client_name": publishing.client_name(project),
            "client_command": documents.distribution(self._client),
            "title": documents.title(project),
            "description": documents.description(project),
            "version": documents.version(project),
            "manifest": pycode.markdown_code(project.manifest_file),
            "toml": documents.toml(project),
            "client_requirements": documents.toml_strings(
                features.client_requirements(project)
            ),
            "client_extras": {
                name: documents.extra_line(name, packages)
                for name, packages in features.client_extras(project).items()
            },
            "requirements": documents.toml_strings(features.requirements(project)),
            "extras": documents.extras(features.extras(project)),
            "class_docstring": pycode.docstring(common.summary(project), 4),
            "has_server": Target.SERVER in targets,
            "has_client": self._has_client,
            "has_terminal": features.has_terminal(project),
            "lazily": package.import_of(project, "core.lazy", "lazily"),
            "has_stdio": "stdio" in project.transports,
            "has_http": "http" in project.transports,
            "has_mock": "mock" in features.server(project).present,
            "claim_stdio": package.import_of(
                project, "server.transports.stdio", "claim_stdio"
            ),
            "missing": package.import_of(project, "core.missing", "missing"),
            "version_imports": package.version_imports(project),
            "runtime_version": runtime.version(),
            "marker": publishing.marker(project.registry) if project.registry else None,
        }

    def _fill(self, template: str, **values: Any) -> str:
        return _fill(template, **self._common, **values)

    def _own(self, template: str, **values: Any) -> File:
        """A file that is mcpgen's."""
        return File(self._fill(template, **values), Ownership.GENERATED)

    def _yours(self, template: str, **values: Any) -> File:
        """A file that is written once."""
        return File(self._fill(template, **values), Ownership.YOURS)

    def _said(self, first: str) -> Code:
        return common.module_docstring(self._project, first)

    def project(self) -> Files:
        """What lies beside the manifest."""
        yield "README.md", self._yours("project/README.md.jinja")
        yield ".gitignore", self._yours("project/gitignore.jinja")
        yield ".gitattributes", self._yours("project/gitattributes.jinja")
        if self._project.editor_schema:
            text = assets.schema().joinpath(ir.EDITOR_SCHEMA).read_text("utf-8")
            yield ir.EDITOR_SCHEMA, File(text, Ownership.GENERATED)

    def server(self) -> Files:
        """The server's project files, and the folder `generated`."""
        for path in ("pyproject.toml", "README.md", "Dockerfile"):
            yield f"server/{path}", self._yours(f"server/{path}.jinja")
        yield "server/.dockerignore", self._yours("server/dockerignore.jinja")
        project = self._project
        name = project.name
        home = f"server/{self._server}/generated"
        yield (
            f"{home}/__init__.py",
            self._own(
                "server/generated.py.jinja",
                docstring=self._said(f"What handlers of the {name} server need."),
                imports=package.server_imports(project),
                imports_for_types=package.server_imports_for_types(project),
                on_demand=package.server_on_demand(project),
                package_version=package.version(documents.version(project)),
                names=package.server_exports(project),
            ),
        )
        modules = package.server_modules(self._project)
        yield from self._exports(home, modules, _ABOUT)
        offered = f"What the {name} server offers: implement "
        yield (
            f"{home}/service.py",
            self._own(
                "server/service.py.jinja",
                docstring=self._said(f"{offered}`{project.class_prefix}Service`."),
                imports=service.service_imports(project, self._handlers),
                methods=list(service.service_methods(self._handlers)),
                contract=service.contract(project, self._handlers),
            ),
        )
        if examples.are_wanted(project):
            first = (
                f"What the {name} server answers in mock mode, made from the schemas."
            )
            yield (
                f"{home}/examples.py",
                self._own(
                    "server/examples.py.jinja",
                    docstring=self._said(first),
                    examples=examples.examples(project, self._pieces),
                ),
            )
        yield f"{home}/py.typed", File("", Ownership.GENERATED)
        comment = pycode.comment(common.made_by(project))
        needed = list(map(Code, features.requirements(project)))
        template = "server/requirements.txt.jinja"
        yield (
            f"{home}/requirements.txt",
            self._own(template, made_by=comment, needed=needed),
        )
        yield from self._data(home)
        yield from self._runtime(home, features.server(project))

    def _exports(
        self,
        home: str,
        modules: Iterable[tuple[str, Code, Code, Code | None]],
        about: Mapping[str, str],
    ) -> Files:
        """Modules with what is imported for other work than most."""
        for module, imports, names, explained in modules:
            yield (
                f"{home}/{pycode.identifier(module)}.py",
                self._own(
                    "shared/exports.py.jinja",
                    docstring=self._said(about[module]),
                    imports=imports,
                    explained=explained,
                    names=names,
                ),
            )

    def handlers(self) -> Files:
        """The server's Python files that are the user's."""
        project = self._project
        home = f"server/{self._server}"
        for path, template, first in (
            ("__init__.py", "init.py", f"The {project.name} server."),
            ("__main__.py", "main.py", f"Runs the {project.name} server."),
            ("app.py", "app.py", f"The {project.name} server as an application."),
        ):
            docstring = pycode.docstring(first)
            template = f"server/{template}.jinja"
            yield f"{home}/{path}", self._yours(template, docstring=docstring)
        yield f"{home}/py.typed", File("", Ownership.YOURS)
        source = "example" if self._example else "server"
        yield (
            f"{home}/handlers.py",
            self._yours(
                f"{source}/handlers.py.jinja",
                docstring=pycode.docstring(f"What the {project.name} server does."),
                imports=(
                    service.example_imports(project)
                    if self._example
                    else service.handler_imports(project, self._handlers)
                ),
                methods=list(service.handler_methods(self._handlers)),
                has_missing=service.has_missing(self._handlers),
            ),
        )
        template = "server/test_health.py.jinja"
        if self._has_client:
            template = f"{source}/test_service.py.jinja"
        yield (
            "server/tests/test_service.py",
            self._yours(
                template,
                docstring=pycode.docstring(f"Calls the {project.name} server."),
                client_imports=tests.client_imports(
                    project,
                    "ProtocolError",
                    "ToolError",
                    *(["Progress"] if self._example else []),
                ),
                wire_name=tests.server_name(project),
                tests=list(tests.handler_tests(project)),
            ),
        )

    def client(self) -> Files:
        """The client, a distribution of its own."""
        project = self._project
        view = client.client(project, self._pieces)
        registry, history = project.registry, project.history
        said = {
            "client_import": tests.client_imports(project),
            "example": documents.example(project, sync=False),
            "sync_example": documents.example(project, sync=True),
            "rows": list(documents.method_rows(project)),
            "url": pycode.string(project.connect or publishing.LOCAL_URL),
            "shell_url": pycode.shell_word(project.connect or publishing.LOCAL_URL),
            "default_url": pycode.markdown_code(project.connect or ""),
            "default_command": pycode.markdown_code(client.command_line(project)),
            "entries": list(reference.entries(project, view.methods)),
            "has_dicts": any(module.dicts for module in project.models),
        }
        comment = pycode.html_comment(common.made_by(project))
        for path in ("README.md", "CHANGELOG.md", "REFERENCE.md"):
            yield (
                f"client/{path}",
                self._own(
                    f"client/{path}.jinja",
                    made_by=comment,
                    **said,
                    client_version=publishing.client_version(project),
                    changes=list(publishing.changes(project)),
                    since=pycode.markdown_code(history.since)
                    if history.since
                    else None,
                    is_known=history.is_known,
                    # Sections that mcpgen wrote itself: the lock has their hash.
                    kept=pycode.checked_source(history.kept or ""),
                    earlier=pycode.checked_source(history.earlier),
                ),
            )
        if registry is not None:
            text = publishing.server_json(project, registry, variables.of(project))
            yield "client/server.json", File(f"{text}\n", Ownership.GENERATED)
        comment = pycode.comment(common.made_by(project))
        yield (
            "client/pyproject.toml",
            self._own(
                "client/pyproject.toml.jinja",
                made_by=comment,
                client_version=publishing.client_version(project),
                python=publishing.python(project),
                metadata=list(publishing.metadata(project)),
                urls=list(publishing.urls(project)),
            ),
        )
        home = f"client/{self._client}"
        docstring = self._said(f"Typed access to the {project.name} server.")
        yield (
            f"{home}/__init__.py",
            self._own(
                "client/init.py.jinja",
                docstring=docstring,
                imports=package.client_imports(project),
                imports_for_types=package.client_imports_for_types(project),
                on_demand=package.client_on_demand(project),
                package_version=package.version(publishing.client_version(project)),
                names=package.client_exports(project),
            ),
        )
        modules = package.client_modules(project)
        yield from self._exports(home, modules, _ABOUT_CLIENT)
        yield (
            f"{home}/client.py",
            self._own(
                "client/client.py.jinja",
                docstring=docstring,
                view=view,
                lazy_module=package.import_of(project, "core.lazy", "LazyModule"),
            ),
        )
        docstring = self._said(f"Uses the {project.name} server from a terminal.")
        yield (
            f"{home}/__main__.py",
            self._own(
                "client/main.py.jinja",
                docstring=docstring,
                imports=package.main_imports(project),
            ),
        )
        yield f"{home}/py.typed", File("", Ownership.GENERATED)
        text = publishing.contract(project)
        yield f"{home}/contract.json", File(f"{text}\n", Ownership.GENERATED)
        yield from self._data(home, has_dicts=True)
        yield from self._runtime(home, features.client(project), view.types)

    def _data(self, folder: str, *, has_dicts: bool = False) -> Files:
        """What server and client both have: the catalogue and the models.

        Args:
            folder: Where.
            has_dicts: Whether arguments are given there, so that plain dicts may be.
        """
        # It is long, and the same in both.
        self._catalogue = self._catalogue or self._catalog()
        yield f"{folder}/catalog.py", self._catalogue
        yield f"{folder}/revisions.py", self._revisions()
        for name, file in self._models(has_dicts=has_dicts):
            yield f"{folder}/{name}", file

    def _catalog(self) -> File:
        project = self._project
        first = (
            f"What the {project.name} server offers, exactly as the manifest has it."
        )
        return self._own(
            "shared/catalog.py.jinja",
            docstring=self._said(first),
            imports=package.catalog_imports(project),
            catalog=catalog.catalog(project, self._pieces),
        )

    def _revisions(self) -> File:
        # Here and not above: reading schemas is no part of importing the renderer.
        from mcpgen.protocol.tables import selection

        project = self._project
        chosen = selection(project.revisions, self._library)
        return self._own(
            "shared/revisions.py.jinja",
            docstring=self._said(
                f"The protocol revisions of the {project.name} server, oldest first."
            ),
            imports=package.revision_imports(project, chosen.names),
            revisions=chosen.source,
        )

    def _runtime(
        self, home: str, half: features.Half, types: Iterable[str] = ()
    ) -> Files:
        """What a package has of the runtime itself.

        Args:
            home: The package's folder.
            half: Which features it has.
            types: The protocol's types that generated code names.
        """
        if not self._project.shares_runtime:
            folder = f"{home}/runtime"
            yield from _runtime_files(self._project, self._library, folder, half, types)
        elif self._project.own_types:
            yield from _own_types(self._project, self._library, f"{home}/protocol")

    def _models(self, *, has_dicts: bool) -> Files:
        project = self._project
        first = f"The types of what the {project.name} server takes and gives."
        modules = project.models
        if has_dicts:
            modules = tuple(map(_with_dicts, modules))
        if len(modules) == 1:
            yield "models.py", self._module(modules[0], first, ".")
            return
        homes = {module.name: module.names for module in modules}
        yield (
            "models/__init__.py",
            self._own(
                "shared/models_package.py.jinja",
                docstring=self._said(f"{first}\n\nEach is imported when first used."),
                modules=package.model_modules(homes),
                lazily_above=package.import_of(project, "core.lazy", "lazily", ".."),
                homes=package.model_homes(homes),
                names=package.model_exports(homes),
            ),
        )
        for module in modules:
            first = f"Types of the {project.name} server: `{module.name}`."
            file = self._remembered_module(module, first, "..")
            yield f"models/{pycode.identifier(module.name)}.py", file

    def _remembered_module(
        self, module: ir.ModelsModule, first: str, dots: str
    ) -> File:
        if self._pieces is None:
            return self._module(module, first, dots)
        # The header names the manifest; nothing else comes from outside of the module.
        home = runtime.module(self._project, dots=dots)
        header = [first, self._project.manifest_file, home]
        made_from = [module.imports, module.base_names, module.source]
        text = self._pieces.of_parts(
            "models",
            [*header, *made_from],
            lambda: self._module(module, first, dots).text,
        )
        return File(text, Ownership.GENERATED)

    def _module(self, module: ir.ModelsModule, first: str, dots: str) -> File:
        imported = package.model_imports(self._project, module, dots)
        return self._own(
            "shared/models.py.jinja",
            docstring=self._said(first),
            imports=pycode.import_block(imported),
            source=pycode.checked_source(module.source),
            starts_with_class=module.source.startswith("class "),
        )


def _with_dicts(module: ir.ModelsModule) -> ir.ModelsModule:
    """A module that has the dicts of arguments behind its models."""
    if not module.dicts:
        return module
    return replace(
        module,
        source=f"{module.source}\n\n{module.dicts}",
        imports=module.dicts_imports,
        names=(*module.names, *module.dicts_names),
    )


_HANDLERS_ANSWER: Final = ("prompts/get", "resources/read", "tools/call")
"""Requests whose results handlers may return as a type of the protocol."""


def _runtime_files(
    project: ir.Project,
    library: Library | None,
    folder: str,
    half: features.Half,
    types: Iterable[str],
) -> Files:
    """What a package has of the runtime, and the protocol of the chosen revisions."""
    # Here and not above: reading schemas is no part of importing the renderer.
    from mcpgen.protocol import rendering
    from mcpgen.protocol.narrowing import named

    source = assets.runtime()
    for name in ("__init__.py", "version.py"):
        yield f"{folder}/{name}", _copy(source / name)
    used = set(types)
    if half.side == "server":
        used |= rendering.results_of(_HANDLERS_ANSWER, project.revisions, library)
    for name in ("core", half.side):
        for path, file in _sources(source / name):
            if half.has(f"{name}/{path}"):
                text = half.text(file.read_text(encoding="utf-8"))
                used.update(named(text))
                yield f"{folder}/{name}/{path}", File(text, Ownership.GENERATED)
    files = rendering.render(project.revisions, library=library)
    if not project.all_types:
        files = rendering.narrowed(files, used)
    for name, text in files.items():
        yield f"{folder}/protocol/{name}", File(text, Ownership.GENERATED)


def _own_types(project: ir.Project, library: Library | None, folder: str) -> Files:
    """The types of the project's revisions, beside those of a shared runtime."""
    from mcpgen.protocol.rendering import render_anew

    models = runtime.module(project, "core.model")
    files = render_anew(project.revisions, library=library, models=models)
    # The tables are data that the package hands over.
    del files["revisions.py"]
    for name, text in files.items():
        yield f"{folder}/{name}", File(text, Ownership.GENERATED)


def _sources(folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                for path, file in _sources(entry):
                    yield f"{entry.name}/{path}", file
        elif entry.name.endswith(".py"):
            yield entry.name, entry


def _copy(file: Traversable) -> File:
    return File(file.read_text(encoding="utf-8"), Ownership.GENERATED)
