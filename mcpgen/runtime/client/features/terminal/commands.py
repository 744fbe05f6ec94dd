"""What each command does with an open client. Prints through the display."""

# The asynchronous client's methods for generated code serve definitions of the live
# server, too.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import difflib
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from ....core.errors import METHOD_NOT_FOUND
from ....core.uri.template import expand, variables
from ...calls import ToolCall, ToolError, plain
from ...client import Client
from ...errors import ProtocolError
from ...options import Notification
from ...shapes import is_list, is_object
from .arguments import (
    Argument,
    Given,
    UsageError,
    arguments_of,
    option_of,
    read_arguments,
    text_arguments,
)
from .display import Display, content_bytes
from .saving import save

OK: Final = 0
NO: Final = 1

Objects: TypeAlias = "list[dict[str, Any]]"


@dataclass(frozen=True, slots=True)
class Session:
    """An open client, and where its results go.

    Attributes:
        program: How the help calls this program, server and command included.
        said: What the command line said.
    """

    client: Client
    display: Display
    program: str
    said: Namespace

    @property
    def as_json(self) -> bool:
        """Whether results are for a program."""
        return bool(self.said.json)

    async def tools(self) -> Objects:
        """The live server's tools."""
        return await self._items(self.client.list_tools)

    async def prompts(self) -> Objects:
        """The live server's prompts."""
        return await self._items(self.client.list_prompts)

    async def resources(self) -> Objects:
        """The live server's resources."""
        return await self._items(self.client.list_resources)

    async def templates(self) -> Objects:
        """The live server's resource templates."""
        return await self._items(self.client.list_resource_templates)

    async def _items(self, ask: Callable[[], Awaitable[Sequence[Any]]]) -> Objects:
        try:
            return [plain(item) for item in await ask()]
        except ProtocolError as error:
            if error.code != METHOD_NOT_FOUND:
                raise
            return []

    def arguments(
        self, name: str, wanted: Sequence[Argument], description: object
    ) -> Given:
        """What the command line says behind a name."""
        return read_arguments(
            self.said.words,
            wanted,
            program=f"{self.program} {name}",
            description=str(description or ""),
            read_stdin=sys.stdin.read,
            saves=self.said.command == "read",
        )


async def show_lists(session: Session) -> int:
    """What the server offers."""
    client = session.client
    tools, prompts = await session.tools(), await session.prompts()
    resources, templates = await session.resources(), await session.templates()
    if session.as_json:
        session.display.json(
            {
                "server": plain(client.server_info),
                "protocolVersion": client.protocol_version,
                "capabilities": plain(client.capabilities),
                "instructions": client.instructions,
                "tools": tools,
                "prompts": prompts,
                "resources": resources,
                "resourceTemplates": templates,
            }
        )
        return OK
    _introduce(session)
    show = session.display.table
    if tools:
        rows = [(t["name"], _usage(t), t.get("description", "")) for t in tools]
        show("Tools", ("name", "arguments", "description"), rows)
    if prompts:
        rows = [
            (p["name"], _prompt_usage(p), p.get("description", "")) for p in prompts
        ]
        show("Prompts", ("name", "arguments", "description"), rows)
    for title, key, found in (
        ("Resources", "uri", resources),
        ("Resource templates", "uriTemplate", templates),
    ):
        if found:
            rows = [(r[key], r["name"], r.get("description", "")) for r in found]
            show(title, ("URI", "name", "description"), rows)
    return OK


def _introduce(session: Session) -> None:
    client, info = session.client, session.client.server_info
    name = info.title or info.name or "a server without a name"
    words = (name, info.version, f"(MCP {client.protocol_version})")
    session.display.line(" ".join(str(word) for word in words if word))
    if client.instructions:
        session.display.line(client.instructions)
    session.display.line("")


def _usage(tool: Mapping[str, Any]) -> str:
    wanted = arguments_of(tool.get("inputSchema"))
    return ", ".join(
        each.name if each.required else f"[{each.name}]" for each in wanted
    )


def _prompt_usage(prompt: Mapping[str, Any]) -> str:
    named = _named(prompt)
    return ", ".join(name if needed else f"[{name}]" for name, needed in named.items())


def _named(prompt: Mapping[str, Any]) -> dict[str, bool]:
    """A prompt's arguments: whether each is required."""
    found = prompt.get("arguments")
    return {
        str(each.get("name")): each.get("required") is True
        for each in (found if is_list(found) else ())
        if is_object(each)
    }


