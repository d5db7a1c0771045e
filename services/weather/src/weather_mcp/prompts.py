"""Prompts for frequent tasks: each names the tools to use and the limits to keep."""

from typing import Annotated

from pydantic import Field

from weather_mcp.models.identifiers import Location

Plan = Annotated[
    str, Field(min_length=1, max_length=200, description="The plan, for example a wedding for eighty guests.")
]
When = Annotated[str, Field(min_length=1, max_length=60, description="When, for example next weekend or 2026-06-14.")]

_HONEST = (
    "Give times with their zone. State the confidence of the forecast, and say so if it is stale, simulated or more "
    "than a week ahead. Only `warnings` of get_alerts are official."
)


class WeatherPrompts:
    """One method is one prompt."""

    async def plan_outdoor_event(self, location: Location, plan: Plan, when: When) -> str:
        """Find the best time for an outdoor event, with a fallback."""
        return (
            f"Plan an outdoor event in {location}, {_one_line(when)}:\n\n> {_one_line(plan)}\n\n"
            "Decide which weather it needs (dry, wind, temperature, daylight, number of hours); state it in one line. "
            "Call find_weather_window with those rules, get_forecast_confidence for its days, and get_alerts. "
            "Recommend one window and one fallback, each with the expected temperature, chance of rain and gusts. If "
            f"there is no window, say which rule to relax. {_HONEST}"
        )

    async def shipping_weather_risk(self, origin: Location, destination: Location, when: When) -> str:
        """Assess the weather risk of a shipment."""
        return (
            f"Assess a shipment from {origin} to {destination}, {_one_line(when)}. Call get_alerts and get_forecast "
            "for both places, compare_locations for both together, get_flood_risk for the destination, and "
            "get_marine_conditions for a place on a coast. Give a table: place, day, hazard to the goods (wind, snow, "
            "ice, heat, flood), likelihood, precaution. End with one line: go, go with care, or "
            f"wait. {_HONEST}"
        )

    async def travel_brief(self, location: Location, when: When) -> str:
        """Describe the weather of a trip and what to pack."""
        return (
            f"Prepare a trip to {location}, {_one_line(when)}. Call get_forecast for the days it covers and "
            "get_forecast_confidence for the first week; for later days use compare_to_normal and call the result "
            "usual weather, not a forecast. Add get_air_quality, and get_alerts if the trip starts within three days. "
            f"Answer in half a page: the expected weather, what to pack, risks to watch. {_HONEST}"
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())
