"""How commands end with an error."""

import sys
from typing import NoReturn


def fail(text: str, status: int = 2) -> NoReturn:
    """Print an error and exit."""
    sys.stderr.write(f"{text}\n")
    raise SystemExit(status)