async def call_tool(session: Session) -> int:
    """Calls a tool by the live server's definition of it."""
    tool = _chosen("tool", "name", session.said.name, await session.tools())
    given = session.arguments(
        tool["name"], arguments_of(tool.get("inputSchema")), tool.get("description")
    )
    as_json = session.as_json or given.as_json
    try:
        typed = await session.client._call_tool(ToolCall(tool), given.values)
    except ToolError as error:
        if as_json:
            session.display.json(error.result)
        else:
            session.display.note(f"error: {error}")
        return NO
    result = plain(typed)
    if as_json:
        session.display.json(result)
    else:
        session.display.result(result)
    return OK


async def get_prompt(session: Session) -> int:
    """Prints a prompt's messages."""
    prompt = _chosen("prompt", "name", session.said.name, await session.prompts())
    wanted = text_arguments(_named(prompt))
    given = session.arguments(prompt["name"], wanted, prompt.get("description"))
    missing = [w.name for w in wanted if w.required and w.name not in given.values]
    if missing:
        raise UsageError(f"the prompt needs {', '.join(map(option_of, missing))}")
    texts = {name: str(value) for name, value in given.values.items()}
    result = plain(await session.client.get_prompt(prompt["name"], texts))
    if session.as_json or given.as_json:
        session.display.json(result)
        return OK
    for message in result["messages"]:
        session.display.line(f"{message['role']}:")
        session.display.content(message["content"])
    return OK


async def read_resource(session: Session) -> int:
    """Prints a resource's contents, or saves them."""
    uri = session.said.name
    try:
        named = variables(uri) if "{" in uri else ()
    except ValueError as error:
        raise UsageError(str(error)) from None
    given = session.arguments(uri, text_arguments(dict.fromkeys(named, False)), "")
    if named:
        uri = expand(uri, given.values)
    result = plain(await session.client.read_resource(uri))
    output = given.output or session.said.output
    if output is not None:
        found = b"".join(content_bytes(each) for each in result["contents"])
        await asyncio.to_thread(save, Path(output), found)
        session.display.note(f"{len(found)} bytes are in {output}")
    elif session.as_json or given.as_json:
        session.display.json(result)
    else:
        for contents in result["contents"]:
            session.display.resource(contents)
    return OK


async def complete(session: Session) -> int:
    """Prints what an argument may be, given its beginning."""
    said, client = session.said, session.client
    known = dict(pair.split("=", 1) for pair in said.known if "=" in pair)
    if any(each["name"] == said.name for each in await session.prompts()):
        answer = client.complete_prompt(
            said.name, said.argument, said.value, known=known
        )
    else:
        found = await session.templates()
        template = next((t for t in found if t["name"] == said.name), None)
        uri = template["uriTemplate"] if template else said.name
        answer = client.complete_template(uri, said.argument, said.value, known=known)
    result = plain(await answer)
    if session.as_json:
        session.display.json(result)
    else:
        for value in result["completion"]["values"]:
            session.display.line(value)
    return OK


async def check(session: Session) -> int:
    """Says how the live server differs from what the client was generated for."""
    differences = await session.client.check()
    if session.as_json:
        session.display.json(
            [
                {
                    "kind": each.kind,
                    "name": each.name,
                    "change": each.change,
                    "details": list(each.details),
                }
                for each in differences
            ]
        )
    else:
        for each in differences:
            session.display.line(str(each))
        if not differences:
            session.display.line("The server is what this client was generated for.")
    return NO if any(each.change != "added" for each in differences) else OK


async def watch(session: Session) -> int:
    """Prints the server's changes as they come, until it is interrupted."""
    said = session.said
    left = said.count
    subscription = session.client.subscribe(
        resources=said.uris,
        tools_changed=not said.uris,
        prompts_changed=not said.uris,
        resources_changed=not said.uris,
    )
    async with subscription as changes:
        session.display.note("watching; Ctrl-C ends it")
        async for change in changes:
            _show_change(session, change)
            left = None if left is None else left - 1
            if left == 0:
                break
    return OK


def _show_change(session: Session, change: Notification) -> None:
    if session.as_json:
        found = {"method": change.method, "params": plain(change.params)}
        session.display.json(found, indent=None)
        return
    what = change.method.removeprefix("notifications/").replace("/", " ")
    uri = change.params.get("uri", "")
    session.display.line(f"{what.replace('_', ' ')} {uri}".rstrip())


def _chosen(kind: str, key: str, name: str, found: Objects) -> dict[str, Any]:
    """The definition with a name.

    Raises:
        UsageError: There is none; the text names those that are alike.
    """
    for each in found:
        if each.get(key) == name:
            return each
    names = [str(each.get(key)) for each in found]
    alike = difflib.get_close_matches(name, names, 3)
    hint = f"; did you mean {' or '.join(alike)}?" if alike else ""
    raise UsageError(f"the server has no {kind} {name!r}{hint}")
