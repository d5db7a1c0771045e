"""The adapter to the MCP SDK's low-level server, which serves the methods over stdio and in memory.

This is the only file that uses the low-level server and its provisional middleware list (ADR 0001).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel import Server

from servicekit.core.caller import Caller
from servicekit.core.identity import ServerIdentity
from servicekit.mcp.handshake import DISCOVERY_HINT
from servicekit.mcp.message_span import message_span
from servicekit.mcp.messages import PIPE, Context, message_of
from servicekit.mcp.methods import Methods
from servicekit.pipeline.call_log import CallLog
from servicekit.registry.registry import Registry
from servicekit.schema.json_object import JsonObject

_PARAMS: Final[Mapping[str, type[types.RequestParams]]] = {
    "tools/list": types.PaginatedRequestParams,
    "tools/call": types.CallToolRequestParams,
    "resources/list": types.PaginatedRequestParams,
    "resources/templates/list": types.PaginatedRequestParams,
    "resources/read": types.ReadResourceRequestParams,
    "prompts/list": types.PaginatedRequestParams,
    "prompts/get": types.GetPromptRequestParams,
    "completion/complete": types.CompleteRequestParams,
    "subscriptions/listen": types.SubscriptionsListenRequestParams,
}


def sdk_server(
    identity: ServerIdentity, registry: Registry, methods: Methods, log: CallLog, local_caller: Caller | None
) -> Server[Any]:
    """The SDK's server around the methods of a service.

    Args:
        local_caller: the caller of its connections, which carry no credential.
    """
    schemas = {name: tool.arguments.schema for name, tool in registry.tools.items()}
    server: Server[Any] = Server(
        identity.name,
        title=identity.title,
        version=identity.version,
        instructions=identity.instructions,
        get_tool_input_schema=schemas.get,
        cache_hints={"server/discover": DISCOVERY_HINT},
    )
    for method in methods.handlers:
        server.add_request_handler(method, _PARAMS[method], _handler(methods, local_caller))

    async def trace(ctx: Context, call_next: CallNext) -> HandlerResult:
        if ctx.method == "subscriptions/listen":  # a stream has no duration
            return await call_next(ctx)
        found = methods.find(ctx.method, ctx.params)
        operation = found[0] if found is not None else None
        version = ctx.protocol_version
        with message_span(log, PIPE, local_caller, ctx.method, operation, ctx.params, ctx.request_id, version):
            return await call_next(ctx)

    # The SDK's own span carries any tool name that the client wrote; ours carries registered names only.
    server.middleware[:] = [trace]
    return server


def _handler(methods: Methods, caller: Caller | None) -> Callable[[Context, Any], Awaitable[dict[str, Any]]]:
    async def handle(context: Context, _: Any) -> dict[str, Any]:
        message = message_of(context, caller)
        result = dict(await methods.answer(message, methods.find(message.method, message.params)))
        if isinstance(content := result.get("structuredContent"), JsonObject):
            result["structuredContent"] = content.members
        return result

    return handle
