"""The composition root, and running a service over HTTP or stdio."""

from servicekit.server.service import Service

__all__ = [
    "Service",
]
