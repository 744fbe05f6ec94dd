"""From the texts of options, variables and files to the values of settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_origin

from pydantic import SecretStr

from .section import Option

MAX_SECRET_FILE: Final = 64 * 1024


def parse(option: Option, text: str) -> Any:
    """The option's value from its text; ValueError says what is wrong with it."""
    if option.choices and (reason := option.problem(text)):
        raise ValueError(reason)
    value = _parser(option.kind)(text)
    if isinstance(value, int | float) and not 0 <= value < math.inf:
        raise ValueError(f"{text!r} is not a number from 0 on")
    return value


def read(option: Option, path: str) -> Any:
    """The secret in a file; ValueError where it can't be read, or there is none."""
    text = _secret_text(Path(path))
    if not text.strip():
        raise ValueError("the file that it names is empty")
    if option.kind == SecretStr | None:
        return SecretStr(text.removesuffix("\n").removesuffix("\r"))
    return _secrets(text.splitlines())


def _parser(kind: Any) -> Callable[[str], Any]:
    if kind is int:
        return _whole
    if kind is float:
        return _number
    if kind is str or get_origin(kind) is Literal:
        return str
    if kind == tuple[str, ...]:
        return lambda text: tuple(
            part.strip() for part in text.split(",") if part.strip()
        )
    if kind is bool:
        return _truth
    if kind == tuple[SecretStr, ...]:
        return lambda text: _secrets(text.split(","))
    if kind == SecretStr | None:
        return lambda text: SecretStr(text) if text.strip() else None
    return lambda text: Path(text) if text else None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() in ("true", "1")


def _secrets(parts: Sequence[str]) -> tuple[SecretStr, ...]:
    return tuple(SecretStr(part.strip()) for part in parts if part.strip())


def _secret_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_FILE + 1)
        if len(content) <= MAX_SECRET_FILE:
            return content.decode("utf-8")
        problem = f"more than {MAX_SECRET_FILE} bytes"
    except UnicodeDecodeError:
        problem = "not UTF-8"
    except OSError as error:
        problem = error.strerror or "unreadable"
    # Without the path: whoever mixes the two variables up has put the secret there.
    raise ValueError(f"the file that it names can't be read: {problem}")
