"""What can be proven here of other systems: nothing needs names that only POSIX has.

No test runs on Windows or macOS; `make check` type-checks our code for both.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pace import patient

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "mcpgen").rglob("*.py"))
POSIX_MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")
POSIX_NAMES = {
    "os": "fork forkpty geteuid getegid getgid getpgid getuid killpg setpgid setsid "
    "set_blocking mkfifo fchown chown lchown getgroups getgrouplist uname wait",
    "signal": "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP "
    "SIGUSR1 SIGUSR2 SIGWINCH setitimer alarm pthread_sigmask sigwait",
    "socket": "AF_UNIX",
}

WINDOWS = f"""
import importlib, pkgutil, sys

def load():
    import mcpgen
    found = ["mcpgen"]
    for module in pkgutil.walk_packages(mcpgen.__path__, "mcpgen."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            found.append(module.name)
    return found

# Once as it is, so that other people's modules are there already.
names = load()
for name in list(sys.modules):
    if name.partition(".")[0] == "mcpgen":
        del sys.modules[name]

class Msvcrt:
    LK_NBLCK = 2
    locking = staticmethod(lambda *_: None)

for name in {POSIX_MODULES!r}:
    sys.modules[name] = None
sys.modules["msvcrt"] = Msvcrt
for module, gone in {POSIX_NAMES!r}.items():
    for name in gone.split():
        vars(importlib.import_module(module)).pop(name, None)
sys.platform = "win32"
assert load() == names
print(len(names))
"""


def test_every_module_can_be_imported_without_names_of_posix() -> None:
    """As on Windows, as far as that goes here: with its platform, without those names."""
    done = subprocess.run(
        [sys.executable, "-c", WINDOWS],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=patient(120),
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200


def guarded(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a part of the code stands below a look at the platform, or after one."""
    while (parent := parents.get(node)) is not None:
        for field in ("body", "orelse"):
            block = getattr(parent, field, [])
            if isinstance(block, list) and node in block:
                before = block[: block.index(node)]
                if any(_asks(each) for each in before if isinstance(each, ast.If)):
                    return True
        if isinstance(parent, ast.If) and _asks(parent):
            return True
        node = parent
    return False


def _asks(node: ast.If) -> bool:
    return "sys.platform" in ast.unparse(node.test)


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_names_of_posix_stand_below_a_look_at_the_platform(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    parents = {
        child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
    }
    names = {
        (module, name) for module, text in POSIX_NAMES.items() for name in text.split()
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                found = (module, name) in names or name == "add_signal_handler"
            case ast.Attribute(attr="add_signal_handler"):
                found = True
            case ast.Import(names=imported):
                found = any(each.name in POSIX_MODULES for each in imported)
            case ast.ImportFrom(module=str(origin)):
                found = origin in POSIX_MODULES
            case _:
                found = False
        if found:
            assert guarded(node, parents), f"{path}:{getattr(node, 'lineno', 0)}"


def test_the_look_finds_what_is_not_guarded() -> None:
    """The test above tests something."""
    for text, wanted in (
        ("import fcntl", False),
        ("if sys.platform != 'win32':\n    import fcntl", True),
        ("if sys.platform == 'win32':\n    exit()\nimport fcntl", True),
        (
            "def f():\n    if sys.platform == 'win32':\n        return\n    import fcntl",
            True,
        ),
        ("if os.name == 'posix':\n    import fcntl", False),
    ):
        tree = ast.parse(text)
        parents = {
            child: node
            for node in ast.walk(tree)
            for child in ast.iter_child_nodes(node)
        }
        (node,) = (each for each in ast.walk(tree) if isinstance(each, ast.Import))
        assert guarded(node, parents) is wanted, text
