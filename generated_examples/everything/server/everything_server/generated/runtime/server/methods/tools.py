"""`tools/call`, and one prepared step per tool: JSON in, `Answer` out.

All that can be made ready is made ready when the step is built: validator, model codec,
header rules, time limit. Knows no HTTP and no era beyond what `Context` has.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NoReturn, Protocol, cast

from ...core.catalog import JsonObject
from ...core.errors import INTERNAL_ERROR, INVALID_PARAMS, ProtocolError
from ...core.headers import HeaderParameter, header_parameters
from ...core.jsonrpc import encode, is_object, whole
from ...core.model import Codec
from ...core.revision import Era
from ...core.schema.validator import SchemaValidator, describe
from ..handlers.invoke import Call, HandlerTimeout, Threads, awaitable, limited
from ..handlers.results import ToolError
from .answer import (
    Answer,
    is_tool_result,
    refuse_generators,
    structured_answer,
    text_answer,
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
    """What a step needs to know of a request; its handler gets the whole of it."""

    @property
    def era(self) -> Era:
        """The era of the request."""
        ...

    @property
    def protocol_version(self) -> str:
        """The protocol version of the request."""
        ...


class Tools(Protocol):
    """The tools that there are now."""

    @property
    def steps(self) -> Mapping[str, ToolStep]:
        """The steps behind their names; another mapping after each change."""
        ...


def tools_call(tools: Tools) -> Callable[[JsonObject, Caller], Awaitable[Answer]]:
    """`tools/call`."""

    async def call(params: JsonObject, ctx: Caller) -> Answer:
        name = string(params, "name")
        step = tools.steps.get(name)
        if step is None:
            raise ProtocolError(INVALID_PARAMS, f"Unknown tool: {name}")
        return await step.run(arguments(params), ctx)

    return call


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


class ToolStep:
    """Calls one tool."""

    __slots__ = (
        "_call",
        "_input",
        "_name",
        "_output",
        "_output_codec",
        "_validator",
        "headers",
    )

    headers: tuple[HeaderParameter, ...]
    """The arguments that clients repeat in HTTP headers."""

    def __init__(
        self,
        definition: JsonObject,
        handler: Handler,
        threads: Threads,
        *,
        input_type: Any = None,
        output_type: Any = None,
        timeout: float = 0.0,
    ) -> None:
        schema = cast(JsonObject, definition["inputSchema"])
        output_schema = cast("JsonObject | None", definition.get("outputSchema"))
        self._name = str(definition["name"])
        self._call: Call = limited(awaitable(handler, threads), timeout)
        self._validator = SchemaValidator(schema)
        self._input: Codec[Any] | None = (
            None if input_type is None else Codec(input_type)
        )
        self._output = None if output_schema is None else SchemaValidator(output_schema)
        self._output_codec: Codec[Any] = Codec(
            Any if output_type is None else output_type
        )
        self.headers = header_parameters(schema)

    async def run(self, arguments: JsonObject, ctx: Caller) -> Answer:
        """Validate, call, validate, serialise.

        Raises:
            ProtocolError: The handler asks for one, or its result is invalid; in
                older revisions also, the arguments are.
        """
        if not self._validator.is_valid(arguments):
            return self._refused(arguments, ctx)
        args = arguments if self._input is None else self._input.build(arguments)
        try:
            value = await self._call(args, ctx)
        except ToolError as error:
            try:
                return tool_failure(error)
            except Exception:
                return self._failed()
        except ProtocolError:
            raise
        except HandlerTimeout as error:
            return tool_failure(
                ToolError(f"{self._name} did not finish within {error}.")
            )
        except Exception:
            return self._failed()
        try:
            refuse_generators(value)
            if self._output is None:
                return _unstructured(value)
            return self._structured(self._output, value, ctx)
        except ProtocolError:
            raise
        except Exception:
            fail(f"tool {self._name!r} returned something that can't be sent")

    def _failed(self) -> Answer:
        """Log the current exception; the model reads no more than that there was one."""
        _log.exception("tool %r failed", self._name)
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

    def _structured(
        self, validator: SchemaValidator, value: Any, ctx: Caller
    ) -> Answer:
        content, meta, is_error = None, None, False
        if is_tool_result(value):
            content, meta, is_error = value.content, value.meta, value.is_error
            value = value.structured
            if is_error and value is None:
                return tool_answer(content, meta, is_error)
        instance = self._output_codec.dump(value)
        if not validator.is_valid(instance):
            # No schema admits lone surrogates, which are replaced before they are sent.
            instance = self._whole(validator, instance)
        # Only objects have a place in legacy revisions.
        keep = ctx.era == "modern" or isinstance(instance, dict)
        return structured_answer(encode(instance), content, meta, is_error, keep)


def _unstructured(value: Any) -> Answer:
    if isinstance(value, str):
        return text_answer(value)
    if is_tool_result(value):
        if value.structured is None:
            return tool_answer(value.content, value.meta, value.is_error)
        structured = encode(value.structured)
        return structured_answer(
            structured, value.content, value.meta, value.is_error, keep_structured=True
        )
    return tool_answer(value, None, is_error=False)


def fail(what: str) -> NoReturn:
    """Log the current exception, and say no more than that something went wrong."""
    _log.exception("%s", what)
    raise ProtocolError(INTERNAL_ERROR, "Internal error") from None
