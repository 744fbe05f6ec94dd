"""The types that are made of the schemas hold whatever is valid, exactly."""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import pytest

from mcpgen import assets
from mcpgen.diagnostics import MCPGenError
from mcpgen.protocol import known, load, render
from mcpgen.protocol.narrowing import taken_apart
from mcpgen.protocol.rendering import FILES, class_name, render_anew
from mcpgen.protocol.revisions import Library
from mcpgen.protocol.table import definitions_of
from mcpgen.protocol.tables import selection
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.core.revision import Revision
from mcpgen.runtime.protocol import types
from mcpgen.runtime.protocol.revisions import REVISIONS
from tests.pace import patient
from tests.shared_data import EXAMPLES, SCHEMAS, needs_shared

RUNTIME = Path(str(assets.runtime()))
MODERN = ["2026-07-28"]

Importer = Callable[[dict[str, str]], ModuleType]


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Importer]:
    """Imports rendered files as a package of their own; gives its `types`."""
    numbers = itertools.count()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def import_(files: dict[str, str]) -> ModuleType:
        name = f"rendered_{next(numbers)}"
        package = tmp_path / name
        shutil.copytree(RUNTIME / "core", package / "core")
        (package / "__init__.py").touch()
        (package / "protocol").mkdir()
        for file, text in files.items():
            (package / "protocol" / file).write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        importlib.import_module(f"{name}.protocol.revisions")
        return importlib.import_module(f"{name}.protocol.types")

    yield import_
    for module in [m for m in sys.modules if m.startswith("rendered_")]:
        del sys.modules[module]


def names_of(module: ModuleType) -> set[str]:
    """The types of a rendered package, by its `types`."""
    folder = Path(str(module.__file__)).parent
    texts = [(folder / name).read_text() for name in ("types.py", "_messages.py")]
    return {block.name for text in texts for block in taken_apart(text).blocks}


def definitions(library: Library, revision: str) -> dict[str, Any]:
    document = library.load(revision).document
    assert document is not None
    return definitions_of(document)


def is_required(module: ModuleType, name: str, field: str) -> bool:
    fields = getattr(module, name).model_fields
    return bool(fields[field].is_required())


# ------------------------------------------------------------- what is committed


def test_the_committed_text_is_what_the_schemas_give() -> None:
    rendered = render_anew(known())
    assert rendered.keys() == set(FILES)
    for name, text in rendered.items():
        on_disk = (RUNTIME / "protocol" / name).read_bytes()
        assert text.encode() == on_disk, f"run `python -m mcpgen.protocol`: {name}"
    assert render(known()) == rendered


def test_rendering_does_not_depend_on_the_order_of_the_selection() -> None:
    names = ["2026-07-28", "2024-11-05"]
    assert render(names) == render([*reversed(names), "2024-11-05"])


def test_all_unknown_revisions_are_named_at_once() -> None:
    with pytest.raises(MCPGenError) as error:
        render(["2026-07-28", "2020-01-01", "draft"])
    assert [d.code for d in error.value.diagnostics] == ["MG501", "MG501"]


def test_a_selection_has_at_least_one_revision() -> None:
    with pytest.raises(ValueError, match="no protocol revision is selected"):
        render([])


def test_the_runtime_tables_are_read_only() -> None:
    assert tuple(REVISIONS) == known()
    latest = known()[-1]
    with pytest.raises(TypeError):
        REVISIONS["2026-07-28"] = REVISIONS[latest]  # type: ignore[index]
    with pytest.raises(TypeError):
        REVISIONS[latest].client_requests["a"] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        REVISIONS[latest].era = "legacy"  # type: ignore[misc]


def test_every_method_of_the_runtime_has_its_types() -> None:
    for name, revision in REVISIONS.items():
        table = load(name).table
        assert set(revision.client_requests) == table.client_requests.keys()
        assert set(revision.server_requests) == table.server_requests.keys()
        for requests in (table.client_requests, table.server_requests):
            for method in requests.values():
                assert hasattr(types, method.result)
                assert method.params is None or hasattr(types, method.params)


