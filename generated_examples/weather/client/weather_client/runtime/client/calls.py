"""A call as data: what is asked of the server, and how a tool's result is read.

Knows neither connections nor eras.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    TypeAlias,
    TypedDict,
    TypeGuard,
    TypeVar,
    cast,
    overload,
)

from pydantic_core import ValidationError, from_json, to_json, to_jsonable_python

from ..core.catalog import Json, JsonObject
from ..core.headers import (
    NAMED_BY,
    HeaderParameter,
    header_parameters,
    parameter_headers,
)
from .errors import ClientError, InvalidArgumentsError, InvalidResultError
from .incoming import is_list, members
from .options import CallSettings, Omit

if TYPE_CHECKING:
    from typing import Unpack

    from ..core.model import Codec
    from ..core.schema.validator import Problem, SchemaValidator
    from ..protocol.types import CallToolResult, ContentBlock

T = TypeVar("T")
Note: TypeAlias = Callable[[str, str], object]


def _ignore(deviation: str, detail: str) -> None:
    """Nobody wants to know."""


NO_OPTIONS: Final = CallSettings()


class RequestChanges(TypedDict, total=False):
    """What `Request.replace` takes."""

    method: str
    params: Mapping[str, Any]
    repeatable: bool
    options: CallSettings


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the server, as middleware sees it.

    Attributes:
        method: The method, such as `tools/call`.
        params: The parameters; keys of a `_meta` among them are added to the request's.
        repeatable: Whether it may be sent again although the server may have seen it.
        options: What the caller has set for this call.
        mirrored: The arguments that are sent as `Mcp-Param-*` headers, too.
    """

    method: str
    params: Mapping[str, Any]
    repeatable: bool = False
    options: CallSettings = NO_OPTIONS
    mirrored: tuple[HeaderParameter, ...] = ()

    @property
    def name(self) -> str | None:
        """The wire name of the tool or prompt, or the URI of the resource."""
        key = NAMED_BY.get(self.method)
        return None if key is None else self.params.get(key)

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers: those of the call's options, and the `Mcp-Param-*` ones."""
        if not self.mirrored:
            return self.options.headers
        arguments = members(self.params.get("arguments"))
        return {**self.options.headers, **parameter_headers(self.mirrored, arguments)}

    def message(self, request_id: int, meta: Mapping[str, Any]) -> dict[str, Any]:
        """The request as it travels, with what its `_meta` holds besides its own."""
        params = self.params
        meta = {**meta, **self.options.meta, **params.get("_meta", {})}
        if self.method == "tools/call" or self.options.progress is not None:
            # A report of progress shows that a tool's call is alive.
            meta["progressToken"] = request_id
        return {
            "jsonrpc": "2.0",
            "id": request_id,
            "method": self.method,
            "params": {**params, "_meta": meta} if meta else params,
        }

    def replace(self, **changes: Unpack[RequestChanges]) -> Request:
        """The same request with other parts, such as `params=`."""
        return dataclasses.replace(self, **changes)


class ToolError(ClientError):
    """The tool ran and reports that it failed (`isError`); its words are for people.

    Attributes:
        tool: The tool's wire name.
        message: The texts of the result, joined by newlines.
        structured: The result's `structuredContent`, None where there is none.
        result: The whole result as it came.
    """

    def __init__(self, tool: str, result: Mapping[str, Any]) -> None:
        self.tool = tool
        self.result = result
        self.structured: Json = result.get("structuredContent")
        self.message = _text_of(result.get("content")) or "the tool gave no reason"
        super().__init__(f"{tool}: {self.message}")

    @property
    def content(self) -> Sequence[ContentBlock]:
        """The result's content blocks.

        Raises:
            InvalidResultError: There is a block that the protocol does not have.
        """
        return whole_result(self.tool, self.result).content


