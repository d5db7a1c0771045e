"""Places as people write them, each found as the place that is meant, or refused with what it could be."""

import re

import pytest
from mcp.client import Client

from devkit.simulators.weather.testing import RunningSimulator
from tests.fixtures.calls import call, refusal

from .conftest import Replica

FOUND = [
    # postal codes
    ("90210", "Beverly Hills", "US"),
    ("90210, US", "Beverly Hills", "US"),
    ("90210 USA", "Beverly Hills", "US"),
    ("90210-1234", "Beverly Hills", "US"),
    ("Beverly Hills, CA 90210", "Beverly Hills", "US"),
    ("SW1A 1AA", "London", "GB"),
    ("sw1a1aa, UK", "London", "GB"),
    ("London SW1A 1AA", "London", "GB"),
    ("10115 Berlin", "Berlin", "DE"),
    ("D-10115 Berlin", "Berlin", "DE"),
    ("D-10115", "Berlin", "DE"),
    ("Berlin 10115, Deutschland", "Berlin", "DE"),
    ("1010, Austria", "Vienna", "AT"),
    ("1010 AT", "Vienna", "AT"),
    ("A-1010 Wien", "Vienna", "AT"),
    ("CH-1010", "Lausanne", "CH"),
    ("1012 JS Amsterdam", "Amsterdam", "NL"),
    ("1012JS", "Amsterdam", "NL"),
    ("111 22 Stockholm", "Stockholm", "SE"),
    ("11122, Sweden", "Stockholm", "SE"),
    ("K1A 0B1", "Ottawa", "CA"),
    ("100-0001", "Tokyo", "JP"),
    ("01310-100, Brasil", "São Paulo", "BR"),
    ("101 Reykjavik", "Reykjavík", "IS"),
    ("zip 90210", "Beverly Hills", "US"),
    ("Beverly Hills, CA, ZIP code 90210", "Beverly Hills", "US"),
    ("PLZ 10115 Berlin", "Berlin", "DE"),
    ("postcode SW1A 1AA", "London", "GB"),
    # regions and countries in words, by code, in their own language
    ("Washington, D.C.", "Washington", "US"),
    ("Washington DC", "Washington", "US"),
    ("Prague, Czech Republic", "Prague", "CZ"),
    ("Prague, Czechia", "Prague", "CZ"),
    ("Istanbul, Turkey", "Istanbul", "TR"),
    ("Istanbul, Türkiye", "Istanbul", "TR"),
    ("Istanbul, TUR", "Istanbul", "TR"),
    ("Amsterdam, The Netherlands", "Amsterdam", "NL"),
    ("Amsterdam, Holland", "Amsterdam", "NL"),
    ("Paris, Ile-de-France", "Paris", "FR"),
    ("Paris, Île-de-France, France", "Paris", "FR"),
    ("Paris France", "Paris", "FR"),
    ("Paris (Texas)", "Paris", "US"),
    ("Paris, TX", "Paris", "US"),
    ("Berlin, Deutschland", "Berlin", "DE"),
    ("Munich, Bayern", "Munich", "DE"),
    ("Sydney, NSW", "Sydney", "AU"),
    ("Portland OR", "Portland", "US"),
    ("Bergen", "Bergen", "NO"),
    # accents and spellings
    ("Zürich", "Zurich", "CH"),
    ("Zuerich", "Zurich", "CH"),
    ("sao paulo", "São Paulo", "BR"),
    ("TROMSO", "Tromsø", "NO"),
    ("Aix en Provence", "Aix-en-Provence", "FR"),
    ("Saint Louis, Missouri", "St. Louis", "US"),
    ("St Louis", "St. Louis", "US"),
    ("St. Petersburg", "Saint Petersburg", "RU"),
    ("St. Petersburg, Florida", "St. Petersburg", "US"),
    ("New York City", "New York", "US"),
    ("Frankfurt (Oder)", "Frankfurt (Oder)", "DE"),
    # bilingual towns and local names
    ("Biel/Bienne", "Biel/Bienne", "CH"),
    ("Biel", "Biel/Bienne", "CH"),
    ("Bienne", "Bienne", "CH"),
    ("Bienne / Biel", "Biel/Bienne", "CH"),
    ("Brussel/Bruxelles", "Brussels", "BE"),
    ("Bozen", "Bozen", "IT"),
    ("Bolzano/Bozen", "Bolzano", "IT"),
    ("Bozen-Bolzano", "Bolzano", "IT"),
    ("Bozen, Südtirol", "Bozen", "IT"),
    ("München", "München", "DE"),
    ("Muenchen", "München", "DE"),
    ("Praha", "Praha", "CZ"),
    ("Lisboa, Portugal", "Lisboa", "PT"),
    ("東京", "東京", "JP"),
    ("Москва", "Москва", "RU"),
    ("मुंबई", "मुंबई", "IN"),
    ("กรุงเทพ", "กรุงเทพ", "TH"),
    ("Sa\u0303o Paulo", "São Paulo", "BR"),
    ("Zu\u0308rich", "Zurich", "CH"),
    # letters with strokes, official names, commas and full stops left out
    ("Wroclaw", "Wrocław", "PL"),
    ("Bialystok", "Białystok", "PL"),
    ("Lodz", "Łódź", "PL"),
    ("Lodz, Poland", "Łódź", "PL"),
    ("Boston, United States of America", "Boston", "US"),
    ("Moscow, Russian Federation", "Moscow", "RU"),
    ("Seoul, Republic of Korea", "Seoul", "KR"),
    ("Hanoi, Socialist Republic of Vietnam", "Hanoi", "VN"),
    ("Edinburgh Scotland", "Edinburgh", "GB"),
    ("Sydney NSW 2000", "Sydney", "AU"),
    ("Melbourne VIC 3000", "Melbourne", "AU"),
    ("1000-205 Lisboa", "Lisboa", "PT"),
    ("St. Gallen", "Sankt Gallen", "CH"),
    ("St.-Denis, France", "Saint-Denis", "FR"),
]


