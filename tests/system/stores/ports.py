"""Ports for stores, below those that the system gives to outgoing connections (from 32768 on Linux).

A store that is killed needs its port again, which a connection of a caller must not have taken meanwhile.
"""

import random
import socket

from devkit.loopback.ports import LOOPBACK

BUS = 10_000
"""A node of a Cluster listens on the port that is this much higher, too."""
_luck = random.SystemRandom()


def store_port() -> int:
    """A port that is free now, with the one for the bus of a Cluster."""
    while True:
        port = _luck.randrange(10_000, 20_000)
        if _is_free(port) and _is_free(port + BUS):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
