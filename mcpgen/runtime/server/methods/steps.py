"""One prepared step per tool, prompt, resource and template: JSON in, `Answer` out.

All that can be made ready is made ready when the step is built: validator, model codec,
header rules, time limit. Knows no HTTP and no era beyond what `Context` tells.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, Protocol, cast

from pydantic_core import to_jsonable_python

from ...core.catalog import JsonObject
from ...core.errors import INTERNAL_ERROR, INVALID_PARAMS, ProtocolError
from ...core.headers import HeaderParameter, header_parameters
from ...core.jsonrpc import encode, whole
from ...core.model import Codec
from ...core.revision import Era
from ...core.schema.validator import SchemaValidator, describe
from ..handlers.invoke import Call, HandlerTimeout, Threads, awaitable, limited
from ..handlers.results import (
    ResourceNotFound,
    ToolError,
    is_tool_result,
    refuse_generators,
)
from .answer import (
    Answer,
    completion_answer,
    content_blocks,
    prompt_answer,
    resource_answer,
    structured_answer,
    text_answer,
    tool_answer,
    tool_failure,
)

Handler = Callable[..., Any]

_log: Final = logging.getLogger("mcp.server")

MAX_LOGGED_PROBLEMS: Final = 1_000
"""Problems of one invalid result that the log tells."""
MAX_LOGGED_BYTES: Final = 100_000
"""Bytes of an invalid result that the log shows."""

_MODELS_LEARN_SINCE: Final = "2025-11-25"
"""The first revision that wants invalid arguments told to the model, in a tool error:
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
            _fail(f"tool {self._name!r} returned something that can't be sent")

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


class PromptStep:
    """Makes one prompt."""

    __slots__ = ("_call", "_codec", "_definition", "_known", "_required", "complete")

    complete: Mapping[str, Call]
    """Completion by argument."""

    def __init__(
        self,
        definition: JsonObject,
        handler: Handler,
        threads: Threads,
        *,
        arguments_type: Any = None,
        complete: Mapping[str, Call] | None = None,
    ) -> None:
        self._definition = definition
        self._call = awaitable(handler, threads)
        self._codec: Codec[Any] | None = (
            None if arguments_type is None else Codec(arguments_type)
        )
        declared = definition.get("arguments")
        entries = declared if isinstance(declared, list | tuple) else ()
        names = [entry for entry in entries if isinstance(entry, Mapping)]
        self._known = frozenset(str(entry["name"]) for entry in names)
        self._required = [str(e["name"]) for e in names if e.get("required") is True]
        self.complete = complete or {}

    async def run(self, arguments: JsonObject, ctx: Caller) -> Answer:
        """Check the arguments, call, serialise.

        Raises:
            ProtocolError: The arguments are wrong, or the handler failed.
        """
        self._check(arguments)
        try:
            if self._codec is not None:
                value = await self._call(self._codec.build(arguments), ctx)
            else:
                value = await self._call(ctx)
            refuse_generators(value)
            return prompt_answer(value, self._definition.get("description"))
        except ProtocolError:
            raise
        except ToolError as error:
            raise _reported(error) from None
        except Exception:
            _fail(f"prompt {self._definition['name']!r} failed")

    def _check(self, arguments: JsonObject) -> None:
        problems = [
            f"argument {name!r} is required"
            for name in self._required
            if name not in arguments
        ]
        for name, value in arguments.items():
            if name not in self._known:
                problems.append(f"argument {name!r} is unknown")
            elif not isinstance(value, str):
                problems.append(f"argument {name!r} must be a string")
        if problems:
            which = self._definition["name"]
            raise ProtocolError(
                INVALID_PARAMS,
                f"Invalid arguments for {which!r}: {'; '.join(problems)}",
            )


class ResourceStep:
    """Reads one resource, or the resources of one template."""

    __slots__ = ("_call", "_codec", "_definition", "complete")

    complete: Mapping[str, Call]
    """Completion by variable."""

    def __init__(
        self,
        definition: JsonObject,
        handler: Handler,
        threads: Threads,
        *,
        variables_type: Any = None,
        complete: Mapping[str, Call] | None = None,
    ) -> None:
        self._definition = definition
        self._call = awaitable(handler, threads)
        self._codec: Codec[Any] | None = (
            None if variables_type is None else Codec(variables_type)
        )
        self.complete = complete or {}

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
        try:
            if variables is None:
                value = await self._call(ctx)
            elif self._codec is None:
                value = await self._call(variables, ctx)
            else:
                value = await self._call(self._codec.build(variables), ctx)
            refuse_generators(value)
            return resource_answer(value, uri, self._definition)
        except (ProtocolError, ResourceNotFound):
            raise
        except ToolError as error:
            raise _reported(error) from None
        except Exception:
            _fail(f"resource {uri!r} can't be read")


async def run_completion(call: Call, value: str, ctx: Caller) -> Answer:
    """Complete one argument; ProtocolError where the handler failed."""
    try:
        return completion_answer(await call(value, ctx))
    except ProtocolError:
        raise
    except ToolError as error:
        raise _reported(error) from None
    except Exception:
        _fail("a completion failed")


def fixed_completion(values: tuple[str, ...]) -> Call:
    """A completion that offers those of some values that begin with what is typed."""

    async def complete(value: str, _: Caller) -> list[str]:
        typed = value.casefold()
        return [entry for entry in values if entry.casefold().startswith(typed)]

    return complete


def _reported(error: ToolError) -> ProtocolError:
    """What a handler says went wrong, where there is no result to put it into.

    Of content blocks, the texts are sent.
    """
    blocks: list[dict[str, Any]] = to_jsonable_python(
        content_blocks(error.content), by_alias=True
    )
    texts = [b["text"] for b in blocks if isinstance(b.get("text"), str)]
    return ProtocolError(INTERNAL_ERROR, "\n".join(texts) or str(error))


def _fail(what: str) -> NoReturn:
    """Log the current exception, and say no more than that something went wrong."""
    _log.exception("%s", what)
    raise ProtocolError(INTERNAL_ERROR, "Internal error") from None
