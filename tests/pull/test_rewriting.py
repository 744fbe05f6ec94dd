"""What a second pull does to a manifest: what is the user's stays, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from benchmarks.manifests import tools
from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import Manifest, load, loads, to_yaml
from mcpgen.pull import ServerContents, manifest_of, name_for, updated
from mcpgen.pull.live import Facts
from mcpgen.pull.merging import merged

OLD = """\
# Follows somebody's server; ask Ann.
mcpgen: 1
name: tracker   # our name for it
targets: [client]
server:
  name: Tracker
  version: 1.0.0  # theirs

# What we use.
tools:
  # the most important one
  - name: list_issues   # no writes
    description: Lists issues.
    timeout: 20  # it is slow
    x-owner: team a
    inputSchema:
      type: object
      properties:
        state: {type: string, enum: [open, closed]}  # keep in step
        # how many
        limit:
          type: integer
          maximum: 50
  - name: close_issue
    description: 'Closes an issue.'
    inputSchema: {type: object, properties: {id: {type: integer}}, required: [id]}
    scopes: [issues:write]

  # we never call this
  - name: old_thing
    description: Does nothing.
    inputSchema: {type: object}

# People like these.
prompts:
  - name: triage
    description: Sorts issues.
    arguments:
      - name: label
        complete: [bug, idea]   # ours
        description: Which ones.
"""


def told(**lists: list[dict[str, Any]]) -> ServerContents:
    info = {"name": "Tracker", "version": "1.0.0"}
    return ServerContents(Facts(info, {}, None), lists)


def native(text: str) -> Manifest:
    return loads(text, "mcpgen.yaml")


def as_told(text: str) -> dict[str, list[dict[str, Any]]]:
    """The lists of a server that tells exactly what a manifest says."""
    manifest = native(text)
    return {
        "tools": [dict(tool.definition) for tool in manifest.tools],
        "prompts": [dict(prompt.definition) for prompt in manifest.prompts],
        "resources": [dict(each.definition) for each in manifest.resources],
    }


def pulled(text: str, lists: dict[str, list[dict[str, Any]]]) -> str:
    return updated(native(text), manifest_of(told(**lists))).source.text


def lines_that_differ(old: str, new: str) -> tuple[list[str], list[str]]:
    before, after = old.splitlines(), new.splitlines()
    return (
        [line for line in before if line not in after],
        [line for line in after if line not in before],
    )


def test_a_server_that_tells_the_same_changes_no_byte() -> None:
    assert pulled(OLD, as_told(OLD)) == OLD
    crlf = OLD.replace("\n", "\r\n")
    assert pulled(crlf, as_told(OLD)) == crlf


def test_a_changed_text_changes_its_line_alone() -> None:
    lists = as_told(OLD)
    lists["tools"][0]["description"] = "Lists all issues."

    new = pulled(OLD, lists)

    assert lines_that_differ(OLD, new) == (
        ["    description: Lists issues."],
        ["    description: Lists all issues."],
    )


def test_comments_inside_a_changed_schema_survive() -> None:
    lists = as_told(OLD)
    properties = lists["tools"][0]["inputSchema"]["properties"]
    lists["tools"][0]["inputSchema"]["properties"] = {
        **properties,
        "limit": {"type": "integer", "maximum": 100},
        "page": {"type": "integer"},
    }

    new = pulled(OLD, lists)

    for comment in OLD.split("#")[1:]:
        assert f"#{comment.splitlines()[0]}" in new
    assert native(new).tools[0].definition == lists["tools"][0] | {"x-owner": "team a"}
    assert native(new).tools[0].timeout == 20


NESTED = """\
mcpgen: 1
name: tracker
server:
  name: Tracker
  version: "1.0.0"
tools:
  # The first one.
  - name: find
    description: Finds.
    inputSchema:
      type: object
      properties:
        by:
          anyOf:
            - type: string
            - type: "null"
