"""The shape of what indexes, registries and hosts get to know of a project.

A part of `model`; the same rules hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Required, TypeAlias

from pydantic import AfterValidator, Field, with_config
from typing_extensions import TypedDict

from . import constraints
from .constraints import Matching

Url: TypeAlias = Annotated[
    str, AfterValidator(constraints.url), Field(json_schema_extra={"format": "uri"})
]
_DISTRIBUTION: Final = Matching(
    r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?",
    "must be letters and digits, with `.`, `_` and `-` between them (at most 100)",
)
_ADDRESS: Final = Matching(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}",
    "must be an e-mail address",
)
_LINE: Final = Matching(
    r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}", "must be one line (at most 200)"
)
_LABEL: Final = Matching(
    r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,32}", "must be one line (at most 32)"
)
_KEYWORD: Final = Matching(
    r"[^\s,\x00-\x1f\x7f-\x9f]{1,50}", "must have no spaces and commas (at most 50)"
)
_ENTRY: Final = Matching(
    r"[a-zA-Z0-9.-]{1,100}/[a-zA-Z0-9._-]{1,99}",
    "must be a namespace, `/` and a name, such as io.github.ann/weather",
)


@with_config(constraints.CONFIG)
class Author(TypedDict, total=False):
    """Somebody to credit."""

    name: Required[Annotated[str, _LINE, Field(description="The name.")]]
    email: Annotated[str, _ADDRESS, Field(description="An e-mail address.")]


@with_config(constraints.CONFIG)
class Package(TypedDict, total=False):
    """What package indexes say about the client."""

    name: Annotated[
        str,
        _DISTRIBUTION,
        Field(
            description="The name to install it by. Default: `<name>-client`.",
        ),
    ]
    version: Annotated[
        str,
        AfterValidator(constraints.version),
        Field(description="Default: the server's version."),
    ]
    license: Annotated[
        str,
        AfterValidator(constraints.licence),
        Field(description="An SPDX expression, such as MIT."),
    ]
    authors: Annotated[list[Author], Field(description="Whom to credit.")]
    urls: Annotated[
        dict[Annotated[str, _LABEL], Url],
        Field(description="Links by their labels: `{Source: https://...}`."),
    ]
    keywords: Annotated[
        list[Annotated[str, _KEYWORD]],
        Field(description="Words to find it by, without spaces and commas."),
    ]
    python: Annotated[
        str,
        AfterValidator(constraints.pythons),
        Field(description="Versions of Python. Default: `>=3.11`."),
    ]


ENDPOINT: Final = (
    r"https?://([A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?"
    r"(/[A-Za-z0-9._~:/%+-]{0,1000})?"
)
"""An endpoint as it may stand in READMEs: without credentials, query and fragment."""


_WORD: Final = Matching(
    r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]{1,4096}",
    "must be one line (at most 4096 characters) without control characters",
)


@with_config(constraints.CONFIG)
class Connect(TypedDict, total=False):
    """The server that the client uses where it gets no URL: one of the two keys."""

    url: Annotated[
        str,
        Matching(
            ENDPOINT,
            "must be an http or https URL without credentials, query and fragment",
        ),
        Field(description="The MCP endpoint, such as https://example.com/mcp."),
    ]
    command: Annotated[
        list[Annotated[str, _WORD]],
        Field(
            min_length=1,
            max_length=200,
            description="A program and its arguments, such as [uvx, mcp-server-time]; "
            "the client starts it without a shell.",
        ),
    ]


def _one_of_them(connect: Connect) -> Connect:
    if len({"url", "command"} & connect.keys()) != 1:
        raise constraints.refused("must have one of `url` and `command`")
    return connect


Connection: TypeAlias = Annotated[Connect, AfterValidator(_one_of_them)]


@with_config(constraints.CONFIG)
class Registry(TypedDict, total=False):
    """The server's entry in the MCP registry, as `client/server.json`."""

    name: Required[
        Annotated[
            str,
            _ENTRY,
            Field(
                description="Its name there, such as `io.github.ann/weather`.",
            ),
        ]
    ]
    url: Annotated[Url, Field(description="Where the server can be reached.")]
    package: Annotated[
        str,
        _DISTRIBUTION,
        Field(
            description="The name by which the server is installed from PyPI.",
        ),
    ]
    repository: Annotated[Url, Field(description="Where its source is.")]


@with_config(constraints.CONFIG)
class Variable(TypedDict, total=False):
    """An environment variable that the server's own code reads."""

    name: Required[
        Annotated[
            str,
            Matching(
                r"[A-Za-z_][A-Za-z0-9_]{0,99}",
                "must be letters, digits and `_`, and not begin with a digit",
            ),
            Field(description="Its name, such as WEATHER_KEY."),
        ]
    ]
    description: Required[
        Annotated[str, _LINE, Field(description="What it is for, for who sets it.")]
    ]
    kind: Annotated[
        Literal["text", "file", "folder"],
        Field(
            description="What its value is; `file` and `folder` are paths. Default: text."
        ),
    ]
    secret: Annotated[
        bool, Field(description="Whether hosts hide the value. Default: false.")
    ]
    required: Annotated[
        bool,
        Field(
            description="Whether the server needs it. Others may come as an empty text. "
            "Default: false."
        ),
    ]


def distinct(variables: Sequence[Any]) -> Sequence[Any]:
    """Refuse two variables of one name."""
    # Windows does not know letter case here, and neither do bundles.
    names = [each["name"].upper() for each in variables]
    for name in names:
        if names.count(name) > 1:
            raise constraints.refused(f"has the variable `{name}` twice")
    return variables
