"""What a handler can ask of the client: elicitation, sampling, roots.

Each question knows its wire form and how to read its answer; how it travels (a server
request in the legacy era, an input request in the modern one) is the era's affair.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from secrets import token_urlsafe
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    cast,
)
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from ...core.catalog import Json, JsonObject
from ...core.errors import both
from ...core.schema.forms import CHOICES_SINCE as FORMS
from ...core.schema.forms import form
from ...core.schema.validator import SchemaValidator, describe

_URL_MODE_SINCE: Final = "2025-11-25"
_NEWEST: Final = "9999-99-99"
"""Stands for the newest revision, whichever it is."""
_CONTEXT_SINCE: Final = "2025-11-25"
"""The first version whose clients declare `sampling.context`."""

Lacking: TypeAlias = dict[str, Json] | None
"""Capabilities that a client lacks, as `ClientCapabilities`."""

A = TypeVar("A")
C = TypeVar("C")


class AnswerRefused(ValueError):
    """The client's answer does not fit the question."""


class Question(ABC, Generic[A]):
    """A request to the client; `A` is the type of its answer."""

    method: ClassVar[str]

    @abstractmethod
    def missing(self, capabilities: JsonObject, version: str = _NEWEST) -> Lacking:
        """What a client lacks to be asked this; None if nothing."""

    @abstractmethod
    def params(self, version: str) -> dict[str, Json]:
        """The request's parameters, as a protocol version has them."""

    @abstractmethod
    def read(self, answer: JsonObject) -> A:
        """The typed answer.

        Raises:
            AnswerRefused: It does not fit what was asked.
        """


def missing_of(questions: Iterable[Question[Any]], client: Client) -> dict[str, Json]:
    """What a client lacks to be asked all of some questions."""
    lacking: dict[str, Json] = {}
    for question in questions:
        missing = question.missing(client.capabilities, client.version)
        lacking = both(lacking, missing)
    return lacking


class InputRequired(BaseException):
    """Ends a handler that waits for the client, in the modern era.

    Not an `Exception`, so that no handler takes it for a failure.
    """

    def __init__(self, questions: Mapping[str, Question[Any]]) -> None:
        super().__init__("the client must answer first")
        self.questions = questions


class Client(NamedTuple):
    """Who sent a request.

    Attributes:
        version: The protocol version that it speaks.
        info: Its `Implementation` object; empty when it did not introduce itself.
        capabilities: What it can do, as it declared.
    """

    version: str
    info: JsonObject
    capabilities: JsonObject


@dataclass(frozen=True, slots=True)
class Elicitation(Generic[C]):
    """A person's answer.

    Attributes:
        action: "accept", "decline", or "cancel" when the person closed the dialogue.
        content: What was filled in; None unless the form was accepted.
    """

    action: Literal["accept", "decline", "cancel"]
    content: C | None = None

    @property
    def accepted(self) -> bool:
        """Whether the person agreed."""
        return self.action == "accept"


def _elicitation(answer: JsonObject) -> Literal["accept", "decline", "cancel"]:
    action = answer.get("action")
    if action not in ("accept", "decline", "cancel"):
        raise AnswerRefused("`action` must be accept, decline or cancel")
    return action


