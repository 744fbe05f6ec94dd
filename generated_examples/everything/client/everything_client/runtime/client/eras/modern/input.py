"""What a modern server wants to know before it finishes, gathered from the handlers.

https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ...calls import invalid_result
from ...handlers import Handlers
from ...shapes import is_object, members


async def gather(handlers: Handlers, result: Mapping[str, Any]) -> dict[str, Any]:
    """What an `InputRequiredResult` adds to the request when it is sent again.

    Raises:
        InvalidResultError: The result asks for nothing.
        ClientError: A handler is missing, or its answer does not fit.
    """
    added: dict[str, Any] = {}
    requests = result.get("inputRequests")
    if is_object(requests) and requests:
        added["inputResponses"] = await _answers(handlers, requests)
    if "requestState" in result:
        added["requestState"] = result["requestState"]
    if not added:
        raise invalid_result("input_required", "it does not say what is needed", result)
    return added


async def _answers(
    handlers: Handlers, requests: Mapping[str, object]
) -> dict[str, dict[str, Any]]:
    """The answers by key; the first failure cancels the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {
                key: group.create_task(_answer(handlers, wanted))
                for key, wanted in requests.items()
            }
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {key: task.result() for key, task in tasks.items()}


async def _answer(handlers: Handlers, wanted: object) -> dict[str, Any]:
    request = members(wanted)
    params = members(request.get("params"))
    return await handlers.answer(str(request.get("method")), params)
