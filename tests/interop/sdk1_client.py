"""Drives a server with the official SDK's 1.x client: every feature that it has.

Runs in an environment of its own: `python sdk1_client.py URL` prints one JSON object,
what each feature gave. A command instead of the URL is a server over standard input and
output. Nothing is judged here.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from mcp import ClientSession, McpError, StdioServerParameters, types
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import ClientMessageMetadata
from pydantic import AnyUrl

SECONDS = 60
TOOLS = json.loads(Path(__file__).with_name("every_tool.json").read_text("utf-8"))
FILLED_IN = {"name": "Bo", "username": "bo", "email": "bo@example.com"} | {
    "color": "red",
    "ok": True,
    "context": "spring",
}


def transport(target: list[str]) -> Any:
    """What a URL or a command is reached by."""
    if target[0].endswith("/sse"):
        return sse_client(target[0])
    if len(target) == 1:
        return streamable_http_client(target[0])
    command, *arguments = target
    return stdio_client(StdioServerParameters(command=command, args=arguments))


class Peer:
    """One session, with an answer to whatever the server asks."""

    def __init__(self, target: list[str]) -> None:
        self.target = target
        self.asked: list[Any] = []
        self.logged: list[Any] = []
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.session: ClientSession
        self.session_id: str | None = None

    async def elicit(self, context: Any, params: Any) -> types.ElicitResult:
        self.asked.append(params.model_dump(mode="json", exclude_none=True))
        if params.mode == "url":
            return types.ElicitResult(action="accept")
        return types.ElicitResult(action="accept", content=FILLED_IN)

    async def sample(self, context: Any, params: Any) -> types.CreateMessageResult:
        block = types.TextContent(type="text", text="Paris")
        return types.CreateMessageResult(role="assistant", model="m", content=block)

    async def roots(self, context: Any) -> types.ListRootsResult:
        root = types.Root(uri="file:///home/bo", name="home")
        return types.ListRootsResult(roots=[root])

    async def log(self, params: Any) -> None:
        self.logged.append([params.level, params.data])

    async def hear(self, message: Any) -> None:
        if isinstance(message, types.ServerNotification):
            self.heard.put_nowait(message.root.method)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[ClientSession]:
        async with (
            transport(self.target) as (reading, writing, *session_id),
            ClientSession(
                reading,
                writing,
                sampling_callback=self.sample,
                elicitation_callback=self.elicit,
                list_roots_callback=self.roots,
                logging_callback=self.log,
                message_handler=self.hear,
            ) as session,
        ):
            self.session = session
            self.initialized = await session.initialize()
            self.session_id = session_id[0]() if session_id else None
            yield session

    async def text(self, tool: str, **arguments: Any) -> str:
        result = await self.session.call_tool(tool, arguments)
        return str(result.content[0].text)

    async def next(self, *methods: str) -> str:
        """The next notification of these."""
        async with asyncio.timeout(SECONDS):
            while True:
                method = await self.heard.get()
                if method in methods:
                    return method


async def code(awaitable: Awaitable[Any]) -> int:
    try:
        await awaitable
    except McpError as error:
        return error.error.code
    return 0


async def initialize(peer: Peer) -> Any:
    result = peer.initialized
    return {
        "version": result.protocolVersion,
        "name": result.serverInfo.name,
        "capabilities": result.capabilities.model_dump(exclude_none=True),
        "session": peer.session_id is not None,
    }


async def pages(peer: Peer) -> Any:
    session, names, counts = peer.session, [], []
    page = await session.list_tools()
    while True:
        names += [tool.name for tool in page.tools]
        counts.append(len(page.tools))
        if page.nextCursor is None:
            break
        params = types.PaginatedRequestParams(cursor=page.nextCursor)
        page = await session.list_tools(params=params)
    return {
        "names": names,
        "largest": max(counts),
        "prompts": len((await session.list_prompts()).prompts),
        "resources": [r.name for r in (await session.list_resources()).resources],
        "templates": [
            t.uriTemplate
            for t in (await session.list_resource_templates()).resourceTemplates
        ],
    }


async def every_tool(peer: Peer) -> Any:
    found = {}
    for name, tool in TOOLS.items():
        result = await peer.session.call_tool(name, tool["arguments"])
        found[name] = [result.isError, [block.type for block in result.content]]
    return found


async def structured(peer: Peer) -> Any:
    result = await peer.session.call_tool("test_structured_content", {"city": "Oslo"})
    return result.structuredContent


async def failures(peer: Peer) -> Any:
    session = peer.session
    failed = await session.call_tool("test_error_handling", {})
    invalid = await session.call_tool("test_structured_content", {"city": 5})
    return {
        "failed": [failed.isError, failed.content[0].text],
        "invalid": [invalid.isError, invalid.content[0].text],
        "tool": await code(session.call_tool("nope", {})),
        "prompt": await code(session.get_prompt("nope")),
        "resource": await code(session.read_resource(AnyUrl("test://nope"))),
        "cursor": await code(
            session.list_tools(params=types.PaginatedRequestParams(cursor="nobody's"))
        ),
    }


async def progress(peer: Peer) -> Any:
    heard = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append([progress, total, message])

    await peer.session.call_tool("test_tool_with_progress", {}, progress_callback=hear)
    return heard


async def logging(peer: Peer) -> Any:
    await peer.session.set_logging_level("error")
    await peer.session.call_tool("test_logging_tool", {})
    await peer.session.set_logging_level("debug")
    await peer.session.call_tool("test_logging_tool", {})
    return peer.logged[:]


async def prompts(peer: Peer) -> Any:
    session = peer.session
    filled = await session.get_prompt(
        "test_prompt_with_arguments", {"arg1": "one", "arg2": "two"}
    )
    image = await session.get_prompt("test_prompt_with_image")
    asking = await session.get_prompt("test_input_required_result_prompt")
    return [
        filled.messages[0].content.text,
        image.messages[0].content.mimeType,
        asking.messages[0].content.text,
    ]


async def resources(peer: Peer) -> Any:
    async def read(uri: str) -> Any:
        return (await peer.session.read_resource(AnyUrl(uri))).contents[0]

    return [
        (await read("test://static-text")).text,
        (await read("test://static-binary")).blob[:5],
        (await read("test://template/7/data")).text,
    ]


async def completion(peer: Peer) -> Any:
    ref = types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
    result = await peer.session.complete(
        ref, {"name": "arg1", "value": "par"}, {"arg2": "two"}
    )
    return result.completion.values


async def questions(peer: Peer) -> Any:
    return {
        "sampling": await peer.text("test_sampling", prompt="The capital?"),
        "form": await peer.text("test_elicitation", message="Who?"),
        "url": await peer.text("test_elicitation_url"),
        "roots": await peer.text("test_input_required_result_list_roots"),
        "at once": await peer.text("test_input_required_result_multiple_inputs"),
        "in turn": await peer.text("test_input_required_result_multi_round"),
        "pages": [asked["url"] for asked in peer.asked if "url" in asked],
    }


async def notifications(peer: Peer) -> Any:
    tools = "notifications/tools/list_changed"
    updated = "notifications/resources/updated"
    await peer.session.subscribe_resource(AnyUrl("test://watched-resource"))
    heard = []
    for tool in (
        "test_trigger_tool_change",
        "test_trigger_prompt_change",
        "test_trigger_resource_update",
    ):
        await peer.session.call_tool(tool, {})
        heard.append(
            await peer.next(tools, updated, "notifications/prompts/list_changed")
        )
    await peer.session.unsubscribe_resource(AnyUrl("test://watched-resource"))
    await peer.session.call_tool("test_trigger_resource_update", {})
    await peer.session.call_tool("test_trigger_tool_change", {})
    return [*heard, await peer.next(tools, updated)]


async def ping(peer: Peer) -> Any:
    await peer.session.send_ping()
    await peer.session.send_roots_list_changed()
    await peer.session.send_progress_notification("t", 1)
    return (await peer.session.send_ping()).model_dump(exclude_none=True)


async def polling(peer: Peer) -> Any:
    return await peer.text("test_reconnection")


def call(tool: str) -> types.ClientRequest:
    params = types.CallToolRequestParams(
        name=tool, arguments={}, _meta=types.RequestParams.Meta(progressToken="t")
    )
    return types.ClientRequest(types.CallToolRequest(params=params))


async def resumption(peer: Peer) -> Any:
    tokens: list[str] = []

    async def keep(token: str) -> None:
        tokens.append(token)

    request = call("test_tool_with_progress")
    whole = await peer.session.send_request(
        request,
        types.CallToolResult,
        metadata=ClientMessageMetadata(on_resumption_token_update=keep),
    )
    again = await peer.session.send_request(
        request,
        types.CallToolResult,
        metadata=ClientMessageMetadata(resumption_token=tokens[1]),
    )
    return {"tokens": len(tokens), "same": again.content == whole.content}


async def cancellation(peer: Peer) -> Any:
    task = asyncio.create_task(
        peer.session.send_request(call("test_cancellation"), types.CallToolResult)
    )
    await peer.next("notifications/progress")
    request_id = peer.session._request_id - 1
    params = types.CancelledNotificationParams(requestId=request_id, reason="enough")
    await peer.session.send_notification(
        types.ClientNotification(types.CancelledNotification(params=params))
    )
    task.cancel()
    return await peer.text("test_simple_text")


async def timeout(peer: Peer) -> Any:
    return await code(
        peer.session.call_tool(
            "test_cancellation", {}, read_timeout_seconds=timedelta(seconds=0.1)
        )
    )


async def many(peer: Peer) -> Any:
    results = await asyncio.gather(
        *(
            peer.session.call_tool("test_structured_content", {"city": "x" * n})
            for n in range(20)
        )
    )
    return [result.structuredContent["letters"] for result in results]


async def ended(url: str, session_id: str) -> int:
    """What a session answers after its client has left."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {
        "Accept": "application/json, text/event-stream",
        "Mcp-Session-Id": session_id,
    }
    async with httpx.AsyncClient() as http:
        return (await http.post(url, json=body, headers=headers)).status_code


FEATURES: list[Callable[[Peer], Awaitable[Any]]] = [
    initialize,
    pages,
    structured,
    failures,
    progress,
    logging,
    prompts,
    resources,
    completion,
    questions,
    notifications,
    ping,
    polling,
    resumption,
    cancellation,
    timeout,
    many,
    every_tool,  # changes lists, asks and logs: last
]


async def main(target: list[str]) -> dict[str, Any]:
    peer = Peer(target)
    found: dict[str, Any] = {}
    async with peer.connected():
        for feature in FEATURES:
            if peer.session_id is None and feature is resumption:
                continue  # there is nothing to resume
            try:
                async with asyncio.timeout(SECONDS):
                    found[feature.__name__] = await feature(peer)
            except Exception as error:
                found[feature.__name__] = f"failed: {error!r}"
    if peer.session_id is not None:
        found["ended"] = await ended(target[0], peer.session_id)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1:]))))
