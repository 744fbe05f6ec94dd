"""Settings from the command line, above the environment; `--help`.

Reads no global state by itself: arguments and environment are given to it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NoReturn

from .elsewhere import absent, missing
from .environment import S, combined, read_environment, similar
from .section import Option, Section, SettingsError, groups, options
from .texts import parse, read

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
    )
    parser.add_argument(HELP_ALL, action="help", help="show all options and exit")
    for flag, meaning in (modes or {}).items():
        parser.add_argument(
            flag, action="store_true", default=argparse.SUPPRESS, help=meaning
        )
    settings = type(defaults)
    for title, entries in groups(settings).items():
        group = parser.add_argument_group(title)
        for option in entries:
            keywords = _keywords(option)
            if not everything and not option.is_common:
                keywords["help"] = argparse.SUPPRESS
            group.add_argument(option.flag, **keywords)
    known, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.fail(_unknown(unknown, settings))
    flags = {option.name: option.flag for option in options(settings)}
    given = {name: (flags[name], value) for name, value in vars(known).items()}
    try:
        return combined(read_environment(environment, settings), given, defaults)
    except SettingsError as error:
        parser.fail(error.lines)


def _keywords(option: Option) -> dict[str, Any]:
    meaning = option.meaning.replace("%", "%%")
    if option.shown_default:
        meaning += f" (default: {option.shown_default})"
    keywords: dict[str, Any] = {
        "dest": option.name,
        "type": _argument(option),
        "default": argparse.SUPPRESS,
        "help": meaning,
        "metavar": _metavar(option),
    }
    if option.kind is bool:
        keywords |= {"nargs": "?", "const": True}
    return keywords


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


def _unknown(arguments: Sequence[str], settings: type[Section]) -> list[str]:
    """What is wrong with arguments, without their values: one may be a secret that was
    given to an option that there is not."""
    names = [each.partition("=")[0] for each in arguments if each.startswith("--")]
    if not names:
        return ["arguments without an option; see --help-all"]
    given = {each.partition("=")[0]: each.partition("=")[2] for each in arguments}
    given |= {flag: text for flag, text in pairwise(arguments) if "=" not in flag}
    known = {option.name: option.flag for option in options(settings)}
    lines = [
        f"{flag}: {missing(name, given.get(flag))}"
        for flag in names
        for name in absent([_setting(flag)], known)
    ]
    names = [flag for flag in names if not any(absent([_setting(flag)], known))]
    if names:
        flags = [*known.values()]
        near = [found for name in names if (found := similar(name, flags))]
        hint = f"did you mean {', '.join(near)}?" if near else "see --help-all"
        lines.append(f"unrecognized option: {', '.join(names)}; {hint}")
    return lines


def _setting(flag: str) -> str:
    """The setting that a flag such as `--auth-tokens-file` would set."""
    return flag.removeprefix("--").removesuffix("-file").replace("-", "_")


def _metavar(option: Option) -> str | None:
    if option.kind is bool:
        return "{true,false}"
    if option.is_secret:
        return "PATH"
    return "{" + ",".join(option.choices) + "}" if option.choices else None


def _argument(option: Option) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return read(option, text) if option.is_secret else parse(option, text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert
