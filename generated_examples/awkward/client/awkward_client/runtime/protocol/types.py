"""The types of the Model Context Protocol, named as in its schema.

Made by mcpgen from the protocol's schemas. What is not part of a result is imported when
it is first asked for, because making classes takes time.
"""

from typing import TYPE_CHECKING, Final

from ._results import (
    Annotations,
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    CompleteResult,
    CompleteResultCompletion,
    ContentBlock,
    CreateMessageResult,
    ElicitResult,
    EmbeddedResource,
    GetPromptResult,
    Icon,
    ImageContent,
    Implementation,
    JSONObject,
    MetaObject,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceResult,
    Resource,
    ResourceLink,
    ResourceTemplate,
    ResultMetaObject,
    Role,
    Root,
    SamplingMessageContentBlock,
    ServerCapabilities,
    ServerCapabilitiesPrompts,
    ServerCapabilitiesResources,
    ServerCapabilitiesTools,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
    ToolInputSchema,
    ToolOutputSchema,
    ToolResultContent,
    ToolUseContent,
)

if TYPE_CHECKING:
    from ._messages import (
        CreateMessageRequestParams,
        ModelHint,
        ModelPreferences,
        SamplingMessage,
        ToolChoice,
    )
else:

    def __getattr__(name: str) -> object:
        """Import the messages when one of them is asked for."""
        if name in _ABSENT.split():
            raise ImportError(
                f"the protocol type {name} is not in this package: add "
                "`protocol-types: all` to the manifest and run `mcpgen generate`"
            )
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import _messages

        return getattr(_messages, name)


_ABSENT: Final = """
BaseMetadata BooleanSchema CacheableResult CallToolRequest CallToolRequestParams
CallToolResultResponse CancelTaskRequest CancelTaskRequestParams CancelTaskResult
CancelledNotification CancelledNotificationParams ClientCapabilities
ClientCapabilitiesElicitation ClientCapabilitiesSampling ClientNotification
ClientRequest ClientResult CompleteRequest CompleteRequestParams
CompleteRequestParamsArgument CompleteRequestParamsContext CompleteResultResponse
CreateMessageRequest CreateTaskResult Cursor DiscoverRequest DiscoverResult
DiscoverResultResponse ElicitRequest ElicitRequestFormParams
ElicitRequestFormParamsRequestedSchema ElicitRequestParams ElicitRequestURLParams
ElicitationCompleteNotification ElicitationCompleteNotificationParams EmptyResult
EnumSchema Error GetPromptRequest GetPromptRequestParams GetPromptResultResponse
GetTaskPayloadRequest GetTaskPayloadRequestParams GetTaskPayloadResult GetTaskRequest
GetTaskRequestParams GetTaskResult HeaderMismatchError HeaderMismatchErrorError Icons
InitializeRequest InitializeRequestParams InitializeRequestParamsMeta InitializeResult
InitializedNotification InputRequest InputRequests InputRequiredResult InputResponse
InputResponseRequestParams InputResponses InternalError InvalidParamsError
InvalidRequestError JSONArray JSONRPCErrorResponse JSONRPCMessage JSONRPCNotification
JSONRPCRequest JSONRPCResponse JSONRPCResultResponse JSONValue LegacyTitledEnumSchema
ListPromptsRequest ListPromptsResult ListPromptsResultResponse
ListResourceTemplatesRequest ListResourceTemplatesResult
ListResourceTemplatesResultResponse ListResourcesRequest ListResourcesResult
ListResourcesResultResponse ListRootsRequest ListRootsRequestParams ListRootsResult
ListTasksRequest ListTasksResult ListToolsRequest ListToolsResult
ListToolsResultResponse LoggingLevel LoggingMessageNotification
LoggingMessageNotificationParams MethodNotFoundError
MissingRequiredClientCapabilityError MissingRequiredClientCapabilityErrorError
MissingRequiredClientCapabilityErrorErrorData MultiSelectEnumSchema Notification
NotificationMetaObject NotificationParams NumberSchema PaginatedRequest
PaginatedRequestParams PaginatedResult ParseError PingRequest PrimitiveSchemaDefinition
ProgressNotification ProgressNotificationParams ProgressToken
PromptListChangedNotification PromptReference ReadResourceRequest
ReadResourceRequestParams ReadResourceResultResponse RelatedTaskMetadata Request
RequestId RequestMetaObject RequestParams ResourceContents
ResourceListChangedNotification ResourceRequestParams ResourceTemplateReference
ResourceUpdatedNotification ResourceUpdatedNotificationParams Result ResultType
RootsListChangedNotification ServerNotification ServerRequest ServerResult
SetLevelRequest SetLevelRequestParams SetLevelRequestParamsMeta SingleSelectEnumSchema
StringSchema SubscribeRequest SubscribeRequestParams SubscribeRequestParamsMeta
SubscriptionFilter SubscriptionsAcknowledgedNotification
SubscriptionsAcknowledgedNotificationParams SubscriptionsListenRequest
SubscriptionsListenRequestParams SubscriptionsListenResult
SubscriptionsListenResultMetaObject SubscriptionsListenResultResponse Task
TaskAugmentedRequestParams TaskAugmentedRequestParamsMeta TaskMetadata TaskStatus
TaskStatusNotification TaskStatusNotificationParams TitledMultiSelectEnumSchema
TitledMultiSelectEnumSchemaItems TitledMultiSelectEnumSchemaItemsAnyOfItem
TitledSingleSelectEnumSchema TitledSingleSelectEnumSchemaOneOfItem ToolExecution
ToolListChangedNotification URLElicitationRequiredError URLElicitationRequiredErrorError
URLElicitationRequiredErrorErrorData UnsubscribeRequest UnsubscribeRequestParams
UnsubscribeRequestParamsMeta UnsupportedProtocolVersionError
UnsupportedProtocolVersionErrorError UnsupportedProtocolVersionErrorErrorData
UntitledMultiSelectEnumSchema UntitledMultiSelectEnumSchemaItems
UntitledSingleSelectEnumSchema
"""

__all__ = [
    "Annotations",
    "AudioContent",
    "BlobResourceContents",
    "CallToolResult",
    "CompleteResult",
    "CompleteResultCompletion",
    "ContentBlock",
    "CreateMessageRequestParams",
    "CreateMessageResult",
    "ElicitResult",
    "EmbeddedResource",
    "GetPromptResult",
    "Icon",
    "ImageContent",
    "Implementation",
    "JSONObject",
    "MetaObject",
    "ModelHint",
    "ModelPreferences",
    "Prompt",
    "PromptArgument",
    "PromptMessage",
    "ReadResourceResult",
    "Resource",
    "ResourceLink",
    "ResourceTemplate",
    "ResultMetaObject",
    "Role",
    "Root",
    "SamplingMessage",
    "SamplingMessageContentBlock",
    "ServerCapabilities",
    "ServerCapabilitiesPrompts",
    "ServerCapabilitiesResources",
    "ServerCapabilitiesTools",
    "TextContent",
    "TextResourceContents",
    "Tool",
    "ToolAnnotations",
    "ToolChoice",
    "ToolInputSchema",
    "ToolOutputSchema",
    "ToolResultContent",
    "ToolUseContent",
]
