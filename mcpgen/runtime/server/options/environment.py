"""Settings from environment variables, which may also name files with secrets.

Reads no global state by itself: the environment is given to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from .elsewhere import absent, missing
from .section import ENVIRONMENT_PREFIX, Section, SettingsError, options
from .texts import parse, read

S = TypeVar("S", bound=Section)

CLIENT_VARIABLES: Final = (
    *("MCP_BEARER_TOKEN", "MCP_HEADERS", "MCP_TOKENS_FILE"),
    *("MCP_CLIENT_ID", "MCP_CLIENT_SECRET"),
)
"""Variables that the terminal program of generated clients reads."""


def from_environment(environment: Mapping[str, str], defaults: S) -> S:
    """Settings from environment variables, above some defaults.

    Raises:
        SettingsError: A variable's value can't be used, its name is similar to that of a
            setting, or it sets what belongs to a feature that is not in this package.
    """
    return combined(read_environment(environment, type(defaults)), {}, defaults)


def read_environment(
    environment: Mapping[str, str], settings: type[Section]
) -> dict[str, tuple[str, Any]]:
    """By setting, the variable that sets it and its value.

    Raises:
        SettingsError: Names each variable that can't be used.
    """
    found: dict[str, tuple[str, Any]] = {}
    lines = [*_absent(environment, settings), *_misspelled(environment, settings)]
    for option in options(settings):
        for variable in option.variables:
            text = environment.get(variable)
            if text is None:
                continue
            try:
                from_file = variable != option.variable
                value = read(option, text) if from_file else parse(option, text)
                if option.name in found:
                    raise ValueError(f"{option.variable} is set as well; one will do")
                found[option.name] = variable, value
            except ValueError as error:
                lines.append(f"{variable}: {error}{_hint(text)}")
    if lines:
        raise SettingsError(*lines)
    return found


def _hint(text: str) -> str:
    """What the cause may be of a value that nobody has set on purpose."""
    if text.startswith("tcp://"):
        return (
            "; Kubernetes sets it for a Service called mcp: enableServiceLinks: false"
        )
    return ""


def _absent(environment: Mapping[str, str], settings: type[Section]) -> Iterator[str]:
    """Variables that set what belongs to features which this package does not have."""
    for variable in sorted(environment):
        name = _setting(variable)
        known = {option.name for option in options(settings)}
        if variable.startswith(ENVIRONMENT_PREFIX) and any(absent([name], known)):
            yield f"{variable}: {missing(name, environment[variable])}"


def _setting(variable: str) -> str:
    """The setting that a variable such as `MCP_AUTH_TOKENS_FILE` would set."""
    return variable.removeprefix(ENVIRONMENT_PREFIX).removesuffix("_FILE").lower()


def _misspelled(
    environment: Mapping[str, str], settings: type[Section]
) -> Iterator[str]:
    """Variables whose names are nearly those of settings.

    Others may begin with the same prefix for reasons of their own, so they are left alone.
    """
    known = [variable for option in options(settings) for variable in option.variables]
    others = {*known, *CLIENT_VARIABLES}
    names = [name.removeprefix(ENVIRONMENT_PREFIX) for name in known]
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in others:
            continue
        if any(absent([_setting(variable)], ())):
            continue
        found = similar(variable.removeprefix(ENVIRONMENT_PREFIX), names)
        if found:
            yield (
                f"{variable}: unknown setting; did you mean {ENVIRONMENT_PREFIX}{found}?"
            )


def similar(name: str, names: Sequence[str]) -> str:
    """The one of some names that is nearly this one; empty where none is."""
    return next(iter(get_close_matches(name, names, 1, cutoff=0.75)), "")


def combined(
    environment: Mapping[str, tuple[str, Any]],
    arguments: Mapping[str, tuple[str, Any]],
    defaults: S,
) -> S:
    """Settings of which each has the value of its option, its variable or its default.

    Raises:
        SettingsError: Names the option or variable that sets what can't be used.
    """
    given = {**environment, **arguments}
    values = {name: value for name, (_, value) in given.items()}
    try:
        return dataclasses.replace(defaults, **values)
    except SettingsError as error:
        lines = [
            f"{given[name][0] if name in given else name}: {reason}"
            for name, reason in error.problems
        ]
        raise SettingsError(*lines) from None
