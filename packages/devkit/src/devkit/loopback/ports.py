"""TCP ports on the loopback address: find a free one, find the process that listens on one."""

import socket
from contextlib import suppress
from pathlib import Path

from devkit.errors import DevkitError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Whether something accepts connections on `port` of the loopback address."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=0.5):
        return True
    return False


def require_free(port: int, purpose: str, next_step: str) -> None:
    """Raise `DevkitError` that names the listening process when `port` cannot be bound."""
    with socket.socket() as probe:
        # Like the servers: a port whose last connections are in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as problem:
            owner = find_listener(port)
            by = f" by process {owner[0]} ({owner[1]})" if owner else ""
            reason = (
                f"is already in use{by}" if is_listening(port) or owner else f"cannot be opened: {problem.strerror}"
            )
            raise DevkitError(f"Port {port}, needed for {purpose}, {reason}. {next_step}") from None


def find_listener(port: int) -> tuple[int, str] | None:
    """Process id and command line of the process that listens on `port`; None without /proc."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    if str(descriptor.readlink()) in inodes:
                        arguments = (process / "cmdline").read_bytes().split(b"\0")
                        command = b" ".join(arguments).decode(errors="replace").strip()
                        return int(process.name), command[:120] or "unknown command"
    return None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                columns = line.split()
                # Columns of proc_net_tcp(5): local address, state (0A is LISTEN), inode.
                if columns[3] == "0A" and int(columns[1].rsplit(":", 1)[1], 16) == port:
                    found.add(f"socket:[{columns[9]}]")
    return found
