"""Saved places: owned by a person, usable as location, and saved idempotently."""

import asyncio
import unicodedata

import pytest
from mcp.client import Client

from servicekit.testing.service import caller
from tests.fixtures.calls import call, refusal

from .conftest import Replica, text_of

BOTH = ("weather:read", "weather:write")


async def test_a_saved_label_stands_for_its_place(client: Client) -> None:
    saved = await call(client, "save_location", label="Summer house", location="Springfield, Oregon")
    assert saved["place"]["region"] == "Oregon"
    weather = await call(client, "get_current_weather", location="summer  HOUSE", units="celsius")
    assert weather["place"]["region"] == "Oregon"
    listed = await call(client, "list_saved_locations")
    assert [(entry["label"], entry["place"]["name"]) for entry in listed["saved"]] == [("summer house", "Springfield")]
    await call(client, "save_location", label="summer house", location="Oslo")
    assert (await call(client, "get_alerts", location="summer house"))["place"]["name"] == "Oslo"
    await call(client, "forget_location", label="summer house")
    assert (await call(client, "list_saved_locations"))["saved"] == []
    assert "There is no saved place `cabin`" in await refusal(client, "forget_location", label="cabin")


async def test_saved_places_are_shared_by_a_persons_clients(replica: Replica) -> None:
    async with (
        replica(caller(*BOTH)) as ann,
        replica(caller(*BOTH, client_id="another")) as ann_elsewhere,
        replica(caller(*BOTH, subject="bob")) as bob,
        replica(caller(*BOTH, tenant="globex")) as namesake,
    ):
        await call(ann, "save_location", label="home", location="Oslo")
        assert len((await call(ann_elsewhere, "list_saved_locations"))["saved"]) == 1
        for stranger in (bob, namesake):
            assert (await call(stranger, "list_saved_locations"))["saved"] == []
            assert "There is no place `home`" in await refusal(stranger, "get_alerts", location="home")


async def test_saving_is_idempotent_and_audited(client: Client) -> None:
    arguments = {"label": "home", "location": "Oslo", "idempotency_key": "k-0123456789"}
    results = await asyncio.gather(*(client.call_tool("save_location", arguments) for _ in range(5)))
    assert not any(result.is_error for result in results)
    assert [bool((result.meta or {}).get("fleet/replayed")) for result in results].count(False) == 1
    said = text_of(await client.call_tool("save_location", {**arguments, "location": "Rome"}))
    assert "was used for a call with other arguments" in said
    actions = (await call(client, "weather_list_my_actions"))["items"]
    assert any(action["operation"] == "tools/call save_location" for action in actions), actions


async def test_unknown_place_does_not_use_up_the_key(client: Client) -> None:
    arguments = {"label": "home", "location": "Springfield", "idempotency_key": "k-0123456789"}
    assert "Several places" in text_of(await client.call_tool("save_location", arguments))
    arguments["location"] = "Oslo"
    assert not (await client.call_tool("save_location", arguments)).is_error


async def test_at_most_fifty_places_are_saved(client: Client) -> None:
    for number in range(50):
        await call(client, "save_location", label=f"place {number}", location=f"{number},0")
    assert "the maximum" in await refusal(client, "save_location", label="one more", location="1,1")
    assert await call(client, "save_location", label="place 7", location="7,7"), "an existing label can be overwritten"


async def test_reading_needs_no_write_scope(replica: Replica) -> None:
    async with replica(caller("weather:read")) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "list_saved_locations" in names
        assert not names & {"save_location", "forget_location"}


@pytest.mark.parametrize("label", ["Büro", "дом", "家", "Mum's", "मुंबई घर", "Bu\u0308ro"])
async def test_label_may_be_of_any_script(client: Client, label: str) -> None:
    await call(client, "save_location", label=label, location="Oslo")
    for spelling in (label, unicodedata.normalize("NFD", label), label.replace("'", "’").upper()):
        assert (await call(client, "get_alerts", location=spelling))["place"]["name"] == "Oslo"
    await call(client, "forget_location", label=label)


@pytest.mark.parametrize(
    "label", ["1st", "a\nb", "a<b", "a`b", "\u0301a", "a\u202eb", "a.b/c", "'a", "a" * 41, "a\u200db"]
)
async def test_label_of_other_characters_is_refused(client: Client, label: str) -> None:
    assert "must be a label" in await refusal(client, "save_location", label=label, location="Oslo")


async def test_label_that_hides_a_city_is_shown(client: Client) -> None:
    saved = await call(client, "save_location", label="Berlin", location="Vienna")
    assert "goes before any place of that name" in saved["notice"]
    assert "It replaces" not in saved["notice"]
    for tool in ("get_alerts", "get_current_weather"):
        place = (await call(client, tool, location="Berlin"))["place"]
        assert (place["name"], place["label"]) == ("Vienna", "berlin")
    assert (await call(client, "search_location", location="Berlin"))["places"][0]["label"] == "berlin"
    assert "label" not in (await call(client, "get_alerts", location="Berlin, Germany"))["place"]
    saved = await call(client, "save_location", label="Berlin", location="Oslo")
    assert "It replaces Vienna" in saved["notice"]
    assert (await call(client, "list_saved_locations"))["saved"][0]["place"].get("label") is None


async def test_zone_of_a_result_is_that_of_its_place(client: Client) -> None:
    for town, zone in (("Oslo", "Europe/Oslo"), ("Honolulu", "Pacific/Honolulu"), ("Galway", "Europe/Dublin")):
        result = await call(client, "get_current_weather", location=town, units="celsius")
        assert zone == result["place"]["timezone"]
        assert zone in str({name: part for name, part in result.items() if name != "place"})
