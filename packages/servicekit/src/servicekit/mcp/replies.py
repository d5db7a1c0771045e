"""Converts replies of the pipeline to MCP results, as JSON values."""

from typing import Any, Final

from servicekit.mcp.statuses import ReplyError, is_tool_result
from servicekit.pipeline.request import Reply
from servicekit.registry.prompts import MAX_COMPLETIONS, PromptSpec
from servicekit.registry.resources import BINARY, ResourceSpec
from servicekit.schema.content import content_blocks, resource_contents

COMPLETE: Final = {"resultType": "complete"}
"""Required in revision 2026-07-28; earlier ones do not have it."""


def tool_result(reply: Reply, *, modern: bool, over_http: bool) -> dict[str, Any]:
    """The result of tools/call. Its `structuredContent` is a `JsonObject`, which is encoded already.

    Raises:
        ReplyError: a failure that concerns the client more than its model.
    """
    if reply.input_requests:
        return _input_required(reply)
    if reply.is_error and not is_tool_result(reply, modern=modern, over_http=over_http):
        raise ReplyError(reply)
    content = content_blocks(reply.text, reply.attachments)
    if reply.notice is not None:
        content.append({"type": "text", "text": reply.notice})
    if reply.link is not None:
        content.append({"type": "resource_link", "uri": reply.link, "name": "The whole result"})
    result: dict[str, Any] = {**COMPLETE, "content": content, "isError": reply.is_error}
    if reply.json is not None:
        result["structuredContent"] = reply.json
    if reply.meta:
        result["_meta"] = reply.meta
    return result


def resource_result(reply: Reply, resource: ResourceSpec, uri: str) -> dict[str, Any]:
    """The result of resources/read.

    Raises:
        ReplyError: the read failed.
    """
    if reply.input_requests:
        return _input_required(reply)
    if reply.is_error:
        raise ReplyError(reply)
    is_text = reply.data is None or not resource.mime_type.startswith("text/")
    content: dict[str, Any] = {"uri": uri, "mimeType": reply.mime_type or (resource.mime_type if is_text else BINARY)}
    content |= resource_contents(reply.text if reply.data is None else reply.data)
    if reply.meta:
        content["_meta"] = reply.meta
    return {**COMPLETE, "contents": [content], "ttlMs": 0, "cacheScope": "private"}


def prompt_result(reply: Reply, prompt: PromptSpec) -> dict[str, Any]:
    """The result of prompts/get.

    Raises:
        ReplyError: the prompt failed.
    """
    if reply.input_requests:
        return _input_required(reply)
    if reply.is_error:
        raise ReplyError(reply)
    messages = [{"role": "user", "content": block} for block in content_blocks(reply.text, reply.attachments)]
    return {**COMPLETE, "description": prompt.description, "messages": messages}


def completion_result(values: list[str], most: int = MAX_COMPLETIONS) -> dict[str, Any]:
    """The result of completion/complete, with so many values at most."""
    return {**COMPLETE, "completion": {"values": values[:most], "hasMore": len(values) > most}}


def _input_required(reply: Reply) -> dict[str, Any]:
    """A result that requests input; the client repeats the call with the responses and the state."""
    requests = {
        name: {"method": wanted.method, "params": wanted.params} for name, wanted in reply.input_requests.items()
    }
    return {"resultType": "input_required", "inputRequests": requests, "requestState": reply.state}
