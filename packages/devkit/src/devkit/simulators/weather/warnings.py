"""Official warnings that the simulator makes up, in the formats of the NWS API and of MeteoAlarm's feeds.

Near Chicago and Miami, and in Norway and Germany, some are always in force; other places of both services have none.
"""

from datetime import datetime, timedelta
from typing import Any, Final

_MADE_UP: Final = "Made up by a simulator."
_EUROPEAN: Final = (
    "andorra", "austria", "belgium", "bosnia-herzegovina", "bulgaria", "croatia", "cyprus", "czechia", "denmark",
    "estonia", "finland", "france", "germany", "greece", "hungary", "iceland", "ireland", "israel", "italy", "latvia",
    "lithuania", "luxembourg", "malta", "moldova", "montenegro", "netherlands", "norway", "poland", "portugal",
    "republic-of-north-macedonia", "romania", "serbia", "slovakia", "slovenia", "spain", "sweden", "switzerland",
    "ukraine", "united-kingdom",
)  # fmt: skip
# latitude, longitude, event, severity, certainty, urgency, area
_AMERICAN: Final = (
    (41.85, -87.65, "Wind Advisory", "Moderate", "Likely", "Expected", "Cook, IL; DuPage, IL"),
    (41.85, -87.65, "Blizzard Warning", "Extreme", "Observed", "Immediate", "Cook, IL"),
    (25.77, -80.19, "Rip Current Statement", "Moderate", "Likely", "Expected", "Coastal Miami-Dade County, FL"),
)
_NEAR: Final = 0.5  # degrees
_OSLO: Final = "59.5,10.0 60.5,10.0 60.5,11.5 59.5,11.5 59.5,10.0"
_TROMSO: Final = "69.0,17.0 70.5,17.0 70.5,21.0 69.0,21.0 69.0,17.0"


def at_point(point: str, now: datetime) -> dict[str, Any]:
    """The GeoJSON of ``/alerts/active?point=…``.

    Raises:
        ValueError: it is no point.
    """
    latitude, longitude = (float(part) for part in point.split(","))
    found = [
        _feature(number, row, now)
        for number, row in enumerate(_AMERICAN)
        if abs(row[0] - latitude) < _NEAR and abs(row[1] - longitude) < _NEAR
    ]
    return {
        "@context": ["https://geojson.org/geojson-ld/geojson-context.jsonld"],
        "type": "FeatureCollection",
        "features": found,
        "title": f"Current watches, warnings, and advisories for {latitude} N, {-longitude} W",
        "updated": _written(now),
    }


def _feature(number: int, row: tuple[float, float, str, str, str, str, str], now: datetime) -> dict[str, Any]:
    _, _, event, severity, certainty, urgency, area = row
    identifier = f"urn:oid:2.49.0.1.840.0.simulated.{number}"
    properties = {
        "@type": "wx:Alert",
        "id": identifier,
        "areaDesc": area,
        "sent": _written(now - timedelta(hours=1)),
        "effective": _written(now - timedelta(hours=1)),
        "onset": _written(now + timedelta(hours=2)),
        "expires": _written(now + timedelta(hours=8)),
        "ends": _written(now + timedelta(hours=20)),
        "status": "Actual",
        "messageType": "Alert",
        "category": "Met",
        "severity": severity,
        "certainty": certainty,
        "urgency": urgency,
        "event": event,
        "sender": "w-nws.webmaster@noaa.gov",
        "senderName": "NWS (simulated)",
        "headline": f"{event} issued by the simulator",
        "description": _MADE_UP,
        "instruction": None,
    }
    return {"id": f"https://api.weather.gov/alerts/{identifier}", "type": "Feature", "properties": properties}


def feed(country: str, now: datetime) -> dict[str, Any] | None:
    """The JSON of ``/api/v1/warnings/feeds-…``; None for a country that MeteoAlarm does not cover."""
    if country not in _EUROPEAN:
        return None
    rows = {"norway": _norway, "germany": _germany}.get(country, lambda _: [])(now)
    return {"warnings": [{"uuid": f"simulated-{country}-{number}", "alert": row} for number, row in enumerate(rows)]}


def _norway(now: datetime) -> list[dict[str, Any]]:
    """With outlines, as MET Norway writes them."""
    wind = _alert("no.1", "Wind", "2; yellow; Moderate", now, [{"areaDesc": "Oslo", "polygon": [_OSLO]}])
    snow = _alert("no.2", "Snow", "3; orange; Severe", now, [{"areaDesc": "Troms", "polygon": [_TROMSO]}])
    old = _alert("no.3", "Rain", "3; orange; Severe", now - timedelta(days=2), wind["info"][0]["area"])
    update = _alert("no.4", "Wind", "2; yellow; Moderate", now, wind["info"][0]["area"])
    update |= {"msgType": "Update", "references": f"{wind['sender']},{wind['identifier']},{wind['sent']}"}
    return [wind, snow, old, update]


def _germany(now: datetime) -> list[dict[str, Any]]:
    """Without outlines, by the names of districts and their EMMA codes."""
    names = {"Kreis und Stadt Hamburg": "DE201", "Kreis Harburg": "DE120", "Stadt München": "DE411"}
    areas = [{"areaDesc": name, "geocode": [{"valueName": "EMMA_ID", "value": code}]} for name, code in names.items()]
    green = _alert("de.2", "No warning", "1; green; Minor", now, areas)
    cancelled = {**_alert("de.3", "Fog", "2; yellow; Moderate", now, areas), "msgType": "Cancel"}
    return [_alert("de.1", "Storm surge", "4; red; Extreme", now, areas), green, cancelled]


def _alert(identifier: str, event: str, level: str, now: datetime, areas: list[dict[str, Any]]) -> dict[str, Any]:
    info = {
        "category": ["Met"],
        "event": f"{event} warning",
        "responseType": ["Monitor"],
        "urgency": "Future",
        "severity": level.rpartition(" ")[2],
        "certainty": "Likely",
        "effective": _written(now - timedelta(hours=1)),
        "onset": _written(now + timedelta(hours=3)),
        "expires": _written(now + timedelta(hours=15)),
        "senderName": "Met service (simulated)",
        "headline": f"{event} warning. {_MADE_UP}",
        "description": _MADE_UP,
        "parameter": [{"valueName": "awareness_level", "value": level}],
        "area": areas,
    }
    own = {**info, "language": "xx", "event": f"{event} (local)", "headline": f"{event} (local)"}
    return {
        "identifier": f"2.49.0.0.simulated.{identifier}",
        "sender": "simulator@example.com",
        "sent": _written(now - timedelta(hours=1)),
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        "info": [own, {**info, "language": "en-GB"}],
    }


def _written(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()
