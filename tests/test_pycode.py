"""Data that goes into source text comes out as the same data, and nothing else does."""

from __future__ import annotations

import ast
import json
import keyword
import math
import random
from pathlib import Path
from typing import Any

import black
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcpgen import pycode
from mcpgen.pycode import Call, Code, Row, Table, Union, Value
from tests.formatting import changed_by_black, ruff, write
from tests.hostile import ANY_TEXT, texts
from tests.shared_data import CORPUS, TELLING, needs_shared

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(ANY_TEXT, inner, max_size=5)
    ),
    max_leaves=20,
)
ONE_LINE = 88
LONG = Code("a_name_that_is_really_quite_long_and_takes_much_of_the_line")
WORD = Code("word")


def stable(source: str) -> bool:
    """Whether black leaves the source as it is."""
    return black.format_str(source, mode=black.Mode()) == source


@given(JSON)
def test_a_literal_is_the_value_that_it_was_made_of(value: Any) -> None:
    source = pycode.literal(value)
    assert ast.literal_eval(source) == value
    assert json.dumps(ast.literal_eval(source)) == json.dumps(value)


@given(ANY_TEXT)
def test_a_string_is_plain_and_visible(text: str) -> None:
    source = pycode.string(text)
    assert ast.literal_eval(source) == text
    assert "\n" not in source
    assert not any(
        c < " " or "\u202a" <= c <= "\u202e" or c == "\ufeff" for c in source
    )
    source.encode("utf-8")


@settings(deadline=None)
@example("1" * 70 + "\u0300" * 3)
@example("1" * 90)
@example({"\u0300" * 20 + "1" * 30: "1" * 40})
@given(JSON)
def test_black_leaves_an_assignment_as_it_is(value: Any) -> None:
    assert stable(pycode.assignment("NAME: Final", Value(value)) + "\n")


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        10**30,
        -(10**30),
        1.0,
        -0.0,
        1e16,
        1e-7,
        0.1,
        5e-324,
        1.7976931348623157e308,
    ],
)
def test_numbers_are_exact(value: float) -> None:
    again = ast.literal_eval(pycode.literal(value))
    assert (again, type(again)) == (value, type(value))
    assert math.copysign(1, again) == math.copysign(1, value)


@pytest.mark.parametrize("value", [10**5000, -(10**5000)], ids=["positive", "negative"])
def test_a_huge_integer_is_written_so_that_python_reads_it(value: int) -> None:
    source = f"{pycode.assignment('HUGE', Value([value]))}\n"
    assert ast.literal_eval(source.removeprefix("HUGE = ")) == [value]
    assert stable(source)


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (math.inf, 'float("inf")'),
        (-math.inf, 'float("-inf")'),
        (math.nan, 'float("nan")'),
        ([math.inf], '[float("inf")]'),
    ],
)
def test_what_json_lacks_is_written_as_a_call(value: Any, source: str) -> None:
    assert pycode.literal(value) == source


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        pycode.literal({"a": {1, 2}})


def nested(levels: int) -> Any:
    """A value of so many lists and dicts in each other."""
    value: Any = "core"
    for level in range(levels):
        value = [value] if level % 2 else {"a key": value}
    return value


def test_a_deep_value_is_written_and_read() -> None:
    value = nested(pycode.MAX_DEPTH)
    assert ast.literal_eval(pycode.literal(value)) == value


def test_a_deeper_value_than_python_reads_is_refused() -> None:
    with pytest.raises(pycode.TooDeepError):
        pycode.literal(nested(pycode.MAX_DEPTH + 40))


def test_a_value_that_fits_takes_one_line() -> None:
    value = {"name": "x" * 20, "list": [1, 2], "on": True, "off": None}
    source = pycode.assignment("X", Value(value))
    assert "\n" not in source


def test_a_long_text_is_cut_at_words_and_line_ends() -> None:
    text = "A first line.\n" + "many words " * 30
    source = pycode.assignment("X", Value({"description": text}))
    assert max(map(len, source.splitlines())) <= ONE_LINE
    assert ast.literal_eval(source.removeprefix("X = ")) == {"description": text}


