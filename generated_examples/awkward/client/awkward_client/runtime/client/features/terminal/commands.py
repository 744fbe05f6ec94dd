"""What each command does with an open client. Prints through the display.

What a server sent is saved to a file that the user names, and to no other.
"""

# The asynchronous client's methods for generated code serve definitions of the live
# server, too.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import difflib
import os
import secrets
import stat
from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from ....core.errors import METHOD_NOT_FOUND
from ....core.uri.expand import expand, variables
from ...calls import ToolCall, ToolError, plain
from ...client import Client
from ...errors import ProtocolError
from ...incoming import is_list, is_object
from ...options import Notification
from .arguments import (
    Argument,
    UsageError,
    arguments_of,
    option_of,
    read_arguments,
    text_arguments,
)
from .display import Display, content_bytes

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

    async def listed(self, ask: Callable[[], Awaitable[Sequence[Any]]]) -> Objects:
        """What the live server lists; nothing where it has no such list."""
        try:
            return [plain(item) for item in await ask()]
        except ProtocolError as error:
            if error.code != METHOD_NOT_FOUND:
                raise
            return []

    def show(self, found: Any, draw: Callable[[Any], None]) -> None:
        """Show a result: as JSON to a program, else in its own way."""
        if self.said.json:
            self.display.json(found)
        else:
            draw(found)

    def arguments(
        self, name: str, wanted: Sequence[Argument], description: object = None
    ) -> dict[str, Any]:
        """What the command line says behind a name."""
        program, text = f"{self.program} {name}", str(description or "")
        return read_arguments(self.said, wanted, program=program, description=text)


async def show_lists(session: Session) -> int:
    """What the server offers."""
    client = session.client
    tools = await session.listed(client.list_tools)
    prompts = await session.listed(client.list_prompts)
    resources = await session.listed(client.list_resources)
    templates = await session.listed(client.list_resource_templates)
    if session.said.json:
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
    info = client.server_info
    name = info.title or info.name or "a server without a name"
    words = (name, info.version, f"(MCP {client.protocol_version})")
    session.display.line(" ".join(str(word) for word in words if word))
    if client.instructions:
        session.display.line(client.instructions)
    session.display.line("")
    for title, found, key, second, usage in (
        ("Tools", tools, "name", "arguments", _usage),
        ("Prompts", prompts, "name", "arguments", _prompt_usage),
        ("Resources", resources, "uri", "name", _name),
        ("Resource templates", templates, "uriTemplate", "name", _name),
    ):
        rows = [(each[key], usage(each), each.get("description", "")) for each in found]
        first = key if key == "name" else "URI"
        if rows:
            session.display.table(title, (first, second, "description"), rows)
    return OK


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["name"])


def _usage(tool: Mapping[str, Any]) -> str:
    return _in_short(arguments_of(tool.get("inputSchema")))


def _prompt_usage(prompt: Mapping[str, Any]) -> str:
    return _in_short(_prompt_arguments(prompt))


def _in_short(wanted: Sequence[Argument]) -> str:
    return ", ".join(w.name if w.required else f"[{w.name}]" for w in wanted)


def _prompt_arguments(prompt: Mapping[str, Any]) -> list[Argument]:
    found = prompt.get("arguments")
    named = filter(is_object, found if is_list(found) else ())
    return text_arguments(
        {str(each.get("name")): each.get("required") is True for each in named}
    )


async def call_tool(session: Session) -> int:
    """Calls a tool by the live server's definition of it."""
    client, display = session.client, session.display
    tools = await session.listed(client.list_tools)
    tool = _chosen("tool", session.said.name, tools)
    given = session.arguments(
        tool["name"], arguments_of(tool.get("inputSchema")), tool.get("description")
    )
    try:
        found = plain(await client._call_tool(ToolCall(tool), given))
    except ToolError as error:
        problem = f"error: {error}"
        session.show(error.result, lambda _: display.note(problem))
        return NO
    session.show(found, display.result)
    return OK


