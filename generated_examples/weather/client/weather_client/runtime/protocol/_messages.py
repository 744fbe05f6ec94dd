"""What else travels: requests, notifications, their params, JSON-RPC, errors.

Made by mcpgen from the protocol's schemas. Import from `.types`, which has all types.
"""

from typing import Annotated, Literal

from pydantic import Field

from ..core.model import Model, absent
from ._results import (
    AudioContent,
    ImageContent,
    JSONObject,
    MetaObject,
    Role,
    SamplingMessageContentBlock,
    TextContent,
    Tool,
    ToolResultContent,
    ToolUseContent,
)


class SamplingMessage(Model):
    """Describes a message issued to or received from an LLM API."""

    meta: Annotated[MetaObject | None, Field(alias="_meta")] = absent()
    content: (
        Annotated[
            TextContent
            | ImageContent
            | AudioContent
            | ToolUseContent
            | ToolResultContent,
            Field(discriminator="type"),
        ]
        | list[SamplingMessageContentBlock]
    )
    role: Role


class ModelHint(Model):
    """Hints to use for model selection.

    Keys not declared here are currently left unspecified by the spec and are up
    to the client to interpret.
    """

    name: str | None = absent()
    """A hint for a model name.

    The client SHOULD treat this as a substring of a model name; for example:
     - `claude-3-5-sonnet` should match `claude-3-5-sonnet-20241022`
     - `sonnet` should match `claude-3-5-sonnet-20241022`, `claude-3-sonnet-20240229`,
       etc.
     - `claude` should match any Claude model

    The client MAY also map the string to a different provider's model name or a
    different model family, as long as it fills a similar niche; for example:
     - `gemini-1.5-flash` could match `claude-3-haiku-20240307`
    """


class ModelPreferences(Model):
    """The server's preferences for model selection, requested of the client during
    sampling.

    Because LLMs can vary along multiple dimensions, choosing the "best" model is
    rarely straightforward.  Different models excel in different areas—some are
    faster but less capable, others are more capable but more expensive, and so
    on. This interface allows servers to express their priorities across multiple
    dimensions to help clients make an appropriate selection for their use case.

    These preferences are always advisory. The client MAY ignore them. It is also
    up to the client to decide how to interpret these preferences and how to
    balance them against other considerations.
    """

    cost_priority: Annotated[int | float | None, Field(alias="costPriority")] = absent()
    """How much to prioritize cost when selecting a model. A value of 0 means cost
    is not important, while a value of 1 means cost is the most important
    factor.
    """
    hints: list[ModelHint] | None = absent()
    """Optional hints to use for model selection.

    If multiple hints are specified, the client MUST evaluate them in order
    (such that the first match is taken).

    The client SHOULD prioritize these hints over the numeric priorities, but
    MAY still use the priorities to select from ambiguous matches.
    """
    intelligence_priority: Annotated[
        int | float | None, Field(alias="intelligencePriority")
    ] = absent()
    """How much to prioritize intelligence and capabilities when selecting a
    model. A value of 0 means intelligence is not important, while a value of 1
    means intelligence is the most important factor.
    """
    speed_priority: Annotated[int | float | None, Field(alias="speedPriority")] = (
        absent()
    )
    """How much to prioritize sampling speed (latency) when selecting a model. A
    value of 0 means speed is not important, while a value of 1 means speed is
    the most important factor.
    """


class ToolChoice(Model):
    """Controls tool selection behavior for sampling requests."""

    mode: Literal["auto", "none", "required"] | None = absent()
    """Controls the tool use ability of the model:
    - `"auto"`: Model decides whether to use tools (default)
    - `"required"`: Model MUST use at least one tool before completing
    - `"none"`: Model MUST NOT use any tools
    """


class CreateMessageRequestParams(Model):
    """Parameters for a `sampling/createMessage` request."""

    include_context: Annotated[
        Literal["allServers", "none", "thisServer"] | None,
        Field(alias="includeContext"),
    ] = absent()
    """A request to include context from one or more MCP servers (including the caller),
    to be attached to the prompt.
    The client MAY ignore this request.

    Default is `"none"`. The values `"thisServer"` and `"allServers"` are deprecated
    (SEP-2596): servers SHOULD
    omit this field or use `"none"`, and SHOULD only use the deprecated values if the
    client declares
    `ClientCapabilities.sampling.context`.
    """
    max_tokens: Annotated[int, Field(alias="maxTokens")]
    """The requested maximum number of tokens to sample (to prevent runaway
    completions).

    The client MAY choose to sample fewer tokens than the requested maximum.
    """
    messages: list[SamplingMessage]
    metadata: JSONObject | None = absent()
    """Optional metadata to pass through to the LLM provider. The format of this
    metadata is provider-specific.
    """
    model_preferences: Annotated[
        ModelPreferences | None, Field(alias="modelPreferences")
    ] = absent()
    """The server's preferences for which model to select. The client MAY ignore these
    preferences.
    """
    stop_sequences: Annotated[list[str] | None, Field(alias="stopSequences")] = absent()
    system_prompt: Annotated[str | None, Field(alias="systemPrompt")] = absent()
    """An optional system prompt the server wants to use for sampling. The client MAY
    modify or omit this prompt.
    """
    temperature: int | float | None = absent()
    tool_choice: Annotated[ToolChoice | None, Field(alias="toolChoice")] = absent()
    """Controls how the model uses tools.
    The client MUST return an error if this field is provided but
    `ClientCapabilities.sampling.tools` is not declared.
    Default is `{ mode: "auto" }`.
    """
    tools: list[Tool] | None = absent()
    """Tools that the model may use during generation.
    The client MUST return an error if this field is provided but
    `ClientCapabilities.sampling.tools` is not declared.
    """
