"""The security log: rejected credentials."""

import logging
from collections.abc import Mapping
from typing import Any

from servicekit.core.asgi_scope import REQUEST_ID
from servicekit.telemetry.instruments import credentials_refused


class SecurityLog:
    """Logs rejected credentials by reason and address, without the credential."""

    def __init__(self, service: str) -> None:
        self._logger = logging.getLogger(f"servicekit.security.{service}")

    def rejected(self, reason: str, scope: Mapping[str, Any]) -> None:
        """Log and count a rejected credential."""
        credentials_refused.add(1, {"reason": reason})
        client = scope.get("client")
        where = {"request_id": scope.get(REQUEST_ID), "address": client[0] if client else None}
        self._logger.warning("credential rejected", extra={"reason": reason, **where})
