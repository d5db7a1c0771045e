"""How large a run is: `N` and `SEED` from the command line (`make load N=… SEED=…`), small where nothing is said."""

import os
import random


def size(usual: int, share: float = 1.0) -> int:
    """So many, unless `N` says otherwise; then this share of it."""
    stated = os.environ.get("N")
    return max(1, int(int(stated) * share)) if stated else usual


SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))


def chance() -> random.Random:
    """Chances that `SEED` repeats; the seed is printed."""
    print(f"SEED={SEED}")
    return random.Random(SEED)
