"""Settings from the command line, above environment variables, above defaults; `--help`.

Reads no global state by itself: arguments and environment are given to it. Secrets come
from variables, or from files that variables and options name.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn

from pydantic import SecretStr

from .elsewhere import absent, missing
from .section import Option, S, Section, SettingsError, groups, options

MAX_SECRET_FILE: Final = 64 * 1024

CLIENT_VARIABLES: Final = (
    *("MCP_BEARER_TOKEN", "MCP_HEADERS", "MCP_TOKENS_FILE"),
    *("MCP_CLIENT_ID", "MCP_CLIENT_SECRET"),
)
"""Variables that the terminal program of generated clients reads."""

_SIMILAR: Final = 0.75
HELP_ALL: Final = "--help-all"
_VARIABLES: Final = (
    "Every setting is also an environment variable: --max-body is MCP_MAX_BODY."
)


def from_arguments(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    program: str,
    description: str,
    defaults: S,
    modes: Mapping[str, str] | None = None,
) -> S:
    """Settings from command-line arguments, above the environment, above `defaults`.

    Prints help, or one line for each wrong value, and raises SystemExit where the
    arguments ask for it.

    Args:
        arguments: The command line, without the modes that it names.
        environment: The variables, such as `os.environ`.
        program: The program's name in its help.
        description: What it does.
        defaults: Settings where neither argument nor variable says anything.
        modes: Further options that choose what the program does, with their help.
    """
    everything = HELP_ALL in arguments
    parser = _Parser(
        prog=program,
        usage="%(prog)s [--option VALUE ...]",
        description=description,
        epilog=_VARIABLES if everything else f"{HELP_ALL} shows more. {_VARIABLES}",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument(HELP_ALL, action="help", help="show all options and exit")
    for flag, meaning in (modes or {}).items():
        parser.add_argument(flag, action="store_true", help=meaning)
    for title, entries in groups(type(defaults)).items():
        group = parser.add_argument_group(title)
        for option in entries:
            group.add_argument(option.flag, **_keywords(option, everything))
    known, unknown = parser.parse_known_args(arguments)
    try:
        if unknown:
            raise SettingsError(*_unknown_arguments(unknown, type(defaults)))
        return from_environment(environment, defaults, vars(known))
    except SettingsError as error:
        parser.fail(error.lines)


class _Parser(argparse.ArgumentParser):
    """Reports errors without all options, which would hide the one line that counts."""

    def error(self, message: str) -> NoReturn:
        """Report one error and exit with 2."""
        self.fail((message,))

    def fail(self, lines: Sequence[str]) -> NoReturn:
        """Report errors, one a line, and exit with 2."""
        text = "".join(f"{self.prog}: error: {line}\n" for line in lines)
        self._print_message(text, sys.stderr)
        self.exit(2)


def _keywords(option: Option, everything: bool) -> dict[str, Any]:
    """How argparse is to take an option, and show it in the help."""
    meaning = option.meaning.replace("%", "%%")
    if option.shown_default:
        meaning += f" (default: {option.shown_default})"
    keywords: dict[str, Any] = {
        "dest": option.flag,
        "help": meaning if everything or option.is_common else argparse.SUPPRESS,
        "metavar": "PATH" if option.is_secret else option.name.upper(),
    }
    if option.choices:
        keywords["metavar"] = "{" + ",".join(option.choices) + "}"
    if option.kind is bool:
        keywords |= {"metavar": "{true,false}", "nargs": "?", "const": "true"}
    return keywords


def from_environment(
    environment: Mapping[str, str], defaults: S, flags: Mapping[str, str] | None = None
) -> S:
    """Settings of which each has the value of its option, its variable or its default.

    Raises:
        SettingsError: Names each option or variable whose value can't be used, whose
            name is similar to that of a setting, or that sets what belongs to a feature
            that is not in this package.
    """
    lines = [*_unknown_variables(environment, type(defaults))]
    given: dict[str, str] = {}
    values: dict[str, Any] = {}
    for option in options(type(defaults)):
        variables = [each for each in option.variables if each in environment]
        if len(variables) > 1:
            lines.append(
                f"{variables[1]}: {option.variable} is set as well; one will do"
            )
        places = [(variable, environment[variable]) for variable in variables]
        if flags and option.flag in flags:
            places.append((option.flag, flags[option.flag]))
        for place, text in places:
            try:
                in_file = option.is_secret and place != option.variable
                values[option.name] = (_read if in_file else _parsed)(option, text)
                given[option.name] = place
            except ValueError as error:
                kind = "argument " if place == option.flag else ""
                lines.append(f"{kind}{place}: {error}{_hint(text)}")
    if lines:
        raise SettingsError(*lines)
    try:
        return dataclasses.replace(defaults, **values)
    except SettingsError as error:
        raise SettingsError(
            *(f"{given.get(name, name)}: {reason}" for name, reason in error.problems)
        ) from None


def _hint(text: str) -> str:
    """What the cause may be of a value that nobody has set on purpose."""
    if text.startswith("tcp://"):
        return (
            "; Kubernetes sets it for a Service called mcp: enableServiceLinks: false"
        )
    return ""


def _unknown_variables(
    environment: Mapping[str, str], settings: type[Section]
) -> Iterator[str]:
    """What is wrong with variables that set what this package lacks, or that nearly do.

    Others may begin with the same prefix for reasons of their own, so they are left alone.
    """
    known = [name for each in options(settings) for name in each.variables]
    stems = [name.removeprefix("MCP_") for name in known]
    for variable in sorted({*environment} - {*known, *CLIENT_VARIABLES}):
        name = variable.removeprefix("MCP_").removesuffix("_FILE").lower()
        if not variable.startswith("MCP_"):
            continue
        if _is_absent(name, settings):
            yield f"{variable}: {missing(name, environment[variable])}"
        elif near := get_close_matches(variable[4:], stems, 1, _SIMILAR):
            yield f"{variable}: unknown setting; did you mean MCP_{near[0]}?"


def _unknown_arguments(
    arguments: Sequence[str], settings: type[Section]
) -> Iterator[str]:
    """What is wrong with arguments, without their values: one may be a secret that was
    given to an option that there is not."""
    given = {each.partition("=")[0]: each.partition("=")[2] for each in arguments}
    given |= {flag: text for flag, text in pairwise(arguments) if "=" not in flag}
    flags = [flag for flag in given if flag.startswith("--")]
    known = [option.flag for option in options(settings)]
    if not flags:
        yield "arguments without an option; see --help-all"
    for flag in flags:
        name = flag.removeprefix("--").removesuffix("-file").replace("-", "_")
        if _is_absent(name, settings):
            yield f"{flag}: {missing(name, given[flag])}"
        else:
            near = get_close_matches(flag, known, 1, _SIMILAR)
            hint = f"did you mean {near[0]}?" if near else f"see {HELP_ALL}"
            yield f"unrecognized option: {flag}; {hint}"


def _is_absent(name: str, settings: type[Section]) -> bool:
    return any(absent([name], [each.name for each in options(settings)]))


def _parsed(option: Option, text: str) -> Any:
    """The option's value from its text; ValueError says what is wrong with it."""
    try:
        value = _PARSERS.get(option.kind, str)(text)
    except (ValueError, KeyError):
        raise ValueError(f"{text!r} is not {option.values[0]}") from None
    if not option.is_secret and (reason := option.problem(value)):
        raise ValueError(reason)
    return value


