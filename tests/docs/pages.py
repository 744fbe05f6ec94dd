"""Pages as scripts: what a reader would type, in the order of the page.

Blocks of `sh` and `python` are run, each Python block in a process of its own. A block
with a title (```yaml title="mcpgen.yaml") is a file that the reader writes. Blocks of
`text` show what is printed: the line before must have printed it. All blocks of a page
run in one shell and one folder; what runs in the background ends with the page.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from tests.pace import patient

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
    (exec 3<>/dev/tcp/127.0.0.1/8000) 2>/dev/null && return
    sleep 0.1
  done
  echo "the server does not listen"
  return 1
}
"""
_SERVER = re.compile(r"^(.*python -m \w+_server.*&)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        language: The first word of its fence.
        title: The file that it is, or None.
        text: What stands in it.
        line: Where it begins.
    """

    language: str
    title: str | None
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    for token in MarkdownIt("commonmark").parse(page.read_text("utf-8")):
        if token.type != "fence":
            continue
        language, _, rest = token.info.partition(" ")
        title = _TITLE.search(rest)
        assert token.map is not None
        yield Block(
            language, title[1] if title else None, token.content, token.map[0] + 1
        )


def script(page: Path) -> str:
    """The page as one shell script."""
    parts = [PRELUDE]
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if block.title is not None:
            assert block.language in FILES, where
            name = shlex.quote(block.title)
            wanted = f"cat > {name}"
            parts.append(f"mkdir -p $(dirname {name})\n{_here(block.text, wanted)}\n")
        elif block.language == "sh":
            text = _SERVER.sub(r"\1\nwait_for_server", block.text)
            parts.append(f"echo '# {where}'\n{text}")
        elif block.language == "python":
            parts.append(f"echo '# {where}'\n{_here(block.text, 'python -')}\n")
        else:
            assert block.language == "text", f"{where}: {block.language} is not run"
    return "\n".join(parts)


def _here(text: str, command: str) -> str:
    return f"{command} <<'END_OF_BLOCK'\n{text}END_OF_BLOCK"


def run(page: Path, folder: Path, stand_ins: Mapping[str, str] | None = None) -> str:
    """Run a page in a folder; gives what was printed.

    Args:
        page: Which.
        folder: Where.
        stand_ins: What takes the place of addresses that only readers have.
    """
    return _bash(script(page), folder, stand_ins or {}, page.name)


def run_block(block: Block, folder: Path, stand_ins: Mapping[str, str]) -> str:
    """Run one Python block by itself; gives what was printed."""
    text = f"{PRELUDE}\n{_here(block.text, 'python -')}\n"
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


def shown(page: Path) -> list[str]:
    """The lines that the page says are printed."""
    return [
        line.strip()
        for block in blocks(page)
        if block.language == "text"
        for line in block.text.splitlines()
        if line.strip()
    ]


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
