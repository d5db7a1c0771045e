"""A command-line agent with a scripted model: each call of a tool is one run of the agent without a terminal.

Arguments: which agent (claude-code, codex or gemini-cli), and its program.
"""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from browser_visit import say
from command_line_agents import AGENTS, Agent
from driver import PLAN, begun, drive_session, line
from scripted_model import NAMESPACE, ScriptedModel

URL = re.compile(r"https?://\S*/authorize\?\S+")


class Session:
    """A session of the driver, on an agent that is configured for one server."""

    def __init__(self, agent: Agent, model: ScriptedModel, service: str) -> None:
        self.agent = agent
        self.model = model
        self.service = service

    async def tools(self) -> list[str]:
        await self.ask("List your tools.")
        names = [name.rpartition(NAMESPACE)[2] for name in self.model.tools]
        return [re.sub(rf"^(mcp_+)?{self.service}_+", "", name) for name in names]

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        self.model.want(name, arguments)
        written = await self.ask(f"Use {name}.")
        assert self.model.results, f"the model was given no result: {written[-200:]}"
        return "\n".join(self.model.results)

    async def resource(self, uri: str) -> str:
        return await self.call(*self.agent.reads_resource(self.service, uri))

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        self.model.want("", {})
        written = await self.ask(self.agent.uses_prompt(self.service, name, arguments))
        found = [text for text in self.model.texts if "A customer asks where order" in text]
        assert found, f"the prompt did not reach the model: {written[-200:]}"
        return found[0]

    async def stop(self, name: str, arguments: dict[str, Any]) -> None:
        self.model.want(name, arguments)
        process = await self.start(f"Use {name}.")
        await begun()
        os.killpg(process.pid, signal.SIGINT)
        await process.wait()

    async def ask(self, text: str) -> str:
        """Run the agent on a request of the user; returns what it wrote."""
        process = await self.start(text)
        try:
            written, _ = await process.communicate()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
        return written.decode(errors="replace").strip()

    async def start(self, text: str) -> Process:
        return await run(self.agent, self.agent.asks(text))


async def run(agent: Agent, arguments: list[str], stdin: int = DEVNULL) -> Process:
    """Start the agent's program."""
    environment = {**os.environ, **agent.environment}
    return await asyncio.create_subprocess_exec(
        *agent.program, *arguments, env=environment, stdin=stdin, stdout=PIPE, stderr=STDOUT, start_new_session=True
    )


async def sign_in(agent: Agent, service: str) -> None:
    """The agent's own login; the runner is its user."""
    ours, theirs = os.openpty()  # some agents read the address from a terminal only
    process = await run(agent, agent.signs_in(service), theirs)
    os.close(theirs)
    assert process.stdout is not None
    written = ""
    while chunk := await process.stdout.read(4096):
        written += chunk.decode(errors="replace")
        if (found := URL.search(written)) and written[found.end() :]:
            say(visit=found[0])
            os.write(ours, (await line()).encode())
            break
    rest, _ = await process.communicate()
    os.close(ours)
    assert process.returncode == 0, (written + rest.decode(errors="replace"))[-200:]


@asynccontextmanager
async def connect(url: str, headers: Any, auth: Any) -> Any:
    del auth
    service = next(name for name, known in PLAN["urls"].items() if known == url)
    model = ScriptedModel()
    agent = AGENTS[sys.argv[1]](sys.argv[2:], Path.cwd(), model.url)
    agent.configure(service, url, headers)
    process = await run(agent, ["--version"])
    written, _ = await process.communicate()
    if found := re.search(rb"\d+\.\d+\.\d+", written):
        say(version=found[0].decode())
    if headers is None:
        await sign_in(agent, service)
    yield Session(agent, model, service)


asyncio.run(drive_session(connect))
