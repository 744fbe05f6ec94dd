"""The rules: what a change of a contract means for those who call the server.

The catalogue of the contract stage, as data: an id, how much it matters, how far the
client's version has to go, and one sentence. Knows no manifest and compares nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class Level(StrEnum):
    """How much a change matters to callers."""

    BREAKING = "breaking"
    UNKNOWN = "unknown"
    NOTICE = "notice"
    COMPATIBLE = "compatible"


class Step(IntEnum):
    """How far a version goes: https://semver.org."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: The name that users write and programs read; never reused.
        level: How much a change that it finds matters.
        step: The step that the client's version has to make for it.
        topic: What it is about: "tools", "arguments", "results" and so on.
        meaning: What changed, and what that does to callers, in one sentence.
    """

    id: str
    level: Level
    step: Step
    topic: str
    meaning: str


_BREAKING: Final = (Level.BREAKING, Step.MAJOR)
_UNKNOWN: Final = (Level.UNKNOWN, Step.MAJOR)
_NOTICE: Final = (Level.NOTICE, Step.MINOR)
_NOTED: Final = (Level.NOTICE, Step.PATCH)
_GAIN: Final = (Level.COMPATIBLE, Step.MINOR)
_SAME: Final = (Level.COMPATIBLE, Step.PATCH)

_TOPICS: Final[dict[str, dict[str, tuple[tuple[Level, Step], str]]]] = {
    "client": {
        "PACKAGE_RENAMED": (
            _BREAKING,
            "The project has another name, so the client's package and class have, too.",
        ),
        "METHOD_RENAMED": (
            _BREAKING,
            "What is called keeps its wire name, but the client's method has another "
            "one.",
        ),
        "MODULE_RENAMED": (
            _BREAKING,
            "A module of the client's models has another name; imports of it fail.",
        ),
        "CLASS_RENAMED": (
            _BREAKING,
            "A class of the client has another name; the JSON that it stands for has "
            "not.",
        ),
        "REVISION_REMOVED": (
            _BREAKING,
            "A protocol revision is served no more; clients that speak no other are "
            "refused.",
        ),
        "REVISION_ADDED": (_GAIN, "A further protocol revision is served."),
        "TRANSPORT_REMOVED": (
            _BREAKING,
            "A transport is served no more; clients that reach the server by it must "
            "use another.",
        ),
        "TRANSPORT_ADDED": (_GAIN, "The server can be reached by a further transport."),
        "INSTRUCTIONS_CHANGED": (
            _NOTED,
            "The server's instructions to models changed.",
        ),
        "SERVER_INFO_CHANGED": (
            _SAME,
            "How the server presents itself changed; no caller depends on it.",
        ),
    },
    "tools": {
        "TOOL_REMOVED": (_BREAKING, "A tool is gone."),
        "TOOL_ADDED": (_GAIN, "A tool came."),
        "TOOL_DESCRIPTION_CHANGED": (
            _NOTED,
            "A tool's description changed; models choose and call it by that text.",
        ),
        "TOOL_DETAILS_CHANGED": (
            _SAME,
            "A tool's title, icons, metadata or further keys changed.",
        ),
        "TOOL_TIMEOUT_LOWERED": (_NOTICE, "Calls of a tool may take less time."),
        "TOOL_TIMEOUT_RAISED": (_SAME, "Calls of a tool may take more time."),
        "TASK_REQUIRED": (_BREAKING, "A tool can be called as a task only."),
        "TASK_FORBIDDEN": (_BREAKING, "A tool can't be called as a task any more."),
        "TASK_ALLOWED": (
            _GAIN,
            "A tool can be called as a task, or without one, where it could not.",
        ),
    },
    "annotations": {
        "TOOL_BECAME_DESTRUCTIVE": (
            _BREAKING,
            "A tool may destroy something now; who let it run unasked must decide "
            "again.",
        ),
        "TOOL_NO_LONGER_READ_ONLY": (
            _BREAKING,
            "A tool that changed nothing may change something now.",
        ),
        "TOOL_NO_LONGER_IDEMPOTENT": (
            _BREAKING,
            "Calling a tool again may have a further effect, so retries are unsafe.",
        ),
        "TOOL_BECAME_OPEN_WORLD": (
            _NOTICE,
            "A tool reaches beyond the server now, so its results may be anybody's "
            "text.",
        ),
        "TOOL_BECAME_SAFER": (
            _SAME,
            "A tool promises more: read-only, not destructive, idempotent or closed.",
        ),
    },
    "arguments": {
        "ARGUMENT_REMOVED": (
            _BREAKING,
            "An argument is gone; callers who name it don't fit any more.",
        ),
        "ARGUMENT_REQUIRED_ADDED": (_BREAKING, "A new argument is required."),
        "ARGUMENT_BECAME_REQUIRED": (
            _BREAKING,
            "An argument that could be left out is required.",
        ),
        "ARGUMENT_RENAMED": (
            _BREAKING,
            "An argument keeps its wire name, but the parameter of the client's method "
            "has another one.",
        ),
        "ARGUMENT_TYPE_CHANGED": (
            _BREAKING,
            "An argument takes values of other types; none that was accepted is.",
        ),
        "ARGUMENT_NARROWED": (
            _BREAKING,
            "Values of an argument that were accepted are refused.",
        ),
        "ARGUMENT_ENUM_VALUE_REMOVED": (
            _BREAKING,
            "A value of an enum is not accepted any more.",
        ),
        "ARGUMENTS_CLOSED": (
            _BREAKING,
            "Arguments that are not declared were ignored and are refused now.",
        ),
        "ARGUMENT_HEADER_REQUIRED": (
            _BREAKING,
            "An argument must travel in a header (`x-mcp-header`) that callers don't "
            "send yet.",
        ),
        "ARGUMENT_UNDECIDED": (
            _UNKNOWN,
            "The JSON Schema of arguments changed, and nothing proves that all that "
            "was accepted still is.",
        ),
        "ARGUMENT_ADDED_TO_OPEN_OBJECT": (
            _NOTICE,
            "An optional argument came; undeclared values that callers sent under its "
            "name are validated now.",
        ),
        "ARGUMENT_DEFAULT_CHANGED": (
            _NOTICE,
            "Calls that leave an argument out mean something else now.",
        ),
        "ARGUMENT_FORMAT_CHANGED": (
            _NOTICE,
            "An argument's `format` changed; it refuses nothing, but handlers may.",
        ),
        "ARGUMENT_HEADER_DROPPED": (
            _NOTICE,
            "An argument need not travel in a header any more.",
        ),
        "ARGUMENT_DESCRIPTION_CHANGED": (
            _NOTED,
            "An argument's description changed; models fill it in by that text.",
        ),
        "ARGUMENT_ADDED": (_GAIN, "An optional argument came."),
        "ARGUMENT_BECAME_OPTIONAL": (_GAIN, "An argument can be left out."),
        "ARGUMENT_ENUM_VALUE_ADDED": (_GAIN, "An enum accepts a further value."),
        "ARGUMENT_WIDENED": (_GAIN, "An argument accepts more than before."),
        "ARGUMENTS_OPENED": (
            _GAIN,
            "Arguments that are not declared are not refused any more.",
        ),
    },
    "results": {
        "RESULT_SCHEMA_REMOVED": (
            _BREAKING,
            "A tool has no `outputSchema` any more; its result is not typed.",
        ),
        "RESULT_SCHEMA_ADDED": (
            _BREAKING,
            "A tool has an `outputSchema` now; the client's method returns it in place "
            "of the raw result.",
        ),
        "FIELD_RENAMED": (
            _BREAKING,
            "A property keeps its wire name, but the attribute of the client's class has "
            "another one.",
        ),
        "RESULT_FIELD_REMOVED": (_BREAKING, "A field of a result is gone."),
        "RESULT_FIELD_ADDED_TO_CLOSED_OBJECT": (
            _BREAKING,
            "A field came to a result that allowed no further ones; clients refuse it.",
        ),
        "RESULT_FIELD_BECAME_OPTIONAL": (
            _BREAKING,
            "A field that was always there may be missing.",
        ),
        "RESULT_TYPE_CHANGED": (_BREAKING, "A field of a result has other types."),
        "RESULT_WIDENED": (
            _BREAKING,
            "A result may have values that were ruled out; clients refuse them.",
        ),
        "RESULT_ENUM_VALUE_ADDED": (
            _BREAKING,
            "A result may have a value that its enum ruled out; clients refuse it.",
        ),
        "RESULT_OPENED": (
            _BREAKING,
            "A result may have fields that are not declared; clients refuse them.",
        ),
        "RESULT_UNDECIDED": (
            _UNKNOWN,
            "The JSON Schema of a result changed, and nothing proves that clients "
            "accept all that it allows.",
        ),
        "RESULT_FORMAT_CHANGED": (
            _NOTICE,
            "The `format` of a field changed; it refuses nothing, but callers may "
            "parse by it.",
        ),
        "RESULT_DESCRIPTION_CHANGED": (
            _NOTED,
            "The description of a field changed; models read results by that text.",
        ),
        "RESULT_FIELD_ADDED": (_GAIN, "A field came to a result."),
        "RESULT_FIELD_BECAME_REQUIRED": (_GAIN, "A field is always there now."),
        "RESULT_ENUM_VALUE_REMOVED": (
            _GAIN,
            "A result does not have one of its values any more.",
        ),
        "RESULT_NARROWED": (_GAIN, "A result promises more than before."),
        "RESULT_CLOSED": (_GAIN, "A result has no undeclared fields any more."),
    },
    "prompts": {
        "PROMPT_REMOVED": (_BREAKING, "A prompt is gone."),
        "PROMPT_ARGUMENT_REMOVED": (_BREAKING, "An argument of a prompt is gone."),
        "PROMPT_ARGUMENT_REQUIRED_ADDED": (
            _BREAKING,
            "A new argument of a prompt is required.",
        ),
        "PROMPT_ARGUMENT_BECAME_REQUIRED": (
            _BREAKING,
            "An argument of a prompt that could be left out is required.",
        ),
        "PROMPT_DESCRIPTION_CHANGED": (
            _NOTED,
            "The description of a prompt or of its argument changed; people choose by "
            "it.",
        ),
        "PROMPT_ADDED": (_GAIN, "A prompt came."),
        "PROMPT_ARGUMENT_ADDED": (_GAIN, "An optional argument came to a prompt."),
        "PROMPT_ARGUMENT_BECAME_OPTIONAL": (
            _GAIN,
            "An argument of a prompt can be left out.",
        ),
        "PROMPT_DETAILS_CHANGED": (
            _SAME,
            "A prompt's title, icons, metadata or further keys changed.",
        ),
    },
    "resources": {
        "RESOURCE_REMOVED": (_BREAKING, "No resource has this URI any more."),
        "RESOURCE_TEMPLATE_REMOVED": (
            _BREAKING,
            "A resource template is gone, and the URIs that follow it with it.",
        ),
        "RESOURCE_TEMPLATE_CHANGED": (
            _BREAKING,
            "A resource template of the same name has another URI template.",
        ),
        "RESOURCE_MIME_TYPE_CHANGED": (
            _BREAKING,
            "A resource's content is of another MIME type.",
        ),
        "RESOURCE_MIME_TYPE_DROPPED": (
            _NOTICE,
            "The MIME type of a resource is not declared any more.",
        ),
        "RESOURCE_ADDED": (_GAIN, "A resource came."),
        "RESOURCE_TEMPLATE_ADDED": (_GAIN, "A resource template came."),
        "RESOURCE_MIME_TYPE_TOLD": (
            _GAIN,
            "The MIME type of a resource is declared now.",
        ),
        "RESOURCE_DETAILS_CHANGED": (
            _SAME,
            "A resource's description, title, size, annotations, icons or metadata "
            "changed.",
        ),
    },
    "completion": {
        "COMPLETION_REMOVED": (_NOTICE, "Values are not completed any more."),
        "COMPLETION_ADDED": (_GAIN, "Values are completed while a person types."),
        "COMPLETION_CHANGED": (_SAME, "Other values are offered in completion."),
    },
    "auth": {
        "AUTH_ADDED": (_BREAKING, "Callers have to authenticate now."),
        "AUTH_KIND_CHANGED": (_BREAKING, "Another kind of credentials counts."),
        "AUTH_ISSUER_CHANGED": (
            _BREAKING,
            "Another authorization server counts; tokens of the old one are refused.",
        ),
        "AUTH_NARROWED": (
            _BREAKING,
            "Callers are refused who were let in: by audience, algorithm, user or "
            "organization.",
        ),
        "AUTH_REMOVED": (_NOTICE, "Nobody has to authenticate any more."),
        "AUTH_WIDENED": (
            _GAIN,
            "Further audiences, algorithms, users or organizations are let in.",
        ),
        "AUTH_DETAILS_CHANGED": (
            _SAME,
            "How the server checks credentials changed, not which ones count.",
        ),
        "FORBIDDEN_HIDDEN": (
            _NOTICE,
            "Lists leave out what the caller lacks scopes for.",
        ),
    },
    "scopes": {
        "SCOPE_REQUIRED": (_BREAKING, "A further OAuth scope is needed."),
        "SCOPE_IMPLICATION_REMOVED": (
            _BREAKING,
            "A scope does not include another one any more.",
        ),
        "SCOPE_DROPPED": (_GAIN, "An OAuth scope is not needed any more."),
        "SCOPE_IMPLICATION_ADDED": (_GAIN, "A scope includes a further one."),
    },
}

RULES: Final[dict[str, Rule]] = {
    name: Rule(name, level, step, topic, meaning)
    for topic, rules in _TOPICS.items()
    for name, ((level, step), meaning) in rules.items()
}
"""Every rule by its id, by topic, what breaks callers first."""
