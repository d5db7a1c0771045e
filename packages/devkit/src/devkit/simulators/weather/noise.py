"""Deterministic pseudo-random numbers that change smoothly with time."""

import math
from functools import lru_cache
from hashlib import blake2b

_MASK = 2**64 - 1


@lru_cache(maxsize=10_000)
def _seed(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def _knot(seed: int, number: int) -> float:
    """SplitMix64 (Steele, Lea and Flood, 2014), as a number between 0 and 1."""
    mixed = (seed + number * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ mixed >> 31) / 2**64


def fixed(key: str) -> float:
    """A number between 0 and 1 for a key."""
    return _knot(_seed(key), 0)


def _smooth(seed: int, hour: float, period: float) -> float:
    """Independent values every `period` hours, interpolated smoothly."""
    place = hour / period
    before = math.floor(place)
    share = place - before
    share = share * share * (3 - 2 * share)
    return _knot(seed, before) * (1 - share) + _knot(seed, before + 1) * share


def wander(key: str, hour: float) -> float:
    """A number between 0 and 1, smooth in time and mostly near 0.5, that varies by hours and by days."""
    seed = _seed(key)
    return 0.55 * _smooth(seed, hour, 67) + 0.3 * _smooth(seed + 1, hour, 23) + 0.15 * _smooth(seed + 2, hour, 7)