@dataclass(frozen=True)
class Elicit(Question[Elicitation[C]]):
    """Ask a person to fill in a form.

    Attributes:
        message: What is asked, for the person.
        schema: The form: a flat object schema, or a pydantic model with flat fields:
            strings, numbers, booleans, one of several strings (`Literal`, `Enum`), or a
            list of such. A field that may be None is optional.

    Raises:
        FormError: It cannot be expressed as a form; the message names the field.
    """

    method = "elicitation/create"

    message: str
    schema: JsonObject | type[C]

    def __post_init__(self) -> None:
        form(self._json_schema, FORMS)

    @cached_property
    def _json_schema(self) -> JsonObject:
        if isinstance(self.schema, Mapping):
            return self.schema
        return _schema_of_model(cast("type[BaseModel]", self.schema))

    def missing(self, capabilities: JsonObject, version: str = _NEWEST) -> Lacking:
        declared = capabilities.get("elicitation")
        # An empty object means forms, as it did before there were URLs.
        if isinstance(declared, Mapping) and ("form" in declared or not declared):
            return None
        return {"elicitation": {} if declared is None else {"form": {}}}

    def params(self, version: str) -> dict[str, Json]:
        mode: dict[str, Json] = {"mode": "form"} if version >= _URL_MODE_SINCE else {}
        wanted = form(self._json_schema, version)
        return {**mode, "message": self.message, "requestedSchema": wanted}

    def read(self, answer: JsonObject) -> Elicitation[C]:
        action = _elicitation(answer)
        if action != "accept":
            return Elicitation(action)
        content: Json = answer.get("content")
        if content is None and not self._json_schema.get("properties"):
            content = {}  # a confirmation: nothing was to be filled in
        if not isinstance(content, Mapping):
            raise AnswerRefused("an accepted form needs `content`")
        problems = SchemaValidator(self._json_schema).problems(content)
        if problems:
            raise AnswerRefused(describe(problems))
        filled: Any = dict(content)
        if isinstance(self.schema, type) and issubclass(self.schema, BaseModel):
            try:
                # The validators of the model itself count, too.
                filled = self.schema.model_validate(content)
            except ValidationError as error:
                raise AnswerRefused(str(error)) from None
        return Elicitation(action, filled)


@dataclass(frozen=True)
class ElicitURL(Question[Elicitation[None]]):
    """Ask a person to open a page, for what must not pass through the client.

    Attributes:
        message: Why, for the person.
        url: The page.
        elicitation_id: Names the page in `notifications/elicitation/complete`; see
            `Session.elicitation_complete` (2025-11-25 only).

    Raises:
        ValueError: The page has no absolute http or https URL.
    """

    method = "elicitation/create"

    message: str
    url: str
    elicitation_id: str = field(default_factory=lambda: token_urlsafe(16))

    def __post_init__(self) -> None:
        if not _is_page(self.url):
            raise ValueError(f"{self.url[:100]!r} is no URL that a browser can open")

    def missing(self, capabilities: JsonObject, version: str = _NEWEST) -> Lacking:
        declared = capabilities.get("elicitation")
        if isinstance(declared, Mapping) and "url" in declared:
            return None
        return {"elicitation": {"url": {}}}

    def params(self, version: str) -> dict[str, Json]:
        params: dict[str, Json] = {
            "mode": "url",
            "message": self.message,
            "url": self.url,
        }
        if version == _URL_MODE_SINCE:
            params["elicitationId"] = self.elicitation_id
        return params

    def read(self, answer: JsonObject) -> Elicitation[None]:
        return Elicitation(_elicitation(answer))


@dataclass(frozen=True, slots=True)
class Sample:
    """What a model said.

    Attributes:
        content: Content blocks as JSON, at least one.
        model: The model that answered.
        role: Who speaks; "assistant" as a rule.
        stop_reason: Why the model stopped, when the client says so.
    """

    content: tuple[JsonObject, ...]
    model: str
    role: str
    stop_reason: str | None = None

    @property
    def text(self) -> str:
        """The text of all text blocks."""
        texts = (block.get("text") for block in self.content)
        return "".join(text for text in texts if isinstance(text, str))


