"""Names are identifiers, differ from each other, and stay when something is added."""

from __future__ import annotations

import builtins
import keyword
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen import naming
from mcpgen.diagnostics import MCPGenError
from mcpgen.naming import AllNames, Wire
from mcpgen.runtime.client.client import Client
from mcpgen.runtime.client.sync import SyncClient
from mcpgen.runtime.server.service import Service
from tests.hostile import ANY_TEXT

WIRE_NAMES = st.one_of(
    st.sampled_from(
        [
            "get-forecast",
            "get_forecast",
            "getForecast",
            "get_forecast_2",
            "class",
            "__init__",
            "",
            "123",
            "a/b",
            "x" * 200,
            "прогноз",
            "天気",
            "list_tools",
            "contract",
            "İ",
            "ß",
            "ſ",
            "ﬁ",
            "𝐚",
        ]
    ),
    ANY_TEXT,
    st.text(max_size=8),
)
WIRES = st.lists(
    st.builds(
        Wire, WIRE_NAMES, st.lists(WIRE_NAMES, max_size=2, unique=True).map(tuple)
    ),
    max_size=5,
)


def everything(names: AllNames) -> list[naming.Names]:
    """The names of all kinds in one list."""
    return [
        *names.tools,
        *names.prompts,
        *names.resources,
        *names.resource_templates,
    ]


