"""How many cases a suite has: its share of `N`, which is 100 000 where nothing is said."""

import os

_ALL = int(os.environ.get("N") or 100_000)


def share(part: float, least: int = 1) -> int:
    """So large a part of all cases."""
    return max(least, int(_ALL * part))
