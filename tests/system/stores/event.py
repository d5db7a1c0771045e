"""What callers see while a store fails, and the table of it. Seconds are from the start of the event."""

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Event:
    """What callers saw of one event."""

    name: str
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    calls: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """First attempts that failed, by kind."""
    failed_again: Counter[str] = field(default_factory=Counter)
    """Retries that failed although the store was back when they were sent, by kind."""
    early: int = 0
    """Retries that failed before the store was back; they are sent again later."""
    doubted: int = 0
    """Retries that were the first to learn that the store lost its records; they are sent again as that says."""
    marks: set[str] = field(default_factory=set)
    """Of its writes."""
    texts: Counter[str] = field(default_factory=Counter)
    foreign: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    """Answers other than that a store is unavailable, such as that an own write is unknown."""
    last_failure: float = 0.0
    slowest: float = 0.0
    good: dict[str, float] = field(default_factory=dict)
    """Seconds from the store's return to the end of the first good probe, by kind."""

    @property
    def is_over(self) -> bool:
        return self.ended is not None

    @property
    def seconds_away(self) -> float:
        """From the start to the store's return."""
        return (self.ended or self.began) - self.began

    def row(self, lost: int, doubled: int) -> str:
        """Its line of the table."""
        read, write = (self.good.get(kind, float("nan")) for kind in ("read", "write"))
        once, twice = ((found["read"], found["write"]) for found in (self.failed, self.failed_again))
        return (
            f"{self.name:40} {self.calls:5} {once[0]:6} {once[1]:6} {self.early:6} {self.doubted:7} "
            f"{twice[0]:6} {twice[1]:6} {lost:5} {doubled:7} {self.seconds_away:6.1f} "
            f"{read:6.1f} {write:6.1f} {self.last_failure:6.1f} {self.slowest:7.1f}"
        )


HEADER = (
    f"{'event':40} {'calls':>5} {'failed once':>13} {'early':>6} {'doubted':>7} "
    f"{'failed twice':>13} {'lost':>5} {'doubled':>7} {'away':>6} {'first good':>13} {'last':>6} {'slowest':>7}\n"
    f"{'':46} {'reads':>6} {'writes':>6} {'':14} {'reads':>6} {'writes':>6} {'':13} "
    f"{'s':>6} {'read':>6} {'write':>6} {'fail':>6} {'s':>7}"
)
