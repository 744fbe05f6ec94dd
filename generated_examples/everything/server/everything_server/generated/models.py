"""The types of what the everything server takes and gives.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .runtime.core.model import Model, absent


class TestSimpleTextInput(Model):
    pass


class TestImageContentInput(Model):
    pass


class TestAudioContentInput(Model):
    pass


class TestEmbeddedResourceInput(Model):
    pass


class TestStructuredContentInput(Model):
    city: str
    """Any name."""


class TestStructuredContentOutput(Model):
    city: str
    letters: int


class TestMultipleContentTypesInput(Model):
    pass


class TestErrorHandlingInput(Model):
    pass


class TestToolWithProgressInput(Model):
    pass


class TestToolWithLoggingInput(Model):
    pass


class TestLoggingToolInput(Model):
    pass


class TestReconnectionInput(Model):
    pass


class TestCancellationInput(Model):
    pass


class TestTriggerResourceUpdateInput(Model):
    pass


class TestSamplingInput(Model):
    prompt: str
    """What to ask."""


class TestMissingCapabilityInput(Model):
    pass


class TestElicitationInput(Model):
    message: str
    """What the person is told."""


class TestElicitationSep1034DefaultsInput(Model):
    pass


class TestElicitationSep1330EnumsInput(Model):
    pass


class TestElicitationUrlInput(Model):
    pass


class TestStreamingElicitationInput(Model):
    pass


class TestTriggerToolChangeInput(Model):
    pass


class TestTriggerPromptChangeInput(Model):
    pass


class TestInputRequiredResultElicitationInput(Model):
    pass


class TestInputRequiredResultSamplingInput(Model):
    pass


class TestInputRequiredResultListRootsInput(Model):
    pass


class TestInputRequiredResultRequestStateInput(Model):
    pass


class TestInputRequiredResultMultipleInputsInput(Model):
    pass


class TestInputRequiredResultMultiRoundInput(Model):
    pass


class TestInputRequiredResultTamperedStateInput(Model):
    pass


class TestInputRequiredResultCapabilitiesInput(Model):
    pass


class JsonSchema202012ToolInputAddress(Model):
    street: str | None = absent()
    city: str | None = absent()


class JsonSchema202012ToolInput(Model):
    name: str | None = absent()
    address: JsonSchema202012ToolInputAddress | None = absent()
    contact_method: Annotated[
        Literal["phone", "email"] | None, Field(alias="contactMethod")
    ] = absent()
    phone: str | None = absent()
    email: str | None = absent()


class TestXMcpHeaderInput(Model):
    region: str | None = absent()
    """Where to run."""


class TestPromptWithArgumentsArguments(Model):
    arg1: str
    """The first argument."""
    arg2: str
    """The second argument."""


class TestPromptWithEmbeddedResourceArguments(Model):
    resource_uri: Annotated[str, Field(alias="resourceUri")]
    """The resource to embed."""


class TemplateDataVariables(Model):
    id: str
