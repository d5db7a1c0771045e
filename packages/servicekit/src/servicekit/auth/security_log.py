"""The security log: rejected credentials."""

import logging
from collections.abc import Mapping
from typing import Any

from servicekit.auth.client_address import ClientAddresses
from servicekit.core.asgi_scope import REQUEST_ID


class SecurityLog:
    """Logs rejected credentials by reason and the client's address, without the credential."""

    def __init__(self, service: str, clients: ClientAddresses) -> None:
        self._logger = logging.getLogger(f"servicekit.security.{service}")
        self._clients = clients

    def rejected(self, reason: str, scope: Mapping[str, Any]) -> None:
        """Log a rejected credential."""
        self._warn("credential rejected", reason, scope)

    def limited(self, reason: str, scope: Mapping[str, Any]) -> None:
        """Log that an address has too many failures. Its further ones of this minute are only counted."""
        self._warn("address limited", reason, scope)

    def _warn(self, event: str, reason: str, scope: Mapping[str, Any]) -> None:
        where = {"request_id": scope.get(REQUEST_ID), "address": self._clients.of(scope)}
        self._logger.warning(event, extra={"reason": reason, **where})
