"""The log of a store's failures: one line per cause, one for the recovery."""

from typing import Any

import pytest

from servicekit.storage.causes import QUIET, Causes


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def causes(clock: Clock) -> Causes:
    return Causes("writer", clock)


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[Any, ...]]:
    return [(line.getMessage(), line.component, line.reason) for line in caplog.records]  # type: ignore[attr-defined]


def test_a_cause_is_logged_once_with_the_next_step(causes: Causes, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(100):
        causes.report("the server is a standby", "Point WRITER_URL at the primary.")
    assert lines(caplog) == [("dependency unavailable", "writer", "the server is a standby")]
    assert caplog.records[0].next_step == "Point WRITER_URL at the primary."  # type: ignore[attr-defined]
    assert caplog.records[0].levelname == "WARNING"
    assert causes.current == "the server is a standby"


def test_another_cause_is_logged_too(causes: Causes, caplog: pytest.LogCaptureFixture) -> None:
    causes.report("refused", "Start it.")
    causes.report("standby", "Promote it.")
    assert [reason for _, _, reason in lines(caplog)] == ["refused", "standby"]


def test_alternating_causes_are_logged_once_a_minute(
    causes: Causes, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(59):
        causes.report("refused", "Start it.")
        causes.report("standby", "Promote it.")
        clock.now += 1
    assert len(lines(caplog)) == 2
    clock.now += 1
    causes.report("refused", "Start it.")
    assert len(lines(caplog)) == 3


def test_recovery_is_logged_once_with_its_length(
    causes: Causes, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    causes.report("refused", "Start it.")
    clock.now += 42
    causes.report("refused", "Start it.")
    clock.now += QUIET
    causes.works()
    causes.works()
    assert lines(caplog)[1:] == [("dependency works again", "writer", "refused")]
    assert caplog.records[1].seconds == 42  # type: ignore[attr-defined]
    assert causes.current is None


def test_a_store_that_fails_every_other_call_logs_one_line(
    causes: Causes, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1000):
        causes.report("too many connections", "Raise max_connections.")
        clock.now += QUIET / 2
        causes.works()
    assert len(lines(caplog)) == 1


def test_a_success_without_a_failure_logs_no_line(causes: Causes, caplog: pytest.LogCaptureFixture) -> None:
    causes.works()
    assert not caplog.records


def test_a_cause_is_logged_again_after_a_recovery(
    causes: Causes, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        causes.report("refused", "Start it.")
        clock.now += QUIET
        causes.works()
    assert [event for event, _, _ in lines(caplog)] == ["dependency unavailable", "dependency works again"] * 2
