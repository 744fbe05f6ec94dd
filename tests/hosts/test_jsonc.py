"""Edits of JSON with comments: the value changes, every other byte stays."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mcpgen.diagnostics import MCPGenError
from mcpgen.hosts.jsonc import Document, apply, reverse

ENTRY = {"command": "python", "args": ["-m", "a"]}


def document(text: str, *, comments: bool = True) -> Document:
    return Document("mcp.json", text, comments=comments)


def added(text: str, key: str = "a", data: Any = ENTRY, *inside: str) -> str:
    found = document(text)
    parent = found.root
    for name in inside:
        parent = found.object(name) or parent
    edits = found.add(parent, key, data)
    new = apply(text, edits)
    assert apply(new, reverse(edits)) == text
    return new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "a": 1\n}'),
        ("{ }\n", '{\n  "a": 1\n}\n'),
        ("{\n}\n", '{\n  "a": 1\n}\n'),
        ('{"b": 2}', '{"b": 2, "a": 1}'),
        ('{"b": 2,}', '{"b": 2, "a": 1,}'),
        ('{\n\t"b": 2\n}', '{\n\t"b": 2,\n\t"a": 1\n}'),
        ('{\r\n    "b": 2\r\n}\r\n', '{\r\n    "b": 2,\r\n    "a": 1\r\n}\r\n'),
        ('{\n  "b": 2, // two\n}', '{\n  "b": 2, // two\n  "a": 1,\n}'),
        ('{\n  "b": 2 // two\n}', '{\n  "b": 2, // two\n  "a": 1\n}'),
        (
            '{\n  "b": 2\n  // the end, {\n}',
            '{\n  "b": 2,\n  // the end, {\n  "a": 1\n}',
        ),
        ("{ /* none */ }", '{ /* none */\n  "a": 1\n}'),
        ("{\n  // none\n}", '{\n  // none\n  "a": 1\n}'),
    ],
)
def test_a_member_comes_behind_the_others_in_their_layout(
    before: str, after: str
) -> None:
    assert added(before, "a", 1) == after


def test_nested_values_take_the_indentation_of_the_file() -> None:
    text = '{\n\t"servers": {\n\t\t"b": {}\n\t}\n}\n'

    assert added(text, "a", ENTRY, "servers") == (
        '{\n\t"servers": {\n\t\t"b": {},\n\t\t"a": {\n\t\t\t"command": "python",\n'
        '\t\t\t"args": [\n\t\t\t\t"-m",\n\t\t\t\t"a"\n\t\t\t]\n\t\t}\n\t}\n}\n'
    )


def test_an_empty_object_in_a_file_of_one_line_stays_on_it() -> None:
    assert added('{"servers": {}}', "a", 1, "servers") == '{"servers": {"a": 1}}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{\n  "a": 1\n}', "{\n}"),
        ('{\n  "a": 1,\n  "b": 2\n}', '{\n  "b": 2\n}'),
        ('{\n  "b": 2,\n  "a": 1\n}', '{\n  "b": 2\n}'),
        ('{\n  "b": 2,\n  "a": 1,\n}', '{\n  "b": 2,\n}'),
        ('{"b": 2, "a": 1}', '{"b": 2}'),
        ('{"a": 1, "b": 2}', '{ "b": 2}'),
        ('{\n  "b": 2, // two\n  "a": 1 // one\n}', '{\n  "b": 2 // two // one\n}'),
        ('{\n  "a": 1 /* one */,\n  "b": 2\n}', '{ /* one */\n  "b": 2\n}'),
    ],
)
def test_a_member_leaves_and_comments_stay(before: str, after: str) -> None:
    found = document(before)
    member = found.root.member("a")
    assert member is not None

    new = apply(before, found.remove(found.root, member))

    assert new == after
    document(new)


def test_another_value_takes_the_place_of_the_old_one() -> None:
    text = '{\n  "b": 2, // two\n  "a": {"c": 1} // one\n}'
    found = document(text)
    member = found.root.member("a")
    assert member is not None

    edits = found.replace(member, {"d": 3})

    assert apply(text, edits) == (
        '{\n  "b": 2, // two\n  "a": {\n    "d": 3\n  } // one\n}'
    )
    assert apply(apply(text, edits), reverse(edits)) == text


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('{\n  "a": 1,\n}', "2:9", "trailing commas are not allowed in this file"),
        ("{\n  // no\n}", "2:3", "comments are not allowed in this file"),
        ('{\n  "a": ,\n}', "2:8", "a value is missing"),
        ('{"a" 1}', "1:6", "a colon is missing"),
        ('{"a": 1 "b": 2}', "1:9", 'a comma or "}" is missing'),
        ('{"a": [1 2]}', "1:10", 'a comma or "]" is missing'),
        ('{"a": 1', "1:8", 'a comma or "}" is missing'),
        ("{a: 1}", "1:2", "unexpected text"),
        ("{'a': 1}", "1:2", "unexpected text"),
        ('{"a": 01}', "1:7", "unexpected text"),
        ('{"a": NaN}', "1:7", "unexpected text"),
        ('{"a": "x\n"}', "1:7", "a string does not end"),
        ('{"a": 1} {}', "1:10", "nothing may follow"),
        ("[]", "1:1", "must be an object"),
        ('{"a": 1, "a": 2}', "1:10", 'the key "a" is there twice'),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", "1:207", "nested more than"),
    ],
)
def test_what_is_not_valid_has_its_place(text: str, place: str, reason: str) -> None:
    with pytest.raises(MCPGenError, match=re.escape(reason)) as caught:
        document(text, comments=False)

    (found,) = caught.value.diagnostics
    assert str(found.span) == f"mcp.json:{place}"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
SPACES = st.sampled_from(["", " ", "\n", "\r\n\t", " /* { , */ ", ' // } " ,\n'])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A JSON object in some layout, with comments and trailing commas."""

    def written(value: Any) -> str:
        if isinstance(value, dict):
            parts = [
                f"{json.dumps(k)}{gap()}:{gap()}{written(v)}" for k, v in value.items()
            ]
            return listed("{", parts, "}")
        if isinstance(value, list):
            return listed("[", [written(each) for each in value], "]")
        return json.dumps(value, ensure_ascii=draw(st.sampled_from([True, False])))

    def gap() -> str:
        return draw(SPACES)

    def listed(start: str, parts: list[str], end: str) -> str:
        inside = ",".join(f"{gap()}{part}{gap()}" for part in parts)
        comma = draw(st.sampled_from(["", ","])) if parts else ""
        return f"{start}{inside}{comma}{gap()}{end}"

    members = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)
    return f"{gap()}{written(draw(members))}{gap()}"


