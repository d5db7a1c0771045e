"""A service or process that stopped writing anchors is warned about."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from servicekit.audit.heads import Heads

from .anchored_trail import ACME, PARTS, anchored, check_of, series


def test_silent_service_is_warned_about() -> None:
    texts = anchored(*PARTS)
    assert check_of(texts, datetime.now(UTC) + timedelta(seconds=170)).found.warnings == []
    warnings = check_of(texts, datetime.now(UTC) + timedelta(seconds=190)).found.warnings
    assert "the newest anchor of orders was written at" in warnings[0]


def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let anchors be written at this time."""
    monkeypatch.setattr("servicekit.audit.anchor.datetime", SimpleNamespace(now=lambda _: now))


def test_each_process_is_late_by_its_own_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, datetime.now(UTC) - timedelta(seconds=600))
    written = (
        series(name, interval=seconds).texts({}, final=False) for name, seconds in (("slow", 600), ("quick", 60))
    )
    before = [text for texts in written for text in texts]
    monkeypatch.undo()
    warnings = check_of([*before, *anchored(ACME)]).found.warnings
    assert [line.split(" after")[0] for line in warnings] == ["process quick on orders-0 wrote no last anchor"]


def test_process_without_a_last_anchor_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, texts = datetime(2026, 11, 28, 13, 0, tzinfo=UTC), list[str]()
    for name, final in (("killed", False), ("ended", True)):
        writer, heads = series(name), Heads()
        for seconds in (0, 60):
            clock(monkeypatch, begin + timedelta(seconds=seconds))
            texts += writer.texts(heads.take(), final=final and seconds == 60)
    running = series("running")
    for seconds, expected in ((240, 0), (241, 1)):
        now = begin + timedelta(seconds=seconds)
        clock(monkeypatch, now)
        texts += running.texts(Heads().take(), final=False)
        warnings = check_of(texts, now).found.warnings
        assert len(warnings) == expected
    assert warnings[0].startswith("process killed on orders-0 wrote no last anchor after #2 at 2026-11-28T13:01:00")


def test_silence_begins_after_three_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
    clock(monkeypatch, now)
    texts = list(series().texts({}, final=True))
    assert check_of(texts, now + timedelta(seconds=180)).found.warnings == []
    (warning,) = check_of(texts, now + timedelta(seconds=181)).found.warnings
    assert "written at 2026-11-28 13:00:00 UTC: the service has stopped" in warning
