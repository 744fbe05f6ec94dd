"""One prepared step per tool, prompt, resource and template: JSON in, `Answer` out.

All that can be made ready is made ready when the step is built: validator, model codec,
header rules, time limit. Knows no HTTP and no era beyond what `Context` has.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NoReturn, Protocol, TypeGuard, cast

from pydantic import BaseModel
from pydantic_core import from_json, to_json, to_jsonable_python

from ...core.catalog import Json, JsonObject
from ...core.errors import INTERNAL_ERROR, INVALID_PARAMS, ProtocolError
from ...core.headers import header_parameters
from ...core.jsonrpc import encode, whole
from ...core.model import Codec
from ...core.revision import Era
from ...core.schema.validator import SchemaValidator, describe
from ..handlers import content
from ..handlers.content import (
    Completions,
    Content,
    Contents,
    PromptReturn,
    ResourceNotFound,
    ResourceReturn,
    ToolError,
    ToolResult,
)
from ..handlers.invoke import (
    Call,
    HandlerTimeout,
    Threads,
    awaitable,
    contained,
    limited,
)

Handler = Callable[..., Any]

_log: Final = logging.getLogger("mcp.server")

MAX_COMPLETIONS = 100

_LOOKED_AT: Final = 256
"""Values of one result that are looked at before it is serialised."""
_PLAIN: Final = frozenset({str, int, float, bool, bytes, type(None)})

MAX_LOGGED_PROBLEMS: Final = 1_000
"""Problems of one invalid result that are logged."""
MAX_LOGGED_BYTES: Final = 100_000
"""Bytes of an invalid result that the log shows."""

_MODELS_LEARN_SINCE: Final = "2025-11-25"
"""The first revision that reports invalid arguments to the model, in a tool error:
https://modelcontextprotocol.io/specification/2025-11-25/server/tools#error-handling
Before it, "Invalid arguments" are a protocol error."""


@dataclass(slots=True, eq=False)
class Answer:
    """A result without its braces, such as `"tools":[]`, and the entries of its `_meta`."""

    members: bytes
    meta: Mapping[str, Json] | None = None
    is_error: bool = False

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Answer:
        """An answer from a result as JSON, such as `{"content": [...]}`."""
        members = {key: value for key, value in result.items() if key != "_meta"}
        return cls(
            encode(members)[1:-1], result.get("_meta"), result.get("isError") is True
        )

    @property
    def result(self) -> dict[str, Any]:
        """The result as JSON: a copy, made at each access."""
        result: dict[str, Any] = from_json(b"{%b}" % self.members)
        if self.meta is not None:
            result["_meta"] = dict(self.meta)
        return result


EMPTY = Answer(b"")


class Caller(Protocol):
    """What a step needs to know of a request's context; its handler gets the whole."""

    @property
    def era(self) -> Era:
        """The era of the request."""
        ...

    @property
    def protocol_version(self) -> str:
        """The protocol version of the request."""
        ...


class CallRequest(Protocol):
    """What calls of tools need of a `Request`."""

    @property
    def params(self) -> JsonObject:
        """The parameters."""
        ...

    @property
    def ctx(self) -> Caller:
        """The context that the handler gets."""
        ...


def arguments(params: JsonObject) -> JsonObject:
    """The arguments of a call; none at all are an empty object."""
    given = params.get("arguments")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ProtocolError(INVALID_PARAMS, "`arguments` must be an object")
    return given


def string(params: JsonObject, key: str) -> str:
    """A parameter that has to be a string.

    Raises:
        ProtocolError: It is missing, or something else.
    """
    value = params.get(key)
    if not isinstance(value, str):
        raise ProtocolError(INVALID_PARAMS, f"`{key}` must be a string")
    return value


class Step:
    """What all steps have.

    Attributes:
        definition: The entry of the catalogue.
        scopes: What callers need when the server authenticates.
        complete: Completions by argument or variable.
    """

    def __init__(
        self,
        definition: JsonObject,
        handler: Handler,
        threads: Threads,
        type_: Any = None,
        scopes: tuple[str, ...] = (),
        complete: Mapping[str, Call] | None = None,
    ) -> None:
        self.definition: Final = definition
        self.scopes: Final = scopes
        self.complete: Final = complete or {}
        self._call = awaitable(handler, threads)
        self._codec: Codec[Any] | None = None if type_ is None else Codec(type_)


def tools_call(
    steps: Mapping[str, ToolStep],
) -> Callable[[CallRequest], Awaitable[Answer]]:
    """`tools/call`, for the tools that `steps` has at the time of each call."""

    def call(request: CallRequest) -> Awaitable[Answer]:
        params = request.params
        name = params.get("name")
        step = steps.get(name) if isinstance(name, str) else None
        if step is None:
            name = string(params, "name")
            raise ProtocolError(INVALID_PARAMS, f"Unknown tool: {name}")
        return step.run(arguments(params), request.ctx)

    return call


