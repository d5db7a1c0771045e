"""The weather server's composition root: adapters, tools, resources, prompts and their scopes."""

from servicekit.core import report_progress
from servicekit.journal.disabled import audit_file_of, journal_for
from servicekit.registry import completion, prompt, read, resource, write
from servicekit.server import Service
from servicekit.storage.redis.store import redis_store
from weather_mcp.adapters.apis import Apis
from weather_mcp.adapters.charts import HourlyCharts
from weather_mcp.adapters.open_meteo import OpenMeteo
from weather_mcp.adapters.saved_places import StoredPlaces
from weather_mcp.adapters.saved_units import StoredUnits
from weather_mcp.adapters.warning_services import WarningServices
from weather_mcp.completions import WeatherCompletions
from weather_mcp.identity import IDENTITY
from weather_mcp.prompts import WeatherPrompts
from weather_mcp.resources import WeatherResources
from weather_mcp.settings import WeatherSettings
from weather_mcp.tools.elements import ElementTools
from weather_mcp.tools.forecasts import ForecastTools
from weather_mcp.tools.history import HistoryTools
from weather_mcp.tools.locator import Locator
from weather_mcp.tools.periods import PeriodTools
from weather_mcp.tools.pictures import Pictures
from weather_mcp.tools.places import PlaceTools
from weather_mcp.tools.planning import PlanningTools
from weather_mcp.tools.rain import RainTools
from weather_mcp.tools.status import StatusTools
from weather_mcp.tools.units import ChosenUnits, UnitTools

READ = "weather:read"
WRITE = "weather:write"


def build(settings: WeatherSettings) -> Service:
    """Assemble the server."""
    store = redis_store(settings)
    warnings = WarningServices(
        settings.warning_urls, store, timeout=settings.upstream_timeout, connections=settings.upstream_connections
    )
    apis = Apis(
        settings.urls,
        store,
        key=settings.api_key.get_secret_value() if settings.api_key is not None else None,
        quota=(settings.quota_minute, settings.quota_hour, settings.quota_day),
        timeout=settings.upstream_timeout,
        connections=settings.upstream_connections,
        beside=warnings.components,
    )
    weather, saved, charts = OpenMeteo(apis, settings.source), StoredPlaces(store), HourlyCharts()
    locator, saved_units = Locator(weather, saved), StoredUnits(store)
    units, pictures = ChosenUnits(saved_units), Pictures(charts)
    places, forecasts = PlaceTools(locator, saved), ForecastTools(locator, weather, pictures, units)
    history, elements = (
        HistoryTools(locator, weather, weather, report_progress, units),
        ElementTools(locator, weather, units, pictures),
    )
    planning = PlanningTools(locator, weather, warnings, units, pictures)
    status = StatusTools(apis, charts, settings.source)
    rain, periods = RainTools(locator, weather, units), PeriodTools(locator, weather, weather, report_progress, units)
    resources, prompts = WeatherResources(locator.place, weather, weather, units), WeatherPrompts()
    suggest = WeatherCompletions(weather, saved).place
    return Service(
        settings=settings,
        identity=IDENTITY,
        store=store,
        journal=journal_for("weather", store, audit_file_of(settings)),
        components=[*apis.components, *warnings.components],
        tools=[
            read(places.search_location, scope=READ, toolset="forecasts", open_world=True, title="Find a place"),
            read(forecasts.get_current_weather, scope=READ, toolset="forecasts", open_world=True, title="Weather now"),
            read(
                forecasts.get_forecast,
                scope=READ,
                toolset="forecasts",
                open_world=True,
                title="Weather forecast by day",
            ),
            read(
                forecasts.get_hourly_forecast,
                scope=READ,
                toolset="forecasts",
                open_world=True,
                title="Forecast by hour",
            ),
            read(
                rain.get_rain_soon, scope=READ, toolset="forecasts", open_world=True, title="Rain in the next two hours"
            ),
            read(planning.get_alerts, scope=READ, toolset="forecasts", open_world=True, title="Weather warnings"),
            read(history.get_historical_weather, scope=READ, toolset="history", open_world=True, title="Past weather"),
            read(
                history.compare_to_normal,
                scope=READ,
                toolset="history",
                open_world=True,
                cost=5,
                title="Normal weather and climate",
            ),
            read(
                periods.compare_period_to_normal,
                scope=READ,
                toolset="history",
                open_world=True,
                cost=5,
                title="Month or season against normal",
            ),
            read(
                elements.get_air_quality, scope=READ, toolset="environment", open_world=True, title="Air quality and UV"
            ),
            read(
                elements.get_marine_conditions,
                scope=READ,
                toolset="environment",
                open_world=True,
                title="Sea and waves",
            ),
            read(elements.get_flood_risk, scope=READ, toolset="environment", open_world=True, title="River flood risk"),
            read(
                forecasts.get_forecast_confidence,
                scope=READ,
                toolset="forecasts",
                open_world=True,
                title="How sure is the forecast",
            ),
            read(
                planning.compare_locations,
                scope=READ,
                toolset="planning",
                open_world=True,
                cost=2,
                title="Compare places",
            ),
            read(
                planning.find_weather_window,
                scope=READ,
                toolset="planning",
                open_world=True,
                title="Best time for a plan outdoors",
            ),
            read(status.get_service_status, scope=READ, toolset="forecasts", title="Data source and quota"),
            read(places.list_saved_locations, scope=READ, toolset="places", title="Saved places"),
            write(places.save_location, scope=WRITE, toolset="places", open_world=True, title="Save a place"),
            write(places.forget_location, scope=WRITE, toolset="places", title="Forget a place"),
            write(UnitTools(saved_units).save_units, scope=WRITE, toolset="places", title="Save units"),
        ],
        resources=[
            resource(
                "weather://{+place}/current",
                resources.current,
                scope=READ,
                toolset="forecasts",
                title="Weather at a place",
            ),
            *(
                resource(
                    f"weather://{{+place}}/{name}.csv",
                    table,
                    scope=READ,
                    toolset=toolset,
                    mime_type="text/csv",
                    title=title,
                )
                for name, table, toolset, title in (
                    ("hours", resources.hours_csv, "forecasts", "Forecast by hour as CSV"),
                    ("sea", resources.sea_csv, "environment", "Sea by hour as CSV"),
                    ("air", resources.air_csv, "environment", "Air by hour as CSV"),
                )
            ),
            resource("units://", resources.units, scope=READ, mime_type="text/markdown"),
            resource("wmo-codes://", resources.wmo_codes, scope=READ, mime_type="text/markdown"),
        ],
        prompts=[
            prompt(prompts.plan_outdoor_event, scope=READ, toolset="planning"),
            prompt(prompts.shipping_weather_risk, scope=READ, toolset="planning"),
            prompt(prompts.travel_brief, scope=READ, toolset="planning"),
        ],
        completions=[
            completion("place", suggest, scope=READ),
            completion("location", suggest, scope=READ),
            completion("origin", suggest, scope=READ),
            completion("destination", suggest, scope=READ),
        ],
    )
