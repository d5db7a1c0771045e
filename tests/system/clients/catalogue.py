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


CLIENTS: Final = (
    Client("mcp-python-2", python("mcp-python-2", "python_v2")),
    Client("mcp-python-1", python("mcp-python-1", "python_v1")),
    Client("langchain", python("langchain", "langchain_adapters")),
    Client("openai-agents", python("openai-agents", "openai_agents")),
    Client("pydantic-ai", python("pydantic-ai", "pydantic_ai_toolset")),
    Client("google-adk", python("google-adk", "adk_toolset")),
    Client("strands", python("strands", "strands_client")),
)
