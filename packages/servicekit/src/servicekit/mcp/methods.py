"""The MCP methods of one server, for every transport and revision: what each does with a valid message.

Lists and the answers of the handshake do not change between requests: each is made once for every set of usable
operations, and its JSON once for every revision.
"""

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError

from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.caller import Caller
from servicekit.mcp.lists import Lists
from servicekit.mcp.messages import Message, request_info, unknown_method
from servicekit.mcp.replies import completion_result, prompt_result, resource_result, tool_result
from servicekit.mcp.statuses import ReplyError
from servicekit.mcp.subscriptions import Subscriptions
from servicekit.pipeline.call import call
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.outcomes import rate_limited
from servicekit.pipeline.request import Reply
from servicekit.registry.operation import Operation
from servicekit.registry.prompts import PromptSpec
from servicekit.registry.registry import Registry
from servicekit.registry.resources import ResourceSpec

Result = Mapping[str, Any]
"""The `result` member of a response, as JSON values."""
Found = tuple[Operation, Mapping[str, Any]] | None
"""The operation that a message names, and its arguments as they were sent."""
Handler = Callable[[Message, Found], Awaitable[Result]]

_TOO_MANY_OTHERS: Final = "You sent too many lists, pings and other messages in this minute. Wait {wait} s."
_UNKNOWN: Final = {
    "tools/call": "There is no such tool. tools/list shows the tools you may use.",
    "resources/read": "There is no such resource. resources/templates/list shows the URI templates.",
    "prompts/get": "There is no such prompt. prompts/list shows the prompts you may use.",
}


class Methods:
    """What one server does with each method. A method without registrations is not served and not advertised.

    Args:
        subscriptions: the subscription streams; None for a service without a change feed.
    """

    def __init__(
        self,
        registry: Registry,
        pipeline: PipelineDependencies,
        subscriptions: Subscriptions | None = None,
        *,
        output_schemas: bool = True,
    ) -> None:
        self._registry = registry
        self._pipeline = pipeline
        self._subscriptions = subscriptions
        lists = Lists(registry, pipeline.policy, output_schemas=output_schemas)
        self.handlers: dict[str, Handler] = {"tools/call": self._operate}
        for method in lists.methods:
            self.handlers[method] = _list_handler(lists, method)
        if registry.resources:
            self.handlers["resources/read"] = self._operate
        if registry.prompts:
            self.handlers["prompts/get"] = self._operate
        if registry.completions:
            self.handlers["completion/complete"] = self._operate
        if subscriptions is not None:
            self.handlers["subscriptions/listen"] = self._listen

    def extended(self, handlers: Mapping[str, Handler]) -> "Methods":
        """A copy that also serves other methods."""
        extended = copy(self)
        extended.handlers = {**self.handlers, **handlers}
        return extended

    def find(self, method: str, params: object) -> Found:
        """The operation that a message names, with its arguments. The parameters may be invalid."""
        return self._registry.find(method, params) if isinstance(params, Mapping) else None

    async def answer(self, message: Message, found: Found) -> Result:
        """The result of a message.

        Raises:
            MCPError: the message has no result; `ReplyError` where the pipeline refused it or it failed.
        """
        handler = self.handlers.get(message.method)
        if handler is None:
            raise unknown_method(message.method)
        return await handler(message, found)

    async def count(self, caller: Caller, on_decision: Callable[[RateLimitDecision], None]) -> None:
        """Count a message that is no call against the caller's rate limit.

        Raises:
            ReplyError: the limit is reached.
        """
        decision = await self._pipeline.decide(caller, None)
        on_decision(decision)
        if decision.exceeded is not None:
            raise ReplyError(rate_limited(decision, _TOO_MANY_OTHERS if decision.exceeded == "tool" else None))

    async def _operate(self, message: Message, found: Found) -> Result:
        """Run the operation: a tool, resource, prompt or completion."""
        if found is None:
            return await self._answer_unknown(message)
        operation, arguments = found
        caller = known_caller(message.caller)
        reply = await call(self._pipeline, operation, arguments, caller, request_info(message))
        if operation.kind == "completion" and not reply.is_error:
            return completion_result(
                reply.text.split("\n") if reply.text else [], self._pipeline.policy.max_values(caller)
            )
        return _result(reply, operation, message)

    async def _answer_unknown(self, message: Message) -> Result:
        if message.method == "completion/complete":
            return completion_result([])  # arguments without suggestions are no failure
        data = None
        if message.method == "resources/read":
            uri = str(message.params["uri"])
            data = {"uri": uri} if self._registry.is_safe_to_echo(uri) else None  # SEP-2164: the URI is in the error
        raise MCPError(types.INVALID_PARAMS, _UNKNOWN[message.method], data)

    async def _listen(self, message: Message, _: Found) -> Result:
        """Serve one subscription stream until it ends."""
        assert self._subscriptions is not None  # noqa: S101  # for the type checker: else there is no such handler
        params = types.SubscriptionsListenRequestParams.model_validate(message.params, by_name=False)
        caller, request = known_caller(message.caller), request_info(message)

        async def read(resource: ResourceSpec, variables: Mapping[str, Any]) -> None:
            reply = await call(self._pipeline, resource, variables, caller, request)
            if reply.is_error:
                raise ReplyError(reply)

        result = await self._subscriptions.serve(message.id, params.notifications, caller, message.notify, read)
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)


def known_caller(caller: Caller | None) -> Caller:
    """The caller of a message.

    Raises:
        MCPError: the connection has none.
    """
    if caller is None:
        raise MCPError(types.INVALID_REQUEST, "This connection has no caller.")
    return caller


def _list_handler(lists: Lists, method: str) -> Handler:
    async def list_operations(message: Message, _: Found) -> Result:
        return lists.result(method, known_caller(message.caller), message.params)

    return list_operations


def _result(reply: Reply, operation: Operation, message: Message) -> Result:
    match operation:
        case ResourceSpec():
            return resource_result(reply, operation, str(message.params["uri"]))
        case PromptSpec():
            return prompt_result(reply, operation)
        case _ if operation.kind == "completion":
            raise ReplyError(reply)  # a failed one
        case _:
            return tool_result(reply, modern=message.is_modern, over_http=message.carrier.over_http)