class ToolStep(Step):
    """Calls one tool."""

    def __init__(
        self,
        definition: JsonObject,
        handler: Handler,
        threads: Threads,
        type_: Any = None,
        *,
        scopes: tuple[str, ...] = (),
        output_type: Any = None,
        timeout: float = 0.0,
    ) -> None:
        super().__init__(definition, handler, threads, type_, scopes=scopes)
        schema = cast(JsonObject, definition["inputSchema"])
        output = cast("JsonObject | None", definition.get("outputSchema"))
        self._name = str(definition["name"])
        self._timeout = timeout
        self._validator = SchemaValidator(schema)
        self._output = None if output is None else SchemaValidator(output)
        self._output_codec: Codec[Any] = Codec(
            Any if output_type is None else output_type
        )
        self.headers: Final = header_parameters(schema)
        """The arguments that clients repeat in HTTP headers."""

    async def run(self, arguments: JsonObject, ctx: Caller) -> Answer:
        """Validate, call, validate, serialise.

        Raises:
            ProtocolError: The handler asks for one, or its result is invalid; in
                older revisions also, the arguments are.
        """
        try:
            valid = self._validator.accepts(arguments)
        except ValueError:
            valid = False
        if not valid:
            return self._refused(arguments, ctx)
        args = arguments if self._codec is None else self._codec.build(arguments)
        try:
            work = contained(self._call(args, ctx))
            value = await (limited(work, self._timeout) if self._timeout else work)
        except ProtocolError:
            raise
        except Exception as error:
            return self._failure(error)
        try:
            refuse_generators(value)
            return self._answer(value, ctx)
        except ProtocolError:
            raise
        except Exception:
            _fail(f"tool {self._name!r} returned something that can't be sent")

    def _failure(self, error: Exception) -> Answer:
        """Of what is not for it, the model reads no more than that there was an error."""
        if isinstance(error, HandlerTimeout):
            error = ToolError(f"{self._name} did not finish within {error}.")
        if isinstance(error, ToolError):
            try:
                return tool_failure(error)
            except Exception as unsendable:
                error = unsendable
        _log.error("tool %r failed", self._name, exc_info=error)
        return tool_failure(
            ToolError(f"{self._name} failed because of an error in the server.")
        )

    def _refused(self, arguments: JsonObject, ctx: Caller) -> Answer:
        problems = self._validator.problems(arguments)
        if ctx.protocol_version >= _MODELS_LEARN_SINCE:
            return tool_failure(ToolError(f"Invalid arguments:\n{describe(problems)}"))
        raise ProtocolError(
            INVALID_PARAMS,
            f"Invalid arguments for {self._name!r}: {'; '.join(map(str, problems))}",
            {"problems": [{"path": p.path, "reason": p.reason} for p in problems]},
        )

    def _answer(self, value: Any, ctx: Caller) -> Answer:
        content, meta, is_error = None, None, False
        result: Any = value
        if isinstance(value, ToolResult):
            content, meta, is_error = result.content, result.meta, result.is_error
            value = result.structured
            if value is None and (is_error or self._output is None):
                return tool_answer(content, meta, is_error)
        elif self._output is None:
            return tool_answer(value)
        keep = True
        if self._output is not None:
            value = self._output_codec.dump(value)
            try:
                valid = self._output.accepts(value)
            except ValueError:
                # No schema admits lone surrogates, which are replaced before sending.
                valid = False
            if not valid:
                value = self._whole(self._output, value)
            # Only objects have a place in legacy revisions.
            keep = ctx.era == "modern" or isinstance(value, dict)
        return tool_answer(content, meta, is_error, encode(value), keep)

    def _whole(self, validator: SchemaValidator, instance: Any) -> Any:
        """A result with its surrogates replaced, which is valid then.

        Raises:
            ProtocolError: It is not; what is wrong is logged.
        """
        instance = whole(instance)
        if validator.is_valid(instance):
            return instance
        problems = validator.problems(instance, MAX_LOGGED_PROBLEMS)
        _log.error(
            "tool %r returned a result that its outputSchema refuses:\n%s\n%s",
            self._name,
            describe(problems),
            encode(instance)[:MAX_LOGGED_BYTES].decode(errors="replace"),
        )
        raise ProtocolError(INTERNAL_ERROR, "The tool returned an invalid result")


