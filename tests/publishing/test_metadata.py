"""What indexes and the MCP registry read of a generated client."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.render.projects import native, project, texts, tool

REGISTRY = Path(__file__).parent / "registry"
PACKAGE = {
    "name": "acme-weather",
    "version": "2.1.0",
    "license": "Apache-2.0 OR MIT",
    "authors": [
        {"name": 'Ann "A" O\'Neil', "email": "ann@acme.example"},
        {"name": "Bo"},
    ],
    "urls": {"Source": "https://acme.example/weather?a=1#b"},
    "keywords": ["weather", "météo"],
    "python": ">=3.12,<4",
}
ENTRY = {
    "name": "io.github.acme/weather",
    "url": "https://weather.acme.example/mcp",
    "package": "acme-weather-server",
    "repository": "https://github.com/acme/weather",
}


def client(**parts: Any) -> dict[str, str]:
    """The files of a client, without `client/` in front."""
    files = texts(project(native(**parts)))
    return {
        path.removeprefix("client/"): text
        for path, text in files.items()
        if path.startswith("client/")
    }


def metadata(**parts: Any) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(client(**parts)["pyproject.toml"])["project"]
    return table


def test_what_the_manifest_says_of_the_package_is_in_its_metadata() -> None:
    found = metadata(package=PACKAGE)
    assert found["name"] == "acme-weather"
    assert found["version"] == "2.1.0"
    assert found["license"] == PACKAGE["license"]
    assert found["authors"] == PACKAGE["authors"]
    assert found["urls"] == PACKAGE["urls"]
    assert found["keywords"] == PACKAGE["keywords"]
    assert found["requires-python"] == PACKAGE["python"]


def test_without_it_the_server_s_name_and_version_do() -> None:
    found = metadata(server={"version": "1.4.0-rc.2"})
    assert (found["name"], found["version"]) == ("weather-client", "1.4.0rc2")
    assert found["requires-python"] == ">=3.11"
    assert not {"license", "authors", "urls", "keywords"} & found.keys()


def test_the_readme_says_how_to_install_it() -> None:
    files = client(package=PACKAGE, tools=[tool()])
    assert "pip install acme-weather\n" in files["README.md"]


def test_the_readme_has_an_example_of_each_tool() -> None:
    tools = [
        tool("plain"),
        tool("wide", inputSchema=WIDE),
        tool("odd", inputSchema=ODD),
    ]
    readme = client(tools=tools)["README.md"]
    assert "result = await client.plain()\n" in readme
    assert 'result = await client.wide(city="example")\n' in readme
    assert 'result = await client.call_tool("odd", {...})\n' in readme


WIDE = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Where."}},
    "required": ["city"],
}
ODD = {
    "type": "object",
    "properties": {"a": {"type": "string", "not": {"type": "string"}}},
    "required": ["a"],
}


def test_the_reference_has_arguments_hints_and_scopes() -> None:
    reads = {"readOnlyHint": True}
    wide = tool("wide", inputSchema=WIDE, annotations=reads, scopes=["weather:read"])
    reference = client(tools=[wide], auth={"kind": "token"})["REFERENCE.md"]
    assert "async def wide(self, *, city: str) -> CallToolResult: ...\n" in reference
    assert "| `city` | required | Where. |\n" in reference
    assert "It says of itself: reads only.\n" in reference
    assert "Needs the scopes `weather:read`.\n" in reference


def test_the_vendored_schema_is_the_one_that_was_taken() -> None:
    source = json.loads((REGISTRY / "SOURCE.json").read_bytes())
    data = (REGISTRY / source["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == source["sha256"]


@pytest.mark.parametrize("absent", [[], ["url"], ["package"], ["repository"]])
@pytest.mark.parametrize("description", ["Forecasts.", "x" * 300, "Two\n\nparagraphs"])
def test_the_registry_s_own_schema_accepts_server_json(
    absent: list[str], description: str
) -> None:
    entry = {key: value for key, value in ENTRY.items() if key not in absent}
    server = {
        "version": "1.0.0",
        "title": "Weather",
        "description": description,
        "websiteUrl": "https://acme.example",
    }
    document = json.loads(client(registry=entry, server=server)["server.json"])
    schema = json.loads((REGISTRY / "2025-12-11.json").read_bytes())
    jsonschema_rs.validator_for(schema).validate(document)
    assert document["name"] == ENTRY["name"]
    assert ("remotes" in document) == ("url" in entry)
    assert ("packages" in document) == ("package" in entry)
    assert ("repository" in document) == ("repository" in entry)


def test_a_package_is_started_over_stdio_and_a_url_is_streamable_http() -> None:
    variables = [
        {"name": "WEATHER_KEY", "description": "The key.", "secret": True},
        {"name": "WEATHER_DATA", "description": "Data.", "kind": "folder"},
        {"name": "WEATHER_UNIT", "description": "C or F.", "required": True},
    ]
    text = client(registry=ENTRY, environment=variables)["server.json"]
    document = json.loads(text)
    schema = json.loads((REGISTRY / "2025-12-11.json").read_bytes())
    jsonschema_rs.validator_for(schema).validate(document)
    (package,) = document["packages"]
    assert package["identifier"] == ENTRY["package"]
    assert (package["runtimeHint"], package["transport"]) == ("uvx", {"type": "stdio"})
    assert package["packageArguments"] == [{"type": "named", "name": "--stdio"}]
    found = {each["name"]: each for each in package["environmentVariables"]}
    assert found["WEATHER_KEY"] == {
        "name": "WEATHER_KEY",
        "description": "The key.",
        "isRequired": False,
        "isSecret": True,
    }
    assert found["WEATHER_DATA"]["format"] == "filepath"
    assert found["WEATHER_UNIT"]["isRequired"]
    assert found["MCP_STATE_KEYS"]["isSecret"]
    assert document["remotes"] == [{"type": "streamable-http", "url": ENTRY["url"]}]


def test_options_of_a_server_that_somebody_else_makes_are_not_claimed() -> None:
    variables = [{"name": "WEATHER_KEY", "description": "The key."}]
    text = client(registry=ENTRY, environment=variables, targets=["client"])
    document = json.loads(text["server.json"])
    schema = json.loads((REGISTRY / "2025-12-11.json").read_bytes())
    jsonschema_rs.validator_for(schema).validate(document)
    (package,) = document["packages"]
    assert package["transport"] == {"type": "stdio"}
    assert "packageArguments" not in package
    assert [each["name"] for each in package["environmentVariables"]] == ["WEATHER_KEY"]


def test_only_transports_that_the_server_has_are_listed() -> None:
    local = json.loads(client(registry=ENTRY, transports=["stdio"])["server.json"])
    assert "remotes" not in local
    assert local["packages"][0]["transport"] == {"type": "stdio"}
    served = json.loads(client(registry=ENTRY, transports=["http"])["server.json"])
    assert served["packages"][0]["transport"]["type"] == "streamable-http"
    assert "packageArguments" not in served["packages"][0]
    schema = json.loads((REGISTRY / "2025-12-11.json").read_bytes())
    for document in (local, served):
        jsonschema_rs.validator_for(schema).validate(document)


def test_settings_of_an_era_that_the_server_lacks_are_no_variables() -> None:
    text = client(registry=ENTRY, protocol="legacy")["server.json"]
    (package,) = json.loads(text)["packages"]
    assert "environmentVariables" not in package


def test_the_published_server_has_the_command_that_uvx_runs() -> None:
    files = texts(project(native(registry=ENTRY)))
    server = tomllib.loads(files["server/pyproject.toml"])["project"]
    assert server["name"] == ENTRY["package"]
    assert server["scripts"] == {ENTRY["package"]: "weather_server.__main__:run"}


@pytest.mark.parametrize("half", ["client", "server"])
def test_the_readme_has_the_marker_that_the_registry_looks_for(half: str) -> None:
    readme = texts(project(native(registry=ENTRY)))[f"{half}/README.md"]
    assert "<!-- mcp-name: io.github.acme/weather -->\n" in readme


def test_without_an_entry_there_is_neither_file_nor_marker() -> None:
    files = client()
    assert "server.json" not in files
    assert "mcp-name" not in files["README.md"]