def _read(option: Option, path: str) -> Any:
    """The secret in a file; ValueError where it can't be read, or there is none."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_SECRET_FILE + 1)
    except OSError as error:
        raise _unreadable(error.strerror or "unreadable") from None
    if len(content) > MAX_SECRET_FILE:
        raise _unreadable(f"more than {MAX_SECRET_FILE} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise _unreadable("not UTF-8") from None
    if not text.strip():
        raise ValueError("the file that it names is empty")
    if option.kind == SecretStr | None:
        return SecretStr(text.removesuffix("\n").removesuffix("\r"))
    return tuple(map(SecretStr, _parts(text.splitlines())))


def _unreadable(problem: str) -> ValueError:
    # Without the path: it is the secret where the two variables were mixed up.
    return ValueError(f"the file that it names can't be read: {problem}")


def _parts(texts: Iterable[str]) -> Iterator[str]:
    return (text.strip() for text in texts if text.strip())


_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
_PARSERS: Final[Mapping[Any, Callable[[str], Any]]] = {
    int: int,
    float: float,
    bool: lambda text: _TRUTHS[text.lower()],
    Path | None: lambda text: Path(text) if text else None,
    tuple[str, ...]: lambda text: tuple(_parts(text.split(","))),
    tuple[SecretStr, ...]: lambda text: tuple(map(SecretStr, _parts(text.split(",")))),
    SecretStr | None: lambda text: SecretStr(text) if text.strip() else None,
}
"""Makes values of their texts, by the kind of a setting."""
