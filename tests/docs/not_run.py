"""Blocks of code in the documentation that no test runs, each with the reason.

By page and by the first line of the block; `ALL` stands for every block of a page.
`test_coverage.py` compares this list with the pages in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ALL: Final = "*"

_DECISION: Final = "part of a decision, which stays as it was made"
_EXAMPLES: Final = (
    "the examples in the commands' own help: "
    "tests/cli/test_commands.py::test_every_command_has_help_with_examples_that_are_commands"
)

_TARGETS: Final = (
    "takes long; the targets are looked up by "
    "tests/docs/test_readme.py::test_make_knows_every_target"
)

NOT_RUN: Final[Mapping[str, Mapping[str, str]]] = {
    "CONTRIBUTING.md": {"make demo        # see it work": _TARGETS},
    "README.md": {
        "make demo     # generates a server and its client, calls it over HTTP and over "
        "stdio, shows the streamed result": _TARGETS,
        'mcpgen.yaml:14:25: error[MG204]: tool "get-forecast": `x-mcp-header` is not '
        "allowed on type number": "a message, as in "
        "tests/docs/test_readme.py::test_a_problem_looks_as_shown",
    },
    "docs/architecture.md": {
        "manifest ─> Source ─> Manifest ─┐": "a diagram; the table below it is "
        "compared with the imports by "
        "tests/test_layers.py::test_imports_go_along_the_pipeline",
        "core/                 JSON, JSON Schema, models, the catalog, errors, headers, "
        "revisions, URI templates, `Connection`": "a diagram; the parts are those of "
        "tests/test_layers.py::test_every_part_of_the_runtime_is_in_the_table",
        "transport -> era.decode -> Request -> middleware ... -> method -> Answer -> "
        "era.encode -> transport": "a diagram",
    },
    "docs/decisions/0003-options-beside-arguments.md": {ALL: _DECISION},
    "docs/explanation/exact-types.md": {
        "Invalid arguments:": "what a caller reads, as in "
        "tests/docs/test_types.py::test_a_caller_reads_this_of_wrong_arguments",
    },
    "docs/how-to/deploy.md": {
        "docker build -t weather-server .": "needs a Docker daemon; the commands of the "
        "Dockerfile are run by "
        "tests/delivery/test_image.py::test_the_image_has_what_the_manifest_chooses",
    },
    "docs/reference/commands.md": {ALL: _EXAMPLES},
    "docs/telemetry.md": {
        "sum by (gen_ai_tool_name) (rate(mcp_server_operation_duration_seconds_count"
        '{error_type!=""}[5m]))': "a query for Prometheus, of which none runs here; its "
        "names are compared with the page of a server by "
        "tests/docs/test_telemetry.py::test_the_page_does_what_it_says",
    },
}