def is_name(name: str) -> bool:
    """Whether Python takes the text for a name and leaves it as it is."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and unicodedata.normalize("NFKC", name) == name
    )


@given(WIRES, WIRES, WIRES, WIRES)
def test_all_names_are_names_and_differ(
    tools: list[Wire],
    prompts: list[Wire],
    resources: list[Wire],
    templates: list[Wire],
) -> None:
    found = everything(naming.for_declarations(tools, prompts, resources, templates))
    methods = [n.method for n in found]
    methods += [method for n in found for method in n.completers.values()]
    modules = [n.module for n in found]
    assert all(map(is_name, [*methods, *modules]))
    assert all(is_name(f"{n.class_base}Input") for n in found)
    assert len(set(methods)) == len(methods)
    assert len({module.casefold() for module in modules}) == len(modules)
    assert not set(methods) & naming.RESERVED_METHODS
    assert not {"con", "nul", "aux"} & set(modules)
    assert not any(method.startswith("_") for method in methods)


@given(WIRES)
def test_class_names_of_a_kind_differ_in_more_than_case(tools: list[Wire]) -> None:
    found = naming.for_declarations(tools, [], [], []).tools
    assert len({n.class_base.casefold() for n in found}) == len(found)


@given(WIRES, WIRES)
def test_what_is_added_at_the_end_renames_nothing(
    tools: list[Wire], more: list[Wire]
) -> None:
    before = naming.for_declarations(tools, [], [], []).tools
    after = naming.for_declarations([*tools, *more], [], [], []).tools
    for old, new in zip(before, after, strict=False):
        assert (old.method, old.module) == (new.method, new.module)
        assert old.class_base == new.class_base


def names_of(*tools: str) -> list[str]:
    """The methods of some tools."""
    found = naming.for_declarations([Wire(name) for name in tools], [], [], [])
    return [n.method for n in found.tools]


@pytest.mark.parametrize(
    ("wire", "method", "class_base"),
    [
        ("get-forecast", "get_forecast", "GetForecast"),
        ("getForecast", "get_forecast", "GetForecast"),
        ("get.forecast/v2", "get_forecast_v2", "GetForecastV2"),
        ("HTTPServer", "http_server", "HttpServer"),
        ("listPRs", "list_prs", "ListPrs"),
        ("getPRStatus", "get_pr_status", "GetPrStatus"),
        ("class", "class_", "Class"),
        ("match", "match", "Match"),
        ("__init__", "init", "Init"),
        ("123", "tool_123", "Tool123"),
        ("", "tool", "Tool"),
        ("$$", "tool", "Tool"),
        ("прогноз", "прогноз", "Прогноз"),
        ("ﬁx", "fix", "Fix"),
        ("list_tools", "list_tools_", "ListTools"),
        ("contract", "contract_", "Contract"),
        ("models", "models_", "Models"),
        ("str", "str_", "Str"),
    ],
)
def test_a_tool_is_called_like_its_wire_name(
    wire: str, method: str, class_base: str
) -> None:
    (found,) = naming.for_declarations([Wire(wire)], [], [], []).tools
    assert (found.method, found.class_base) == (method, class_base)


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert names_of("a-b", "a_b", "a.b") == ["a_b", "a_b_2", "a_b_3"]
    assert names_of("a-b", "a_b", "a_b_2") == ["a_b", "a_b_2", "a_b_2_2"]


def test_a_thousand_equal_names_are_quickly_told_apart() -> None:
    assert len(set(names_of(*(["tool"] * 1000)))) == 1000


def test_a_long_name_is_cut() -> None:
    (found,) = naming.for_declarations([Wire("x" * 200)], [], [], []).tools
    assert len(found.method) <= naming.LONGEST
    assert len(found.class_base) <= naming.LONGEST_CLASS


def test_every_kind_has_its_pattern() -> None:
    names = naming.for_declarations(
        [Wire("forecast")],
        [Wire("forecast", ("city",))],
        [Wire("forecast")],
        [Wire("forecast", ("city-name",))],
    )
    assert [n.method for n in everything(names)] == [
        "forecast",
        "forecast_prompt",
        "read_forecast",
        "read_forecast_2",
    ]
    assert [n.module for n in everything(names)] == [
        "forecast",
        "forecast_prompt",
        "read_forecast",
        "read_forecast_2",
    ]
    assert names.prompts[0].completers == {"city": "complete_forecast_city"}
    (completer,) = names.resource_templates[0].completers.values()
    assert completer == "complete_forecast_2_city_name"


def test_tools_are_named_before_everything_else() -> None:
    names = naming.for_declarations([Wire("read_a")], [], [Wire("a")], [])
    assert names.tools[0].method == "read_a"
    assert names.resources[0].method == "read_a_2"


# ------------------------------------------------------------------ parameters


@given(st.lists(st.text(alphabet="abc_", min_size=1, max_size=60).filter(is_name)))
def test_parameters_differ_and_stay_clear_of_the_methods_own_names(
    fields: list[str],
) -> None:
    found = naming.parameters(fields)
    assert len(set(found)) == len(found) == len(fields)
    assert all(map(is_name, found))


def test_parameters_are_called_like_their_fields() -> None:
    fields = ["city", "self", "models", "x" * 60, "x" * 50]
    assert naming.parameters(fields) == (
        "city",
        "self_",
        "models_",
        "x" * 40,
        "x" * 40 + "_2",
    )


# --------------------------------------------------------------------- projects


@pytest.mark.parametrize(
    ("name", "server", "client", "prefix"),
    [
        ("weather", "weather_server", "weather_client", "Weather"),
        ("my-server", "my_server", "my_client", "My"),
        ("github-mcp-server", "github_mcp_server", "github_mcp_client", "GithubMcp"),
        ("2cool", "mcp_2cool_server", "mcp_2cool_client", "Mcp2cool"),
        ("class", "class_server", "class_client", "Class"),
        ("server", "server_server", "server_client", "Server"),
        ("sync", "sync_server", "sync_client", "SyncMcp"),
        ("context", "context_server", "context_client", "ContextMcp"),
        ("none", "none_server", "none_client", "NoneMcp"),
        ("exception", "exception_server", "exception_client", "ExceptionMcp"),
        ("Météo", "meteo_server", "meteo_client", "Meteo"),
        ("@scope/pkg", "scope_pkg_server", "scope_pkg_client", "ScopePkg"),
    ],
)
def test_packages_and_classes_are_called_like_the_project(
    name: str, server: str, client: str, prefix: str
) -> None:
    found = naming.for_project(name)
    assert (found.server_package, found.client_package) == (server, client)
    assert found.class_prefix == prefix


def project_or_codes(name: str) -> naming.ProjectNames | list[str]:
    """The names of a project, or the codes of what is wrong with its name."""
    try:
        return naming.for_project(name)
    except MCPGenError as error:
        return [diagnostic.code for diagnostic in error.diagnostics if diagnostic.hint]


@given(ANY_TEXT)
def test_a_project_has_good_names_or_a_diagnostic(name: str) -> None:
    found = project_or_codes(name)
    if isinstance(found, list):
        assert found == ["MG240"]
        return
    prefix = found.class_prefix
    for made in (prefix, f"{prefix}Service", f"{prefix}Client", f"Sync{prefix}Client"):
        assert is_name(made)
        assert made.isascii()
        assert not hasattr(builtins, made)
    for package in (found.server_package, found.client_package):
        assert is_name(package)
        assert package.isascii()


@pytest.mark.parametrize("name", ["", "---", "天気", "\ud800", "a" * 51])
def test_a_name_that_no_package_can_have_is_a_diagnostic(name: str) -> None:
    with pytest.raises(MCPGenError, match="MG240"):
        naming.for_project(name)


# ------------------------------------------------------------- the runtime's names


def public(owner: type) -> set[str]:
    """The public attributes of a class, those too that only subclasses set."""
    names = {*dir(owner), *owner.__annotations__}
    return {name for name in names if not name.startswith("_")}


def test_the_runtimes_own_names_are_reserved() -> None:
    assert public(Service) | {"register"} == naming.SERVICE_ATTRIBUTES
    assert public(Client) == naming.CLIENT_ATTRIBUTES
    assert public(SyncClient) == naming.SYNC_CLIENT_ATTRIBUTES
