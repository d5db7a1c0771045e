"""A session of the MCP SDK for Python 1.x, which some frameworks hand out."""

from typing import Any

from mcp import ClientSession, types
from pydantic import AnyUrl


class Session:
    def __init__(self, session: ClientSession) -> None:
        self.session = session

    async def tools(self) -> list[str]:
        return [tool.name for tool in (await self.session.list_tools()).tools]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        result = await self.session.call_tool(name, arguments)
        assert not result.isError, result.content[0].text
        return result.content[0].text

    async def resource(self, uri: str) -> str:
        return (await self.session.read_resource(AnyUrl(uri))).contents[0].text

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return (await self.session.get_prompt(name, arguments)).messages[0].content.text

    async def complete(self, prompt: str, argument: str, start: str) -> list[str]:
        reference = types.PromptReference(type="ref/prompt", name=prompt)
        return (await self.session.complete(reference, {"name": argument, "value": start})).completion.values

    async def progress(self, name: str, arguments: dict[str, Any]) -> int:
        seen = []

        async def note(done: float, total: float | None, message: str | None) -> None:
            seen.append((done, total, message))

        result = await self.session.call_tool(name, arguments, progress_callback=note)
        assert not result.isError, result.content[0].text
        return len(seen)
