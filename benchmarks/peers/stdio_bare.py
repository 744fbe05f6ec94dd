"""The limit over stdio: readline, pydantic in and out, write; nothing else of MCP.

`python stdio_bare.py asyncio` waits for lines in an event loop, as handlers that are
coroutines need it; `plain` blocks, and can do one thing at a time.
"""

from __future__ import annotations

import asyncio
import json
import sys

from handwritten import Call, Found, Item


def answer(line: bytes) -> bytes:
    """The answer to a call, with a newline."""
    call = Call.model_validate_json(line)
    args = call.params.arguments
    items = [
        Item(id=n, title=f"{args.query} {n}", score=1.0 / (n + 1))
        for n in range(args.limit)
    ]
    found = Found(total=len(items), items=items)
    result = {
        "content": [{"type": "text", "text": found.model_dump_json()}],
        "structuredContent": found.model_dump(mode="json"),
        "resultType": "complete",
    }
    message = {"jsonrpc": "2.0", "id": call.id, "result": result}
    return json.dumps(message).encode() + b"\n"


def plain() -> None:
    """Line by line."""
    while line := sys.stdin.buffer.readline():
        sys.stdout.buffer.write(answer(line))
        sys.stdout.buffer.flush()


async def main() -> None:
    """Line by line, in an event loop."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, sys.stdout
    )
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    while line := await reader.readline():
        writer.write(answer(line))
        await writer.drain()


if __name__ == "__main__":
    if "plain" in sys.argv:
        plain()
    elif "uvloop" in sys.argv:
        import uvloop

        uvloop.run(main())
    else:
        asyncio.run(main())
