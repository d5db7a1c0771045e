"""How large a run is: `N` and `SEED` from the command line (`make load N=… SEED=…`), small where nothing is said."""

import os
import random


def size(usual: int) -> int:
    """So many, unless `N` says otherwise."""
    return int(os.environ.get("N") or usual)


SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))


def chance() -> random.Random:
    """Chances that `SEED` repeats; the seed is printed."""
    print(f"SEED={SEED}")
    return random.Random(SEED)