@given(texts(), st.text(max_size=4), VALUES)
@example("{}", "", None)
def test_any_edit_is_reversed_exactly_and_changes_one_value(
    text: str, key: str, value: Any
) -> None:
    found = document(text)
    known = found.root.member(key)
    edits = (
        found.add(found.root, key, value)
        if known is None
        else found.replace(known, value)
    )

    new = apply(text, edits)

    assert apply(new, reverse(edits)) == text
    assert document(new).root.data == {**found.root.data, key: value}
    again = document(new)
    member = again.root.member(key)
    assert member is not None
    left = apply(new, again.remove(again.root, member))
    rest = {name: data for name, data in found.root.data.items() if name != key}
    assert document(left).root.data == rest


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{ // a\n"k": 1}', "{ // a\n}"),
        ('{ // a\n"k": 1, "b": 2}', '{ // a\n "b": 2}'),
        ('{ // a\n"k": 1 /* c */}', "{ // a\n /* c */}"),
        ('{ // a\n  "k": 1 // c\n}', "{ // a // c\n}"),
        ('{\n  "b": 2, // a\n  "k": 1\n}', '{\n  "b": 2 // a\n}'),
    ],
)
def test_a_comment_before_what_is_removed_hides_nothing(text: str, left: str) -> None:
    found = document(text)
    member = found.root.member("k")
    assert member is not None
    removed = apply(text, found.remove(found.root, member))
    assert removed == left
    assert document(removed).root.member("k") is None
