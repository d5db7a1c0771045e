"""The adapter between the MCP SDK's low-level server and the pipeline, for all protocol revisions.

This is the only file that uses the low-level server and its provisional middleware list (ADR 0001). Lists are built
once per set of usable operations.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from servicekit.core.caller import Caller
from servicekit.core.identity import ServerIdentity
from servicekit.mcp.messages import Context, Message, message_of, metadata_of, request_info, sender_of
from servicekit.mcp.replies import (
    COMPLETE,
    completion_result,
    prompt_result,
    raise_error,
    resource_result,
    tool_result,
)
from servicekit.mcp.subscriptions import Subscriptions
from servicekit.pipeline.call import call
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.operation_span import OperationSpan, operation_span
from servicekit.pipeline.request import Reply
from servicekit.registry.listing import prompt_entry, resource_entry, tool_entry
from servicekit.registry.operation import Operation
from servicekit.registry.registry import Registry
from servicekit.telemetry.spans import stop_deferring

_LIST_TTL: Final = 60_000  # ms; a policy edit shows within this time
Params = TypeVar("Params")
Result = TypeVar("Result")


class McpServer:
    """One service behind the SDK's low-level server.

    Args:
        local_caller: the caller of a connection without HTTP requests: stdio, and in memory.
        subscriptions: the subscription streams; None for a service without a change feed.

    Attributes:
        server: the SDK's server, for a transport.
    """

    def __init__(
        self,
        identity: ServerIdentity,
        registry: Registry,
        pipeline: PipelineDependencies,
        local_caller: Caller | None = None,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self._registry = registry
        self._pipeline = pipeline
        self._local_caller = local_caller
        self._subscriptions = subscriptions
        self._lists: dict[tuple[str, frozenset[str]], dict[str, Any]] = {}
        schemas = {name: tool.arguments.schema for name, tool in registry.tools.items()}
        self.server: Server[Any] = Server(
            identity.name,
            title=identity.title,
            version=identity.version,
            instructions=identity.instructions,
            get_tool_input_schema=schemas.get,
            cache_hints={"server/discover": CacheHint(ttl_ms=_LIST_TTL, scope="public")},
        )
        self._add_handlers()
        self._server_info = self.server.server_info_stamp
        # The SDK's own span carries any tool name that the client wrote; ours carries registered names only.
        self.server.middleware[:] = [self._trace_message]

    def _add_handlers(self) -> None:
        """Serve the methods that have registrations; a method that is not served is not advertised."""
        add, registry, page = self.server.add_request_handler, self._registry, types.PaginatedRequestParams
        add("tools/list", page, _handler(self._list_tools))
        add("tools/call", types.CallToolRequestParams, _handler(self._call_tool))
        if registry.resources:
            add("resources/list", page, _handler(self._list_resources))
            add("resources/templates/list", page, _handler(self._list_templates))
            add("resources/read", types.ReadResourceRequestParams, _handler(self._read_resource))
        if registry.prompts:
            add("prompts/list", page, _handler(self._list_prompts))
            add("prompts/get", types.GetPromptRequestParams, _handler(self._get_prompt))
        if self._subscriptions is not None:
            add("subscriptions/listen", types.SubscriptionsListenRequestParams, self._listen)
        if registry.completions:
            add("completion/complete", types.CompleteRequestParams, _handler(self._complete))

    async def call_tool(self, message: Message, params: types.CallToolRequestParams) -> dict[str, Any]:
        """One tool call that came without the SDK's transport, and its result as the SDK would write it.

        Raises:
            MCPError: the call has no result.
        """
        result = {**await self._in_span(message, lambda: self._call_tool(message, params))}
        if message.protocol_version in MODERN_PROTOCOL_VERSIONS:
            result["_meta"] = {**result.get("_meta", {}), types.SERVER_INFO_META_KEY: self._server_info}
        else:
            del result["resultType"]
        return result

    async def _trace_message(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """The SDK's middleware: every message of its transports passes here. A subscription has no duration."""
        if ctx.method == "subscriptions/listen":
            stop_deferring()
            return await call_next(ctx)
        return await self._in_span(message_of(ctx), lambda: call_next(ctx))

    async def _in_span(self, message: Message, run: Callable[[], Awaitable[Result]]) -> Result:
        """Run a message inside its operation span."""
        operation = self._registry.find(message.method, message.params)
        with operation_span(message.method, operation, metadata_of(message)) as span:
            try:
                return await run()
            except MCPError as error:
                span.fail(error.error.code, error.error.message)
                raise
            except ValidationError:
                span.fail(types.INVALID_PARAMS, "Invalid request parameters")
                raise
            except Exception as error:
                span.record(error)
                span.fail(types.INTERNAL_ERROR, "")
                self._pipeline.log.crash(None, span, error)
                raise
            finally:
                if not span.has_call:
                    self._log_without_call(message, span)

    def _log_without_call(self, message: Message, span: OperationSpan) -> None:
        """Log a failed message that became no call."""
        caller = self._known_caller(message)
        if caller is not None:
            span.set_caller(caller, message.protocol_version)
            if span.outcome != "ok":
                self._pipeline.log.refused(caller, sender_of(message), span)

    async def _list_tools(self, message: Message, params: types.PaginatedRequestParams) -> dict[str, Any]:
        return self._list(message, params, "tools", self._registry.tools, tool_entry)

    async def _list_resources(self, message: Message, params: types.PaginatedRequestParams) -> dict[str, Any]:
        fixed = {name: found for name, found in self._registry.resources.items() if not found.is_template}
        return self._list(message, params, "resources", fixed, resource_entry)

    async def _list_templates(self, message: Message, params: types.PaginatedRequestParams) -> dict[str, Any]:
        templates = {name: found for name, found in self._registry.resources.items() if found.is_template}
        return self._list(message, params, "resourceTemplates", templates, resource_entry)

    async def _list_prompts(self, message: Message, params: types.PaginatedRequestParams) -> dict[str, Any]:
        return self._list(message, params, "prompts", self._registry.prompts, prompt_entry)

    def _list(
        self,
        message: Message,
        params: types.PaginatedRequestParams,
        key: str,
        operations: Mapping[str, Any],
        entry: Any,
    ) -> dict[str, Any]:
        """The operations that the caller may use, in one page."""
        if params.cursor is not None:
            raise MCPError(
                types.INVALID_PARAMS, "The cursor is not valid: this list has one page. Leave the cursor out."
            )
        visible = self._pipeline.policy.visible(self._caller(message), operations.values())
        cache_key = (key, frozenset(operation.name for operation in visible))
        if cache_key not in self._lists:
            self._lists[cache_key] = {
                **COMPLETE,
                key: [entry(operation) for operation in visible],
                "ttlMs": _LIST_TTL,
                "cacheScope": "private",
            }
        return self._lists[cache_key]

    async def _call_tool(self, message: Message, params: types.CallToolRequestParams) -> dict[str, Any]:
        tool = self._registry.tools.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, "There is no such tool. tools/list shows the tools you may use.")
        reply = await self._run(message, tool, params.arguments or {}, params)
        return tool_result(reply, modern=message.protocol_version in MODERN_PROTOCOL_VERSIONS)

    async def _read_resource(self, message: Message, params: types.ReadResourceRequestParams) -> dict[str, Any]:
        uri = str(params.uri)
        found = self._registry.find_resource(uri)
        if found is None:
            words = "There is no such resource. resources/templates/list shows the URI templates."
            # SEP-2164: the URI is part of the error.
            raise MCPError(types.INVALID_PARAMS, words, {"uri": uri} if self._registry.is_safe_to_echo(uri) else None)
        resource, variables = found
        return resource_result(await self._run(message, resource, variables, params), resource, uri)

    async def _get_prompt(self, message: Message, params: types.GetPromptRequestParams) -> dict[str, Any]:
        prompt = self._registry.prompts.get(params.name)
        if prompt is None:
            raise MCPError(types.INVALID_PARAMS, "There is no such prompt. prompts/list shows the prompts you may use.")
        return prompt_result(await self._run(message, prompt, params.arguments or {}, params), prompt)

    async def _complete(self, message: Message, params: types.CompleteRequestParams) -> dict[str, Any]:
        completion = self._registry.completions.get(params.argument.name)
        reference = params.ref.model_dump(by_alias=True)
        if completion is None or not self._registry.has_argument(reference, params.argument.name):
            return completion_result([])
        chosen = (params.context.arguments if params.context is not None else None) or {}
        reply = await self._run(message, completion, {"prefix": params.argument.value, "chosen": chosen})
        raise_error(reply)
        return completion_result(reply.text.split("\n") if reply.text else [])

    async def _listen(
        self, context: Context, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        message, request_id, subscriptions = message_of(context), context.request_id, self._subscriptions
        if request_id is None or subscriptions is None:
            raise MCPError(types.INVALID_REQUEST, "subscriptions/listen needs an id: its result ends the stream.")
        caller = self._caller(message)

        async def send(notification: types.ServerNotification) -> None:
            await context.session.send_notification(notification, related_request_id=request_id)

        async def read(operation: Operation, variables: Mapping[str, Any]) -> None:
            request = replace(request_info(message, None), decision=None)  # each read counts against the limits
            raise_error(await call(self._pipeline, operation, variables, caller, request))

        return await subscriptions.serve(request_id, params.notifications, caller, send, read)

    async def _run(
        self,
        message: Message,
        operation: Operation,
        arguments: Mapping[str, Any],
        params: types.InputResponseRequestParams | None = None,
    ) -> Reply:
        request = request_info(message, params)
        return await call(self._pipeline, operation, arguments, self._caller(message), request)

    def _caller(self, message: Message) -> Caller:
        caller = self._known_caller(message)
        if caller is None:
            raise MCPError(types.INVALID_REQUEST, "This connection has no caller.")
        return caller

    def _known_caller(self, message: Message) -> Caller | None:
        return message.caller if message.scope is not None else self._local_caller


def _handler(
    handle: Callable[[Message, Params], Awaitable[dict[str, Any]]],
) -> Callable[[Context, Params], Awaitable[dict[str, Any]]]:
    """Adapt a handler to the SDK's request context."""

    async def adapted(context: Context, params: Params) -> dict[str, Any]:
        return await handle(message_of(context), params)

    return adapted