@dataclass(frozen=True)
class CreateMessage(Question[Sample]):
    """Ask the client's model.

    Attributes:
        messages: A user message's text, or `SamplingMessage` objects as JSON.
        max_tokens: The most tokens to generate.
        options: Further parameters by their wire names, such as `systemPrompt`,
            `modelPreferences`, `temperature`, `tools`.

    Raises:
        ValueError: A message lacks its role or content, a `tool_use` lacks its `tool_result`
            in the message after it, or a message has something else beside results.
    """

    method = "sampling/createMessage"

    messages: str | Sequence[JsonObject]
    max_tokens: int
    options: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def __post_init__(self) -> None:
        if not isinstance(self.messages, str):
            _check_conversation(self.messages)

    def missing(self, capabilities: JsonObject, version: str = _NEWEST) -> Lacking:
        declared = capabilities.get("sampling")
        if not isinstance(declared, Mapping):
            return {"sampling": {}}
        uses_tools = "tools" in self.options or "toolChoice" in self.options
        if uses_tools and "tools" not in declared:
            return {"sampling": {"tools": {}}}
        uses_context = self.options.get("includeContext", "none") != "none"
        if uses_context and "context" not in declared and version >= _CONTEXT_SINCE:
            return {"sampling": {"context": {}}}
        return None

    def params(self, version: str) -> dict[str, Json]:
        messages: Json
        if isinstance(self.messages, str):
            block = {"type": "text", "text": self.messages}
            messages = [{"role": "user", "content": block}]
        else:
            messages = list(self.messages)
        return {"messages": messages, "maxTokens": self.max_tokens, **self.options}

    def read(self, answer: JsonObject) -> Sample:
        content = answer.get("content")
        blocks = [content] if isinstance(content, Mapping) else content
        model, role = answer.get("model"), answer.get("role")
        stop = answer.get("stopReason")
        if not isinstance(blocks, list) or not all(
            isinstance(block, Mapping) for block in blocks
        ):
            raise AnswerRefused("`content` must be a content block or a list of them")
        if not isinstance(model, str) or not isinstance(role, str):
            raise AnswerRefused("`model` and `role` must be strings")
        return Sample(
            tuple(cast("list[JsonObject]", blocks)),
            model,
            role,
            stop if isinstance(stop, str) else None,
        )


@dataclass(frozen=True, slots=True)
class Root:
    """A directory or file that the client opens to the server."""

    uri: str
    name: str | None = None


@dataclass(frozen=True)
class ListRoots(Question[tuple[Root, ...]]):
    """Ask for the client's roots."""

    method = "roots/list"

    def missing(self, capabilities: JsonObject, version: str = _NEWEST) -> Lacking:
        return None if "roots" in capabilities else {"roots": {}}

    def params(self, version: str) -> dict[str, Json]:
        return {}

    def read(self, answer: JsonObject) -> tuple[Root, ...]:
        roots = answer.get("roots")
        if not isinstance(roots, list):
            raise AnswerRefused("`roots` must be a list")
        found: list[Root] = []
        for root in roots:
            given: JsonObject = root if isinstance(root, Mapping) else {}
            uri, name = given.get("uri"), given.get("name")
            if not isinstance(uri, str):
                raise AnswerRefused("a root needs a `uri`")
            found.append(Root(uri, name if isinstance(name, str) else None))
        return tuple(found)


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(host)
        and not any(c.isspace() or not c.isprintable() for c in url)
    )


def _check_conversation(messages: Sequence[JsonObject]) -> None:
    """https://modelcontextprotocol.io/specification/2025-11-25/client/sampling#message-content-constraints"""
    open_uses: set[str] = set()
    for message in messages:
        if message.get("role") not in ("user", "assistant") or "content" not in message:
            raise ValueError(
                "a message needs a `role`, user or assistant, and `content`"
            )
        content = message["content"]
        listed = content if isinstance(content, list) else [content]
        blocks = [block for block in listed if isinstance(block, Mapping)]
        results = {
            str(b.get("toolUseId")) for b in blocks if b.get("type") == "tool_result"
        }
        if results != open_uses:
            raise ValueError(
                "every tool_use needs its tool_result in the next message, and every "
                "tool_result a tool_use before it"
            )
        if results and any(b.get("type") != "tool_result" for b in blocks):
            raise ValueError("a message with a tool_result can have nothing else")
        open_uses = {str(b.get("id")) for b in blocks if b.get("type") == "tool_use"}
    if open_uses:
        raise ValueError("the last tool_use has no tool_result")


@lru_cache(maxsize=256)
def _schema_of_model(model: type[BaseModel]) -> JsonObject:
    return model.model_json_schema(by_alias=True)
