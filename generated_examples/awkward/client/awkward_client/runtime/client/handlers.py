"""What a server may ask of its client: elicitation, sampling, roots.

The same handlers answer the requests of legacy servers and the input requests of modern
ones; how those travel is not known here.
"""

from __future__ import annotations

import dataclasses
import inspect
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

from ..core.catalog import JsonObject
from ..core.errors import INVALID_PARAMS
from ..protocol.revisions import select
from .calls import decoded, plain
from .errors import InvalidArgumentsError, MissingHandlerError, ProtocolError
from .incoming import integer, is_list, members, text
from .limits import Clock
from .options import (
    Elicitation,
    LogMessage,
    Notification,
    Progress,
    ProgressCallback,
    Reply,
    Settings,
)
from .threads import in_thread, runs_here

if TYPE_CHECKING:
    from ..core.schema.validator import Problem

ELICITATION: Final = "elicitation/create"
SAMPLING: Final = "sampling/createMessage"
ROOTS: Final = "roots/list"
ROOTS_CHANGED: Final = "notifications/roots/list_changed"

_MODES_SINCE: Final = "2025-11-25"


class Handlers:
    """The handlers that a user gave, and the capabilities that follow from them."""

    def __init__(self, settings: Settings) -> None:
        self._elicitation = settings.elicitation
        self._sampling = settings.sampling
        self._roots = settings.roots
        self._declared = settings.capabilities
        self._revisions = select(settings.revisions)

    def __bool__(self) -> bool:
        handlers = (self._elicitation, self._sampling, self._roots)
        return any(each is not None for each in handlers)

    def capabilities(self, version: str) -> dict[str, Any]:
        """The `ClientCapabilities` in a revision."""
        found: dict[str, Any] = {}
        if self._elicitation is not None:
            has_modes = version >= _MODES_SINCE
            found["elicitation"] = {"form": {}, "url": {}} if has_modes else {}
        if self._sampling is not None:
            found["sampling"] = {}
        revision = self._revisions[version]
        if self._roots is not None:
            can_tell = ROOTS_CHANGED in revision.client_notifications
            found["roots"] = {"listChanged": True} if can_tell else {}
        known = revision.client_capabilities
        found.update(self._declared)
        return {key: value for key, value in found.items() if key in known}

    async def answer(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a server's request.

        Raises:
            MissingHandlerError: There is no handler for it.
            InvalidArgumentsError: The handler's answer does not fit the request.
            InvalidResultError: The request is malformed.
            ProtocolError: The request breaks the protocol.
        """
        if method == ELICITATION and self._elicitation is not None:
            return await self._elicit(params)
        if method == SAMPLING and self._sampling is not None:
            return await self._sample(params)
        if method == ROOTS and self._roots is not None:
            return await self._list_roots()
        raise _missing(method)

    def lacking(self, error: ProtocolError) -> MissingHandlerError | None:
        """What a refusal means, if it is that a handler is missing which a user may pass."""
        required = members(members(error.data).get("requiredCapabilities"))
        words = _UNSUPPORTED.search(error.message)
        named = {words[1].lower()} if words else set[str]()
        for method, handler in (
            (ELICITATION, self._elicitation),
            (SAMPLING, self._sampling),
            (ROOTS, self._roots),
        ):
            if handler is None and method.partition("/")[0] in {*required, *named}:
                return _missing(method)
        return None

    async def visit(self, page: Mapping[str, Any]) -> bool:
        """Whether a person has visited a page without which the server does nothing.

        Raises:
            MissingHandlerError: There is no handler for it.
        """
        if self._elicitation is None:
            raise MissingHandlerError(
                "the server wants a page to be visited first, but this client has no "
                "handler for that; pass `elicitation`"
            )
        question = dataclasses.replace(_question(page), required=True)
        answer, _ = _read_answer(await _ask(self._elicitation, question))
        return bool(answer["action"] == "accept")

    async def _elicit(self, params: Mapping[str, Any]) -> dict[str, Any]:
        assert self._elicitation is not None
        question = _question(params)
        answer, content = _read_answer(await _ask(self._elicitation, question))
        if answer["action"] == "accept" and question.mode == "form":
            content = _completed(content, question.schema)
            if problems := _problems(content, question.schema):
                raise InvalidArgumentsError(
                    f"the answer to {question.message!r}", problems
                )
            answer["content"] = content
        return answer

    async def _sample(self, params: Mapping[str, Any]) -> dict[str, Any]:
        from ..protocol.types import CreateMessageRequestParams

        assert self._sampling is not None
        wanted = decoded(CreateMessageRequestParams, params, SAMPLING)
        if problem := _broken_tool_use(params.get("messages")):
            raise ProtocolError(INVALID_PARAMS, problem, method=SAMPLING)
        answer = await _ask(self._sampling, wanted)
        if isinstance(answer, str):
            return {
                "role": "assistant",
                "content": {"type": "text", "text": answer},
                "model": "unknown",
            }
        return cast("dict[str, Any]", plain(answer))

    async def _list_roots(self) -> dict[str, Any]:
        roots = self._roots
        if callable(roots):
            roots = await _ask(roots)
        return {"roots": [_root(root) for root in roots or ()]}


_UNSUPPORTED: Final = re.compile(
    r"client (?:does not|doesn't) support (?:form |url )?(elicitation|sampling|roots)",
    re.IGNORECASE,
)
"""What official SDKs write where a capability was not declared."""


def _missing(method: str) -> MissingHandlerError:
    option = method.partition("/")[0]
    return MissingHandlerError(
        f"the server asks for {method}, but this client has no handler for it"
        + (f"; pass `{option}`" if method in (ELICITATION, SAMPLING, ROOTS) else "")
    )


def _broken_tool_use(messages: object) -> str | None:
    """What is wrong with the tool calls of a conversation.

    https://modelcontextprotocol.io/specification/2025-11-25/client/sampling#tool-use-and-result-balance
    """
    open_uses: set[object] = set()
    for message in messages if is_list(messages) else ():
        content = members(message).get("content")
        blocks = [
            members(each) for each in (content if is_list(content) else [content])
        ]
        results = [block for block in blocks if block.get("type") == "tool_result"]
        if results and len(results) < len(blocks):
            return "Tool results mixed with other content"
        if open_uses - {block.get("toolUseId") for block in results}:
            return "Tool result missing in request"
        open_uses = {b.get("id") for b in blocks if b.get("type") == "tool_use"}
    return "Tool result missing in request" if open_uses else None


def _question(params: Mapping[str, Any]) -> Elicitation:
    mode = params.get("mode", "form")
    if mode not in ("form", "url") or (mode == "url" and not text(params.get("url"))):
        from ..core.schema.validator import Problem

        raise InvalidArgumentsError(
            f"the server's question of the mode {mode!r}",
            [Problem("mode", 'must be "form", or "url" with a `url`')],
        )
    if mode == "form":
        _check_form(members(params.get("requestedSchema")))
    return Elicitation(
        message=str(params.get("message", "")),
        mode=mode,
        schema=members(params.get("requestedSchema")),
        url=text(params.get("url")),
        params=params,
    )


def _check_form(schema: JsonObject) -> None:
    from ..core.schema.forms import CHOICES_SINCE, FormError, form

    try:
        form(schema, CHOICES_SINCE)
    except FormError as error:
        message = f"requestedSchema: {error}"
        raise ProtocolError(INVALID_PARAMS, message, method=ELICITATION) from None


def _read_answer(answer: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A handler's answer as an `ElicitResult` without content, and the content."""
    if isinstance(answer, Reply):
        return {"action": answer.value}, {}
    if isinstance(answer, Mapping):
        return {"action": "accept"}, plain(answer)
    result: dict[str, Any] = plain(answer)
    return result, result.pop("content", None) or {}


def _completed(content: dict[str, Any], schema: JsonObject) -> dict[str, Any]:
    """Form content with the form's defaults where the person said nothing."""
    fields = members(schema.get("properties"))
    completed = {
        name: content[name] if name in content else field["default"]
        for name, field in fields.items()
        if name in content or "default" in members(field)
    }
    return {**completed, **content}


def _problems(content: dict[str, Any], schema: JsonObject) -> list[Problem]:
    from ..core.schema.validator import InvalidSchema, SchemaValidator

    try:
        return SchemaValidator(schema).problems(content)
    except InvalidSchema:
        # A broken form is the server's fault; it judges the answer itself.
        return []


async def _ask(
    function: Callable[..., Any], *arguments: Any, in_loop: bool = False
) -> Any:
    """Calls a user's function; a plain one may block, so it gets a thread."""
    if in_loop or inspect.iscoroutinefunction(function):
        outcome = function(*arguments)
    else:
        outcome = await in_thread(function, *arguments)
    return await outcome if inspect.isawaitable(outcome) else outcome


def _root(root: Any) -> Any:
    """https://modelcontextprotocol.io/specification/2026-07-28/client/roots#root"""
    if isinstance(root, Path):
        path = root.resolve() if ".." in root.parts else root.absolute()
        return {"uri": path.as_uri(), "name": path.name}
    found = {"uri": root} if isinstance(root, str) else plain(root)
    if problem := _broken_root(found.get("uri")):
        from ..core.schema.validator import Problem

        raise InvalidArgumentsError("a root", [Problem("uri", problem)])
    return found


def _broken_root(uri: object) -> str | None:
    """What is wrong with a root's URI; `..` would lead out of the directory it names."""
    if not isinstance(uri, str) or not uri.startswith("file:///"):
        return f"must be a file:// URI, got {uri!r}"
    if ".." in re.split(r"[/\\]", unquote(uri)):
        return f"must be a file:// URI without `..`, got {uri!r}"
    return None


logger: Final = logging.getLogger(__name__)


class Events:
    """Routes notifications: progress to its call, the rest to callbacks.

    Attributes:
        calls: Where progress goes, by its token, while a call runs.
        listeners: Called with every notification.
    """

    def __init__(self, settings: Settings) -> None:
        self._on_log = settings.on_log
        self._on_notification = settings.on_notification
        self.calls: dict[int, tuple[ProgressCallback | None, Clock]] = {}
        self.listeners: list[Callable[[Notification], None]] = []

    async def receive(self, message: Mapping[str, Any]) -> None:
        """Takes a notification."""
        method = message.get("method")
        params = members(message.get("params"))
        if not isinstance(method, str):
            return
        if method == "notifications/progress":
            await self._progress(params)
        elif method == "notifications/message" and self._on_log is not None:
            level, name = str(params.get("level", "info")), text(params.get("logger"))
            await _tell(self._on_log, LogMessage(level, name, params.get("data")))
        notification = Notification(method, params)
        for listener in self.listeners:
            listener(notification)
        if self._on_notification is not None:
            await _tell(self._on_notification, notification)

    async def _progress(self, params: Mapping[str, Any]) -> None:
        token = integer(params.get("progressToken"))
        waiting = None if token is None else self.calls.get(token)
        if waiting is None:
            return
        callback, clock = waiting
        clock.heard()
        if callback is None:
            return
        progress, total = _number(params.get("progress")), _number(params.get("total"))
        if progress is not None:
            report = Progress(progress, total, text(params.get("message")))
            await _tell(callback, report)


async def _tell(callback: Callable[[Any], object], value: object) -> None:
    """Calls a user's function; where that can use the client, its loop goes on."""
    try:
        await _ask(callback, value, in_loop=not runs_here())
    except Exception:
        logger.exception("a callback of an MCP client failed")


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None
