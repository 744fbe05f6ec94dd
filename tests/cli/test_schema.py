"""`mcpgen schema`: a revision that mcpgen does not know becomes one that is served."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema_rs
import pytest

from mcpgen import schemas
from mcpgen.protocol import Library, installed, known
from mcpgen.protocol.changes import compare
from tests.cli.terminal import Terminal
from tests.servers import running_server
from tests.shared_data import SCHEMAS, needs_shared

NEXT = "2027-03-01"
LATEST = known()[-1]
PAIRS = [(a, b) for a, b in zip(known(), known()[1:], strict=False)]
PAIRS += [(b, a) for a, b in PAIRS]


def definition(method: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "jsonrpc", "method", "params"],
        "properties": {
            "id": {"$ref": "#/$defs/RequestId"},
            "jsonrpc": {"const": "2.0", "type": "string"},
            "method": {"const": method, "type": "string"},
            "params": {"$ref": "#/$defs/CallToolRequestParams"},
        },
    }


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """The revision after the latest: a new method, a new name, one notification less."""
    # The official file of the latest, that is; the one that comes with mcpgen is older.
    document = deepcopy(installed().load(LATEST).document)
    assert document is not None
    definitions = document["$defs"]
    definitions["DescribeToolRequest"] = definition("tools/describe")
    definitions["DescribeToolResult"] = {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
    }
    definitions["ClientRequest"]["anyOf"].append(
        {"$ref": "#/$defs/DescribeToolRequest"}
    )
    properties = definitions["CallToolResult"]["properties"]
    properties["structured"] = properties.pop("structuredContent")
    gone = {"$ref": "#/$defs/PromptListChangedNotification"}
    definitions["ServerNotification"]["anyOf"].remove(gone)
    del definitions["PromptListChangedNotification"]
    file = tmp_path / "official" / f"{NEXT}.json"
    file.parent.mkdir()
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def meta(revision: str) -> dict[str, Any]:
    prefix = "io.modelcontextprotocol"
    return {
        f"{prefix}/protocolVersion": revision,
        f"{prefix}/clientInfo": {"name": "test", "version": "1"},
        f"{prefix}/clientCapabilities": {},
    }


async def ask(url: str, revision: str, method: str, **params: Any) -> tuple[int, Any]:
    """A modern request by hand; gives the HTTP status and the message."""
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": revision,
        "Mcp-Method": method,
    }
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": method,
        "params": {**params, "_meta": meta(revision)},
    }
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        aiohttp.ClientSession(timeout=timeout) as http,
        http.post(url, json=body, headers=headers) as response,
    ):
        return response.status, await response.json()


# ---------------------------------------------------------------------------- add


async def test_an_added_revision_is_served_and_told_apart_from_the_others(
    hello: Path, terminal: Terminal, draft: Path
) -> None:
    added = terminal.mcpgen("schema", "add", str(draft), "--source", "the future")
    assert (added.code, added.err) == (0, "")
    assert "not acted on by the runtime: tools/describe\n" in added.out
    (pin,) = schemas.pins(hello / "schema").values()
    assert (pin.revision, pin.source) == (NEXT, "the future")
    assert NEXT in terminal.mcpgen("schema", "list").out

    assert terminal.mcpgen("generate", "--check").code == 1
    generated = terminal.mcpgen("generate")
    assert generated.code == 0
    assert "warning[MG508]" in generated.err
    assert "tools/describe" in generated.err
    assert terminal.mcpgen("generate", "--check").code == 0

    handlers = hello / "server" / "hello_server" / "handlers.py"
    text = handlers.read_text("utf-8")
    text = text.replace('raise ToolError("greet is not implemented yet")', "return ''")
    handlers.write_text(text, encoding="utf-8")
    async with running_server(hello / "server", "hello_server") as url:
        status, answer = await ask(url, NEXT, "server/discover")
        assert status == 200
        assert NEXT in answer["result"]["supportedVersions"]
        status, answer = await ask(
            url, NEXT, "tools/call", name="greet", arguments={"who": "you"}
        )
        assert status == 200, answer
        for revision in (NEXT, LATEST):
            status, answer = await ask(url, revision, "tools/describe", name="greet")
            assert (status, answer["error"]["code"]) == (404, -32601)


def test_the_same_file_again_changes_nothing(
    hello: Path, terminal: Terminal, draft: Path
) -> None:
    terminal.mcpgen("schema", "add", str(draft))
    before = {p: p.stat().st_mtime_ns for p in (hello / "schema").iterdir()}
    again = terminal.mcpgen("schema", "add", str(draft))
    assert (again.code, again.out) == (
        0,
        f"{NEXT} is known already, with this very schema\n",
    )
    assert {p: p.stat().st_mtime_ns for p in (hello / "schema").iterdir()} == before


def test_known_defects_are_corrected_where_they_still_stand(
    hello: Path, terminal: Terminal, draft: Path
) -> None:
    document = json.loads(draft.read_bytes())
    place = document["$defs"]["ElicitResult"]["properties"]["content"]
    right = deepcopy(place)
    types = place["additionalProperties"]["anyOf"][1]["type"]
    types[types.index("number")] = "integer"
    draft.write_text(json.dumps(document), encoding="utf-8")

    said = json.loads(terminal.mcpgen("schema", "add", str(draft), "--json").out)

    kept = hello / "schema" / f"{NEXT}.json"
    assert kept.read_bytes() == draft.read_bytes()
    assert said["corrections"] == 1
    added = Library(hello / "schema", below=installed()).load(NEXT).document
    assert added is not None
    assert added["$defs"]["ElicitResult"]["properties"]["content"] == right


def test_a_draft_gets_the_name_that_it_has_on_the_wire(
    hello: Path, terminal: Terminal, draft: Path
) -> None:
    upstream = draft.rename(draft.with_name("schema.json"))
    refused = terminal.mcpgen("schema", "add", str(upstream))
    assert refused.code == 2
    assert "error[MG506]" in refused.err
    named = terminal.mcpgen(
        "schema", "add", str(upstream), "--revision", "DRAFT-2027-v1"
    )
    assert named.code == 0
    terminal.mcpgen("generate")
    revisions = hello / "client/hello_client/revisions.py"
    assert '"DRAFT-2027-v1"' in revisions.read_text("utf-8")


@pytest.mark.parametrize("name", ["../x1", "a/1", "1" * 65, "a1\n"])
def test_the_name_of_a_revision_is_no_path(
    hello: Path, terminal: Terminal, draft: Path, name: str
) -> None:
    refused = terminal.mcpgen("schema", "add", str(draft), "--revision", name)
    assert refused.code == 2
    assert "error[MG506]" in refused.err
    assert not (hello / "schema").exists()


def test_another_schema_for_a_known_revision_is_refused_unless_it_is_to_replace_it(
    hello: Path, terminal: Terminal, draft: Path
) -> None:
    arguments = ("schema", "add", str(draft), "--revision", LATEST)
    refused = terminal.mcpgen(*arguments)
    assert refused.code == 2
    assert f"error[MG505]: revision {LATEST} is known with another" in refused.err
    assert terminal.mcpgen(*arguments, "--replace").code == 0
    replaced = Library(hello / "schema", below=installed()).load(LATEST)
    assert "tools/describe" in replaced.table.client_requests


def test_a_schema_that_changed_after_it_was_added_is_refused(
    hello: Path, terminal: Terminal, draft: Path
) -> None:
    terminal.mcpgen("schema", "add", str(draft))
    terminal.mcpgen("generate")
    file = hello / "schema" / f"{NEXT}.json"
    file.write_text(file.read_text("utf-8") + "\n", encoding="utf-8")
    refused = terminal.mcpgen("generate")
    assert refused.code == 2
    assert f"error[MG502]: the schema of revision {NEXT} was changed" in refused.err
    file.unlink()
    assert "is gone" in terminal.mcpgen("generate").err


def test_a_damaged_list_of_schemas_is_said(
    hello: Path, terminal: Terminal, draft: Path
) -> None:
    terminal.mcpgen("schema", "add", str(draft))
    (hello / "schema" / "PINNED.json").write_text('[{"file": "../../x"}]')
    for arguments in (("generate",), ("schema", "list")):
        refused = terminal.mcpgen(*arguments)
        assert refused.code == 2
        assert "error[MG507]" in refused.err


def test_what_is_no_schema_is_refused_and_nothing_is_written(
    hello: Path, terminal: Terminal, tmp_path: Path
) -> None:
    other = tmp_path / "2027-01-01.json"
    for content in ("", "[]", '{"$defs": {"A": {"type": "object"}}}', "[" * 100_000):
        other.write_text(content)
        refused = terminal.mcpgen("schema", "add", str(other))
        assert refused.code == 2
        assert "error[MG504]" in refused.err
    assert not (hello / "schema").exists()


def test_what_a_user_adds_for_all_projects_has_to_be_named(
    hello: Path,
    terminal: Terminal,
    draft: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MCPGEN_SCHEMA_DIR", str(tmp_path / "mine"))
    assert terminal.mcpgen("schema", "add", str(draft), "--user").code == 0
    assert terminal.mcpgen("generate", "--check").code == 0

    manifest = hello / "mcpgen.yaml"
    text = manifest.read_text("utf-8")
    manifest.write_text(f"{text}protocol: [{LATEST}, {NEXT}]\n", encoding="utf-8")
    assert terminal.mcpgen("generate").code == 0
    assert terminal.mcpgen("generate", "--check").code == 0

    monkeypatch.setenv("MCPGEN_SCHEMA_DIR", str(tmp_path / "another machine"))
    refused = terminal.mcpgen("generate", "--check")
    assert refused.code == 2
    assert f'error[MG110]: unknown protocol revision "{NEXT}"' in refused.err


# --------------------------------------------------------------------------- diff


def test_a_diff_says_in_words_what_changed_and_what_the_runtime_makes_of_it(
    terminal: Terminal, draft: Path
) -> None:
    done = terminal.mcpgen("schema", "diff", LATEST, str(draft))
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "requests:\n"
        "  + tools/describe: a client asks a server (not acted on by the runtime)\n"
        "notifications:\n"
        "  - notifications/prompts/list_changed: from a server to a client\n"
        "types:\n"
        "  + DescribeToolRequest: { id, jsonrpc, method, params }\n"
        "  + DescribeToolResult: { text }\n"
        "  - PromptListChangedNotification\n"
        "  ~ ClientRequest: now with DescribeToolRequest\n"
        "  ~ ServerNotification: now without PromptListChangedNotification\n"
        "fields:\n"
        "  ~ CallToolResult.structuredContent: perhaps it is called structured now: "
        "the type is the same\n"
        f"{LATEST} to {NEXT}.json: 8 changes\n"
    )


@pytest.mark.parametrize("old, new", PAIRS)
def test_every_neighbouring_pair_can_be_compared_in_both_directions(
    terminal: Terminal, old: str, new: str
) -> None:
    there = json.loads(terminal.mcpgen("schema", "diff", old, new, "--json").out)
    back = json.loads(terminal.mcpgen("schema", "diff", new, old, "--json").out)

    def found(data: Any, what: str) -> set[tuple[str, str]]:
        return {(c["kind"], c["name"]) for c in data["changes"] if c["what"] == what}

    assert found(there, "came")
    assert found(there, "came") == found(back, "went")
    assert found(there, "went") == found(back, "came")
    assert found(there, "changed") == found(back, "changed")


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("2024-11-05", "2025-03-26", ("capability", "came", "server.completions")),
        ("2024-11-05", "2025-03-26", ("type", "came", "AudioContent")),
        ("2025-03-26", "2025-06-18", ("request", "came", "elicitation/create")),
        ("2025-03-26", "2025-06-18", ("field", "came", "Tool.outputSchema")),
        ("2025-03-26", "2025-06-18", ("type", "went", "JSONRPCBatchRequest")),
        ("2025-06-18", "2025-11-25", ("request", "came", "tasks/get")),
        ("2025-06-18", "2025-11-25", ("field", "came", "Tool.icons")),
        ("2025-11-25", "2026-07-28", ("era", "changed", "era")),
        ("2025-11-25", "2026-07-28", ("request", "went", "initialize")),
        ("2025-11-25", "2026-07-28", ("request", "changed", "tools/call")),
        ("2025-11-25", "2026-07-28", ("field", "came", "ListToolsResult.ttlMs")),
        (
            "2025-11-25",
            "2026-07-28",
            ("notification", "went", "notifications/initialized"),
        ),
    ],
)
def test_what_the_changelog_of_the_specification_says_is_found(
    old: str, new: str, expected: tuple[str, str, str]
) -> None:
    changes = compare(installed().load(old), installed().load(new))
    assert expected in {(c.kind, c.what, c.name) for c in changes}


def test_what_the_runtime_does_not_act_on_is_told_from_what_it_does() -> None:
    changes = compare(installed().load("2025-06-18"), installed().load("2025-11-25"))
    handled = {c.name: c.handled for c in changes if c.kind == "request"}
    assert handled["tasks/get"] is False
    changes = compare(installed().load("2025-11-25"), installed().load("2026-07-28"))
    handled = {c.name: c.handled for c in changes if c.kind == "request"}
    assert handled["subscriptions/listen"] is True


@needs_shared
@pytest.mark.parametrize("old, new", PAIRS)
def test_the_derived_tables_tell_the_same_as_the_official_files(
    old: str, new: str
) -> None:
    official = Library(SCHEMAS)
    derived = [r for r in (old, new) if not installed().load(r).has_types]
    for revision in derived:
        ours = installed().load(revision).definitions
        assert ours == official.load(revision).definitions


# ------------------------------------------------------------------ both eras


async def test_a_legacy_project_serves_both_eras_after_one_edited_line(
    hello: Path, terminal: Terminal
) -> None:
    manifest = hello / "mcpgen.yaml"
    both = manifest.read_text("utf-8")
    manifest.write_text(f"{both}protocol: 2025-11-25\n", encoding="utf-8")
    assert terminal.mcpgen("generate").code == 0
    package = hello / "server" / "hello_server"
    handlers = package / "handlers.py"
    text = handlers.read_text("utf-8")
    mended = text.replace(
        'raise ToolError("greet is not implemented yet")', 'return f"Hello {args.who}"'
    )
    assert mended != text
    handlers.write_text(mended, encoding="utf-8")
    call = {"name": "greet", "arguments": {"who": "you"}}
    async with running_server(hello / "server", "hello_server") as url:
        status, answer = await ask(url, LATEST, "tools/call", **call)
        assert status == 400, answer

    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace("2025-11-25", "dual-era"), encoding="utf-8")
    assert terminal.mcpgen("generate").code == 0
    assert handlers.read_text("utf-8") == mended
    async with running_server(hello / "server", "hello_server") as url:
        status, answer = await ask(url, LATEST, "tools/call", **call)
        assert status == 200
        assert answer["result"]["content"][0]["text"] == "Hello you"
        assert await _legacy_call(url, call) == "Hello you"


async def _legacy_call(url: str, call: dict[str, Any]) -> str:
    accept = {"Accept": "application/json, text/event-stream"}
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout, headers=accept) as http:
        hello = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }
        body = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}
        async with http.post(url, json=body) as response:
            headers = {
                "Mcp-Session-Id": response.headers["Mcp-Session-Id"],
                "MCP-Protocol-Version": "2025-11-25",
            }
        told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        async with http.post(url, json=told, headers=headers) as response:
            assert response.status == 202
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        async with http.post(url, json=body, headers=headers) as response:
            answer = await response.json()
            return str(answer["result"]["content"][0]["text"])


def test_the_schema_for_editors_is_where_it_says(terminal: Terminal) -> None:
    said = terminal.mcpgen("schema", "path")
    as_json = terminal.mcpgen("schema", "path", "--json")

    assert said.code == as_json.code == 0
    assert json.loads(as_json.out) == {"path": said.out.strip()}
    document = json.loads(Path(said.out.strip()).read_text("utf-8"))
    jsonschema_rs.meta.validate(document)
    assert "inputSchema" in json.dumps(document)
