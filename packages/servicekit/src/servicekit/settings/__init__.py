"""Settings: environment variables of a service, and files that it reloads."""

from servicekit.settings.database import DatabaseSettings
from servicekit.settings.service import TOOLSETS, ServiceSettings, Words, load

__all__ = [
    "TOOLSETS",
    "DatabaseSettings",
    "ServiceSettings",
    "Words",
    "load",
]
