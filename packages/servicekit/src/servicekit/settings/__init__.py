"""Settings: environment variables of a service, and files that it reloads."""

from servicekit.settings.audit_file import AuditFileSettings
from servicekit.settings.database import DatabaseSettings
from servicekit.settings.loading import load
from servicekit.settings.service import TOOLSETS, ServiceSettings, Words

__all__ = [
    "TOOLSETS",
    "AuditFileSettings",
    "DatabaseSettings",
    "ServiceSettings",
    "Words",
    "load",
]