def test_formatters_leave_texts_of_every_length_as_they_are(tmp_path: Path) -> None:
    lines: list[str] = []
    for length in range(40, 130):
        for filler in ("word ", "x", "日", "é ", "прогноз ", "e\u0301"):
            text = (filler * length)[:length]
            value = {"key": text, "list": [text], "deep": {"deeper": [{"key": text}]}}
            lines.append(pycode.assignment("X", Value(value)))
            lines.append(pycode.assignment("K", Value({text: text, "a": {text: "b"}})))
            lines.append(pycode.assignment("Y", Value(text)))
            lines.append(pycode.assignment("C", Call(WORD, (Value(text), WORD))))
            lines.append(
                pycode.assignment("Z", Call(WORD, ((Code("k"), Value(text)),)))
            )
    source = "\n".join(lines) + "\n"
    write(tmp_path, {"lengths.py": source})
    assert changed_by_black({"lengths.py": source}) == []
    assert ruff(tmp_path, "format", "--diff") == ""


def test_formatters_leave_hostile_values_as_they_are(tmp_path: Path) -> None:
    lines = [
        pycode.assignment(f"X_{number}", Value({text: [text, {"k": text}]}))
        for number, text in enumerate(texts(300))
    ]
    source = "\n".join(lines) + "\n"
    write(tmp_path, {"values.py": source})
    assert changed_by_black({"values.py": source}) == []
    assert ruff(tmp_path, "format", "--diff") == ""


