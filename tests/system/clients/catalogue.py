"""The clients: how each is installed and started, and which cells it cannot have."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.fixtures.npm import node

from . import installing

HERE: Final = Path(__file__).parent
PROGRAMS: Final = HERE / "programs"


@dataclass(frozen=True)
class Client:
    """A client that is driven.

    Attributes:
        name: its name, as `ONLY` has it.
        title: its name for people.
        command: installs it where needed, and gives the command that runs its program.
        lacks: why it cannot have a cell, by cell. All other cells have to work.
        how: how it does something, where that is not plain, by cell; read after "works".
    """

    name: str
    title: str
    command: Callable[[], list[str]]
    lacks: Mapping[str, str] = field(default_factory=dict)
    how: Mapping[str, str] = field(default_factory=dict)


def python(name: str, program: str) -> Callable[[], list[str]]:
    """A program in the environment that `requirements/NAME.txt` describes."""
    return lambda: [installing.python(HERE / "requirements" / f"{name}.txt"), str(PROGRAMS / f"{program}.py")]


def npm(name: str, program: str, *arguments: str) -> Callable[[], list[str]]:
    """A program beside the packages that `npm/NAME` locks."""
    return lambda: [*installing.node_program(HERE / "npm" / name, PROGRAMS / f"{program}.mjs"), *arguments]


def present(program: str, *arguments: str) -> Callable[[], list[str]]:
    """A program of this machine."""
    return lambda: [installing.present(program), *arguments]


def agent(name: str, script: str) -> Callable[[], list[str]]:
    """A command-line agent from `npm/NAME`, driven by a program of its own."""

    def command() -> list[str]:
        modules = installing.npm(HERE / "npm" / name) / "node_modules"
        program = node(str(modules / script))
        return [sys.executable, str(PROGRAMS / "command_line.py"), name, *program]

    return command


NO_OAUTH: Final = "it has no OAuth; it sends the token that it is given"
NO_COMPLETIONS: Final = "the client has no completions"
NO_PROGRESS: Final = "the client shows no progress"
LISTED_ONLY: Final = "it calls listed tools only, and a server lists the tools that the token may call"
BY_HAND: Final = "its program names the endpoints of the sign-in; it does not find them"
BY_CLOSING: Final = "by closing the session"
BY_ENDING: Final = "by ending the program"
NO_TERMINAL: Final = "not tried: it is a matter of its terminal, and the program runs without one"
NO_PROMPTS: Final = "the client has no prompts"

CLIENTS: Final = (
    Client(
        "mcp-python-2",
        "MCP SDK for Python 2.x",
        python("mcp-python-2", "python_v2"),
        how={"confirm": "within the call"},
    ),
    Client(
        "mcp-python-1",
        "MCP SDK for Python 1.x",
        python("mcp-python-1", "python_v1"),
        how={"cancel": BY_CLOSING},
    ),
    Client(
        "mcp-typescript-2",
        "MCP SDK for TypeScript 2.x",
        npm("typescript-client", "typescript", "@modelcontextprotocol/client"),
        how={"cancel": BY_CLOSING},
    ),
    Client(
        "mcp-typescript-1",
        "MCP SDK for TypeScript 1.x",
        npm("typescript-sdk", "typescript", "@modelcontextprotocol/sdk"),
        how={
            "cancel": BY_CLOSING,
            "step-up": "if it registers without refresh tokens; else it refreshes, and gets the old scopes",
        },
    ),
    Client(
        "java-http",
        "Java's HTTP client",
        present("java", str(PROGRAMS / "JavaHttp.java")),
        {"OAuth": NO_OAUTH, "step-up": NO_OAUTH},
    ),
    Client("curl", "curl", present("sh", str(PROGRAMS / "curl.sh")), {"OAuth": NO_OAUTH, "step-up": NO_OAUTH}),
    Client("langchain", "langchain-mcp-adapters", python("langchain", "langchain_adapters"), {"step-up": LISTED_ONLY}),
    Client(
        "openai-agents",
        "OpenAI Agents SDK",
        python("openai-agents", "openai_agents"),
        {"complete": NO_COMPLETIONS, "progress": NO_PROGRESS},
    ),
    Client("pydantic-ai", "pydantic-ai", python("pydantic-ai", "pydantic_ai_toolset"), {"complete": NO_COMPLETIONS}),
    Client(
        "google-adk",
        "Google ADK",
        python("google-adk", "adk_toolset"),
        {"complete": NO_COMPLETIONS, "OAuth": BY_HAND, "step-up": BY_HAND},
        {"cancel": BY_CLOSING},
    ),
    Client("strands", "Strands Agents", python("strands", "strands_client"), {"complete": NO_COMPLETIONS}),
    Client("ai-sdk", "AI SDK", npm("ai-sdk", "ai_sdk"), {"progress": NO_PROGRESS, "step-up": LISTED_ONLY}),
    Client(
        "claude-code",
        "Claude Code",
        agent("claude-code", "@anthropic-ai/claude-code/cli-wrapper.cjs"),
        {
            "complete": NO_TERMINAL,
            "progress": NO_TERMINAL,
            "step-up": LISTED_ONLY,
        },
        {"cancel": BY_ENDING},
    ),
    Client(
        "codex",
        "Codex",
        agent("codex", "@openai/codex/bin/codex.js"),
        {"complete": NO_TERMINAL, "progress": NO_TERMINAL, "prompt": NO_PROMPTS, "step-up": LISTED_ONLY},
        {"cancel": BY_ENDING},
    ),
    Client(
        "gemini-cli",
        "Gemini CLI",
        agent("gemini-cli", "@google/gemini-cli/bundle/gemini.js"),
        {
            "complete": NO_TERMINAL,
            "progress": NO_TERMINAL,
            "OAuth": NO_TERMINAL,
            "step-up": NO_TERMINAL,
        },
        {"cancel": BY_ENDING},
    ),
)
