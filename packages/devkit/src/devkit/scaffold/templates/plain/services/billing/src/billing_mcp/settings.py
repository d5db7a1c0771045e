"""Settings of the billing server."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import AuditFileSettings


class BillingSettings(AuditFileSettings):
    """Server settings with the prefix BILLING_."""

    model_config = SettingsConfigDict(env_prefix="BILLING_")

    port: int = Field(8199, ge=1, le=65535, description="Port to listen on.")