def test_messages_are_imported_when_one_is_asked_for() -> None:
    code = (
        "import sys, mcpgen.runtime.protocol.types as types\n"
        "name = 'mcpgen.runtime.protocol._messages'\n"
        "types.CallToolResult; assert name not in sys.modules\n"
        "types.CallToolRequest; assert name in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_unknown_type_is_an_attribute_error() -> None:
    for name in ("NoSuchType", "_private"):
        with pytest.raises(AttributeError, match=name):
            getattr(types, name)


def test_every_type_is_there() -> None:
    names = names_of(types)
    assert {"CallToolResult", "CallToolRequest"} < names
    for name in names:
        assert getattr(types, name) is not None


# --------------------------------------------------------------- all revisions


@needs_shared
@pytest.mark.parametrize("revision", known())
def test_every_definition_of_a_published_schema_has_its_type(
    revision: str, tmp_path: Path, imported: Importer
) -> None:
    shutil.copy(SCHEMAS / f"{revision}.json", tmp_path)
    alone = Library(tmp_path)
    module = imported(render([revision], library=alone))
    for name in definitions(alone, revision):
        assert class_name(name) in names_of(module)
    for name in names_of(module):
        assert not re.search(r"\d$", name)
        codec: Codec[Any] = Codec(getattr(module, name))
        codec.prepare()


@needs_shared
def test_all_published_schemas_together_have_one_set_of_types(
    imported: Importer,
) -> None:
    official = Library(SCHEMAS)
    module = imported(render(known(), library=official))
    for revision in known():
        for name in definitions(official, revision):
            assert class_name(name) in names_of(module)


@pytest.mark.parametrize(
    "selection", [MODERN, ["2025-11-25"], ["2024-11-05"], ["2025-06-18", "2026-07-28"]]
)
def test_a_narrow_selection_has_the_same_types_and_its_own_methods(
    selection: Sequence[str], imported: Importer
) -> None:
    module = imported(render(selection))
    for revision in ("2025-11-25", "2026-07-28"):
        for name in load(revision).table.definitions:
            assert name in names_of(module)
    package = module.__name__.rpartition(".")[0]
    revisions = importlib.import_module(f"{package}.revisions")
    assert list(revisions.REVISIONS) == list(selection)


def test_a_property_is_required_if_all_selected_revisions_require_it(
    imported: Importer,
) -> None:
    modern = imported(render(MODERN))
    fields = [
        ("CallToolResult", "result_type"),
        ("ListToolsResult", "ttl_ms"),
        ("ListToolsResult", "cache_scope"),
        ("ListToolsRequest", "params"),
        ("CallToolRequestParams", "meta"),
        ("PaginatedRequestParams", "meta"),
        ("RequestParams", "meta"),
        ("RequestMetaObject", "io_modelcontextprotocol_protocol_version"),
    ]
    for name, field in fields:
        assert is_required(modern, name, field), (name, field)
        assert not is_required(types, name, field), (name, field)
    for name, field in [("CallToolResult", "content"), ("Tool", "input_schema")]:
        assert is_required(modern, name, field)
        assert is_required(types, name, field)
    assert is_required(types, "DiscoverResult", "ttl_ms")


def test_params_described_in_place_count_as_well(imported: Importer) -> None:
    oldest_and_newest = imported(render(["2024-11-05", "2026-07-28"]))
    assert not is_required(oldest_and_newest, "CallToolRequestParams", "meta")
    assert is_required(oldest_and_newest, "CallToolRequestParams", "name")


# ------------------------------------------------------------------- instances


def examples() -> list[Any]:
    """The specification's example instances: type and file."""
    return [
        pytest.param(path, id=f"{path.parent.name}-{path.stem}")
        for path in sorted(EXAMPLES.glob("*/*.json"))
    ]


@needs_shared
def test_there_are_129_examples() -> None:
    assert len(examples()) == 129


@pytest.mark.parametrize("path", examples())
def test_an_official_example_is_valid_and_survives_exactly(path: Path) -> None:
    name, instance = path.parent.name, json.loads(path.read_bytes())
    document = load("2026-07-28").document
    assert document is not None
    schema = {**document, "$ref": f"#/$defs/{name}"}
    jsonschema_rs.validator_for(schema).validate(instance)
    codec: Codec[Any] = Codec(getattr(types, name))
    value = codec.build(instance)
    assert codec.dump(value) == instance
    assert json.loads(codec.dump_json(value)) == instance


@needs_shared
def test_official_examples_survive_where_only_the_modern_era_is_spoken(
    imported: Importer,
) -> None:
    module = imported(render(MODERN))
    for path in EXAMPLES.glob("*/*.json"):
        instance = json.loads(path.read_bytes())
        codec: Codec[Any] = Codec(getattr(module, path.parent.name))
        assert codec.dump(codec.build(instance)) == instance, path


@pytest.mark.parametrize(
    "name, instance",
    [
        ("CallToolResult", {"content": [{"type": "text", "text": "hi"}]}),
        ("ListToolsResult", {"tools": [], "nextCursor": "2"}),
        ("ListToolsRequest", {"method": "tools/list"}),
        ("CallToolRequest", {"method": "tools/call", "params": {"name": "x"}}),
        ("RequestParams", {"_meta": {"progressToken": 0}}),
        (
            "CallToolRequestParams",
            {"name": "x", "task": {"ttl": 5}, "_meta": {"progressToken": "a"}},
        ),
        (
            "InitializeResult",
            {
                "protocolVersion": "2024-11-05",
                "capabilities": {"tools": {}, "tasks": {"list": {}}},
                "serverInfo": {"name": "old", "version": "1"},
            },
        ),
        (
            "InitializeRequest",
            {
                "method": "initialize",
                "params": {
                    "protocolVersion": "2025-03-26",
                    "capabilities": {"roots": {"listChanged": True}},
                    "clientInfo": {"name": "old", "version": "1"},
                },
            },
        ),
        (
            "CreateMessageResult",
            {
                "role": "assistant",
                "model": "m",
                "content": {"type": "image", "data": "", "mimeType": "image/png"},
            },
        ),
        (
            "ElicitResult",
            {"action": "accept", "content": {"half": 0.5, "n": 1, "all": ["a"]}},
        ),
        ("JSONValue", [None, 0.5, 1, "", {"a": [None]}, True]),
        ("JSONValue", None),
        ("ContentBlock", {"type": "resource_link", "uri": "a:b", "name": "n", "x": 1}),
        ("ContentBlock", {"type": "audio", "data": "not base64", "mimeType": ""}),
        ("NumberSchema", {"type": "number", "minimum": 0.5, "default": 1}),
    ],
)
def test_what_an_older_peer_sends_survives_exactly(name: str, instance: Any) -> None:
    codec: Codec[Any] = Codec(getattr(types, name))
    dumped = codec.dump(codec.build(instance))
    assert dumped == instance
    assert json.dumps(dumped, sort_keys=True) == json.dumps(instance, sort_keys=True)


def test_content_is_constructed_without_its_constants() -> None:
    block = types.TextContent(text="x")
    result = types.CallToolResult(content=[block])
    assert block.type == "text"
    assert Codec[types.CallToolResult](types.CallToolResult).dump(result) == {
        "content": [{"type": "text", "text": "x"}]
    }
    request = types.ListRootsRequest()
    assert Codec[types.ListRootsRequest](types.ListRootsRequest).dump(request) == {
        "method": "roots/list"
    }


def test_a_constant_that_is_not_required_is_not_made_up() -> None:
    form = types.ElicitRequestFormParams(
        message="?",
        requested_schema=types.ElicitRequestFormParamsRequestedSchema(properties={}),
    )
    dumped = Codec[Any](types.ElicitRequestFormParams).dump(form)
    assert dumped == {
        "message": "?",
        "requestedSchema": {"type": "object", "properties": {}},
    }


# ---------------------------------------------------------------------- source


@pytest.mark.parametrize("file", FILES)
def test_no_text_speaks_typescript(file: str) -> None:
    assert "{@" not in (RUNTIME / "protocol" / file).read_text(encoding="utf-8")


def test_links_become_what_a_reader_would_see() -> None:
    document = types.ListToolsResult.__doc__ or ""
    assert "for a `tools/list` request" in document
    assert "`DiscoverRequest`" not in (types.DiscoverResult.__doc__ or "")


def test_rendered_text_is_formatted_and_has_no_unused_import() -> None:
    folder = RUNTIME / "protocol"
    for command in (["format", "--check"], ["check", "--ignore", "TID252"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(folder)],
            capture_output=True,
            text=True,
            timeout=patient(60),
        )
        assert done.returncode == 0, done.stdout


USE = """
from mcpgen.runtime.protocol.types import (
    CallToolRequest,
    CallToolResult,
    ContentBlock,
    JSONValue,
    TextContent,
)

blocks: list[ContentBlock] = [TextContent(text="x")]
result = CallToolResult(content=blocks, is_error=True)
value: JSONValue = {"a": [1, 0.5, None]}


def method(request: CallToolRequest) -> str:
    return request.method


TextContent(text=1)
TextContent(type="image", text="")
TextContent()
"""
WRONG_LINES = {19, 20, 21}


@pytest.mark.parametrize(
    "checker",
    [
        ["mypy", "--strict", "--no-error-summary", "--config-file="],
        ["pyright", "--pythonpath", sys.executable],
    ],
    ids=["mypy", "pyright"],
)
def test_type_checkers_see_the_types(checker: list[str], tmp_path: Path) -> None:
    file = tmp_path / "use.py"
    file.write_text("# pyright: strict" + USE)
    command = [sys.executable, "-m", *checker, str(file), str(RUNTIME / "protocol")]
    done = subprocess.run(
        command,
        cwd=RUNTIME.parents[1],
        capture_output=True,
        text=True,
        timeout=patient(300),
    )
    errors = re.findall(r"^\s*(\S+?):(\d+):.*error", done.stdout, re.MULTILINE)
    assert {int(line) for _, line in errors} == WRONG_LINES, done.stdout + done.stderr
    assert {Path(name).name for name, _ in errors} == {"use.py"}


# ------------------------------------------------------------------- new schemas


def library_of(folder: Path, **documents: Any) -> Library:
    for revision, document in documents.items():
        name = revision.strip("_").replace("_", "-")
        (folder / f"{name}.json").write_text(json.dumps(document))
    return Library(folder)


def newer() -> Any:
    """The newest schema with one more method."""
    document = json.loads(json.dumps(load("2026-07-28").document))
    defs = document["$defs"]
    defs["DreamRequest"] = {
        "type": "object",
        "description": "Sleep, with {@link DreamResult the result}.",
        "properties": {
            "method": {"const": "dreams/make", "type": "string"},
            "params": {"$ref": "#/$defs/RequestParams"},
        },
        "required": ["method", "params"],
    }
    defs["DreamResult"] = {
        "type": "object",
        "properties": {"depth": {"type": "number"}},
        "required": ["depth"],
    }
    defs["ClientRequest"]["anyOf"].append({"$ref": "#/$defs/DreamRequest"})
    return document


def executed(source: str) -> dict[str, Any]:
    """The names of a module of tables."""
    found: dict[str, Any] = {"Revision": Revision}
    exec(f"from typing import Final\n{source}", found)
    return found


def test_a_new_revision_needs_nothing_but_its_schema(
    tmp_path: Path, imported: Importer
) -> None:
    older = load("2026-07-28").document
    library = library_of(tmp_path, _2026_07_28=older, _2027_01_01=newer())
    assert library.known() == ("2026-07-28", "2027-01-01")
    files = render(library.known(), library=library)
    module = imported(files)
    codec: Codec[Any] = Codec(module.DreamResult)
    assert codec.dump(codec.build({"depth": 2})) == {"depth": 2}
    assert "dreams/make" not in files["revisions.py"]
    chosen = executed(selection(library.known(), library).source)["REVISIONS"]
    assert chosen[0] == "2026-07-28"
    assert "dreams/make" in chosen[1].client_requests
    assert module.DreamRequest.__doc__ == "Sleep, with the result."


HOSTILE = '"""\n\nimport os\nos.abort()\n\\N{BULLET} {{ 7 * 7 }} \u202e \x00'


def test_hostile_text_in_a_schema_stays_text(
    tmp_path: Path, imported: Importer
) -> None:
    document = newer()
    result = document["$defs"]["DreamResult"]
    result["description"] = HOSTILE
    result["properties"] = {
        HOSTILE: {"const": HOSTILE, "description": HOSTILE},
        "x-python-type": {"type": "string", "customTypePath": "os.abort"},
    }
    result["required"] = [HOSTILE]
    document["$defs"]["DreamRequest"]["properties"]["method"]["const"] = HOSTILE
    library = library_of(tmp_path, _2027_01_01=document)
    files = render(["2027-01-01"], library=library)
    module = imported(files)
    codec: Codec[Any] = Codec(module.DreamResult)
    instance = {HOSTILE: HOSTILE, "x-python-type": "y"}
    assert codec.dump(codec.build(instance)) == instance
    for text in files.values():
        imports = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import)]
        assert not imports
