"""Command lines as a person types them, split into words without a shell.

Part of the feature `stdio`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

_PIECE: Final = re.compile(r'(?P<slashes>\\*)(?P<quote>"?)')
_IS_WINDOWS: Final = sys.platform == "win32"


def split(text: str, *, windows: bool = _IS_WINDOWS) -> list[str]:
    """The words of a command line, by the rules of the platform.

    Args:
        text: The command line: quotes group words; variables and wildcards mean nothing.
        windows: Whether the rules of Windows programs hold, where a backslash is a
            character of paths, or those of a POSIX shell.

    Raises:
        ValueError: There is no command, or a quote without its end; without the text,
            which may hold secrets.
    """
    try:
        words = _split_windows(text) if windows else shlex.split(text)
    except ValueError as error:
        why = {
            "No closing quotation": "a quote in it is not closed",
            "No escaped character": "it ends with a single backslash",
        }.get(str(error), str(error))
        raise ValueError(f"the command can't be read: {why}") from None
    if not words or not words[0]:
        raise ValueError("the command is empty")
    return words


def join(words: Sequence[str]) -> str:
    """A command line of which `split` makes these words."""
    return subprocess.list2cmdline(words) if _IS_WINDOWS else shlex.join(words)


def _split_windows(text: str) -> list[str]:
    """As the C runtime of Microsoft does."""
    words: list[str] = []
    word: str | None = None
    is_quoted = False
    at = 0
    while at < len(text):
        if text[at] in " \t" and not is_quoted:
            if word is not None:
                words.append(word)
            word = None
            at += 1
            continue
        word = word or ""
        piece = _PIECE.match(text, at)
        slashes, quote = (piece["slashes"], piece["quote"]) if piece else ("", "")
        at += len(slashes) + len(quote)
        if quote:
            word += "\\" * (len(slashes) // 2)
            if len(slashes) % 2:
                word += '"'
            elif is_quoted and text[at : at + 1] == '"':
                word += '"'
                at += 1
            else:
                is_quoted = not is_quoted
        elif slashes:
            word += slashes
        else:
            word += text[at]
            at += 1
    if is_quoted:
        raise ValueError("No closing quotation")
    return words if word is None else [*words, word]
