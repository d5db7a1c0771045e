"""The state of this service."""

from weather_mcp.models.readings import attribution_of
from weather_mcp.models.status import ServiceStatus
from weather_mcp.ports import Charts, Source


class StatusTools:
    """One method is one tool; its docstring is what the model reads."""

    def __init__(self, source: Source, charts: Charts, name: str) -> None:
        self._source = source
        self._charts = charts
        self._name = name

    async def get_service_status(self) -> ServiceStatus:
        """Where the weather comes from, which of its APIs work, and how much may still be asked until when.

        Use it when other tools say that something does not answer or that a quota is spent. It asks nobody.
        """
        return ServiceStatus(
            source=self._name,
            attribution=attribution_of(self._name),
            charts=self._charts.available,
            apis=list(self._source.apis()),
            quota=list(await self._source.quota()),
        )
