"""Command lines that people type, split into words without a shell."""

from __future__ import annotations

import shlex
import subprocess
import time

import pytest

from mcpgen.runtime.client.transports.stdio import split
from tests.pace import patient

POSIX = {
    "uvx mcp-server-time": ["uvx", "mcp-server-time"],
    "'/my tools/run' \"a b\" c\\ d": ["/my tools/run", "a b", "c d"],
    "echo $HOME ; rm * `id` '' ": ["echo", "$HOME", ";", "rm", "*", "`id`", ""],
}
WINDOWS = {
    r"C:\tools\run.exe --dir C:\data\ ": [r"C:\tools\run.exe", "--dir", "C:\\data\\"],
    r'"C:\my tools\run.exe" "a b"c': [r"C:\my tools\run.exe", "a bc"],
    r'x "say \"hi\"" "C:\dir\\" y': ["x", 'say "hi"', "C:\\dir\\", "y"],
    'x "a""b" "" %PATH% \'c d\'': ["x", 'a"b', "", "%PATH%", "'c", "d'"],
}


@pytest.mark.parametrize("text", POSIX)
def test_words_are_those_of_a_posix_shell(text: str) -> None:
    assert split(text, windows=False) == POSIX[text]


@pytest.mark.parametrize("text", WINDOWS)
def test_words_are_those_of_programs_on_windows(text: str) -> None:
    assert split(text, windows=True) == WINDOWS[text]


def test_long_runs_of_backslashes_take_linear_time() -> None:
    words = ["x", "\\" * 40_000 + "y"]
    began = time.process_time()
    assert split(" ".join(words), windows=True) == words
    assert time.process_time() - began < patient(2)


@pytest.mark.parametrize(
    "words",
    [["run"], ["a b", 'c"d', "e\\", "f\\\\g", '\\"', "", "h i\\"], ["x", "\t", "ä'ö"]],
)
def test_words_that_were_joined_come_back(words: list[str]) -> None:
    assert split(subprocess.list2cmdline(words), windows=True) == words
    assert split(shlex.join(words), windows=False) == words


@pytest.mark.parametrize(
    ("text", "windows", "problem"),
    [
        ("run 'secret", False, "can't be read: a quote in it is not closed"),
        ('run "secret', True, "can't be read: a quote in it is not closed"),
        ("run secret\\", False, "can't be read: it ends with a single backslash"),
        (" ", False, "is empty"),
        (" ", True, "is empty"),
        ("''", False, "is empty"),
    ],
)
def test_a_mistake_is_named_without_the_text(
    text: str, windows: bool, problem: str
) -> None:
    with pytest.raises(ValueError, match=r"^the command ") as failure:
        split(text, windows=windows)
    assert str(failure.value) == f"the command {problem}"
