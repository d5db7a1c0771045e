"""Windows and alerts, compared with simple reference implementations."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from devkit.settings import WORKSPACE
from tests.fixtures.calls import call, refusal
from weather_mcp.models.alerts import alerts_in
from weather_mcp.models.elements import band_of, flood_level
from weather_mcp.models.forecasts import Hour
from weather_mcp.models.units import IMPERIAL, METRIC
from weather_mcp.models.windows import Rules, in_the_way, windows_in

START = datetime(2026, 3, 1, tzinfo=UTC)
ANYTHING = Rules(dry=False, daylight=False, wind_below=None, warmer_than=None, colder_than=None)


def hour(number: int, **values: float | bool | None) -> Hour:
    fields = {
        "temperature": 10.0, "feels_like": 10.0, "humidity_percent": 50.0, "precipitation": 0.0, "snowfall": 0.0,
        "wind": 10.0, "gusts": 15.0, "wind_from_degrees": 0.0, "cloud_percent": 0.0, "wmo_code": 0,
        "conditions": "clear sky", "is_day": True, "precipitation_chance_percent": 0.0, "visibility_m": 20_000.0,
        "uv_index": 1.0, **values,
    }  # fmt: skip
    return Hour.model_validate({"time": START + timedelta(hours=number), **fields})


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60), st.integers(1, 12))
def test_windows_are_the_longest_suitable_runs(sky: list[tuple[bool, bool]], needed: int) -> None:
    hours = [hour(number, precipitation=0.0 if dry else 1.0, is_day=day) for number, (dry, day) in enumerate(sky)]
    rules = Rules(dry=True, daylight=True, wind_below=None, warmer_than=None, colder_than=None)
    windows, nearest = windows_in(hours, rules, needed, METRIC)
    # A reading includes the precipitation before it; the sun must be up at both ends.
    fits = [after[0] and before[1] and after[1] for before, after in pairwise(sky)]
    expected, begin = [], None
    for number, good in enumerate([*fits, False]):
        if good and begin is None:
            begin = number
        if not good and begin is not None:
            expected.append((begin, number))
            begin = None
    long_enough = [run for run in expected if run[1] - run[0] >= needed]
    found = [
        ((window.begins - START) // timedelta(hours=1), (window.ends - START) // timedelta(hours=1))
        for window in windows
    ]
    assert found == long_enough
    if not long_enough:
        longest = max((run[1] - run[0] for run in expected), default=0)
        assert (nearest.hours if nearest else 0) == longest


def test_unknown_values_are_not_relied_on() -> None:
    strict = Rules(dry=True, daylight=True, wind_below=20, warmer_than=5, colder_than=15)
    good = hour(0)
    assert strict.broken_by((good, hour(1))) == []
    unknown = hour(1, precipitation=None, is_day=None, wind=None, temperature=None)
    assert strict.broken_by((good, unknown)) == [
        "rain or snow unknown", "darkness unknown", "wind unknown", "cold unknown", "heat unknown"
    ]  # fmt: skip
    assert strict.broken_by((unknown, good)) == [
        "darkness unknown", "wind unknown", "cold unknown", "heat unknown"
    ]  # fmt: skip
    assert strict.broken_by((good, hour(1, precipitation_chance_percent=31.0))) == ["rain or snow"]
    assert strict.broken_by((good, hour(1, precipitation_chance_percent=None))) == ["rain or snow unknown"]
    assert strict.broken_by((good, hour(1, precipitation=None, precipitation_chance_percent=31.0))) == ["rain or snow"]
    assert strict.broken_by((hour(0, wind=None), hour(1, wind=20.0))) == ["wind"]
    assert strict.broken_by((hour(0, wind=20.0), hour(1))) == ["wind"]


def test_rain_counts_for_the_hour_before_its_time() -> None:
    rules = Rules(dry=True, daylight=False, wind_below=None, warmer_than=None, colder_than=None)
    hours = [hour(0, precipitation=5.0), *(hour(number) for number in range(1, 4)), hour(4, precipitation=5.0)]
    (window,), _ = windows_in(hours, rules, 1, METRIC)
    assert (window.begins, window.ends) == (START, START + timedelta(hours=3))
    assert window.precipitation == 0


def test_missing_hour_ends_a_window() -> None:
    windows, _ = windows_in([*map(hour, (0, 1, 2, 4, 5))], ANYTHING, 1, IMPERIAL)
    assert [window.hours for window in windows] == [2, 1]
    assert windows[0].temperature_high == 50.0


def test_broken_rules_are_counted() -> None:
    hours = [hour(0), hour(1, wind=50.0, precipitation=2.0), hour(2), hour(3)]
    rules = Rules(dry=True, daylight=False, wind_below=20, warmer_than=None, colder_than=None)
    assert in_the_way(hours, rules) == {"wind": 2, "rain or snow": 1}


async def test_a_window_meets_its_rules_hour_by_hour(reader: Client) -> None:
    found = await call(
        reader, "find_weather_window", location="Madrid", hours_needed=2, days=16, wind_below=40, daylight=True
    )
    assert found["windows"]
    for window in found["windows"]:
        assert window["wind_max"] < 40
        assert window["precipitation"] < 0.1 * window["hours"]
        begins, ends = (datetime.fromisoformat(window[name]) for name in ("begins", "ends"))
        assert ends - begins == timedelta(hours=window["hours"])
        assert begins > datetime.now(UTC) - timedelta(minutes=1)
    nothing = await call(reader, "find_weather_window", location="Madrid", hours_needed=2, warmer_than=60)
    assert (nothing["windows"], nothing["in_the_way"]["cold"] > 100) == ([], True)
    said = await refusal(
        reader, "find_weather_window", location="Madrid", hours_needed=2, warmer_than=20, colder_than=10
    )
    assert "Change one of them" in said


def test_alerts_join_hours_with_their_peak() -> None:
    gusts = {0: 70.0, 1: 95.0, 2: 20.0, 3: 66.0, 20: 80.0}
    hours = [hour(number, gusts=gusts.get(number, 10.0)) for number in range(24)]
    first, second = alerts_in(hours, METRIC)
    assert (first.kind, first.severity, first.peak, first.unit) == ("strong wind", "severe", 95.0, "km/h")
    assert (first.begins, first.ends) == (START - timedelta(hours=1), START + timedelta(hours=3))
    assert (second.severity, second.begins) == ("moderate", START + timedelta(hours=19))


def test_momentary_alert_lasts_the_hour_it_begins() -> None:
    (alert,) = alerts_in([hour(0), hour(1, visibility_m=100.0), hour(2)], METRIC)
    assert (alert.begins, alert.ends) == (START + timedelta(hours=1), START + timedelta(hours=2))


def test_every_threshold_can_be_reached() -> None:
    cases: dict[str, dict[str, float]] = {
        "heavy rain": {"precipitation": 12.0},
        "heavy snow": {"snowfall": 2.0},
        "heat": {"feels_like": 39.0},
        "cold": {"feels_like": -30.0},
        "fog": {"visibility_m": 100.0},
        "strong sun": {"uv_index": 9.0},
        "thunderstorm": {"wmo_code": 95},
        "freezing rain": {"wmo_code": 66},
    }
    for kind, values in cases.items():
        assert [alert.kind for alert in alerts_in([hour(0, **values)], METRIC)] == [kind]
    assert alerts_in([hour(0), hour(1, visibility_m=None)], METRIC) == []


def test_air_bands_follow_the_european_index() -> None:
    bands = {
        0: "good",
        20: "good",
        21: "fair",
        40: "fair",
        60: "moderate",
        80: "poor",
        100: "very poor",
        101: "extremely poor",
    }
    assert {index: band_of(index) for index in bands} == bands
    assert band_of(None) is None
    assert [flood_level(100, peak) for peak in (100, 180, 300, 500)] == ["normal", "raised", "high", "very high"]
    assert [flood_level(0, peak) for peak in (0, 0.5, 500)] == ["normal", "normal", "very high"]


def test_every_file_of_the_service_is_short() -> None:
    files = [*(WORKSPACE / "services" / "weather" / "src").rglob("*.py")]
    assert len(files) > 20
    assert {path.name: lines for path in files if (lines := len(path.read_text().splitlines())) > 200} == {}
