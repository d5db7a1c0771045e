"""Calls a tool of a running server with the MCP SDK's client."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp.client import Client, ClientRequestContext
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from devkit.errors import DevkitError
from devkit.loopback.health_check import answers_ok
from devkit.workspace.services import ServiceDescription

CALL_TIMEOUT = 60.0
_DESCRIPTION = re.compile(r'error_description="([^"]*)"')
EXAMPLE = """ARGS='{"query":"paid"}\'"""


@dataclass(frozen=True)
class Answer:
    """The result of a call: JSON or text, whether it is an error of the tool, and what the server says beside JSON."""

    content: Any
    is_error: bool
    notices: tuple[str, ...] = ()


def parse_arguments(text: str) -> dict[str, Any]:
    """Parse the arguments of a call. Raises `DevkitError` when `text` is not a JSON object."""
    try:
        arguments = json.loads(text or "{}")
    except ValueError as problem:
        raise DevkitError(f"ARGS is not valid JSON ({problem}). Write an object, such as {EXAMPLE}.") from None
    if not isinstance(arguments, dict):
        raise DevkitError(f"ARGS must be a JSON object with one member per argument, such as {EXAMPLE}.")
    return arguments


async def call_tool(service: ServiceDescription, tool: str, arguments: dict[str, Any], token: str) -> Answer:
    """Call a tool. Raises `DevkitError`: exit code 2 when the server does not run, 1 when it refuses the call."""
    async with _connected(service, token, f"the call of {tool}") as client:
        return _answer(await client.call_tool(tool, arguments))


async def tool_names(service: ServiceDescription, token: str) -> list[str]:
    """The names of the tools that the token allows. Raises `DevkitError` as `call_tool` does."""
    async with _connected(service, token, "the list of its tools") as client:
        return [tool.name for tool in (await client.list_tools()).tools]


@asynccontextmanager
async def _connected(service: ServiceDescription, token: str, what: str) -> AsyncIterator[Client]:
    if not await answers_ok(service.port, "/live"):
        raise DevkitError(f"{service.name} does not answer at {service.url}. Start the stack with `make up`.")
    descriptions: list[str] = []

    async def note_refusal(response: httpx2.Response) -> None:
        # The SDK's error carries no reason; the server's challenge does.
        challenge = response.headers.get("WWW-Authenticate", "")
        if response.is_error and (description := _DESCRIPTION.search(challenge)):
            descriptions.append(description[1])

    try:
        async with (
            httpx2.AsyncClient(
                headers={"Authorization": f"Bearer {token}"},
                timeout=CALL_TIMEOUT,
                trust_env=False,
                event_hooks={"response": [note_refusal]},
            ) as http,
            Client(
                streamable_http_client(service.resource, http_client=http),
                elicitation_callback=_confirm_on_terminal if sys.stdin.isatty() else None,
            ) as client,
        ):
            yield client
    except* (MCPError, httpx2.HTTPError) as problems:
        reasons = "; ".join(dict.fromkeys(descriptions or [str(problem) for problem in _leaves(problems)]))
        raise DevkitError(f"{service.name} refused {what}: {reasons}", exit_code=1) from None


async def _confirm_on_terminal(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001  # the SDK passes it by name
    """Ask for confirmation on the terminal; every answer but "y" or "yes" declines."""
    sys.stderr.write(f"\n{params.message} [y/N] ")
    sys.stderr.flush()
    answer = await asyncio.to_thread(sys.stdin.readline)
    if answer.strip().lower() not in ("y", "yes"):
        return ElicitResult(action="decline")
    return ElicitResult(action="accept", content={"agree": True})


def _answer(result: CallToolResult) -> Answer:
    if result.structured_content is not None and not result.is_error:
        # The first block is the same JSON as text.
        notices = tuple(block.text for block in result.content[1:] if isinstance(block, TextContent))
        return Answer(result.structured_content, is_error=False, notices=notices)
    text = "\n".join(
        block.text if isinstance(block, TextContent) else block.model_dump_json(indent=2, exclude_none=True)
        for block in result.content
    )
    return Answer(text, is_error=result.is_error)


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[BaseException]:
    for problem in group.exceptions:
        if isinstance(problem, BaseExceptionGroup):
            yield from _leaves(problem)
        else:
            yield problem
