"""Pages as scripts: what a reader would type, in the order of the page.

Blocks of `sh` and `python` are run, each Python block in a process of its own. A block
with a title (```yaml title="mcpgen.yaml") is a file that the reader writes, or an excerpt
of a file below `docs/examples`, which must have these lines. A block of `text` shows what
the block before it prints: these lines in this order, where `...` stands for anything and
others may come between them. All blocks of a page run in one shell and one folder; what
runs in the background ends with the page.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from markdown_it import MarkdownIt

from tests.docs.not_run import ALL, NOT_RUN
from tests.pace import patient
from tests.ports import free_port

SECONDS = patient(120)
PORT = "8000"
FILES = {"yaml", "json", "toml", "ini", "dockerfile", "python"}
FILES |= {"nginx", "haproxy", "caddy"}
_TITLE = re.compile(r'title="([^"]+)"')

PRELUDE = """\
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
wait_for_server() {
  for _ in $(seq 300); do
    (exec 3<>"/dev/tcp/127.0.0.1/${1:-8000}") 2>/dev/null && return
    sleep 0.1
  done
  echo "the server does not listen"
  return 1
}
"""
CHECKOUT = Path(__file__).parents[2]
EXAMPLES = CHECKOUT / "docs"
_OUTPUT = re.compile(
    r"^# ([\w.-]+\.md:\d+)\n((?:(?!# [\w.-]+\.md:\d+$).*(?:\n|\Z))*)", re.MULTILINE
)
_SERVER = re.compile(
    r"^(.*python -m \w+_server(?:.* --port (\d+))?.*&(?: *#.*)?)$", re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        language: The first word of its fence; empty for an indented block.
        title: The file that it is, or None.
        text: What stands in it.
        line: Where it begins.
    """

    language: str
    title: str | None
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, fenced and indented ones."""
    for token in MarkdownIt("commonmark").parse(page.read_text("utf-8")):
        if token.type not in ("fence", "code_block"):
            continue
        language, _, rest = token.info.partition(" ")
        title = _TITLE.search(rest)
        assert token.map is not None
        yield Block(
            language, title[1] if title else None, token.content, token.map[0] + 1
        )


def name_of(page: Path) -> str:
    """A page's path in the repository."""
    return page.relative_to(CHECKOUT).as_posix()


def first_line(block: Block) -> str:
    """What `not_run.py` calls a block by."""
    return block.text.strip().partition("\n")[0]


def runnable(page: Path) -> Iterator[Block]:
    """The blocks of a page without those that are listed as not run."""
    listed = NOT_RUN.get(name_of(page), {})
    return (
        block
        for block in blocks(page)
        if not {ALL, first_line(block)}.intersection(listed)
    )


def script(page: Path) -> str:
    """The page as one shell script."""
    parts = [PRELUDE]
    for block in runnable(page):
        where = f"{page.name}:{block.line}"
        if block.title is not None and block.title.startswith("examples/"):
            assert is_excerpt(block, EXAMPLES / block.title), where
        elif block.title is not None:
            assert block.language in FILES, where
            name = shlex.quote(block.title)
            wanted = f"cat > {name}"
            parts.append(f"mkdir -p $(dirname {name})\n{_here(block.text, wanted)}\n")
        elif block.language == "sh":
            text = _awaited(block.text)
            parts.append(f"echo '# {where}'\n{text}")
        elif block.language == "python":
            parts.append(f"echo '# {where}'\n{_here(block.text, 'python -')}\n")
        else:
            assert block.language == "text", (
                f"{where}: not run, and no reason is listed"
            )
    return "\n".join(parts)


def _awaited(text: str) -> str:
    """Shell that goes on when the servers that it starts listen."""
    return _SERVER.sub(r"\1\nwait_for_server \2", text)


def _here(text: str, command: str) -> str:
    return f"{command} <<'END_OF_BLOCK'\n{text}END_OF_BLOCK"


def is_excerpt(block: Block, file: Path) -> bool:
    """Whether a file has the lines of a block, as they are but for the indentation."""
    wanted = dedent(block.text).splitlines()
    lines = file.read_text("utf-8").splitlines()
    return any(
        dedent("\n".join(lines[start : start + len(wanted)])).splitlines() == wanted
        for start in range(len(lines))
    )


def run(page: Path, folder: Path, stand_ins: Mapping[str, str] | None = None) -> str:
    """Run a page in a folder; gives what was printed.

    Args:
        page: Which.
        folder: Where.
        stand_ins: What takes the place of addresses that only readers have.
    """
    return _bash(script(page), folder, stand_ins or {}, page.name)


def run_block(block: Block, folder: Path, stand_ins: Mapping[str, str]) -> str:
    """Run one block by itself; gives what was printed."""
    body = _awaited(block.text)
    if block.language == "python":
        body = _here(block.text, "python -")
    text = f"{PRELUDE}\n{body}\n"
    return _bash(text, folder, stand_ins, f"line {block.line}")


def _bash(text: str, folder: Path, stand_ins: Mapping[str, str], name: str) -> str:
    port = str(free_port())
    text = text.replace(PORT, port)
    for named, value in stand_ins.items():
        assert named in text, f"{name} does not name {named}"
        text = text.replace(named, value)
    done = subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(__file__).parent / 'programs'}{os.pathsep}"
            f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONUNBUFFERED": "1",
            "MCP_PORT": port,
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@weather.example",
            "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@weather.example",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{name} ends with an error"
    return done.stdout


def missing(page: Path, printed: str) -> list[str]:
    """The lines that a page shows but that the block before did not print there.

    Args:
        page: The page.
        printed: What `run` gave.
    """
    outputs = dict(re.findall(_OUTPUT, printed))
    found: list[str] = []
    before: Block | None = None
    for block in runnable(page):
        if block.language != "text":
            before = block if block.title is None else before
            continue
        assert before is not None, f"{page.name}:{block.line} shows nobody's output"
        output = outputs.get(f"{page.name}:{before.line}", "")
        found += not_in_order(block.text, output)
    return found


def not_in_order(shown: str, printed: str) -> list[str]:
    """The shown lines that are not among the printed ones, in the same order."""
    lines = iter(printed.splitlines())
    return [
        line
        for line in shown.splitlines()
        if line.strip() and not any(_pattern(line).fullmatch(other) for other in lines)
    ]


def _pattern(line: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in line.rstrip().split("..."))
    return re.compile(".*".join(parts) + r"\s*")
