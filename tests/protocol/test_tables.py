"""The method tables say what the specification says, whatever file they come from."""

from __future__ import annotations

import hashlib
import json

import pytest

from mcpgen.protocol.__main__ import table_text
from mcpgen.protocol.revisions import Library, pinned
from mcpgen.protocol.table import Request, Table
from mcpgen.protocol.walking import NotASchema
from tests.shared_data import SCHEMAS, needs_shared

REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
LEGACY = REVISIONS[:-1]
MODERN = REVISIONS[-1:]
FROM_TABLES, WITH_SCHEMA = REVISIONS[:3], REVISIONS[3:]

LIBRARIES = [
    pytest.param(pinned(), id="ours"),
    pytest.param(Library(SCHEMAS), id="official", marks=needs_shared),
]


def having(library: Library, method: str) -> tuple[str, ...]:
    """The revisions in which somebody may send the method."""
    return tuple(
        revision
        for revision in library.known()
        if method in everything(library.load(revision).table)
    )


def everything(table: Table) -> set[str]:
    return {
        *table.client_requests,
        *table.server_requests,
        *table.client_notifications,
        *table.server_notifications,
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_all_five_revisions_are_known(library: Library) -> None:
    assert library.known() == REVISIONS


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "method, revisions",
    [
        ("initialize", LEGACY),
        ("notifications/initialized", LEGACY),
        ("ping", LEGACY),
        ("logging/setLevel", LEGACY),
        ("resources/subscribe", LEGACY),
        ("resources/unsubscribe", LEGACY),
        ("notifications/roots/list_changed", LEGACY),
        ("server/discover", MODERN),
        ("subscriptions/listen", MODERN),
        ("notifications/subscriptions/acknowledged", MODERN),
        ("tasks/get", ("2025-11-25",)),
        ("tasks/result", ("2025-11-25",)),
        ("tasks/list", ("2025-11-25",)),
        ("tasks/cancel", ("2025-11-25",)),
        ("notifications/tasks/status", ("2025-11-25",)),
        ("notifications/elicitation/complete", ("2025-11-25",)),
        ("elicitation/create", REVISIONS[2:]),
        ("sampling/createMessage", REVISIONS),
        ("roots/list", REVISIONS),
        ("tools/list", REVISIONS),
        ("tools/call", REVISIONS),
        ("prompts/get", REVISIONS),
        ("resources/read", REVISIONS),
        ("completion/complete", REVISIONS),
        ("notifications/progress", REVISIONS),
        ("notifications/cancelled", REVISIONS),
        ("notifications/message", REVISIONS),
    ],
)
def test_a_method_exists_in_its_revisions_only(
    library: Library, method: str, revisions: tuple[str, ...]
) -> None:
    assert having(library, method) == revisions


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_revision_is_modern_where_nothing_is_initialized(library: Library) -> None:
    eras = {revision: library.load(revision).table.era for revision in REVISIONS}
    assert eras == dict.fromkeys(LEGACY, "legacy") | dict.fromkeys(MODERN, "modern")


@pytest.mark.parametrize("library", LIBRARIES)
def test_requests_know_their_direction(library: Library) -> None:
    table = library.load("2025-11-25").table
    assert {"ping", "tasks/get"} <= table.client_requests.keys()
    assert {"ping", "tasks/get"} <= table.server_requests.keys()
    assert "sampling/createMessage" not in table.client_requests
    assert "tools/call" not in table.server_requests
    modern = library.load("2026-07-28").table
    assert modern.server_requests.keys() == {
        "sampling/createMessage",
        "roots/list",
        "elicitation/create",
    }
    assert modern.client_notifications == ("notifications/cancelled",)


@pytest.mark.parametrize("library", LIBRARIES)
def test_requests_know_their_params_and_results(library: Library) -> None:
    modern = library.load("2026-07-28").table.client_requests
    assert modern["tools/call"] == Request(
        "CallToolRequestParams", "CallToolResult", input_required=True
    )
    assert modern["tools/list"] == Request("PaginatedRequestParams", "ListToolsResult")
    assert {m for m, r in modern.items() if r.input_required} == {
        "tools/call",
        "prompts/get",
        "resources/read",
    }
    legacy = library.load("2024-11-05").table.client_requests
    assert legacy["ping"] == Request(None, "EmptyResult")
    assert legacy["initialize"] == Request(None, "InitializeResult")


@pytest.mark.parametrize("library", LIBRARIES)
def test_capabilities_are_those_of_the_revision(library: Library) -> None:
    tables = {revision: library.load(revision).table for revision in REVISIONS}
    assert "completions" not in tables["2024-11-05"].server_capabilities
    assert "completions" in tables["2025-03-26"].server_capabilities
    assert "elicitation" not in tables["2025-03-26"].client_capabilities
    assert "elicitation" in tables["2025-06-18"].client_capabilities
    assert [r for r in REVISIONS if "tasks" in tables[r].server_capabilities] == [
        "2025-11-25"
    ]


