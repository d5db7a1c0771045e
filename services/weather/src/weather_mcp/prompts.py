"""Conversations people start often, as messages that name the tools to use and what not to do."""

from typing import Annotated

from pydantic import Field

from weather_mcp.models.locations import Location

Plan = Annotated[str, Field(min_length=1, max_length=200, description="What is planned, such as a wedding for eighty.")]
When = Annotated[str, Field(min_length=1, max_length=60, description="When, such as next weekend or 2026-06-14.")]

_HONEST = (
    "Give times with their zone. Say how sure the forecast is, and say plainly where it is stale, simulated or more "
    "than a week ahead. Nothing here is an official warning."
)


class WeatherPrompts:
    """Prompts."""

    async def plan_outdoor_event(self, location: Location, plan: Plan, when: When) -> str:
        """Find the best time for something outside, with a fallback."""
        return (
            f"Something is planned outside in {location}, {_one_line(when)}:\n\n> {_one_line(plan)}\n\n"
            "Decide what weather it needs (dry, wind, temperature, daylight, how many hours) and say so in a line. "
            "Call find_weather_window with those rules, get_forecast_confidence for its days, and get_alerts. "
            "Recommend one window and one fallback with what to expect in each: temperature, chance of rain, gusts. If "
            f"there is no window, say which rule to give up. {_HONEST}"
        )

    async def shipping_weather_risk(self, origin: Location, destination: Location, when: When) -> str:
        """Weigh what the weather may do to a shipment."""
        return (
            f"A shipment goes from {origin} to {destination}, {_one_line(when)}. Call get_alerts and get_forecast for "
            "both ends, compare_locations for both together, get_flood_risk for the destination, and "
            "get_marine_conditions where an end is on a coast. Give a table: place, day, what could delay or damage "
            "goods (wind, snow, ice, heat, flood), how likely, what to do. End with one line: go, go with care, or "
            f"wait. {_HONEST}"
        )

    async def travel_brief(self, location: Location, when: When) -> str:
        """What to expect and what to pack."""
        return (
            f"Somebody travels to {location}, {_one_line(when)}. Call get_forecast for the days that it covers and "
            "get_forecast_confidence for the first week; for days further ahead use compare_to_normal and call it "
            "usual weather, not a forecast. Add get_air_quality, and get_alerts if they leave within three days. "
            f"Answer in half a page: what it will be like, what to pack, what to watch. {_HONEST}"
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())
