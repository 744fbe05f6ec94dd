"""One prepared step per tool, prompt, resource and template: JSON in, `Answer` out.

All that can be made ready is made ready when the step is built: validator, model codec,
header rules, time limit. Knows no HTTP and no era beyond what `Context` has.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn, Protocol, cast

from pydantic_core import to_jsonable_python

from ...core.catalog import JsonObject
from ...core.errors import INTERNAL_ERROR, INVALID_PARAMS, ProtocolError
from ...core.headers import header_parameters
from ...core.jsonrpc import encode, is_object, whole
from ...core.model import Codec
from ...core.revision import Era
from ...core.schema.validator import SchemaValidator, describe
from ..handlers.content import ResourceNotFound, ToolError, ToolResult
from ..handlers.invoke import (
    Call,
    HandlerTimeout,
    Threads,
    awaitable,
    contained,
    limited,
)
from .answer import (
    Answer,
    completion_answer,
    content_blocks,
    prompt_answer,
    refuse_generators,
    resource_answer,
    tool_answer,
    tool_failure,
)

Handler = Callable[..., Any]

_log: Final = logging.getLogger("mcp.server")

MAX_LOGGED_PROBLEMS: Final = 1_000
"""Problems of one invalid result that are logged."""
MAX_LOGGED_BYTES: Final = 100_000
"""Bytes of an invalid result that the log shows."""

_MODELS_LEARN_SINCE: Final = "2025-11-25"
"""The first revision that reports invalid arguments to the model, in a tool error:
https://modelcontextprotocol.io/specification/2025-11-25/server/tools#error-handling
Before it, "Invalid arguments" are a protocol error."""


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
    if not is_object(given):
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
        if not self._validator.is_valid(arguments):
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
            if not self._output.is_valid(value):
                # No schema admits lone surrogates, which are replaced before sending.
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


def _argument_problems(prompt: JsonObject, given: JsonObject) -> list[str]:
    declared = prompt.get("arguments")
    entries: Any = declared if isinstance(declared, list | tuple) else ()
    known: dict[str, JsonObject] = {str(each["name"]): each for each in entries}
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
