"""The tables, the plot and the profile's names."""

import re
from pathlib import Path

from .measure import Figures
from .plot import draw
from .profiler import module_of, package_of
from .report import bars, comparison

FIGURES = {"ours": Figures(2000, 1.0, 2.0, 250), "peer": Figures(500, 4.0, 9.0, 1000)}


def test_ratios_say_how_many_times_as_fast_ours_is() -> None:
    table = comparison("`add`", FIGURES, "ours", silent=["mute"])
    ours, peer, mute = (dict(zip(table.header, row, strict=True)) for row in table.rows)
    assert ours["calls/s per core"] == "4000"
    assert peer["ours, by CPU"] == "4.00 x"
    assert peer["ours, by calls/s"] == "4.00 x"
    assert mute["CPU µs/call"] == "does not speak it"


def test_markdown_has_one_row_for_each_server() -> None:
    table = comparison("`add`", FIGURES, "ours")
    lines = table.markdown().splitlines()
    assert lines[0] == "## `add`"
    assert [line.split(" | ")[0] for line in lines[-2:]] == ["| ours", "| peer"]
    assert {line.count("|") for line in lines[2:]} == {9}


def test_plot_has_a_bar_for_each_server(tmp_path: Path) -> None:
    draw({"add & more": bars(FIGURES, "ours")}, tmp_path / "plot.svg")
    plot = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    ours, peer = (float(width) for width in re.findall(r"<rect .*?width=.([\d.]+)", plot))
    assert peer == 4 * ours
    assert "add &amp; more" in plot


def test_samples_are_named_by_module_and_package() -> None:
    kit = "/somewhere/packages/servicekit/src/servicekit/http/app.py"
    assert (module_of(kit), package_of(kit)) == ("servicekit.http.app", "servicekit.http")
    assert package_of("/v/lib/python3.11/site-packages/uvicorn/server.py") == "uvicorn"
    assert package_of("/usr/lib/python3.11/asyncio/tasks.py") == "Python: asyncio"