class ToolCall(Generic[T]):
    """A tool as a client calls it: its definition, and the type of its result.

    Schemas are compiled at the first call.

    Attributes:
        definition: The tool as the manifest or the server has it.
        name: Its wire name.
    """

    @classmethod
    def unchecked(cls, definition: JsonObject) -> ToolCall[CallToolResult]:
        """A tool that only the live server describes, which judges arguments itself.

        Its annotations decide nothing: nobody looked at them.
        https://modelcontextprotocol.io/specification/2026-07-28/server/tools#tool
        """
        call = ToolCall(definition)
        call._trusted = False
        call._input = _Check(None)
        return call

    @overload
    def __init__(
        self: ToolCall[CallToolResult], definition: JsonObject, output: None = None
    ) -> None: ...

    @overload
    def __init__(self, definition: JsonObject, output: type[T] | Codec[T]) -> None: ...

    def __init__(
        self, definition: JsonObject, output: type[Any] | Codec[Any] | None = None
    ) -> None:
        """A call of a tool.

        Args:
            definition: The tool.
            output: The type of `structuredContent`; without it, calls give the whole
                `CallToolResult`. A codec stands for a type that is no class.
        """
        self.definition = definition
        self.name = str(definition["name"])
        self._codec: Codec[Any] | None = None if output is None else _codec(output)
        self._input = _Check(definition.get("inputSchema"))
        self._output = _Check(definition.get("outputSchema"))
        self._headers: tuple[HeaderParameter, ...] | None = None
        self._trusted = True

    def request(self, arguments: Mapping[str, Any], options: CallSettings) -> Request:
        """The request for a call with arguments that are JSON already."""
        if self._headers is None:
            self._headers = header_parameters(self.definition.get("inputSchema"))
        return Request(
            "tools/call",
            {"name": self.name, "arguments": arguments},
            self._is_repeatable(),
            options,
            self._headers,
        )

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as JSON values, without the omitted ones.

        Raises:
            InvalidArgumentsError: They break the tool's `inputSchema`.
        """
        values: dict[str, Any] = plain(given(arguments))
        if problems := self._input.problems(values):
            raise InvalidArgumentsError(f"arguments of {self.name}", problems)
        return values

    def read(self, result: Mapping[str, Any], note: Note = _ignore) -> T:
        """The typed value of a result.

        Args:
            result: The result.
            note: Called with a deviation from the protocol that is accepted.

        Raises:
            ToolError: The tool failed.
            InvalidResultError: The result is not what the tool promises.
        """
        if result.get("isError") is True:
            raise ToolError(self.name, result)
        if self._codec is None:
            # Without a codec, the overloads make T CallToolResult.
            return cast("T", self._whole(result, note))
        value = self._structured(result, note)
        self._check_output(value, result, note)
        try:
            found: T = self._codec.build(value)
        except ValidationError as error:
            raise invalid_result(self.name, error, result) from None
        return found

    def _whole(self, result: Mapping[str, Any], note: Note) -> CallToolResult:
        if self._has_structured(result, note):
            self._check_output(result["structuredContent"], result, note)
        return whole_result(self.name, result, note)

    def _has_structured(self, result: Mapping[str, Any], note: Note) -> bool:
        """Whether there is `structuredContent`; null is some only if the schema admits it."""
        if result.get("structuredContent") is not None:
            return True
        if "structuredContent" not in result:
            return False
        if self._is_typed and not self._output.problems(None):
            return True
        note("null for `structuredContent` counts as absent", self.name)
        return False

    def _structured(self, result: Mapping[str, Any], note: Note) -> Any:
        if self._has_structured(result, note):
            return result["structuredContent"]
        # Revisions before 2025-06-18 have only text, which then holds the JSON.
        content = result.get("content")
        if is_list(content) and len(content) == 1:
            text = members(content[0]).get("text")
            if isinstance(text, str):
                try:
                    return from_json(text, allow_inf_nan=False)
                except ValueError:
                    pass
        raise invalid_result(self.name, "structuredContent is missing", result)

    @property
    def _is_typed(self) -> bool:
        return isinstance(self.definition.get("outputSchema"), Mapping)

    def _check_output(
        self, value: object, result: Mapping[str, Any], note: Note
    ) -> None:
        if not self._trusted and (reason := self._output.unusable):
            # Only the live server has this schema; its result is worth more.
            note("an `outputSchema` that can't be used is ignored", reason)
            return
        if problems := self._output.problems(value):
            raise InvalidResultError(f"result of {self.name}", problems, result)

    def _is_repeatable(self) -> bool:
        """Whether the manifest's tool says that a second call does no harm."""
        annotations = self.definition.get("annotations") if self._trusted else None
        return isinstance(annotations, Mapping) and (
            annotations.get("readOnlyHint") is True
            or annotations.get("idempotentHint") is True
        )


