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
    ContentBlock,
    EmbeddedResource,
    GetPromptResult,
    Icon,
    ImageContent,
    Implementation,
    MetaObject,
    PromptMessage,
    ReadResourceResult,
    ResourceLink,
    ResultMetaObject,
    Role,
    TextContent,
    TextResourceContents,
)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Explain which types are not in this package."""
        if name in _ABSENT.split():
            raise ImportError(
                f"the protocol type {name} is not in this package: add "
                "`protocol-types: all` to the manifest and run `mcpgen generate`"
            )
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_ABSENT: Final = """
BaseMetadata BooleanSchema CacheableResult CallToolRequest CallToolRequestParams
CallToolResultResponse CancelTaskRequest CancelTaskRequestParams CancelTaskResult
CancelledNotification CancelledNotificationParams ClientCapabilities
ClientCapabilitiesElicitation ClientCapabilitiesSampling ClientNotification
ClientRequest ClientResult CompleteRequest CompleteRequestParams
CompleteRequestParamsArgument CompleteRequestParamsContext CompleteResult
CompleteResultCompletion CompleteResultResponse CreateMessageRequest
CreateMessageRequestParams CreateMessageResult CreateTaskResult Cursor DiscoverRequest
DiscoverResult DiscoverResultResponse ElicitRequest ElicitRequestFormParams
ElicitRequestFormParamsRequestedSchema ElicitRequestParams ElicitRequestURLParams
ElicitResult ElicitationCompleteNotification ElicitationCompleteNotificationParams
EmptyResult EnumSchema Error GetPromptRequest GetPromptRequestParams
GetPromptResultResponse GetTaskPayloadRequest GetTaskPayloadRequestParams
GetTaskPayloadResult GetTaskRequest GetTaskRequestParams GetTaskResult
HeaderMismatchError HeaderMismatchErrorError Icons InitializeRequest
InitializeRequestParams InitializeRequestParamsMeta InitializeResult
InitializedNotification InputRequest InputRequests InputRequiredResult InputResponse
InputResponseRequestParams InputResponses InternalError InvalidParamsError
InvalidRequestError JSONArray JSONObject JSONRPCErrorResponse JSONRPCMessage
JSONRPCNotification JSONRPCRequest JSONRPCResponse JSONRPCResultResponse JSONValue
LegacyTitledEnumSchema ListPromptsRequest ListPromptsResult ListPromptsResultResponse
ListResourceTemplatesRequest ListResourceTemplatesResult
ListResourceTemplatesResultResponse ListResourcesRequest ListResourcesResult
ListResourcesResultResponse ListRootsRequest ListRootsRequestParams ListRootsResult
ListTasksRequest ListTasksResult ListToolsRequest ListToolsResult
ListToolsResultResponse LoggingLevel LoggingMessageNotification
LoggingMessageNotificationParams MethodNotFoundError
MissingRequiredClientCapabilityError MissingRequiredClientCapabilityErrorError
MissingRequiredClientCapabilityErrorErrorData ModelHint ModelPreferences
MultiSelectEnumSchema Notification NotificationMetaObject NotificationParams
NumberSchema PaginatedRequest PaginatedRequestParams PaginatedResult ParseError
PingRequest PrimitiveSchemaDefinition ProgressNotification ProgressNotificationParams
ProgressToken Prompt PromptArgument PromptListChangedNotification PromptReference
ReadResourceRequest ReadResourceRequestParams ReadResourceResultResponse
RelatedTaskMetadata Request RequestId RequestMetaObject RequestParams Resource
ResourceContents ResourceListChangedNotification ResourceRequestParams ResourceTemplate
ResourceTemplateReference ResourceUpdatedNotification ResourceUpdatedNotificationParams
Result ResultType Root RootsListChangedNotification SamplingMessage
SamplingMessageContentBlock ServerCapabilities ServerCapabilitiesPrompts
ServerCapabilitiesResources ServerCapabilitiesTools ServerNotification ServerRequest
ServerResult SetLevelRequest SetLevelRequestParams SetLevelRequestParamsMeta
SingleSelectEnumSchema StringSchema SubscribeRequest SubscribeRequestParams
SubscribeRequestParamsMeta SubscriptionFilter SubscriptionsAcknowledgedNotification
SubscriptionsAcknowledgedNotificationParams SubscriptionsListenRequest
SubscriptionsListenRequestParams SubscriptionsListenResult
SubscriptionsListenResultMetaObject SubscriptionsListenResultResponse Task
TaskAugmentedRequestParams TaskAugmentedRequestParamsMeta TaskMetadata TaskStatus
TaskStatusNotification TaskStatusNotificationParams TitledMultiSelectEnumSchema
TitledMultiSelectEnumSchemaItems TitledMultiSelectEnumSchemaItemsAnyOfItem
TitledSingleSelectEnumSchema TitledSingleSelectEnumSchemaOneOfItem Tool ToolAnnotations
ToolChoice ToolExecution ToolInputSchema ToolListChangedNotification ToolOutputSchema
ToolResultContent ToolUseContent URLElicitationRequiredError
URLElicitationRequiredErrorError URLElicitationRequiredErrorErrorData UnsubscribeRequest
UnsubscribeRequestParams UnsubscribeRequestParamsMeta UnsupportedProtocolVersionError
UnsupportedProtocolVersionErrorError UnsupportedProtocolVersionErrorErrorData
UntitledMultiSelectEnumSchema UntitledMultiSelectEnumSchemaItems
UntitledSingleSelectEnumSchema
"""

__all__ = [
    "Annotations",
    "AudioContent",
    "BlobResourceContents",
    "CallToolResult",
    "ContentBlock",
    "EmbeddedResource",
    "GetPromptResult",
    "Icon",
    "ImageContent",
    "Implementation",
    "MetaObject",
    "PromptMessage",
    "ReadResourceResult",
    "ResourceLink",
    "ResultMetaObject",
    "Role",
    "TextContent",
    "TextResourceContents",
]
