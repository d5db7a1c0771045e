"""The page shows the recorded bar, and a fall below the bar is reported."""

from .measures import Figure
from .report import PAGE, below, page, read_bar


def test_the_page_shows_the_recorded_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_bar()), "Run make evaluate WRITE=yes."


def test_a_figure_below_the_bar_is_named() -> None:
    bar = {"One server": {"BM25": {"all": Figure(50, 80, 100), "seen": Figure(50, 80, 100)}}}
    now = {"One server": {"BM25": {"all": Figure(40, 80, 100), "seen": Figure(50, 80, 100)}}}
    assert list(below(now, bar)) == ["One server, BM25, all: 40 / 80 %, recorded 50 / 80 %."]


def test_a_figure_that_is_not_measured_is_named() -> None:
    (line,) = below({}, {"One server": {"BM25": {"all": Figure(50, 80, 100)}}})
    assert "not measured" in line


def test_a_small_group_is_only_shown() -> None:
    bar = {"One server": {"BM25": {"orders, unseen": Figure(5, 8, 10)}}}
    assert list(below({"One server": {"BM25": {"orders, unseen": Figure(2, 8, 10)}}}, bar)) == []
