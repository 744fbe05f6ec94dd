"""Work that a handler repeats before a question, for the setting `warn_repeats`.

In the modern era a handler starts over once its question is answered. What it does until
it reaches that question is then done a second time; this module observes those calls of
the service's own code that reach beyond the process's memory, and the service's
attributes. It can't tell a read from a write.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from operator import is_
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar

T = TypeVar("T")

_log: Final = logging.getLogger("mcp.server")

_RUNTIME: Final = __name__.partition(".server.")[0]
_CHANGES: Final = frozenset(["add", "remove", "updated", "elicitation_complete"])
"""Methods of the runtime that other clients notice."""
_OUTSIDE: Final = frozenset(
    [
        *("io", "nt", "os", "posix", "shutil", "tempfile"),
        *("dbm", "shelve", "sqlite3"),
        *("multiprocessing", "subprocess"),
        *("http.client", "socket", "ssl", "urllib.request", "xmlrpc.client"),
        *("ftplib", "imaplib", "poplib", "smtplib"),
    ]
)
"""Modules of the standard library whose calls count: files, data, processes, network."""
_EFFECTS: Final = frozenset(
    [
        *("create_subprocess_exec", "create_subprocess_shell"),
        *("create_task", "run_in_executor", "to_thread"),
        *("open", "open_connection", "open_unix_connection"),
        *("mkdir", "rename", "replace", "rmdir", "touch", "unlink"),
        *("write_bytes", "write_text"),
    ]
)
"""Calls of `asyncio` and `pathlib` that count."""
_NO_EFFECTS: Final = frozenset(
    [
        *("annotated_types", "jsonschema_rs", "opentelemetry"),
        *("pydantic", "pydantic_core", "typing_extensions"),
    ]
)
"""Packages, beside the standard library, whose calls don't count."""

_CURRENT: Final[ContextVar[Repeats | None]] = ContextVar("repeats", default=None)
_THREAD: Final = threading.local()


class Repeats:
    """Observes one call that is made again, with answers to earlier questions."""

    def __init__(self, service: object) -> None:
        self._service = service
        self._packages = _packages(type(service))
        self._start = _attributes(service)
        self._found: dict[str, None] = {}
        self._repeated: list[str] = []

    async def watch(self, call: Awaitable[T], what: str) -> T:
        """Await a call, and log what it repeated.

        Args:
            call: The handler's work.
            what: The request, for the log.
        """
        token = _CURRENT.set(self)
        try:
            with profiled():
                return await call
        finally:
            _CURRENT.reset(token)
            if self._repeated:
                _log.warning(
                    "%s: the handler started over and repeated what it does before "
                    "its question: %s; do it after the last question, or keep its "
                    "result in ctx.state (setting warn_repeats)",
                    what,
                    ", ".join(self._repeated),
                )

    def answered(self) -> None:
        """The answer to a question was there: everything before it was repeated."""
        now = _attributes(self._service)
        changed = [
            f"self.{name} changed"
            for name in {**self._start, **now}
            if not _same(self._start.get(name), now.get(name))
        ]
        self._repeated = [*self._found, *changed]

    def called(self, caller: FrameType | None, module: str, name: str) -> None:
        """Note a call if the service's own code made it and it may have an effect."""
        if caller is None or not self._is_own(str(caller.f_globals.get("__name__"))):
            return
        if self._is_own(module) or not _counts(module, name):
            return
        place = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"
        self._found[f"{module.lstrip('_')}.{name} ({place})"] = None

    def _is_own(self, module: str) -> bool:
        return module.partition(".")[0] in self._packages and not _is_runtime(module)


@contextmanager
def profiled() -> Generator[None, None, None]:
    """Observe the calls of this thread, if the current call is observed."""
    if _CURRENT.get() is None:
        yield
        return
    depth = getattr(_THREAD, "depth", 0)
    if not depth:
        _THREAD.before = sys.getprofile()
        sys.setprofile(_profile)
    _THREAD.depth = depth + 1
    try:
        yield
    finally:
        _THREAD.depth -= 1
        if not _THREAD.depth:
            sys.setprofile(_THREAD.before)


def _profile(frame: FrameType, event: str, argument: Any) -> None:
    repeats = _CURRENT.get()
    if repeats is None:
        return
    if event == "call":
        module = str(frame.f_globals.get("__name__"))
        repeats.called(frame.f_back, module, frame.f_code.co_qualname)
    elif event == "c_call":
        name = getattr(argument, "__qualname__", "")
        repeats.called(frame, _module(argument), name)


def _module(function: Any) -> str:
    """Where a function that is written in C comes from."""
    module: str | None = getattr(function, "__module__", None)
    if module is not None:
        return module
    subject: Any = getattr(function, "__self__", None)
    owner: Any = subject.__class__
    name = function.__name__
    defined = next((c for c in owner.__mro__ if name in vars(c)), owner)
    return str(defined.__module__)


def _counts(module: str, name: str) -> bool:
    last = name.rpartition(".")[2]
    if _is_runtime(module):
        return last in _CHANGES
    top = module.partition(".")[0]
    if top in ("asyncio", "pathlib"):
        return last in _EFFECTS
    if top in sys.stdlib_module_names:
        in_memory = name.startswith(("StringIO", "BytesIO"))
        known = {module.lstrip("_"), top.lstrip("_")}
        return not in_memory and bool(known & _OUTSIDE)
    return top not in _NO_EFFECTS


def _packages(service: type) -> set[str]:
    """Where a service's own code is: the packages of its classes and their methods."""
    own = [c for c in service.__mro__ if not _is_runtime(c.__module__)]
    parts = [part for c in own for part in (c, *vars(c).values())]
    modules = {str(getattr(part, "__module__", "")) for part in parts}
    tops = {module.partition(".")[0] for module in modules if not _is_runtime(module)}
    return tops - sys.stdlib_module_names - _NO_EFFECTS


def _is_runtime(module: str) -> bool:
    return module.startswith(f"{_RUNTIME}.")


def _attributes(service: object) -> dict[str, Any]:
    """A service's attributes; containers as they are at the moment."""
    values: dict[str, Any] = getattr(service, "__dict__", {})
    return {
        name: value.copy() if type(value) in (dict, list, set) else value
        for name, value in values.items()
    }


def _same(old: Any, new: Any) -> bool:
    """Whether an attribute is unchanged; only identity of other people's objects counts."""
    kind: Any = old.__class__
    if kind is not new.__class__:
        return False
    if isinstance(old, str | int | float | bytes | set | frozenset):
        return bool(old == new)
    if kind is list:
        return len(old) == len(new) and all(map(is_, old, new))
    if kind is dict:
        return bool(old.keys() == new.keys()) and all(old[k] is new[k] for k in old)
    return old is new
