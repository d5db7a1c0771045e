"""TCP keepalive by libpq's parameters."""

import socket
from collections.abc import Mapping
from typing import Any, Final

_OPTIONS: Final = {
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}


def set_keepalive(connection: Any, parameters: Mapping[str, str]) -> None:
    """Set what the URL says on the socket of a new connection; libpq turns keepalive on by default.

    Parameters that the platform lacks, and those of a Unix socket, have no effect, as in libpq.
    """
    wire = connection._transport.get_extra_info("socket")  # the driver offers no other way
    if wire is None or wire.family == socket.AF_UNIX or parameters.get("keepalives") == "0":
        return
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, option in _OPTIONS.items():
        value = int(parameters.get(name, "0"))
        if value > 0 and hasattr(socket, option):
            wire.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
