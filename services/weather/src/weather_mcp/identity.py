"""What the weather server tells models and people about itself."""

from importlib.metadata import version

from servicekit.core import ServerIdentity

IDENTITY = ServerIdentity(
    name="weather",
    title="Weather",
    version=version("mcp-fleet-weather"),
    instructions=(
        "Weather anywhere: now, by hour, by day, past and normal; warnings, air, sea, rivers, the best time for a "
        "plan. No tides. Give a place by name, postal code, coordinates or saved label; if several places have that "
        "name, the error lists them: ask the user. Each result names its units once, in `units`. State the time of a "
        "reading, and never call stale data current. Alerts are derived from forecasts; only `warnings` are "
        "official. Show the attribution with the data."
    ),
    purpose=(
        "Weather for any place: forecasts, past weather and what is normal, air and pollen, the sea, rivers "
        "and warnings, with units of one's choice."
    ),
    examples=(
        "When are the best dry three hours in Bergen this weekend?",
        "Was October wetter than normal in Lisbon?",
        "Will there be frost in Oslo in the next ten nights?",
    ),
)
