"""What a package needs from PyPI, in words that help where it is not installed.

Imported after an import has failed; needs nothing but the standard library.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

NEEDED: Final = {
    "aiohttp": "aiohttp>=3.14.4,<4",
    "jsonschema_rs": "jsonschema-rs>=0.60,<0.61",
    "pydantic": "pydantic>=2.12.5,<3",
}
"""Modules, and the requirements that bring them."""


def missing(error: ModuleNotFoundError, module: str) -> BaseException:
    """What to raise where a package can't be imported.

    Args:
        error: The failure.
        module: The name of the module that can't be imported.

    Returns:
        Where the package is run as a program, the end of the process with exit code 2,
        after one line on standard error. Otherwise an error with that line. The failure
        itself where it is about something else.
    """
    name = (error.name or "").partition(".")[0].removesuffix("_core")
    if name not in NEEDED:
        return error
    lacking = [each for each in NEEDED if find_spec(each) is None] or [name]
    requirements = " ".join(f'"{NEEDED[each]}"' for each in lacking)
    names = ", ".join(each.replace("_", "-") for each in lacking)
    problem = f"not installed: {names}; run: python -m pip install {requirements}"
    if not _is_program(module.partition(".")[0]):
        return ModuleNotFoundError(problem, name=error.name)
    print(f"error: {problem}", file=sys.stderr)
    return SystemExit(2)


def _is_program(package: str) -> bool:
    """Whether `python -m PACKAGE` is running, or the command of that name."""
    program = Path(sys.argv[0] if sys.argv else "")
    if program.name == "-m":  # Python is still looking for the module.
        return package in sys.orig_argv
    name = program.parent.name if program.name == "__main__.py" else program.stem
    return name.replace("-", "_") == package
