"""Settings of the ticketing server."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import NoDecode, SettingsConfigDict

from servicekit.settings import TOOLSETS, DatabaseSettings
from ticketing_mcp.models.toolsets import Toolset


class TicketingSettings(DatabaseSettings):
    """Database server settings with the prefix TICKETING_."""

    model_config = SettingsConfigDict(env_prefix="TICKETING_")

    port: int = Field(8102, ge=1, le=65535, description="Port to listen on.")
    toolsets: Annotated[tuple[Toolset | Literal["default", "all"], ...], NoDecode] = TOOLSETS
