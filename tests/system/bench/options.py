"""Options of a Python server, from its standard input."""

import json
import os
import sys
from typing import Any


def read_options() -> dict[str, Any]:
    """The options; standard input is then closed, so that no server waits for it."""
    options: dict[str, Any] = json.loads(sys.stdin.readline())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    return options