@pytest.mark.parametrize(
    "library, revision",
    [(pinned(), revision) for revision in WITH_SCHEMA]
    + [
        pytest.param(Library(SCHEMAS), revision, marks=needs_shared)
        for revision in REVISIONS
    ],
)
def test_every_definition_with_a_method_is_in_the_table(
    library: Library, revision: str
) -> None:
    data = library.load(revision)
    assert data.document is not None
    definitions = data.document.get("$defs") or data.document["definitions"]
    methods = {
        definition["properties"]["method"]["const"]
        for definition in definitions.values()
        if "const" in definition.get("properties", {}).get("method", {})
    }
    assert methods == everything(data.table)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "revision, count",
    list(zip(REVISIONS, (79, 83, 91, 145, 155), strict=True)),
)
def test_no_definition_is_lost(library: Library, revision: str, count: int) -> None:
    assert len(library.load(revision).table.definitions) == count


@needs_shared
@pytest.mark.parametrize("revision", FROM_TABLES)
def test_a_table_is_what_its_official_schema_gives(revision: str) -> None:
    content = (SCHEMAS / f"{revision}.json").read_bytes()
    ours = pinned().load(revision)
    assert ours.sha256 == hashlib.sha256(content).hexdigest()
    assert ours.table == Table.from_schema(json.loads(content))
    assert json.loads(table_text(content, revision))["table"] == ours.table.to_json()


@needs_shared
@pytest.mark.parametrize("revision", REVISIONS)
def test_our_tables_equal_those_of_the_published_schemas(revision: str) -> None:
    ours = pinned().load(revision).table
    assert ours == Library(SCHEMAS).load(revision).table


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_table_survives_json(revision: str) -> None:
    table = pinned().load(revision).table
    assert Table.from_json(json.loads(json.dumps(table.to_json()))) == table


def schema(**definitions: object) -> dict[str, object]:
    base: dict[str, object] = {
        "ClientRequest": {"anyOf": [{"$ref": "#/$defs/PokeRequest"}]},
        "ServerRequest": {"$ref": "#/$defs/PokeRequest"},
        "PokeRequest": {
            "type": "object",
            "properties": {"method": {"type": "string", "const": "poke"}},
            "required": ["method"],
        },
        "ClientNotification": {"anyOf": []},
        "ServerNotification": {"anyOf": []},
        "ClientCapabilities": {"type": "object"},
        "ServerCapabilities": {"type": "object"},
        "Result": {"type": "object"},
    }
    return {"$defs": base | definitions}


def having_part(part: object) -> dict[str, object]:
    return {"type": "object", "properties": {"part": part}}


def test_a_schema_of_ones_own_has_a_table() -> None:
    table = Table.from_schema(schema())
    assert table.client_requests == {"poke": Request(None, "Result")}
    assert table.server_requests == table.client_requests
    assert table.era == "modern"


@pytest.mark.parametrize(
    "document, reason",
    [
        ([], "not a JSON object"),
        ({}, "neither `$defs` nor `definitions`"),
        ({"$defs": {}}, "neither `$defs` nor `definitions`"),
        ({"$defs": {"A": 1}}, "the definition A is not an object"),
        ({"$defs": {"import os": {}}}, "not an identifier"),
        (schema(**{f"A{n}": 1 for n in range(2001)}), "more than 2000 definitions"),
        ({"$defs": {"A": {"type": "object"}}}, "no ClientRequest with methods"),
        (
            schema(Odd=having_part({"$ref": "file:///x"})),
            "leads out of the definitions",
        ),
        (schema(ClientCapabilities={"$ref": 1}, Extra={"allOf": 3}), None),
        (
            schema(ClientRequest={"anyOf": [{"$ref": "#/$defs/Gone"}]}),
            "no definition Gone",
        ),
    ],
)
def test_what_is_no_schema_of_the_protocol_is_refused(
    document: object, reason: str | None
) -> None:
    if reason is None:
        Table.from_schema(document)
        return
    with pytest.raises(NotASchema, match=reason.replace("$", r"\$")):
        Table.from_schema(document)


def test_definitions_that_refer_to_themselves_end() -> None:
    loop = {"allOf": [{"$ref": "#/$defs/Loop"}], "required": ["a"]}
    table = Table.from_schema(schema(Loop=loop))
    shape = table.definitions["Loop"]
    assert shape is not None
    assert shape.required == ("a",)


def test_a_schema_that_is_nested_without_end_is_refused() -> None:
    deep: dict[str, object] = {"type": "object"}
    for _ in range(200):
        deep = {"type": "object", "properties": {"a": deep}}
    with pytest.raises(NotASchema, match="nested too deeply"):
        Table.from_schema(schema(Deep=deep))


def test_a_long_chain_of_definitions_is_followed_to_its_end() -> None:
    links = {
        f"Link{number}": {"allOf": [{"$ref": f"#/$defs/Link{number + 1}"}]}
        for number in range(1200)
    }
    table = Table.from_schema(
        schema(**links, Link1200={"type": "object", "required": ["end"]})
    )
    shape = table.definitions["Link0"]
    assert shape is not None
    assert shape.required == ("end",)