"""


@pytest.mark.parametrize("comment", ["", " # Or nothing."])
def test_sequences_inside_of_a_changed_entry_stay_where_they_are(comment: str) -> None:
    """With a comment in it an entry goes through ruamel.yaml, without it does not."""
    text = NESTED.replace('type: "null"', f'type: "null"{comment}')
    lists = as_told(text)
    lists["tools"][0]["description"] = "Finds it."

    new = pulled(text, lists)

    assert new == text.replace("Finds.", "Finds it.")


def test_many_entries_that_all_changed_are_written_as_they_would_be_anew() -> None:
    lists = {"tools": tools(30)}
    fresh = manifest_of(told(**lists)).named("tracker")
    text = to_yaml(fresh).replace("tools:\n", "# All of them.\ntools:\n")
    for tool in lists["tools"]:
        tool["inputSchema"].setdefault("properties", {})["more"] = {"type": "null"}

    new = pulled(text, lists)

    again = to_yaml(manifest_of(told(**lists)).named("tracker"))
    assert new == again.replace("tools:\n", "# All of them.\ntools:\n")


def test_what_is_the_users_own_survives() -> None:
    lists = as_told(OLD)
    for tool in lists["tools"]:
        tool.pop("x-owner", None)
        tool["title"] = "New"
    lists["prompts"][0]["arguments"] = [
        {"name": "since"},
        {"name": "label", "description": "Which."},
    ]

    data = native(pulled(OLD, lists)).source.data

    assert data["name"] == "tracker"
    assert data["targets"] == ["client"]
    first, second, _ = data["tools"]
    assert (first["timeout"], first["x-owner"], first["title"]) == (20, "team a", "New")
    assert second["scopes"] == ["issues:write"]
    since, label = data["prompts"][0]["arguments"]
    assert since == {"name": "since"}
    assert label == {
        "name": "label",
        "complete": ["bug", "idea"],
        "description": "Which.",
    }


def test_what_went_goes_with_its_comment_and_what_came_stands_at_the_end() -> None:
    lists = as_told(OLD)
    lists["tools"][2] = {"name": "new_thing", "inputSchema": {"type": "object"}}

    new = pulled(OLD, lists)

    gone, came = lines_that_differ(OLD, new)
    assert gone == [
        "  # we never call this",
        "  - name: old_thing",
        "    description: Does nothing.",
        "    inputSchema: {type: object}",
    ]
    assert came == ["  - name: new_thing"]
    names = [tool.name for tool in native(new).tools]
    assert names == ["list_issues", "close_issue", "new_thing"]


GONE: Any = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Gone"}}}


@pytest.mark.parametrize("key", ["inputSchema", "outputSchema"])
def test_what_can_no_longer_be_used_stays_as_it_was(key: str) -> None:
    lists = as_told(OLD)
    lists["tools"][0][key] = GONE

    new = pulled(OLD, lists)

    assert new == (pulled(OLD, as_told(OLD)))


def test_an_unusable_part_stays_while_the_rest_follows_the_server() -> None:
    old = native(
        "mcpgen: 1\nname: t\ntools:\n"
        "  # ours\n  - name: a\n    timeout: 5\n    description: Before.\n"
        "    inputSchema: {type: object}\n    outputSchema: {type: object}\n"
    )
    tool = {"name": "a", "description": "After.", "inputSchema": {"type": "object"}}

    new = updated(old, manifest_of(told(tools=[{**tool, "outputSchema": GONE}])))

    assert "# ours" in new.source.text
    assert new.source.data["tools"] == [
        {**tool, "timeout": 5, "outputSchema": {"type": "object"}}
    ]


def test_a_new_tool_with_an_unusable_result_is_untyped() -> None:
    tool = {"name": "a", "inputSchema": {"type": "object"}, "outputSchema": GONE}

    found = manifest_of(told(tools=[tool]))

    assert found.tools[0].output_schema is None
    assert [note.code for note in found.notes] == ["MG702"]


def test_sections_come_and_go() -> None:
    lists = as_told(OLD)
    lists["prompts"] = []
    lists["resources"] = [{"name": "r", "uri": "a://b"}]

    data = native(pulled(OLD, lists)).source.data

    assert data["prompts"] == []
    assert data["resources"] == [{"name": "r", "uri": "a://b"}]


def test_the_server_is_brought_up_to_date() -> None:
    there = manifest_of(
        ServerContents(
            Facts({"name": "Tracker", "version": "1.1.0"}, {}, "Mind."), as_told(OLD)
        )
    )

    new = updated(native(OLD), there).source.text

    assert lines_that_differ(OLD, new) == (
        ["  version: 1.0.0  # theirs"],
        ["  version: 1.1.0  # theirs", "  instructions: Mind."],
    )


FLOW = (
    "# a\n{mcpgen: 1, name: x,\n"
    " tools: [{name: a, description: A., inputSchema: {type: object}}]}\n"
)
ANCHORS = """\
mcpgen: 1
name: x
tools:
  - name: a   # one
    inputSchema: &empty {type: object}
  - name: b
    inputSchema: *empty
