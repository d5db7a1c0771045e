"""Charts beside results: drawn on request, and said to be missing where they cannot be."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from pydantic import Field

from servicekit.core import Refused, Unavailable
from servicekit.schema import Image
from weather_mcp.models.charts import Chart
from weather_mcp.models.locations import Place
from weather_mcp.models.readings import Series, provenance
from weather_mcp.ports import Charts

WithChart = Annotated[bool, Field(description="Add a chart.")]
CHART_HOURS: Final = 168
"""Most hours of a chart."""
_NO_CHARTS: Final = "No chart: this server was installed without its charts extra."

Drawn = tuple[list[Image], str | None]
"""The pictures of a result, and a notice if the chart is missing."""


class Pictures:
    """Draws the chart of a result if the caller wants one."""

    def __init__(self, charts: Charts) -> None:
        self._charts = charts

    async def __call__(self, wanted: bool, place: Place, series: Series[Any], chart: Callable[[], Chart]) -> Drawn:
        """The picture of a series at hand."""

        async def made() -> tuple[Series[Any], Chart]:
            return series, chart()

        return await self.after(wanted, place, made)

    async def after(
        self,
        wanted: bool,
        place: Place,
        read: Callable[[], Awaitable[tuple[Series[Any], Chart]]],
    ) -> Drawn:
        """The picture of a series that must be read first; its failure leaves the result without a chart."""
        if not wanted:
            return [], None
        if not self._charts.available:
            return [], _NO_CHARTS
        try:
            series, chart = await read()
        except (Refused, Unavailable) as failure:
            return [], f"No chart: {failure}"
        origin = provenance(place, series)
        caption = " ".join(filter(None, (origin["notice"], origin["attribution"], f"Times of {series.timezone}.")))
        drawn = await self._charts.draw(chart, caption)
        return [Image(drawn, " ".join(filter(None, (chart.words, origin["notice"]))))], None
