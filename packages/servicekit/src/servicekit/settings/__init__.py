"""Settings: environment variables of a service, and files that it reloads."""

from servicekit.settings.database import DatabaseSettings
from servicekit.settings.service import ServiceSettings, Words, load

__all__ = [
    "DatabaseSettings",
    "ServiceSettings",
    "Words",
    "load",
]