def refuse_generators(value: object) -> None:
    """Raise TypeError where a result is an iterator or has one among its first values.

    A generator may never end, and serialising it would take all memory. Models are not
    searched: their fields have been validated.
    """
    if BaseModel in type(value).__mro__:  # isinstance takes three times as long
        return
    waiting = [value]
    left = _LOOKED_AT
    while waiting and left:
        part = waiting.pop()
        kind = type(part)
        if kind in _PLAIN:
            continue
        left -= 1
        if kind is dict:
            waiting.extend(islice(cast("dict[object, object]", part).values(), left))
        elif kind is list or kind is tuple:
            waiting.extend(cast("list[object]", part)[:left])
        elif isinstance(part, ToolResult):
            result = cast("ToolResult[object]", part)
            waiting.extend((result.structured, result.content, result.meta))
        elif isinstance(part, Iterator):
            raise TypeError(
                "a handler returned a generator or another iterator; return a list of "
                "what it yields"
            )


def tool_failure(error: ToolError) -> Answer:
    """A tool's result with `isError`."""
    return tool_answer(error.content, error.meta, is_error=True)


def tool_answer(
    blocks: Content | None,
    meta: Mapping[str, Json] | None = None,
    is_error: bool = False,
    structured: bytes | None = None,
    keep_structured: bool = True,
) -> Answer:
    """A tool's result.

    Args:
        blocks: Content; None means the structured value's JSON as text, or nothing.
        meta: Entries of `_meta`.
        is_error: Whether the call failed.
        structured: The structured value as JSON, if there is one.
        keep_structured: False where the revision has no place for such a value.
    """
    if blocks is None and structured is not None:
        text = to_json(structured.decode())
        members = b'"content":[{"type":"text","text":%b}]' % text
    elif isinstance(blocks, str):
        members = b'"content":[{"type":"text","text":%b}]' % encode(blocks)
    else:
        members = b'"content":' + encode(content_blocks(blocks))
    if structured is not None and keep_structured:
        members += b',"structuredContent":' + structured
    if is_error:
        members += b',"isError":true'
    return Answer(members, meta, is_error)


class PromptStep(Step):
    """Makes one prompt."""

    async def run(self, arguments: JsonObject, ctx: Caller) -> Answer:
        """Check the arguments, call, serialise.

        Raises:
            ProtocolError: The arguments are wrong, or the handler failed.
        """
        name = self.definition["name"]
        problems = _argument_problems(self.definition, arguments)
        if problems:
            raise ProtocolError(
                INVALID_PARAMS,
                f"Invalid arguments for {name!r}: {'; '.join(problems)}",
            )
        with _failing(f"prompt {name!r} failed"):
            args = () if self._codec is None else (self._codec.build(arguments),)
            value = await contained(self._call(*args, ctx))
            refuse_generators(value)
            return prompt_answer(value, self.definition.get("description"))


def _is_entry(value: object) -> TypeGuard[JsonObject]:
    return isinstance(value, Mapping)


def _argument_problems(prompt: JsonObject, given: JsonObject) -> list[str]:
    declared = prompt.get("arguments")
    entries: Any = declared if isinstance(declared, list | tuple) else ()
    known: dict[str, JsonObject] = {
        str(each["name"]): each for each in entries if _is_entry(each)
    }
    problems = [
        f"argument {name!r} is required"
        for name, entry in known.items()
        if entry.get("required") is True and name not in given
    ]
    for name, value in given.items():
        if name not in known:
            problems.append(f"argument {name!r} is unknown")
        elif not isinstance(value, str):
            problems.append(f"argument {name!r} must be a string")
    return problems


class ResourceStep(Step):
    """Reads one resource, or the resources of one template."""

    async def run(
        self, uri: str, variables: Mapping[str, Any] | None, ctx: Caller
    ) -> Answer:
        """Call and serialise.

        Args:
            uri: What is read.
            variables: The template's values; None for a resource with a fixed URI.
            ctx: The request.

        Raises:
            ProtocolError: The handler asks for one, or failed.
            ResourceNotFound: The handler says that there is no such resource.
        """
        with _failing(f"resource {uri!r} can't be read"):
            args: tuple[Any, ...] = () if variables is None else (variables,)
            if args and self._codec is not None:
                args = (self._codec.build(variables),)
            value = await contained(self._call(*args, ctx))
            refuse_generators(value)
            return resource_answer(value, uri, self.definition)


async def run_completion(call: Call, value: str, ctx: Caller) -> Answer:
    """Complete one argument; ProtocolError where the handler failed."""
    with _failing("a completion failed"):
        return completion_answer(await contained(call(value, ctx)))


