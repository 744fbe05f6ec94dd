"""Untrusted text, made safe for terminals, for logs and for what reads logs.

Names, descriptions and messages come from other people's manifests and servers. A line
feed in one of them could forge a line, a control character could command a terminal, a
bidirectional one could disguise a text, and CI systems act on lines in their logs:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import re
from typing import Final

# Fixed ranges, not `str.isprintable`: that one changes with the Python version.
INVISIBLE: Final = (
    r"\x00-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    r"\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
)
"""Characters that are not seen, or change how others are, as part of a class."""
_IN_JSON: Final = re.compile(f"[{INVISIBLE}]")
_USER: Final = re.compile(
    r"""(?<=://)(?:[^/?#\s"'<>]*@|[^/?#\s:@\[]*:(?!\d*(?:[/?#\s]|$))[^\s"'<>]*@)"""
)
"""User and password in a URL, also one with characters that should be encoded."""
_INLINE_COMMAND: Final = re.compile(r"#(?=#+\w*\[)")
"""Commands of GitHub, Azure Pipelines and TeamCity that count anywhere in a line:
`##[add-mask]`, `##vso[task.setvariable]`, `##teamcity[...]`."""
_COMMAND: Final = re.compile(r"^(\s*):(?=:)")
"""The beginning of GitHub's commands, which count at the start of a line alone."""


def one_line(text: str) -> str:
    """A text with everything escaped that is not plainly shown; line feeds, too.

    Users and passwords in URLs are replaced by `***`.
    """
    return escaped(without_passwords(text))


def escaped(text: str) -> str:
    """The same, with passwords: for data, such as a generated manifest."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escape(c) for c in text)
    return _INLINE_COMMAND.sub(r"\\x23", text) if "##" in text else text


def line(text: str) -> str:
    """A whole line of output, of which no CI system takes the beginning for a command."""
    return _COMMAND.sub(r"\1\\x3a", text) if "::" in text else text


def without_passwords(text: str) -> str:
    """A text in which URLs have `***` in place of user and password."""
    return _USER.sub("***@", text) if "://" in text else text


def json_text(text: str) -> str:
    """JSON text in which every character is seen; line feeds between values stay."""
    return _IN_JSON.sub(_escape_for_json, text)


def _escape_for_json(match: re.Match[str]) -> str:
    if match[0] == "\n":
        return "\n"
    code = ord(match[0])
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
