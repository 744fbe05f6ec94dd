"""One prepared step per prompt, resource and template: JSON in, `Answer` out.

All that can be made ready is made ready when the step is built. Knows no HTTP and no era.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from ...core.catalog import JsonObject
from ...core.errors import INTERNAL_ERROR, INVALID_PARAMS, ProtocolError
from ...core.model import Codec
from ..handlers.invoke import Call, Threads, awaitable
from ..handlers.results import ResourceNotFound, ToolError
from .answer import (
    Answer,
    completion_answer,
    content_blocks,
    prompt_answer,
    refuse_generators,
    resource_answer,
)
from .tools import Caller, Handler, fail


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
            fail(f"prompt {self._definition['name']!r} failed")

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
            fail(f"resource {uri!r} can't be read")


async def run_completion(call: Call, value: str, ctx: Caller) -> Answer:
    """Complete one argument; ProtocolError where the handler failed."""
    try:
        return completion_answer(await call(value, ctx))
    except ProtocolError:
        raise
    except ToolError as error:
        raise _reported(error) from None
    except Exception:
        fail("a completion failed")


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
