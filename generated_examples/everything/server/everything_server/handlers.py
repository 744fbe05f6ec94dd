"""What the everything server does: the fixture of the official conformance suite."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from typing import Any

from .generated import (
    Content,
    Context,
    CreateMessage,
    Elicit,
    Elicitation,
    EverythingService,
    ListRoots,
    Question,
    ToolError,
    content,
    models,
)

RED_PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmM"
    "IQAAAABJRU5ErkJggg=="
)
SILENCE = b64decode("UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=")


def form(**fields: str) -> dict[str, Any]:
    """A form with required fields, each of a JSON type."""
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in fields.items()},
        "required": list(fields),
    }


def outcome(answer: Elicitation[Any]) -> str:
    """What a person did, in words."""
    filled_in = json.dumps(answer.content or {})
    return f"Elicitation completed: action={answer.action}, content={filled_in}"


ASK_NAME = Elicit[dict[str, Any]]("What is your name?", form(name="string"))


class Everything(EverythingService):
    """One of everything that the protocol has."""

    announces = frozenset(["tools", "prompts", "updates"])

    # --- content -------------------------------------------------------------

    async def test_simple_text(
        self, args: models.TestSimpleTextInput, ctx: Context
    ) -> str:
        return "This is a simple text response for testing."

    async def test_image_content(
        self, args: models.TestImageContentInput, ctx: Context
    ) -> Content:
        return content.image(RED_PIXEL, "image/png")

    async def test_audio_content(
        self, args: models.TestAudioContentInput, ctx: Context
    ) -> Content:
        return content.audio(SILENCE, "audio/wav")

    async def test_embedded_resource(
        self, args: models.TestEmbeddedResourceInput, ctx: Context
    ) -> Content:
        return content.resource(
            "test://embedded-resource",
            "This is an embedded resource content.",
            "text/plain",
        )

    async def test_structured_content(
        self, args: models.TestStructuredContentInput, ctx: Context
    ) -> models.TestStructuredContentOutput:
        return models.TestStructuredContentOutput(
            city=args.city, letters=len(args.city)
        )

    async def test_multiple_content_types(
        self, args: models.TestMultipleContentTypesInput, ctx: Context
    ) -> Content:
        return [
            "Multiple content types test:",
            content.image(RED_PIXEL, "image/png"),
            content.resource(
                "test://mixed-content-resource",
                '{"test": "data", "value": 123}',
                "application/json",
            ),
        ]

    async def test_error_handling(
        self, args: models.TestErrorHandlingInput, ctx: Context
    ) -> str:
        raise ToolError("This tool intentionally returns an error for testing")

    async def json_schema_2020_12_tool(
        self, args: models.JsonSchema202012ToolInput, ctx: Context
    ) -> str:
        return f"Called with {args.model_dump_json(exclude_unset=True)}"

    async def test_x_mcp_header(
        self, args: models.TestXMcpHeaderInput, ctx: Context
    ) -> str:
        return f"Region: {args.region}"

    # --- while a call runs -----------------------------------------------------

    async def test_tool_with_progress(
        self, args: models.TestToolWithProgressInput, ctx: Context
    ) -> str:
        for done in (0, 50, 100):
            await ctx.progress(done, 100, f"Completed step {done} of 100")
            await asyncio.sleep(0.05)
        return "Progress was reported three times."

    async def test_tool_with_logging(
        self, args: models.TestToolWithLoggingInput, ctx: Context
    ) -> str:
        await ctx.info("Tool execution started")
        await asyncio.sleep(0.05)
        await ctx.info("Tool processing data")
        await asyncio.sleep(0.05)
        await ctx.info("Tool execution completed")
        return "Three log messages were sent."

    async def test_logging_tool(
        self, args: models.TestLoggingToolInput, ctx: Context
    ) -> str:
        await ctx.debug("Tool execution started")
        await ctx.error("Tool execution completed")
        return "Log messages were sent, if they were wanted."

    async def test_reconnection(
        self, args: models.TestReconnectionInput, ctx: Context
    ) -> str:
        await ctx.disconnect(retry_ms=500)
        await asyncio.sleep(0.1)
        return "Reconnection test completed: the stream was closed and resumed."

    async def test_cancellation(
        self, args: models.TestCancellationInput, ctx: Context
    ) -> str:
        await ctx.progress(0, message="At work until cancelled")
        await asyncio.sleep(60)
        return "Nobody cancelled this for a minute."

    # --- changes -----------------------------------------------------------------

    async def test_trigger_tool_change(
        self, args: models.TestTriggerToolChangeInput, ctx: Context
    ) -> str:
        if "test_dynamic_tool" in ctx.catalog.tools:
            ctx.catalog.tools.remove("test_dynamic_tool")
            return "The tool is gone."
        ctx.catalog.tools.add(
            {
                "name": "test_dynamic_tool",
                "description": "Comes and goes while the server runs.",
                "inputSchema": {"type": "object"},
            },
            self.dynamic_tool,
        )
        return "There is a new tool."

    async def dynamic_tool(self, args: dict[str, Any], ctx: Context) -> str:
        return "Still here."

    async def test_trigger_prompt_change(
        self, args: models.TestTriggerPromptChangeInput, ctx: Context
    ) -> str:
        if "test_dynamic_prompt" in ctx.catalog.prompts:
            ctx.catalog.prompts.remove("test_dynamic_prompt")
            return "The prompt is gone."
        ctx.catalog.prompts.add(
            {
                "name": "test_dynamic_prompt",
                "description": "Comes and goes while the server runs.",
            },
            self.dynamic_prompt,
        )
        return "There is a new prompt."

    async def dynamic_prompt(self, args: dict[str, Any], ctx: Context) -> str:
        return "Still here."

    async def test_trigger_resource_update(
        self, args: models.TestTriggerResourceUpdateInput, ctx: Context
    ) -> str:
        ctx.catalog.updated("test://watched-resource")
        return "Whoever watches the resource was told."

    # --- questions to the client -------------------------------------------------

    async def test_sampling(self, args: models.TestSamplingInput, ctx: Context) -> str:
        answer = await ctx.sample(args.prompt, max_tokens=100)
        return f"LLM response: {answer.text}"

    async def test_missing_capability(
        self, args: models.TestMissingCapabilityInput, ctx: Context
    ) -> str:
        answer = await ctx.sample("Say something.", max_tokens=100)
        return answer.text

    async def test_elicitation(
        self, args: models.TestElicitationInput, ctx: Context
    ) -> str:
        answer = await ctx.elicit(
            args.message,
            {
                "type": "object",
                "properties": {
                    "username": {"type": "string", "description": "User's response"},
                    "email": {"type": "string", "description": "User's email address"},
                },
                "required": ["username", "email"],
            },
        )
        filled_in = json.dumps(answer.content or {})
        return f"User response: action={answer.action}, content={filled_in}"

    async def test_elicitation_sep1034_defaults(
        self, args: models.TestElicitationSep1034DefaultsInput, ctx: Context
    ) -> str:
        answer = await ctx.elicit(
            "Please check what is filled in.",
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "default": "John Doe"},
                    "age": {"type": "integer", "default": 30},
                    "score": {"type": "number", "default": 95.5},
                    "status": {
                        "type": "string",
                        "enum": ["active", "inactive", "pending"],
                        "default": "active",
                    },
                    "verified": {"type": "boolean", "default": True},
                },
            },
        )
        return outcome(answer)

    async def test_elicitation_sep1330_enums(
        self, args: models.TestElicitationSep1330EnumsInput, ctx: Context
    ) -> str:
        plain = ["option1", "option2", "option3"]
        titled = [
            {"const": "value1", "title": "First Option"},
            {"const": "value2", "title": "Second Option"},
            {"const": "value3", "title": "Third Option"},
        ]
        answer = await ctx.elicit(
            "Please choose.",
            {
                "type": "object",
                "properties": {
                    "untitledSingle": {"type": "string", "enum": plain},
                    "titledSingle": {"type": "string", "oneOf": titled},
                    "legacyEnum": {
                        "type": "string",
                        "enum": ["opt1", "opt2", "opt3"],
                        "enumNames": ["Option One", "Option Two", "Option Three"],
                    },
                    "untitledMulti": {
                        "type": "array",
                        "items": {"type": "string", "enum": plain},
                    },
                    "titledMulti": {"type": "array", "items": {"anyOf": titled}},
                },
            },
        )
        return outcome(answer)

    async def test_elicitation_url(
        self, args: models.TestElicitationUrlInput, ctx: Context
    ) -> str:
        answer = await ctx.elicit_url("Please sign in.", "https://example.com/sign-in")
        return f"The page was answered with {answer.action}."

    async def test_streaming_elicitation(
        self, args: models.TestStreamingElicitationInput, ctx: Context
    ) -> str:
        await ctx.progress(1, 2, "About to ask")
        return outcome(await ctx.elicit("Please confirm.", form(ok="boolean")))

    async def test_input_required_result_elicitation(
        self, args: models.TestInputRequiredResultElicitationInput, ctx: Context
    ) -> str:
        answers = await ctx.ask({"user_name": ASK_NAME})
        return greeting(answers["user_name"])

    async def test_input_required_result_sampling(
        self, args: models.TestInputRequiredResultSamplingInput, ctx: Context
    ) -> str:
        answer = await ctx.sample(
            "What is the capital of France?", max_tokens=100, key="capital_question"
        )
        return answer.text

    async def test_input_required_result_list_roots(
        self, args: models.TestInputRequiredResultListRootsInput, ctx: Context
    ) -> str:
        roots = await ctx.list_roots(key="client_roots")
        return "\n".join(f"{root.name or 'root'}: {root.uri}" for root in roots)

    async def test_input_required_result_request_state(
        self, args: models.TestInputRequiredResultRequestStateInput, ctx: Context
    ) -> str:
        ctx.state.setdefault("asked", True)
        answer = await ctx.elicit("Please confirm", form(ok="boolean"), key="confirm")
        return f"state-ok: {ctx.state['asked']}, {answer.action}"

    async def test_input_required_result_multiple_inputs(
        self, args: models.TestInputRequiredResultMultipleInputsInput, ctx: Context
    ) -> str:
        answers = await ctx.ask(
            {
                "user_name": ASK_NAME,
                "greeting": CreateMessage("Generate a greeting", 50),
                "client_roots": ListRoots(),
            }
        )
        roots = len(answers["client_roots"])
        name = greeting(answers["user_name"])
        return f"{answers['greeting'].text} {name} ({roots} roots)"

    async def test_input_required_result_multi_round(
        self, args: models.TestInputRequiredResultMultiRoundInput, ctx: Context
    ) -> str:
        name = await ctx.elicit(
            "Step 1: What is your name?", form(name="string"), key="step1"
        )
        color = await ctx.elicit(
            "Step 2: What is your favorite color?", form(color="string"), key="step2"
        )
        return f"{greeting(name)} Your color: {color.content}"

    async def test_input_required_result_tampered_state(
        self, args: models.TestInputRequiredResultTamperedStateInput, ctx: Context
    ) -> str:
        answer = await ctx.elicit("Please confirm", form(ok="boolean"), key="confirm")
        return outcome(answer)

    async def test_input_required_result_capabilities(
        self, args: models.TestInputRequiredResultCapabilitiesInput, ctx: Context
    ) -> str:
        possible: dict[str, Question[Any]] = {
            "user_name": ASK_NAME,
            "greeting": CreateMessage("Generate a greeting", 50),
            "client_roots": ListRoots(),
        }
        questions = {
            key: question
            for key, question in possible.items()
            if question.missing(ctx.client_capabilities) is None
        }
        answers = await ctx.ask(questions)
        return f"Answered: {', '.join(answers) or 'nothing'}"

    # --- prompts -------------------------------------------------------------------

    async def test_simple_prompt_prompt(self, ctx: Context) -> str:
        return "This is a simple prompt for testing."

    async def test_prompt_with_arguments_prompt(
        self, args: models.TestPromptWithArgumentsArguments, ctx: Context
    ) -> str:
        return f"Prompt with arguments: arg1='{args.arg1}', arg2='{args.arg2}'"

    async def test_prompt_with_embedded_resource_prompt(
        self, args: models.TestPromptWithEmbeddedResourceArguments, ctx: Context
    ) -> list[Any]:
        embedded = content.resource(
            args.resource_uri, "Embedded resource content for testing.", "text/plain"
        )
        return [
            content.message(embedded),
            "Please process the embedded resource above.",
        ]

    async def test_prompt_with_image_prompt(self, ctx: Context) -> list[Any]:
        return [
            content.message(content.image(RED_PIXEL, "image/png")),
            "Please analyze the image above.",
        ]

    async def test_input_required_result_prompt_prompt(self, ctx: Context) -> str:
        answer = await ctx.elicit(
            "What context should the prompt use?",
            form(context="string"),
            key="user_context",
        )
        return f"Use this context: {answer.content}"

    # --- resources -------------------------------------------------------------------

    async def read_static_text(self, ctx: Context) -> str:
        return "This is the content of the static text resource."

    async def read_static_binary(self, ctx: Context) -> bytes:
        return RED_PIXEL

    async def read_watched_resource(self, ctx: Context) -> str:
        return "Watched resource content."

    async def read_template_data(
        self, args: models.TemplateDataVariables, ctx: Context
    ) -> str:
        return json.dumps(
            {"id": args.id, "templateTest": True, "data": f"Data for ID: {args.id}"}
        )


def greeting(name: Elicitation[dict[str, Any]]) -> str:
    """A greeting for whoever gave a name."""
    return f"Hello, {(name.content or {}).get('name', 'stranger')}!"
