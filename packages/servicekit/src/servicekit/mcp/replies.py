"""Converts replies of the pipeline to MCP results and errors, as JSON values."""

from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError

from servicekit.core.errors import Outcome
from servicekit.pipeline.request import Reply
from servicekit.registry.prompts import MAX_COMPLETIONS, PromptSpec
from servicekit.registry.resources import BINARY, ResourceSpec
from servicekit.schema.content import content_blocks, resource_contents

UNAVAILABLE: Final = 503
"""JSON-RPC code of a failure that may pass. Own codes stay outside -32768..-32000 (MCP 2026-07-28, basic)."""
COMPLETE: Final = {"resultType": "complete"}
"""Required in revision 2026-07-28; the SDK removes it for older ones."""
_CODES: Final[dict[Outcome, int]] = {
    "crash": types.INTERNAL_ERROR,
    "unavailable": UNAVAILABLE,
    "shed": UNAVAILABLE,
    "deadline": UNAVAILABLE,
    "capability_missing": types.MISSING_REQUIRED_CLIENT_CAPABILITY,
}
_CLIENT_FAILURES: Final = frozenset[Outcome]({"capability_missing", "invalid_request_state"})
"""Failures that the client must fix, not its model: JSON-RPC errors for tools too (MCP 2026-07-28, basic)."""


def tool_result(reply: Reply, *, modern: bool) -> dict[str, Any]:
    """The result of tools/call.

    Raises:
        MCPError: a failure that the client must fix.
    """
    if reply.input_requests:
        return _input_required(reply)
    if modern and reply.outcome in _CLIENT_FAILURES:
        raise_error(reply)
    content = content_blocks(reply.text, reply.attachments)
    if reply.notice is not None:
        content.append({"type": "text", "text": reply.notice})
    if reply.link is not None:
        content.append({"type": "resource_link", "uri": reply.link, "name": "The whole result"})
    result: dict[str, Any] = {**COMPLETE, "content": content, "isError": reply.is_error}
    if reply.structured is not None:
        result["structuredContent"] = reply.structured
    if reply.meta:
        result["_meta"] = reply.meta
    return result


def resource_result(reply: Reply, resource: ResourceSpec, uri: str) -> dict[str, Any]:
    """The result of resources/read.

    Raises:
        MCPError: the read failed.
    """
    if reply.input_requests:
        return _input_required(reply)
    raise_error(reply)
    is_text = reply.data is None or not resource.mime_type.startswith("text/")
    content: dict[str, Any] = {"uri": uri, "mimeType": resource.mime_type if is_text else BINARY}
    content |= resource_contents(reply.text if reply.data is None else reply.data)
    if reply.meta:
        content["_meta"] = reply.meta
    return {**COMPLETE, "contents": [content], "ttlMs": 0, "cacheScope": "private"}


def prompt_result(reply: Reply, prompt: PromptSpec) -> dict[str, Any]:
    """The result of prompts/get.

    Raises:
        MCPError: the prompt failed.
    """
    if reply.input_requests:
        return _input_required(reply)
    raise_error(reply)
    messages = [{"role": "user", "content": block} for block in content_blocks(reply.text, reply.attachments)]
    return {**COMPLETE, "description": prompt.description, "messages": messages}


def completion_result(values: list[str]) -> dict[str, Any]:
    """The result of completion/complete."""
    more = len(values) > MAX_COMPLETIONS
    return {**COMPLETE, "completion": {"values": values[:MAX_COMPLETIONS], "hasMore": more}}


def raise_error(reply: Reply) -> None:
    """Raise a failed reply as a JSON-RPC error; only tools have results that are errors.

    Raises:
        MCPError: the reply is a failure.
    """
    if reply.is_error:
        raise MCPError(_CODES.get(reply.outcome, types.INVALID_PARAMS), reply.text, reply.meta or None)


def _input_required(reply: Reply) -> dict[str, Any]:
    """A result that requests input; the client repeats the call with the responses and the state."""
    requests = {
        name: {"method": wanted.method, "params": wanted.params} for name, wanted in reply.input_requests.items()
    }
    return {"resultType": "input_required", "inputRequests": requests, "requestState": reply.state}
