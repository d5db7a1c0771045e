"""The seat of the MCP SDK: requests of both eras in, the pipeline's replies out.

The one file that touches the SDK's low-level server and its provisional middleware list (ADR 0001). Lists are built
once per set of usable operations; a call is looked up, run by the pipeline, and written as plain JSON values.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from servicekit.core.asgi_scope import CALLER
from servicekit.core.caller import Caller
from servicekit.core.errors import Outcome
from servicekit.core.identity import ServerIdentity
from servicekit.mcp.messages import Context, metadata_of, request_info, sender_info
from servicekit.mcp.subscriptions import Subscriptions
from servicekit.pipeline.call import call
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.operation_span import OperationSpan, operation_span
from servicekit.pipeline.request import Reply
from servicekit.registry.listing import describe_prompt, describe_resource, describe_tool
from servicekit.registry.operation import Operation
from servicekit.registry.prompts import COMPLETIONS_SHOWN
from servicekit.registry.registry import Registry
from servicekit.registry.resources import BINARY
from servicekit.schema.content import content_blocks, resource_contents
from servicekit.telemetry.spans import stop_deferring

UNAVAILABLE: Final = 503
"""JSON-RPC code for what may work later. Own codes stay outside -32768..-32000 (MCP 2026-07-28, basic)."""
_LIST_TTL: Final = 60_000  # ms; a policy edit shows within this time
_COMPLETE: Final = {"resultType": "complete"}  # required on the 2026-07-28 wire, dropped by the SDK on older ones
_CODES: Final[dict[Outcome, int]] = {
    "crash": types.INTERNAL_ERROR,
    "unavailable": UNAVAILABLE,
    "shed": UNAVAILABLE,
    "deadline": UNAVAILABLE,
    "capability_missing": types.MISSING_REQUIRED_CLIENT_CAPABILITY,
}
_NEVER_A_RESULT: Final = frozenset[Outcome]({"capability_missing", "invalid_request_state"})
"""Failures that a modern client, not its model, is to mend: JSON-RPC errors for tools too (MCP 2026-07-28, basic)."""


class McpServer:
    """One service behind the SDK's low-level server.

    Args:
        local_caller: who calls when no HTTP request says so: over stdio, and in memory.
        subscriptions: the subscription streams; None for a service that announces nothing.

    Attributes:
        server: the SDK's server, to be given to a transport.
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
        self._stamp = self.server.server_info_stamp
        # The SDK's own span carries whatever tool name the client wrote; ours carries registered names only.
        self.server.middleware[:] = [self._observe]

    def _add_handlers(self) -> None:
        """Serve the methods that have rows; what is not served is not advertised."""
        add, registry, page = self.server.add_request_handler, self._registry, types.PaginatedRequestParams
        add("tools/list", page, self._list_tools)
        add("tools/call", types.CallToolRequestParams, self._call_tool)
        if registry.resources:
            add("resources/list", page, self._list_resources)
            add("resources/templates/list", page, self._list_templates)
            add("resources/read", types.ReadResourceRequestParams, self._read_resource)
        if registry.prompts:
            add("prompts/list", page, self._list_prompts)
            add("prompts/get", types.GetPromptRequestParams, self._get_prompt)
        if self._subscriptions is not None:
            add("subscriptions/listen", types.SubscriptionsListenRequestParams, self._listen)
        if registry.completions:
            add("completion/complete", types.CompleteRequestParams, self._complete)

    async def _observe(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Every message of every transport passes here. Listening is not one that ends, so it has no duration."""
        if ctx.method == "subscriptions/listen":
            stop_deferring()
            return await call_next(ctx)
        operation = self._registry.find(ctx.method, ctx.params or {})
        with operation_span(ctx.method, operation, metadata_of(ctx)) as answered:
            try:
                return await call_next(ctx)
            except MCPError as error:
                answered.fail(error.error.code, error.error.message)
                raise
            except ValidationError:
                answered.fail(types.INVALID_PARAMS, "Invalid request parameters")
                raise
            except Exception as error:
                answered.record(error)
                answered.fail(types.INTERNAL_ERROR, "")
                self._pipeline.log.crash(None, answered, error)
                raise
            finally:
                if not answered.has_call:
                    self._note(ctx, answered)

    def _note(self, ctx: Context, answered: OperationSpan) -> None:
        """What became no call says whose it was, and has a line where it failed."""
        caller = self._known_caller(ctx)
        if caller is not None:
            answered.set_caller(caller, ctx.protocol_version)
            if answered.outcome != "ok":
                self._pipeline.log.refused(caller, sender_info(ctx), answered)

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> dict[str, Any]:
        """One tool call of an HTTP request that needs nothing else of the SDK, and its result as that writes it.

        Raises:
            MCPError: it has no result.
        """

        async def run(_: Context) -> dict[str, Any]:
            return await self._call_tool(context, params)

        result: dict[str, Any] = {**cast("dict[str, Any]", await self._observe(context, run))}
        if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            result["_meta"] = {**result.get("_meta", {}), types.SERVER_INFO_META_KEY: self._stamp}
        else:
            del result["resultType"]
        return result

    async def _list_tools(self, context: Context, params: types.PaginatedRequestParams) -> dict[str, Any]:
        return self._listed(context, params, "tools", self._registry.tools, describe_tool)

    async def _list_resources(self, context: Context, params: types.PaginatedRequestParams) -> dict[str, Any]:
        rows = {name: row for name, row in self._registry.resources.items() if not row.is_template}
        return self._listed(context, params, "resources", rows, describe_resource)

    async def _list_templates(self, context: Context, params: types.PaginatedRequestParams) -> dict[str, Any]:
        rows = {name: row for name, row in self._registry.resources.items() if row.is_template}
        return self._listed(context, params, "resourceTemplates", rows, describe_resource)

    async def _list_prompts(self, context: Context, params: types.PaginatedRequestParams) -> dict[str, Any]:
        return self._listed(context, params, "prompts", self._registry.prompts, describe_prompt)

    def _listed(
        self,
        context: Context,
        params: types.PaginatedRequestParams,
        key: str,
        rows: Mapping[str, Any],
        describe: Any,
    ) -> dict[str, Any]:
        """The rows that the caller may use. A table is one page: it is small, and built once per set of rights."""
        if params.cursor is not None:
            raise MCPError(types.INVALID_PARAMS, "There is no such page: this list is one page. Leave the cursor out.")
        visible = self._pipeline.policy.visible(self._caller(context), rows.values())
        known = (key, frozenset(operation.name for operation in visible))
        if known not in self._lists:
            self._lists[known] = {
                **_COMPLETE,
                key: [describe(operation) for operation in visible],
                "ttlMs": _LIST_TTL,
                "cacheScope": "private",
            }
        return self._lists[known]

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> dict[str, Any]:
        tool = self._registry.tools.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, "There is no such tool. tools/list names those you may use.")
        reply = await self._run(context, tool, params.arguments or {}, params)
        if reply.input_requests:
            return _ask(reply)
        if reply.outcome in _NEVER_A_RESULT and context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            _or_error(reply)
        content = content_blocks(reply.text, reply.attachments)
        if reply.notice is not None:
            content.append({"type": "text", "text": reply.notice})
        if reply.link is not None:
            content.append({"type": "resource_link", "uri": reply.link, "name": "The whole result"})
        result: dict[str, Any] = {**_COMPLETE, "content": content, "isError": reply.is_error}
        if reply.structured is not None:
            result["structuredContent"] = reply.structured
        if reply.meta:
            result["_meta"] = reply.meta
        return result

    async def _read_resource(self, context: Context, params: types.ReadResourceRequestParams) -> dict[str, Any]:
        uri = str(params.uri)
        found = self._registry.find_resource(uri)
        if found is None:
            words = "There is no such resource. resources/templates/list shows the forms."
            # SEP-2164: which one it was is part of the answer.
            raise MCPError(types.INVALID_PARAMS, words, {"uri": uri} if self._registry.may_repeat(uri) else None)
        row, values = found
        reply = await self._run(context, row, values, params)
        if reply.input_requests:
            return _ask(reply)
        reply = _or_error(reply)
        is_text = reply.data is None or not row.mime_type.startswith("text/")
        content: dict[str, Any] = {"uri": uri, "mimeType": row.mime_type if is_text else BINARY}
        content |= resource_contents(reply.text if reply.data is None else reply.data)
        if reply.meta:
            content["_meta"] = reply.meta
        return {**_COMPLETE, "contents": [content], "ttlMs": 0, "cacheScope": "private"}

    async def _get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> dict[str, Any]:
        row = self._registry.prompts.get(params.name)
        if row is None:
            raise MCPError(types.INVALID_PARAMS, "There is no such prompt. prompts/list names those you may use.")
        reply = await self._run(context, row, params.arguments or {}, params)
        if reply.input_requests:
            return _ask(reply)
        reply = _or_error(reply)
        messages = [{"role": "user", "content": block} for block in content_blocks(reply.text, reply.attachments)]
        return {**_COMPLETE, "description": row.description, "messages": messages}

    async def _complete(self, context: Context, params: types.CompleteRequestParams) -> dict[str, Any]:
        row = self._registry.completions.get(params.argument.name)
        reference = params.ref.model_dump(by_alias=True)
        if row is None or not self._registry.has_argument(reference, params.argument.name):
            return {**_COMPLETE, "completion": {"values": [], "hasMore": False}}
        chosen = (params.context.arguments if params.context is not None else None) or {}
        reply = _or_error(await self._run(context, row, {"prefix": params.argument.value, "chosen": chosen}))
        values = reply.text.split("\n") if reply.text else []
        more = len(values) > COMPLETIONS_SHOWN
        return {**_COMPLETE, "completion": {"values": values[:COMPLETIONS_SHOWN], "hasMore": more}}

    async def _listen(
        self, context: Context, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        request_id, subscriptions = context.request_id, self._subscriptions
        if request_id is None or subscriptions is None:
            raise MCPError(types.INVALID_REQUEST, "subscriptions/listen needs an id: its result ends the stream.")

        async def send(notification: types.ServerNotification) -> None:
            await context.session.send_notification(notification, related_request_id=request_id)

        async def read(row: Operation, values: Mapping[str, Any]) -> None:
            request = replace(request_info(context, None), decision=None)  # each counts as the reading that it is
            _or_error(await call(self._pipeline, row, values, self._caller(context), request))

        return await subscriptions.serve(request_id, params.notifications, self._caller(context), send, read)

    async def _run(
        self,
        context: Context,
        operation: Operation,
        arguments: Mapping[str, Any],
        params: types.InputResponseRequestParams | None = None,
    ) -> Reply:
        request = request_info(context, params)
        return await call(self._pipeline, operation, arguments, self._caller(context), request)

    def _caller(self, context: Context) -> Caller:
        caller = self._known_caller(context)
        if caller is None:
            raise MCPError(types.INVALID_REQUEST, "Nobody is signed in on this connection.")
        return caller

    def _known_caller(self, context: Context) -> Caller | None:
        return context.request.scope[CALLER] if context.request is not None else self._local_caller


def _ask(reply: Reply) -> dict[str, Any]:
    """A result that asks the client for something; it comes back with the answers and the state."""
    asked = {name: {"method": wanted.method, "params": wanted.params} for name, wanted in reply.input_requests.items()}
    return {"resultType": "input_required", "inputRequests": asked, "requestState": reply.state}


def _or_error(reply: Reply) -> Reply:
    """Only tools have results that are errors; everything else fails as JSON-RPC does."""
    if reply.is_error:
        raise MCPError(_CODES.get(reply.outcome, types.INVALID_PARAMS), reply.text, reply.meta or None)
    return reply
