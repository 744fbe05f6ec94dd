"""Asks the person at the terminal what a server wants to know.

Knows questions and forms; nothing of connections. Everything goes to standard error:
standard output belongs to results.
"""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from ...errors import is_web_url
from ...options import Elicitation, ElicitationAnswer, Reply
from ...threads import in_thread
from .arguments import Argument, argument, arguments_of, titled_choices, value_of
from .display import clean, in_one_line

_REPLIES: Final[Mapping[str, Reply]] = {
    **dict.fromkeys(("", "y", "yes"), Reply.ACCEPT),
    **dict.fromkeys(("n", "no"), Reply.DECLINE),
    **dict.fromkeys(("c", "cancel"), Reply.CANCEL),
}


class Keyboard:
    """Lines that a person types, one after the other."""

    def __init__(self) -> None:
        self._typed = b""
        self._reading: asyncio.Future[bytes] | None = None

    async def line(self, prompt: str) -> str:
        """What is typed behind a prompt.

        Raises:
            EOFError: There is nothing more.
        """
        sys.stderr.write(prompt)
        sys.stderr.flush()
        while b"\n" not in self._typed:
            if self._reading is None:
                # Not `sys.stdin`, whose lock would keep the program from ending.
                reading = in_thread(os.read, sys.stdin.fileno(), 4096)
                self._reading = asyncio.ensure_future(reading)
            try:
                # A thread that reads can't be ended: the next question takes it over.
                chunk = await asyncio.shield(self._reading)
            except asyncio.CancelledError:
                sys.stderr.write("\n")
                raise
            self._reading = None
            if not chunk:
                raise EOFError
            self._typed += chunk
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(sys.stdin.encoding or "utf-8", "replace").strip()


class Person:
    """Answers elicitations: one question at a time, each field until it fits."""

    def __init__(
        self,
        keyboard: Keyboard,
        quiet: Callable[[], AbstractContextManager[object]],
        server: str,
    ) -> None:
        """A person at a keyboard.

        Args:
            keyboard: What the person types on.
            quiet: Holds back other output meanwhile.
            server: The name of the server that asks.
        """
        self._server = in_one_line(server)
        self._keyboard = keyboard
        self._quiet = quiet
        self._turn = asyncio.Lock()

    async def answer(self, question: Elicitation) -> ElicitationAnswer:
        """What the person says to a question of the server."""
        async with self._turn:
            with self._quiet():
                try:
                    if question.mode == "url":
                        return await self._page(question)
                    return await self._form(question)
                except EOFError:
                    say("")
                    return Reply.CANCEL

    async def _page(self, question: Elicitation) -> Reply:
        url = question.url or ""
        say(f"\nThe server {self._server} asks: {clean(question.message)}")
        if not is_web_url(url):
            say(f"It names no web page that could be opened: {in_one_line(url)}")
            return Reply.DECLINE
        host = urlsplit(url).hostname or ""
        say(f"It wants you to open this page of {in_one_line(host)}:")
        say(f"  {in_one_line(url)}")
        reply = await self._consent("Open it?") or Reply.CANCEL
        if reply is Reply.ACCEPT and not await asyncio.to_thread(open_page, url):
            say("No browser was found: open it by yourself.")
        if reply is Reply.ACCEPT and question.required:
            await self._keyboard.line("Press Enter when you are done there: ")
        return reply

    async def _form(self, question: Elicitation) -> ElicitationAnswer:
        say(f"\nThe server {self._server} asks: {clean(question.message)}")
        reply = await self._consent("Answer?") or Reply.CANCEL
        if reply is not Reply.ACCEPT:
            return reply
        while True:
            content: dict[str, Any] = {}
            for field in arguments_of(question.schema):
                await self._fill_in(field, content)
            for name, value in content.items():
                say(f"  {in_one_line(name)}: {in_one_line(value)}")
            decision = await self._consent("Send it?", "[e]dit, ")
            if decision is not None:
                return content if decision is Reply.ACCEPT else decision

    async def _consent(self, question: str, other: str = "") -> Reply | None:
        """The person's decision; None for the other choice, if there is one."""
        choices = f"[Y]es, {other}[n]o, [c]ancel"
        while True:
            word = (await self._keyboard.line(f"{question} {choices}: ")).lower()
            if other and word in ("e", "edit"):
                return None
            if word in _REPLIES:
                return _REPLIES[word]

    async def _fill_in(self, field: Argument, content: dict[str, Any]) -> None:
        if description := field.schema.get("description"):
            say(f"  {in_one_line(description)}")
        for number, (_, title) in enumerate(_options(field), 1):
            say(f"  {number}. {in_one_line(title)}")
        while True:
            typed = await self._keyboard.line(f"{_label(field)}: ")
            if not typed and ("default" in field.schema or not field.required):
                # Left out, so that the form's own default holds.
                return
            try:
                content[field.name] = _checked(typed, field)
                return
            except ValueError as error:
                for problem in error.args:
                    say(f"  {in_one_line(problem)}")


def _label(field: Argument) -> str:
    name = in_one_line(field.schema.get("title") or field.name)
    hints: list[str] = []
    if "boolean" in field.types:
        hints.append("yes or no")
    if "array" in field.types:
        hints.append("several with commas between")
    if "default" in field.schema:
        hints.append(f"Enter for {in_one_line(field.schema['default'])}")
    elif not field.required:
        hints.append("Enter to leave it out")
    return f"{name} ({'; '.join(hints)})" if hints else name


def _options(field: Argument) -> list[tuple[Any, str]]:
    """The values to choose from, each with what a person reads."""
    schema = (field.items if "array" in field.types else field.schema) or {}
    return [
        (value, str(value if title is None else title))
        for value, title in titled_choices(schema)
    ]


def _checked(typed: str, field: Argument) -> Any:
    """What is meant by something typed.

    Raises:
        ValueError: It does not fit; its arguments are the problems.
    """
    from ....core.schema.validator import InvalidSchema, SchemaValidator

    if not typed:
        raise ValueError("this must be filled in")
    value = _value(typed, field)
    problems: list[str] = []
    # A broken form is the server's fault; it judges the answer itself.
    with suppress(InvalidSchema):
        problems = [str(each) for each in SchemaValidator(field.schema).problems(value)]
    if problems:
        raise ValueError(*problems)
    return value


def _value(typed: str, field: Argument) -> Any:
    options = _options(field)
    if "array" not in field.types:
        return _choice(typed, options, field)
    item = argument(field.name, field.items or {}, {})
    return [
        _choice(word, options, item)
        for part in typed.split(",")
        if (word := part.strip())
    ]


def _choice(typed: str, options: list[tuple[Any, str]], field: Argument) -> Any:
    if not options:
        return value_of(typed, field)
    for value, title in options:
        if typed in (title, str(value)):
            return value
    if typed.isdecimal() and 1 <= int(typed) <= len(options):
        return options[int(typed) - 1][0]
    raise ValueError(f"choose one of 1 to {len(options)}")


def open_page(url: str) -> bool:
    """Shows a page in the person's browser; False if there is none."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def say(text: str) -> None:
    """Shows the person a message."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
