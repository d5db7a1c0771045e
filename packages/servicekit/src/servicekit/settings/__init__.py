"""Settings of a service, from the environment."""

from servicekit.settings.database import DatabaseSettings
from servicekit.settings.service import ServiceSettings, Words, load

__all__ = [
    "DatabaseSettings",
    "ServiceSettings",
    "Words",
    "load",
]