@pytest.mark.parametrize(("location", "name", "country"), FOUND)
async def test_places_are_found_as_people_write_them(reader: Client, location: str, name: str, country: str) -> None:
    place = (await call(reader, "get_current_weather", location=location, units="celsius"))["place"]
    assert (place["name"], place["country_code"]) == (name, country)
    first = (await call(reader, "search_location", location=location))["places"][0]
    assert (first["latitude"], first["longitude"]) == (place["latitude"], place["longitude"])


@pytest.mark.parametrize(
    ("location", "suggested"),
    [
        ("Lisbn", "Lisbon, Portugal"),
        ("Lsibon", "Lisbon, Portugal"),
        ("Edinburg, Scotland", "Edinburgh, Scotland"),
        ("Copenhagn", "Copenhagen"),
        ("Frankfurt", "Frankfurt am Main, Hesse, Germany"),
        ("Newcastle upon Tine", "Newcastle upon Tyne, England"),
        ("Kansas", "Kansas City"),
    ],
)
async def test_slip_is_answered_with_did_you_mean(reader: Client, location: str, suggested: str) -> None:
    for tool in ("get_alerts", "search_location"):
        words = await refusal(reader, tool, location=location)
        assert "Did you mean" in words
        assert suggested in words
        coordinates = re.search(r'"([-0-9.,]+)" is', words)
        assert coordinates is not None
        assert await call(reader, "get_alerts", location=coordinates[1])


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("1010", "Several places have that postal code"),
        ("99999", "There is no place"),
        ("00000 Nowhereville", "There is no place"),
        ("London, France", "known in that region or country"),
        ("London/Paris", "There is no place"),
        ("West Virginia", "There is no place"),
        ("Springfield", "Several places have that name"),
        ("Vancouver", "Several places have that name"),
    ],
)
async def test_what_is_not_one_place_is_refused(reader: Client, location: str, words: str) -> None:
    assert words in await refusal(reader, "get_alerts", location=location)


async def test_at_most_three_candidates_are_given(reader: Client) -> None:
    words = await refusal(reader, "get_alerts", location="Springfield")
    assert words.count('" is Springfield') == 3
    assert re.search(r"and \d+ more, which search_location lists", words)


async def test_how_a_place_was_found_is_said(reader: Client) -> None:
    notices = {
        "SW1A 1AA": "postal district SW1A",
        "10116 Berlin": "the town as a whole",
        "Iceland": "That is a country",
    }
    for location, words in notices.items():
        assert words in (await call(reader, "get_alerts", location=location))["notice"]
    assert "notice" not in await call(reader, "search_location", location="Lisbon")


async def test_plain_name_costs_one_search(client: Client, open_meteo: RunningSimulator) -> None:
    await call(client, "get_current_weather", location="Lisbon, Portugal", units="celsius")
    assert open_meteo.simulator.request_log.count(path="/v1/search") == 1
    await refusal(client, "get_alerts", location="Nowhereville")
    assert open_meteo.simulator.request_log.count(path="/v1/search") <= 1 + 6


@pytest.mark.parametrize(
    "location",
    ["Nowherevile upon the Blak River", "Xyzzy Plugh/Qwxyz Foo (Bar), France", "00000 Nowhere Town", "नगरएक",
     "Noe-Ville TX 99999", "St Nowhere", "SW1A 9ZZ Nowhere City, UK", "Old New Place West Virginia"],
)  # fmt: skip
async def test_misspelt_name_cannot_spend_the_quota_of_all(
    client: Client, open_meteo: RunningSimulator, location: str
) -> None:
    await refusal(client, "get_alerts", location=location)
    assert 1 <= open_meteo.simulator.request_log.count(path="/v1/search") <= 6


async def test_saved_label_works_wherever_a_place_does(replica: Replica) -> None:
    async with replica() as client:
        await call(client, "save_location", label="cabin", location="Biel/Bienne")
        await call(client, "save_location", label="mum", location="D-10115 Berlin")
        assert (await call(client, "search_location", location="CABIN"))["places"][0]["name"] == "Biel/Bienne"
        compared = await call(client, "compare_locations", locations=["cabin", "mum"])
        assert "Biel/Bienne" in str(compared)
        content = (await client.read_resource("weather://cabin/current")).contents[0]
        assert "Biel/Bienne" in getattr(content, "text", "")
        assert '"cabin", a saved place' in await refusal(client, "get_alerts", location="cabn")


async def test_bilingual_name_reaches_a_resource(reader: Client) -> None:
    for place in ("Biel/Bienne", "90210, US"):
        content = (await reader.read_resource(f"weather://{place}/current")).contents[0]
        assert "temperature" in getattr(content, "text", "")