def fixed_completion(values: tuple[str, ...]) -> Call:
    """A completion that offers those of some values that begin with what is typed."""

    async def complete(value: str, _: Caller) -> list[str]:
        typed = value.casefold()
        return [entry for entry in values if entry.casefold().startswith(typed)]

    return complete


@contextmanager
def _failing(what: str) -> Generator[None, None, None]:
    """Turn what a handler raises into an error, where no result has a place for it."""
    try:
        yield
    except (ProtocolError, ResourceNotFound):
        raise
    except ToolError as error:
        # Of content blocks, the texts are sent.
        blocks: list[dict[str, Any]] = to_jsonable_python(
            content_blocks(error.content), by_alias=True
        )
        texts = [b["text"] for b in blocks if isinstance(b.get("text"), str)]
        message = "\n".join(texts) or str(error)
        raise ProtocolError(INTERNAL_ERROR, message) from None
    except Exception:
        _fail(what)


def _fail(what: str) -> NoReturn:
    """Log the current exception, and say no more than that something went wrong."""
    _log.exception("%s", what)
    raise ProtocolError(INTERNAL_ERROR, "Internal error") from None


def content_blocks(value: Content | None) -> list[Any]:
    """Content as a list of blocks."""
    if value is None:
        return []
    if _is_model_or_object(value):
        return [value]
    return [
        content.text(block) if isinstance(block, str) else _object(block)
        for block in ([value] if isinstance(value, str) else _sequence(value))
    ]


def prompt_answer(value: PromptReturn, description: Json) -> Answer:
    """The result of `prompts/get`.

    Args:
        value: What the handler returned.
        description: The definition's description, if it has one.
    """
    if _is_model_or_object(value):
        fields = _fields(value)
        if "messages" in fields:
            return Answer.of(fields)
        value = fields
    entries = [value] if isinstance(value, str | Mapping) else _sequence(value)
    result: dict[str, Any] = {"messages": [_prompt_message(each) for each in entries]}
    if isinstance(description, str):
        result["description"] = description
    return Answer.of(result)


def _prompt_message(entry: object) -> Any:
    """A message; text and a content block are the user's."""
    if isinstance(entry, str):
        return content.message(entry)
    given = _object(entry)
    return given if "role" in _fields(given) else content.message(given)


def resource_answer(value: ResourceReturn, uri: str, definition: JsonObject) -> Answer:
    """The result of `resources/read`; uri and mimeType come from where they are known."""
    if _is_model_or_object(value):
        fields = _fields(value)
        if "contents" in fields:
            return Answer.of(fields)
        value = fields
    one = isinstance(value, str | bytes | Contents | Mapping)
    entries = [value] if one else _sequence(value)
    return Answer.of({"contents": [_contents(e, uri, definition) for e in entries]})


def completion_answer(value: Sequence[str] | Completions) -> Answer:
    """The result of `completion/complete`, cut to what one answer may hold."""
    full = value if isinstance(value, Completions) else Completions(value)
    values = [str(entry) for entry in _sequence(full.values)]
    completion: dict[str, Json] = {"values": values[:MAX_COMPLETIONS]}
    total, more = full.total, full.has_more
    if len(values) > MAX_COMPLETIONS:
        total = len(values) if total is None else total
        more = True
    if total is not None:
        completion["total"] = total
    if more is not None:
        completion["hasMore"] = more
    return Answer.of({"completion": completion})


def _is_model_or_object(value: object) -> TypeGuard[BaseModel | Mapping[str, Json]]:
    """Whether a value is a JSON object or a model that stands for one."""
    return isinstance(value, BaseModel | Mapping)


def _object(value: object) -> BaseModel | Mapping[str, Json]:
    if _is_model_or_object(value):
        return value
    raise TypeError(f"a handler returned {type(value).__name__} where content belongs")


def _sequence(value: object) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return cast("Sequence[object]", value)
    raise TypeError(f"a handler returned {type(value).__name__}, which is no result")


def _fields(value: BaseModel | Mapping[str, Json]) -> dict[str, Any]:
    fields: dict[str, Any] = to_jsonable_python(value, by_alias=True)
    return fields


def _contents(entry: object, uri: str, definition: JsonObject) -> dict[str, Any]:
    mime_type = definition.get("mimeType")
    own_type = mime_type if isinstance(mime_type, str) else None
    if isinstance(entry, str | bytes):
        entry = Contents(entry)
    if isinstance(entry, Contents):
        fields = content.contents(
            entry.uri or uri, entry.body, entry.mime_type or own_type
        )
        if entry.meta is not None:
            fields["_meta"] = entry.meta
        return fields
    fields = _fields(_object(entry))
    fields.setdefault("uri", uri)
    if own_type is not None:
        fields.setdefault("mimeType", own_type)
    return fields