async def get_prompt(session: Session) -> int:
    """Prints a prompt's messages."""
    client, display = session.client, session.display
    prompts = await session.listed(client.list_prompts)
    prompt = _chosen("prompt", session.said.name, prompts)
    wanted = _prompt_arguments(prompt)
    given = session.arguments(prompt["name"], wanted, prompt.get("description"))
    missing = [w.name for w in wanted if w.required and w.name not in given]
    if missing:
        raise UsageError(f"the prompt needs {', '.join(map(option_of, missing))}")
    texts = {name: str(value) for name, value in given.items()}

    def draw(found: Any) -> None:
        for message in found["messages"]:
            display.line(f"{message['role']}:")
            display.content(message["content"])

    found = plain(await client.get_prompt(prompt["name"], texts))
    session.show(found, draw)
    return OK


async def read_resource(session: Session) -> int:
    """Prints a resource's contents, or saves them."""
    uri, display = session.said.name, session.display
    try:
        named = variables(uri) if "{" in uri else ()
    except ValueError as error:
        raise UsageError(str(error)) from None
    given = session.arguments(uri, text_arguments(dict.fromkeys(named, False)))
    if named:
        uri = expand(uri, given)
    result = plain(await session.client.read_resource(uri))
    output = session.said.output

    def draw(found: Any) -> None:
        for contents in found["contents"]:
            display.resource(contents)

    if output is None:
        session.show(result, draw)
        return OK
    data = b"".join(content_bytes(each) for each in result["contents"])
    await asyncio.to_thread(save, Path(output), data)
    display.note(f"{len(data)} bytes are in {output}")
    return OK


async def complete(session: Session) -> int:
    """Prints what an argument may be, given its beginning."""
    said, client, line = session.said, session.client, session.display.line
    known = dict(pair.split("=", 1) for pair in said.known if "=" in pair)
    prompts = await session.listed(client.list_prompts)
    ask: Callable[..., Awaitable[Any]]
    if any(each["name"] == said.name for each in prompts):
        ask, name = client.complete_prompt, said.name
    else:
        templates = await session.listed(client.list_resource_templates)
        named = [t["uriTemplate"] for t in templates if t["name"] == said.name]
        ask, name = client.complete_template, next(iter(named), said.name)

    def draw(found: Any) -> None:
        for value in found["completion"]["values"]:
            line(value)

    session.show(plain(await ask(name, said.argument, said.value, known=known)), draw)
    return OK


async def check(session: Session) -> int:
    """Says how the live server differs from what the client was generated for."""
    differences = await session.client.check()

    def draw(_: object) -> None:
        same = "The server is what this client was generated for."
        for each in differences or [same]:
            session.display.line(str(each))

    session.show([asdict(each) for each in differences], draw)
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
    if session.said.json:
        found = {"method": change.method, "params": plain(change.params)}
        session.display.json(found, indent=None)
        return
    what = change.method.removeprefix("notifications/").replace("/", " ")
    uri = change.params.get("uri", "")
    session.display.line(f"{what.replace('_', ' ')} {uri}".rstrip())


def _chosen(kind: str, name: str, found: Objects) -> dict[str, Any]:
    """The definition with a name.

    Raises:
        UsageError: There is none; the text names those that are alike.
    """
    named = {str(each.get("name")): each for each in reversed(found)}
    if name in named:
        return named[name]
    alike = difflib.get_close_matches(name, named, 3)
    hint = f"; did you mean {' or '.join(alike)}?" if alike else ""
    raise UsageError(f"the server has no {kind} {name!r}{hint}")


# ------------------------------------------------------------------ saving


def save(path: Path, data: bytes) -> None:
    """Write a file or replace it; on error the old one stays.

    Links in the current folder may have come with a download, so a link to a file is
    refused. Devices and pipes, such as `/dev/stdout`, are written to.

    Raises:
        OSError: It can't be written.
        ValueError: The path, or a folder on the way below the current one, is a link.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    if found is not None and not stat.S_ISREG(found.st_mode):
        with path.open("wb") as device:
            device.write(data)
        return
    # Not before: `/dev/stdout` is a link.
    _refuse_links(path)
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
        if found is not None:
            beside.chmod(stat.S_IMODE(found.st_mode))
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _refuse_links(path: Path) -> None:
    here = Path.cwd()
    # As it is written: `resolve` would follow the links.
    whole = Path(os.path.normpath(here / path))
    below = [each for each in whole.parents if here in each.parents]
    for part in (*reversed(below), whole):
        if part.is_symlink():
            raise ValueError(
                f"{part} is a symbolic link; name the place that it leads to"
            )