"""


@pytest.mark.parametrize("text", [FLOW, ANCHORS], ids=["flow", "anchors"])
def test_other_ways_to_lay_yaml_out_work_too(text: str) -> None:
    lists = as_told(text)
    lists["tools"][0]["description"] = "Does A."
    lists["tools"].append({"name": "c", "inputSchema": {"type": "object"}})

    new = pulled(text, lists)

    assert [dict(tool.definition) for tool in native(new).tools] == lists["tools"]
    assert "# " in new


def test_json_keeps_its_own_keys(tmp_path: Path) -> None:
    path = tmp_path / "mcpgen.json"
    tool = {"name": "a", "timeout": 3, "inputSchema": {"type": "object"}}
    path.write_text(json.dumps({"mcpgen": 1, "name": "x", "tools": [tool]}), "utf-8")
    there = manifest_of(
        told(tools=[{"name": "a", "title": "A", "inputSchema": {"type": "object"}}])
    )

    new = json.loads(updated(load(path), there).source.text)

    assert new["tools"] == [{**tool, "title": "A"}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mcpgen.toml", 'mcpgen = 1\nname = "x"\n'),
        ("tools.json", '{"tools": []}'),
    ],
)
def test_what_can_not_be_kept_up_is_refused(name: str, text: str) -> None:
    with pytest.raises(MCPGenError, match="MG703"):
        updated(loads(text, name), manifest_of(told()))


def test_bad_entries_are_left_out_and_named() -> None:
    lists: list[dict[str, Any]] = [
        {"name": "good", "inputSchema": {"type": "object"}},
        {"name": "good", "inputSchema": {"type": "object"}},
        {"name": "bad", "inputSchema": {"type": "string"}},
        {"name": "far", "inputSchema": {"type": "object", "$ref": "https://a.example"}},
        {"inputSchema": {"type": "object"}},
    ]

    found = manifest_of(told(tools=lists))

    assert [tool.name for tool in found.tools] == ["good"]
    assert [d.code for d in found.notes] == ["MG702"] * 4
    assert "twice" in found.notes[0].message


@pytest.mark.parametrize(
    ("server", "project"),
    [
        ("Git Hub / MCP", "Git-Hub-MCP"),
        ("../../etc/passwd", "etc-passwd"),
        ("42 things", "things"),
        ("日本", "server"),
        ("", "server"),
        ("a" * 300, "a" * 100),
    ],
)
def test_projects_are_named_after_servers(server: str, project: str) -> None:
    assert name_for(ServerContents(Facts({"name": server}, {}, None))) == project


TEXTS = st.text(max_size=30)
DEFINITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["a", "b", "c", "d", "e: f", "#g", "- h"]),
            "description": TEXTS,
            "inputSchema": st.fixed_dictionaries(
                {"type": st.just("object")},
                optional={
                    "properties": st.dictionaries(
                        st.sampled_from(["x", "y", "z # w"]),
                        st.fixed_dictionaries({"description": TEXTS}),
                        max_size=3,
                    )
                },
            ),
        },
        optional={"title": TEXTS},
    ),
    max_size=5,
    unique_by=lambda tool: str(tool["name"]),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=DEFINITIONS, after=DEFINITIONS)
def test_a_pull_leaves_exactly_what_the_server_tells(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    # A next-line character can't be kept in a scalar of YAML: such a pull is refused.
    assume(r"\x85" not in repr([before, after]))
    first = to_yaml(manifest_of(told(tools=before)).named("Tracker"))
    commented = first.replace("\n  - ", "\n  # ours\n  - ")

    text = pulled(commented, {"tools": after})
    found = native(text)

    by_name = {tool.name: dict(tool.definition) for tool in found.tools}
    assert by_name == {tool["name"]: tool for tool in after}
    assert pulled(text, {"tools": after}) == text
    kept = {tool["name"] for tool in before} & {tool["name"] for tool in after}
    assert text.count("  # ours\n") >= len(kept)


def test_merging_keeps_order_and_adds_at_the_end() -> None:
    old = {"mcpgen": 1, "name": "x", "tools": [{"name": "b"}, {"name": "a"}]}
    new = {"tools": [{"name": "a"}, {"name": "c"}, {"name": "b"}]}

    names = [tool["name"] for tool in merged(old, new)["tools"]]

    assert names == ["b", "a", "c"]
