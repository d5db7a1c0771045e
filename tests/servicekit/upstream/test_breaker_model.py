"""The states of a circuit breaker in any history of requests."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from servicekit.upstream.errors import CircuitOpen, UpstreamFailed
from servicekit.upstream.resilience.circuit_breaker import CircuitBreaker

from .responses import failure


class BreakerModel(RuleBasedStateMachine):
    """Any history of requests: at most one goes to a host that rests, and a host that answers is trusted again."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = CircuitBreaker(
            "library", "host", failure_threshold=3, open_seconds=5.0, max_open_seconds=20.0, clock=lambda: self.now
        )
        self.under_way: list[Any] = []
        self.in_a_row = 0

    @rule()
    def begin(self) -> None:
        guard = self.breaker.track()
        before = self.breaker.state
        try:
            guard.__enter__()
        except CircuitOpen:
            assert before != "closed"
            return
        assert before != "open"
        self.under_way.append((guard, before == "half_open"))

    @precondition(lambda self: self.under_way)
    @rule(number=st.integers(0, 100), fails=st.sampled_from([UpstreamFailed, None, ValueError]))
    def finish(self, number: int, fails: type[Exception] | None) -> None:
        guard, probe = self.under_way.pop(number % len(self.under_way))
        before = self.breaker.state
        error = None if fails is None else failure() if fails is UpstreamFailed else ValueError()
        guard.__exit__(type(error) if error else None, error, None)
        if before == "closed":
            self.in_a_row = self.in_a_row + 1 if fails is UpstreamFailed else 0 if fails is None else self.in_a_row
            assert (self.breaker.state == "open") is (self.in_a_row >= 3)
        elif probe:
            assert (self.breaker.state == "closed") is (fails is None)
            self.in_a_row = 0 if fails is None else self.in_a_row

    @rule(seconds=st.floats(0, 30))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def one_probe_at_most(self) -> None:
        assert sum(probe for _, probe in self.under_way) <= 1


class TestBreaker(BreakerModel.TestCase):  # type: ignore[misc, name-defined]
    """Runs the model."""