@needs_shared
def test_formatters_leave_the_tools_of_real_servers_as_they_are(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for name in TELLING:
        tools = json.loads((CORPUS / f"{name}.json").read_text("utf-8"))["tools"]
        lines = [
            pycode.assignment(f"TOOL_{number}: Final", Value(tool))
            for number, tool in enumerate(tools)
        ]
        source = "\n".join(lines) + "\n"
        found = [ast.literal_eval(s.value) for s in ast.parse(source).body]  # type: ignore[attr-defined]  # all are assignments
        assert json.dumps(found) == json.dumps(tools)
        files[f"{name.replace('-', '_')}.py"] = source
    write(tmp_path, files)
    assert changed_by_black(files) == []
    assert ruff(tmp_path, "format", "--diff") == ""


# ---------------------------------------------------------------------- prose


def function_with(docstring: str, comment: str = "# none") -> str:
    """A function around a docstring and a comment."""
    return f"def f() -> None:\n    {docstring}\n    {comment}\n    g()\n"


@settings(deadline=None)
@given(ANY_TEXT.filter(str.strip), ANY_TEXT.filter(str.strip), ANY_TEXT)
def test_prose_stays_prose(text: str, words: str, remark: str) -> None:
    docstring = pycode.docstring(text, 4, arguments=[("name", words)])
    source = function_with(docstring, pycode.comment(remark or "-", 4))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert [type(statement) for statement in function.body] == [ast.Expr, ast.Expr]
    assert stable(source)
    source.encode("utf-8")


@given(ANY_TEXT.filter(str.strip))
def test_a_docstring_has_all_words(text: str) -> None:
    said = ast.literal_eval(pycode.docstring(text))
    squeezed = "".join(said.split())
    assert squeezed.rstrip(".") == "".join(text.expandtabs(4).split()).rstrip(".")


def test_formatters_agree_about_strings_near_the_end_of_a_line(tmp_path: Path) -> None:
    """Their tables of widths differ: of combining characters and of pictures."""
    draw = random.Random(1)
    characters = ["1", "b ", " ", "\u0300", "é", "你", "\u1100", "가", "\U0001f600", "ิ"]
    lines: list[str] = []
    for number in range(600):
        letters = draw.choices("1ab ", k=draw.randint(55, 80))
        letters += draw.choices(characters, k=draw.randint(0, 14))
        if draw.random() < 0.5:
            draw.shuffle(letters)
        text = "".join(letters)
        value: Any = draw.choice(
            [text, [text], {text: 1}, {"a": text}, {text[:40]: text}]
        )
        lines.append(pycode.assignment(f"NAME_{number}: Final", Value(value)))
        assert ast.literal_eval(lines[-1].partition(" = ")[2]) == value
    source = "\n".join(lines) + "\n"
    write(tmp_path, {"strings.py": source})
    assert changed_by_black({"strings.py": source}) == []
    assert ruff(tmp_path, "format", "--diff") == ""


def test_formatters_leave_hostile_docstrings_as_they_are(tmp_path: Path) -> None:
    functions = [
        function_with(pycode.docstring(f"{text}.", 4, arguments=[("a", f"{text}.")]))
        for text in texts(300, seed=2)
    ]
    source = "\n\n".join(functions)
    write(tmp_path, {"prose.py": source})
    assert changed_by_black({"prose.py": source}) == []
    assert ruff(tmp_path, "format", "--diff") == ""


def test_a_docstring_keeps_lists_and_indentation() -> None:
    text = "Does it.\n\n- one " + "word " * 20 + "\n  - inner\n\n    code()"
    said = ast.literal_eval(pycode.docstring(text))
    lines = said.splitlines()
    assert "  - inner" in lines
    assert "    code()" in lines
    assert lines[3].startswith("  word")


def test_a_docstring_stays_within_the_line() -> None:
    for length in range(60, 110):
        source = pycode.docstring("word " * (length // 5) + "x" * (length % 5), 4)
        assert all(len(line) <= ONE_LINE - 4 for line in source.splitlines()[:1])
        assert all(len(line) <= ONE_LINE for line in source.splitlines())


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name",
    ["", "1a", "a-b", "class", "None", "a b", "a.b", "ﬁ", "ª", "a\n", "x;y", "e\u0301"],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(pycode.UnsafeNameError):
        pycode.identifier(name)


@given(ANY_TEXT)
def test_an_identifier_is_one_or_is_refused(name: str) -> None:
    try:
        source = pycode.identifier(name)
    except pycode.UnsafeNameError:
        return
    assert ast.parse(source, mode="eval").body.id == name  # type: ignore[attr-defined]  # it is a Name
    assert not keyword.iskeyword(name)


def test_dotted_names_are_checked_part_by_part() -> None:
    assert pycode.dotted("models.Forecast") == "models.Forecast"
    with pytest.raises(pycode.UnsafeNameError):
        pycode.dotted("models.Forecast()")


# --------------------------------------------------------------------- layout


@pytest.mark.parametrize(
    "node",
    [
        Call(WORD, ()),
        Call(WORD, (WORD, Value("x"))),
        Call(WORD, (LONG, LONG)),
        Call(WORD, (LONG, (Code("key"), LONG))),
        Call(WORD, (LONG, LONG, (Code("key"), Value({"a": ["b" * 60, "c" * 60]})))),
        Call(WORD, (LONG, Table((("a", LONG), ("b", LONG))))),
        Call(WORD, ((Code("key"), Row((LONG, LONG))),)),
        Call(WORD, (Value("a text of many words " * 8),)),
        Call(WORD, (WORD, (Code("key"), Value("a text of many words " * 8)))),
        Row((WORD,)),
        Row((LONG, LONG)),
        Table((("key", Call(LONG, (LONG, WORD))),)),
        Call(
            Code("list"),
            (Call(Code("Literal"), (Value("a" * 40), Value("b" * 40)), "[]"),),
            "[]",
        ),
        Call(
            Code("list"),
            (Call(Code("Literal"), (Value("a" * 50), Value("b" * 50)), "[]"),),
            "[]",
        ),
        Union((WORD, Code("None"))),
        Union((LONG, LONG, Code("None"))),
        Union((Call(Code("dict"), (Code("str"), LONG), "[]"), LONG)),
        Call(Code("list"), (Union((LONG, LONG)),), "[]"),
    ],
)
def test_formatters_leave_expressions_as_they_are(node: Any, tmp_path: Path) -> None:
    statement = pycode.assignment("NAME: Final", node)
    inner = pycode.assignment("name", node, 4)
    source = f"{statement}\n\n\ndef f() -> None:\n    {inner}\n"
    write(tmp_path, {"layout.py": source})
    assert changed_by_black({"layout.py": source}) == []
    assert ruff(tmp_path, "format", "--diff") == ""


def sequence(*items: Any) -> Call:
    return Call(Code("Sequence"), items, "[]")


def test_black_leaves_nested_unions_of_any_width_as_they_are() -> None:
    lines: list[str] = []
    for width in range(30, 100):
        left, right = Code("a" * (width // 2)), Code("b" * (width - width // 2))
        pair = Union((left, right))
        for node in (
            Union((sequence(pair), Code("None"))),
            Union((Code("None"), sequence(pair))),
            Union((left, sequence(pair), right)),
            Call(Code("dict"), (Code("str"), pair), "[]"),
            sequence(sequence(pair)),
            sequence(Union((sequence(pair), left))),
            sequence(Union((left, Call(Code("dict"), (Code("str"), pair), "[]")))),
        ):
            lines.append(pycode.assignment("NAME: TypeAlias", node))
            lines.append(f"if x:\n    {pycode.assignment('NAME', node, 4)}")
    source = "\n".join(lines) + "\n"
    assert changed_by_black({"layout.py": source}) == []


def test_formatters_leave_signatures_as_they_are(tmp_path: Path) -> None:
    parameter = Code("name: int = 1")
    heads = [
        pycode.signature(
            f"def {'f' * length}", [Code("self"), *[parameter] * count], returns
        )
        for length in (1, 30, 60)
        for count in (0, 1, 2, 5, 9)
        for returns in (
            Code("None"),
            Code(f"models.{'X' * 50}"),
            Code(f"MaybeAwaitable[StructuredReturn[models.{'X' * 50}]]"),
        )
    ]
    source = "\n\n".join(f"{head}\n    return g()\n" for head in heads)
    write(tmp_path, {"signatures.py": source})
    assert changed_by_black({"signatures.py": source}) == []
    assert ruff(tmp_path, "format", "--diff") == ""


# ----------------------------------------------------------------------- types


NONE: set[str] = set()


@pytest.mark.parametrize(
    ("inside", "outside", "typing"),
    [
        ("str", "str", NONE),
        ("int | None", "int | None", NONE),
        ("list[Item]", "list[models.Item]", NONE),
        ("dict[str, Any]", "dict[str, Any]", {"Any"}),
        ("Literal['a', 1, True]", 'Literal["a", 1, True]', {"Literal"}),
        ("Literal['\"']", "Literal['\"']", {"Literal"}),
        ("Annotated[int | Item, Field(ge=0)]", "int | models.Item", NONE),
        ("list[Item | Other] | None", "list[models.Item | models.Other] | None", NONE),
    ],
)
def test_a_type_of_models_is_written_for_other_modules(
    inside: str, outside: str, typing: set[str]
) -> None:
    found = pycode.annotation(inside, "models")
    assert pycode.flat(found.type) == outside
    assert found.typing == typing
    assert found.names_models == ("models." in outside)


@pytest.mark.parametrize(
    "source", ["f()", "a.b", "lambda: 1", "[str]", "str if x else y"]
)
def test_other_expressions_are_no_types(source: str) -> None:
    with pytest.raises(ValueError, match="not a type"):
        pycode.annotation(source, "models")


# ------------------------------------------------------------- other languages


@given(ANY_TEXT)
def test_toml_reads_what_was_written(text: str) -> None:
    import tomllib

    read = tomllib.loads(f"x = {pycode.toml_string(text)}")["x"]
    assert read == "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


@given(ANY_TEXT.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_yaml_reads_what_was_written(text: str) -> None:
    import yaml

    assert yaml.safe_load(f"x: {pycode.yaml_string(text)}") == {"x": text}


@pytest.mark.parametrize(
    "word", ["yes", "No", "null", "true", "1", "1.0", "a: b", "-", ""]
)
def test_yaml_words_stay_text(word: str) -> None:
    import yaml

    assert yaml.safe_load(f"x: {pycode.yaml_string(word)}") == {"x": word}


@given(ANY_TEXT)
def test_markdown_takes_text_for_text(text: str) -> None:
    line = pycode.markdown(text)
    assert "\n" not in line
    assert "<" not in line.replace("\\<", "")
    assert "`" not in line.replace("\\`", "")
    assert not line.lstrip().startswith(("#", "-", "+", "="))


@given(ANY_TEXT)
def test_an_html_comment_ends_where_it_should(text: str) -> None:
    assert "-->" not in pycode.html_comment(text)
    assert "\n" not in pycode.html_comment(text)
