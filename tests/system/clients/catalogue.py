"""The clients: how each is installed and started, and which cells it cannot have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from . import installing

HERE: Final = Path(__file__).parent
PROGRAMS: Final = HERE / "programs"


@dataclass(frozen=True)
class Client:
    """A client that is driven.

    Attributes:
        name: its name, as `ONLY` and the table have it.
        command: installs it where needed, and gives the command that runs its program.
        lacks: why it cannot have a cell, by cell. All other cells have to work.
    """

    name: str
    command: Callable[[], list[str]]
    lacks: Mapping[str, str] = field(default_factory=dict)


def python(name: str, program: str) -> Callable[[], list[str]]:
    """A program in the environment that `requirements/NAME.txt` describes."""
    return lambda: [installing.python(HERE / "requirements" / f"{name}.txt"), str(PROGRAMS / f"{program}.py")]


def npm(name: str, program: str, *arguments: str) -> Callable[[], list[str]]:
    """A program beside the packages that `npm/NAME` locks."""
    return lambda: [*installing.node_program(HERE / "npm" / name, PROGRAMS / f"{program}.mjs"), *arguments]


def present(program: str, *arguments: str) -> Callable[[], list[str]]:
    """A program of this machine."""
    return lambda: [installing.present(program), *arguments]


NO_OAUTH: Final = "the program has no OAuth; it sends the token that it is given"
NO_COMPLETIONS: Final = "the client has no completions"
NO_PROGRESS: Final = "the client has no progress"
LISTED_ONLY: Final = "the client calls listed tools only, and the list has those that the token may call"
NO_STEP_UP: Final = "the client does not sign in again when a scope is missing"

CLIENTS: Final = (
    Client("mcp-python-2", python("mcp-python-2", "python_v2")),
    Client("mcp-python-1", python("mcp-python-1", "python_v1")),
    Client("mcp-typescript-2", npm("typescript-client", "typescript", "@modelcontextprotocol/client")),
    Client("mcp-typescript-1", npm("typescript-sdk", "typescript", "@modelcontextprotocol/sdk")),
    Client(
        "java-http", present("java", str(PROGRAMS / "JavaHttp.java")), {"OAuth": NO_OAUTH, "step-up": NO_OAUTH}
    ),
    Client("curl", present("sh", str(PROGRAMS / "curl.sh")), {"OAuth": NO_OAUTH, "step-up": NO_OAUTH}),
    Client("langchain", python("langchain", "langchain_adapters"), {"step-up": LISTED_ONLY}),
    Client(
        "openai-agents",
        python("openai-agents", "openai_agents"),
        {"complete": NO_COMPLETIONS, "progress": NO_PROGRESS},
    ),
    Client("pydantic-ai", python("pydantic-ai", "pydantic_ai_toolset"), {"complete": NO_COMPLETIONS}),
    Client(
        "google-adk",
        python("google-adk", "adk_toolset"),
        {
            "complete": NO_COMPLETIONS,
            "OAuth": "the client signs in with endpoints that its program names; it does not find them",
            "step-up": "the client signs in with endpoints that its program names; it does not find them",
        },
    ),
    Client("strands", python("strands", "strands_client"), {"complete": NO_COMPLETIONS}),
    Client("ai-sdk", npm("ai-sdk", "ai_sdk"), {"progress": NO_PROGRESS, "step-up": LISTED_ONLY}),
)
