"""The tool that shows the state of the data source."""

from weather_mcp.models.readings import attribution_of
from weather_mcp.models.status import ServiceStatus
from weather_mcp.ports import Charts, Source, Warnings


class StatusTools:
    def __init__(self, source: Source, warnings: Warnings, charts: Charts, name: str) -> None:
        self._source = source
        self._warnings = warnings
        self._charts = charts
        self._name = name

    async def get_service_status(self) -> ServiceStatus:
        """Whether the weather service (data source) works or is down, how many requests are left, and when that
        resets."""
        return ServiceStatus(
            source=self._name,
            attribution=attribution_of(self._name),
            charts=self._charts.available,
            apis=[*self._source.apis(), *self._warnings.apis()],
            quota=list(await self._source.quota()),
        )
