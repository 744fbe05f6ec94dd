"""Optional packages: asked for when they are needed, missed in words that help."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

AUTHENTICATORS: Final = {
    "jwt": "jwt",
    "introspection": "introspection",
    "github": "github",
    "api-key": "api_keys",
    "token": "static",
    "mtls": "mutual_tls",
}
"""Kinds of authentication, which are features, and their modules here. Each has a function
`configured(settings, everything)`."""


def require(package: str, extra: str) -> None:
    """See that an optional package is there.

    Raises:
        ValueError: It is not installed; names the extra that brings it.
    """
    if find_spec(package) is None:
        raise ValueError(
            f"this kind of auth needs the package {package}: `pip install {package}`, "
            f"or the server with its extra `{extra}`: `pip install '.[{extra}]'`"
        )


def module(name: str) -> Any:
    """A module of an optional package, of unknown type: it may not be installed."""
    return import_module(name)
