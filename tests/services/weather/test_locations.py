"""Validation and resolution of location arguments."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client
from pydantic import TypeAdapter, ValidationError

from devkit.simulators.weather.testing import RunningSimulator
from servicekit.core.errors import Refused
from tests.fixtures.calls import call, refusal
from weather_mcp.models.identifiers import Location
from weather_mcp.models.locations import Place, Spot, coordinates_in, pick_place

from .conftest import Replica

LOCATION = TypeAdapter(Location)


@pytest.mark.parametrize(
    ("location", "title", "zone"),
    [
        ("London", "England", "Europe/London"),
        ("london, Ontario", "Ontario", "America/Toronto"),
        ("London, CA", "Ontario", "America/Toronto"),
        ("Los Angeles, CA", "California", "America/Los_Angeles"),
        ("London, UK", "England", "Europe/London"),
        ("Springfield, Illinois, United States", "Illinois", "America/Chicago"),
        ("Paris", "Île-de-France", "Europe/Paris"),
        ("reykjavik", "Capital Region", "Atlantic/Reykjavik"),
    ],
)
async def test_names_resolve_to_the_intended_place(reader: Client, location: str, title: str, zone: str) -> None:
    weather = await call(reader, "get_current_weather", location=location, units="celsius")
    assert (weather["place"]["region"], weather["timezone"]) == (title, zone)


async def test_coordinates_need_no_search(reader: Client, open_meteo: RunningSimulator) -> None:
    weather = await call(reader, "get_current_weather", location="51.5074,-0.1278", units="celsius")
    assert weather["place"] == {
        "name": "51.5074,-0.1278", "latitude": 51.5074, "longitude": -0.1278, "timezone": "Europe/London"
    }  # fmt: skip
    assert open_meteo.simulator.request_log.count(path="/v1/search") == 0


async def test_ambiguous_name_lists_the_candidates(client: Client, open_meteo: RunningSimulator) -> None:
    words = await refusal(client, "get_current_weather", location="Springfield", units="celsius")
    assert "Several places have that name" in words
    for region in ("Missouri", "Massachusetts", "Illinois"):
        assert f"Springfield, {region}, United States" in words
    assert open_meteo.simulator.request_log.count(path="/v1/forecast") == 0
    first = re.search(r'"([-0-9.,]+)" is', words)
    assert first is not None
    assert await call(client, "get_current_weather", location=first[1], units="celsius")
    places = (await call(client, "search_location", location="Springfield"))["places"]
    people = [place["population"] for place in places if place["name"] == "Springfield"]
    assert people == sorted(people, reverse=True)
    assert len(people) > 3


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("", "name a place"),
        ("   ", "name a place"),
        ("999,0", "latitude comes first, from -90 to 90"),
        ("0,181", "then longitude, from -180 to 180"),
        ("http://169.254.169.254", "never a URL"),
        ("//169.254.169.254/latest", "never a URL"),
        ("../../etc/passwd", "never a URL"),
        ("London?apikey=x&latitude=1", "never a URL"),
        ("London#x", "never a URL"),
        ("<script>", "never a URL"),
        ("London&latitude=1", "never a URL"),
        ("London\nX-Header: 1", "never a URL"),
        ("London\x00", "must not contain the character"),
        ("London\u202e", "never a URL"),
        ("/etc/passwd", "never a URL"),
        ("London/../archive", "never a URL"),
        ("a/b/c/d", "never a URL"),
        ("v1/0", "never a URL"),
        ("12", "never a URL"),
        ("x" * 101, "at most 100"),
    ],
)
async def test_invalid_places_are_refused_without_a_request(
    reader: Client, open_meteo: RunningSimulator, location: str, words: str
) -> None:
    said = await refusal(reader, "get_current_weather", location=location, units="celsius")
    assert words in said
    assert "169.254" not in said
    assert open_meteo.simulator.request_log.count() == 0


async def test_unknown_name_gives_the_next_step(reader: Client) -> None:
    for tool in ("search_location", "get_alerts"):
        assert "There is no place `Nowhereville`" in await refusal(reader, tool, location="Nowhereville")


@given(st.text(max_size=120))
def test_accepted_location_holds_no_url_characters(text: str) -> None:
    try:
        accepted = LOCATION.validate_python(text)
    except ValidationError:
        return
    assert not set(accepted) & set(':?#&=%@\\<>[]{}|;"\x00\n\r\t')
    assert LOCATION.validate_python(accepted) == accepted
    spot = coordinates_in(accepted)
    assert spot is None or (abs(spot.latitude) <= 90 and abs(spot.longitude) <= 180)


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from([0.05, 0.1, 0.25]))
def test_cell_is_near_its_places(latitude: float, longitude: float, size: float) -> None:
    cell = Spot(latitude, longitude).cell(size)
    assert abs(cell.latitude - latitude) <= size / 2 + 1e-4
    assert abs(cell.longitude - longitude) <= size / 2 + 1e-4
    assert cell.cell(size) == cell
    assert abs(cell.latitude) <= 90
    assert abs(cell.longitude) <= 180


def springfield(people: int | None, region: str) -> Place:
    return Place(
        name="Springfield", region=region, country="United States", country_code="US", latitude=1, longitude=2,
        population=people,
    )  # fmt: skip


def test_dominant_place_has_eight_times_the_population() -> None:
    large, small, other = springfield(1000, "A"), springfield(125, "B"), springfield(126, "C")
    assert pick_place([small, large]) is large
    with pytest.raises(Refused, match=r"Several places .*Springfield, A.*Springfield, C.*Springfield, B"):
        pick_place([small, other, large])
    assert pick_place([springfield(None, "A")]).region == "A"
    with pytest.raises(Refused, match="and 2 more, which search_location lists"):
        pick_place([large] * 5)


async def test_completions_are_saved_labels_then_places(replica: Replica) -> None:
    from mcp_types import PromptReference

    async with replica() as client:
        await call(client, "save_location", label="parents", location="Oslo")
        reference = PromptReference(type="ref/prompt", name="travel_brief")
        found = await client.complete(reference, {"name": "location", "value": "par"})
        assert found.completion.values[:2] == ["parents", "Paris, Île-de-France, France"]
        assert (await client.complete(reference, {"name": "location", "value": "x"})).completion.values == []
        assert (await client.complete(reference, {"name": "location", "value": "http://"})).completion.values == []


async def test_completions_work_during_a_store_outage(replica: Replica) -> None:
    from mcp_types import PromptReference

    async with replica(redis_url="redis://127.0.0.1:1/0") as client:
        reference = PromptReference(type="ref/prompt", name="travel_brief")
        found = await client.complete(reference, {"name": "location", "value": "par"})
        assert found.completion.values[:1] == ["Paris, Île-de-France, France"]
