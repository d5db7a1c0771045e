"""Looks up processes by id."""

import os
from contextlib import suppress
from pathlib import Path


def process_is_alive(process_id: int) -> bool:
    """Whether a process with this id exists. With /proc, a zombie counts as ended."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return True