class _Check:
    """A JSON Schema that is compiled when it is first needed; None admits all."""

    def __init__(self, schema: object) -> None:
        self._schema: JsonObject | None = (
            cast("JsonObject", schema) if isinstance(schema, Mapping) else None
        )

    @cached_property
    def _validator(self) -> SchemaValidator:
        from ..core.schema.validator import SchemaValidator

        return SchemaValidator(self._schema or {})

    @cached_property
    def _is_valid(self) -> Callable[[object], bool]:
        return self._validator.compile().is_valid

    @cached_property
    def unusable(self) -> str:
        """Why the schema can't be used; empty where it can, or where there is none."""
        try:
            if self._schema is not None:
                _ = self._is_valid
        except ValueError as error:
            return str(error)
        return ""

    def problems(self, value: object) -> list[Problem]:
        if self._schema is None:
            return []
        if self.unusable:
            from ..core.schema.validator import Problem

            reason = f"the tool's JSON Schema can't be used: {self.unusable}"
            return [Problem("", reason)]
        try:
            if self._is_valid(value):
                return []
        except ValueError:
            # It is no JSON value, which is the problem.
            pass
        return self._validator.problems(value)


def _codec(output: type[Any] | Codec[Any]) -> Codec[Any]:
    # Pydantic's classes take a third of a client's import; the first call can wait.
    from ..core.model import Codec

    return output if isinstance(output, Codec) else Codec(output)


_CODECS: dict[type[Any], Codec[Any]] = {}


def decoded(kind: type[T], value: object, subject: str) -> T:
    """A typed value of the protocol.

    Raises:
        InvalidResultError: The value does not have the type's form.
    """
    codec = _CODECS.get(kind)
    if codec is None:
        codec = _CODECS[kind] = _codec(kind)
    try:
        found: T = codec.build(value)
    except ValidationError as error:
        raise invalid_result(subject, error, value) from None
    return found


def whole_result(
    tool: str, result: Mapping[str, Any], note: Note = _ignore
) -> CallToolResult:
    """A tool's whole result; without `content`, it has none.

    Raises:
        InvalidResultError: It does not have the protocol's form.
    """
    from ..protocol.types import CallToolResult

    read: Mapping[str, Any] = result
    if result.get("content") is None:
        note("a result without `content` counts as one with none", tool)
        read = {**result, "content": []}
    try:
        return decoded(CallToolResult, read, tool)
    except InvalidResultError as error:
        error.result = result
        raise


def invalid_result(
    subject: str, reason: str | ValidationError, result: object
) -> InvalidResultError:
    """The error for a result that can't be read."""
    from ..core.schema.validator import Problem, pointer

    if isinstance(reason, str):
        return InvalidResultError(f"result of {subject}", [Problem("", reason)], result)
    problems = [
        Problem(pointer(error["loc"]), error["msg"])
        for error in reason.errors(include_url=False, include_input=False)
    ]
    return InvalidResultError(f"result of {subject}", problems, result)


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are not omitted."""
    return {key: value for key, value in arguments.items() if value is not Omit.OMIT}


_SCALARS = frozenset([str, int, float, bool, type(None)])


def plain(value: Any) -> Any:
    """A value as JSON has it: models are dumped exactly, containers copied."""
    if type(value) in _SCALARS:
        return value
    if type(value) is dict or isinstance(value, Mapping):
        found = cast("Mapping[str, Any]", value)
        return {key: plain(item) for key, item in found.items()}
    if _is_sequence(value):
        return [plain(item) for item in value]
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(
            mode="json", by_alias=True, exclude_unset=True, warnings=False
        )
    return to_jsonable_python(value, by_alias=True)


def _is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    is_text = isinstance(value, str | bytes | bytearray)
    return isinstance(value, Sequence) and not is_text


def to_strings(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Prompt arguments, which are all strings on the wire."""
    return {
        key: value if isinstance(value, str) else to_json(plain(value)).decode()
        for key, value in arguments.items()
        if value is not None
    }


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not is_list(content):
        return ""
    return "\n".join(
        text for block in content if isinstance(text := members(block).get("text"), str)
    )
