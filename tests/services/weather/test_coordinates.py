"""Coordinates in every print are read as those coordinates."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client
from pydantic import TypeAdapter, ValidationError

from tests.fixtures.calls import call
from weather_mcp.models.coordinates import coordinates
from weather_mcp.models.identifiers import Location

LOCATION = TypeAdapter(Location)
LISBON = (38.72, -9.14)


@pytest.mark.parametrize(
    "text",
    [
        "38.72,-9.14", "38.72, -9.14", "  38.72 -9.14 ", "38.72; -9.14", "+38.72 -9.14", "(38.72, -9.14)",
        "[38.72, -9.14]", "38.72000000000000001,-9.1400000000000000002", "38,72; -9,14", "38,72 -9,14",
        "38,72, -9,14", "38,72,-9,14", "38,72N 9,14W", "38.72N 9.14W", "38.72N9.14W", "38.72 N, 9.14 W",
        "N38.72 W9.14", "N 38.72, W 9.14", "38.72° N, 9.14° W", "38.72°, -9.14°", "9.14W 38.72N", "38.72n, 9.14w",
        "38.72 north, 9.14 west", "38.72 degrees N 9.14 degrees W", "lat 38.72 lon -9.14", "lat: 38.72, lng: -9.14",
        "latitude=38.72, longitude=-9.14", "38°43'12\"N 9°8'24\"W", "38°43′12″N, 9°08′24″W",
        "38º 43’ 12” N 9º 8’ 24” W",
        "38° 43' 12'' N 9° 8' 24'' W", "38 43 12 N 9 8 24 W", "38:43:12N 9:08:24W", "38°43.2'N 9°8.4'W",
        "N 38° 43.2' W 009° 08.4'", "38°43,2'N; 9°8,4'W", "38.72, −9.14", "geo:38.72,-9.14",
        "geo:38.72,-9.14,100", "GEO:38.72,-9.14;u=35", "geo:38.72,-9.14;crs=wgs84;u=35.5", "POINT(-9.14 38.72)",
        "POINT (-9.14 38.72)", "+38.72-009.14/", "lon=-9.14 lat=38.72", "longitude -9.14, latitude 38.72",
        "lng: -9.14; lat: 38.72", "-9.14 lon, 38.72 lat", "lon 9.14W, lat 38.72N", "lon=-9,14&lat=38,72",
        '{"lat": 38.72, "lon": -9.14}', '{"longitude":-9.14,"latitude":38.72}',
    ],
)  # fmt: skip
def test_prints_of_programs_are_read(text: str) -> None:
    found = coordinates(text)
    assert found is not None
    assert found == pytest.approx(LISBON, abs=1e-9)
    latitude, longitude = LOCATION.validate_python(text).split(",")
    assert (float(latitude), float(longitude)) == found, "the accepted text is plain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("40.712775999999998,-74.00597000000001", (40.712776, -74.00597)),
        ("38,72", (38, 72)),
        ("38, 72", (38, 72)),
        ("38,72,9,14", (38.72, 9.14)),
        ("40 -74", (40, -74)),
        ("1e-05,-9.14", (0.00001, -9.14)),
        ("33.87S 151.21E", (-33.87, 151.21)),
        ("0N 0E", (0, 0)),
        ("90,180", (90, 180)),
    ],
)
def test_signs_letters_and_zeros(text: str, expected: tuple[float, float]) -> None:
    assert coordinates(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("999,0", "latitude comes first"),
        ("0,181", "latitude comes first"),
        ("-91 0.5", "latitude comes first"),
        ("38.72N 9.14S", "latitude comes first"),
        ("geo:91,0", "latitude comes first"),
        ("-38.72N 9.14W", "a sign or N, S, E, W"),
        ("38°60'N 9°8'W", "from 0 to 59"),
        ("38.5°30'N 9°8'W", "from 0 to 59"),
        ("lat 9.14W, lon 38.72N", "latitude comes first"),
        ("38.72, lon -9.14", "name both"),
        ("lat 38.72, lat -9.14", "name both"),
    ],
)
def test_contradictions_are_refused(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        LOCATION.validate_python(text)


@pytest.mark.parametrize(
    "text",
    ["Biel", "90210", "40 74", "111 22", "110-0001", "01310-100", "SW1A 1AA", "E1 6AN", "10.5", "38.72,-9.14,1,2",
     "5 E",
     "N", "1e400,2", "38.72N", "38.72N 9.14", "geo:38.72", "''", "°", "100 Mile House", ""],
)  # fmt: skip
def test_other_texts_are_no_coordinates(text: str) -> None:
    assert coordinates(text) is None


Angle = tuple[int, int, int]


def degrees(angle: Angle) -> float:
    return angle[0] + angle[1] / 60 + angle[2] / 3600


def signed(value: float, places: int) -> str:
    return f"{value:.{places}f}"


def lettered(value: float, letters: str, places: int) -> str:
    return f"{abs(value):.{places}f}{letters[value < 0]}"


PRINTS: dict[str, Callable[[float, float, int], str]] = {
    "comma": lambda lat, lon, places: f"{signed(lat, places)},{signed(lon, places)}",
    "space": lambda lat, lon, places: f"{signed(lat, max(places, 1))} {signed(lon, max(places, 1))}",
    "semicolon": lambda lat, lon, places: f"{signed(lat, places)}; {signed(lon, places)}",
    "decimal commas": lambda lat, lon, places: f"{signed(lat, places)}; {signed(lon, places)}".replace(".", ","),
    "brackets": lambda lat, lon, places: f"({signed(lat, places)}, {signed(lon, places)})",
    "letters after": lambda lat, lon, places: f"{lettered(lat, 'NS', places)} {lettered(lon, 'EW', places)}",
    "longitude first": lambda lat, lon, places: f"{lettered(lon, 'EW', places)}, {lettered(lat, 'NS', places)}",
    "degree signs": lambda lat, lon, places: f"{signed(lat, places)}°, {signed(lon, places)}°",
    "geo": lambda lat, lon, places: f"geo:{signed(lat, places)},{signed(lon, places)}",
    "point": lambda lat, lon, places: f"POINT({signed(lon, places)} {signed(lat, places)})",
}


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 15), st.sampled_from(sorted(PRINTS)))
def test_every_print_is_read_as_that_coordinate(latitude: float, longitude: float, places: int, how: str) -> None:
    found = coordinates(PRINTS[how](latitude, longitude, places))
    assert found == pytest.approx((latitude, longitude), abs=max(0.6 * 10**-places, 1e-12))


@given(
    st.tuples(st.integers(0, 89), st.integers(0, 59), st.integers(0, 59)),
    st.tuples(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59)),
    st.sampled_from("NS"),
    st.sampled_from("EW"),
    st.sampled_from(["{0}°{1}'{2}\"{3} ", "{3} {0}° {1}′ {2}″ ", "{0} {1} {2} {3}, ", "{0}:{1:02}:{2:02}{3} "]),
)
def test_degrees_minutes_and_seconds_are_read(north: Angle, east: Angle, ns: str, ew: str, how: str) -> None:
    text = (how.format(*north, ns) + how.format(*east, ew)).rstrip(", ")
    expected = (degrees(north) * (1 if ns == "N" else -1), degrees(east) * (1 if ew == "E" else -1))
    assert coordinates(text) == pytest.approx(expected, abs=5e-7)


@given(st.text(alphabet="0123456789.,;:+-−°'\"′″NSEWnsew ()/e[]geo", max_size=40))
def test_any_text_is_coordinates_or_not(text: str) -> None:
    try:
        found = coordinates(text)
    except ValueError:
        return
    assert found is None or (abs(found[0]) <= 90 and abs(found[1]) <= 180)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("48.8566, 2.3522 (Paris)", (48.8566, 2.3522)),
        ("lat=48.2&lon=16.37", (48.2, 16.37)),
        ("38°43'12\"N 9°8'24\"W", (38.72, -9.14)),
    ],
)
async def test_coordinates_are_read_from_addresses_and_beside_names(
    reader: Client, text: str, expected: tuple[float, float]
) -> None:
    place = (await call(reader, "search_location", location=text))["places"][0]
    assert (place["latitude"], place["longitude"]) == expected
