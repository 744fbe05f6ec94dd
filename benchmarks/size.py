"""`python -m benchmarks.size`: code lines of the runtime and of generated projects, per part.

A code line is a line of Python with anything but blanks, comments and docstrings.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from mcpgen.build import build
from mcpgen.manifest import loads
from mcpgen.render import example_manifest, render

ROOT: Final = Path(__file__).parents[1]
RUNTIME: Final = ROOT / "mcpgen" / "runtime"
_NO_CODE: Final = frozenset(
    (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
)


def code_lines(text: str) -> int:
    """The code lines of a module."""
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - set(_docstring_lines(ast.parse(text))))


def _docstring_lines(tree: ast.AST) -> Iterator[int]:
    """Lines of docstrings, those of attributes among them."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            match statement:
                case ast.Expr(value=ast.Constant(value=str())):
                    yield from range(statement.lineno, (statement.end_lineno or 0) + 1)


def part(path: str) -> str:
    """The folder that a file is counted in; of the runtime, three levels of folders."""
    outside, runtime, below = path.rpartition("runtime/")
    folders = below.split("/")[:-1]
    if not runtime:
        return "/".join(folders)
    return "/".join([f"{outside}runtime", *folders[:3]])


def parts(files: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Code lines by part."""
    found: dict[str, int] = {}
    for path, text in files:
        if path.endswith(".py"):
            found[part(path)] = found.get(part(path), 0) + code_lines(text)
    return dict(sorted(found.items()))


def runtime() -> Iterator[tuple[str, str]]:
    """The runtime's files, as they stand here."""
    for path in sorted(RUNTIME.rglob("*.py")):
        yield path.relative_to(RUNTIME.parent).as_posix(), path.read_text("utf-8")


def project(manifest: str) -> dict[str, str]:
    """The files of a project by path, from the text of its manifest."""
    made = build(loads(manifest, "mcpgen.yaml"))
    return {path: file.text for path, file in render(made).items()}


def _show(title: str, files: Sequence[tuple[str, str]]) -> None:
    found = parts(files)
    print(f"{title}: {sum(found.values()):,} code lines in {len(files)} files")
    for name, number in found.items():
        print(f"  {number:7,}  {name}")


def main() -> int:
    """Print the sizes."""
    _show("mcpgen/runtime", list(runtime()))
    manifest = example_manifest("weather")
    _show("weather", list(project(manifest).items()))
    shared = project(f"{manifest}\nruntime: shared\n")
    _show("weather with a shared runtime", list(shared.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
