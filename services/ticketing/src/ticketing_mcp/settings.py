"""Settings of the ticketing server."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import DatabaseSettings


class TicketingSettings(DatabaseSettings):
    """Database server settings with the prefix TICKETING_."""

    model_config = SettingsConfigDict(env_prefix="TICKETING_")

    port: int = Field(8102, ge=1, le=65535, description="Port to listen on.")
