"""Parses warnings in the Common Alerting Protocol as JSON: those of the NWS and of MeteoAlarm."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, get_args

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from weather_mcp.models.outlines import Point, holds, is_named, outline_in
from weather_mcp.models.warnings import Certainty, OfficialWarning, Severity, Urgency

_LONGEST: Final = 300
"""Characters of a text that are kept."""


def _one_of(codes: object) -> BeforeValidator:
    known = get_args(codes)
    return BeforeValidator(
        lambda value: value.lower() if isinstance(value, str) and value.lower() in known else "unknown"
    )


def _shortened(value: object) -> object:
    """One line, cut with an ellipsis; None if it has no words."""
    if not isinstance(value, str):
        return None
    text = " ".join(value[: 4 * _LONGEST].split())
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…") or None


Words = Annotated[str | None, BeforeValidator(_shortened)]
Moment = AwareDatetime | None


class Information(BaseModel):
    """What CAP says of a danger; the NWS has the same in its `properties`."""

    event: Annotated[str, BeforeValidator(_shortened)]
    severity: Annotated[Severity, _one_of(Severity)] = "unknown"
    certainty: Annotated[Certainty, _one_of(Certainty)] = "unknown"
    urgency: Annotated[Urgency, _one_of(Urgency)] = "unknown"
    effective: Moment = None
    onset: Moment = None
    ends: Moment = None
    expires: Moment = None
    sender: Words = Field(None, validation_alias="senderName")
    headline: Words = None

    def is_over(self, now: datetime) -> bool:
        """Whether both the danger and the text have ended."""
        known = [moment for moment in (self.ends, self.expires) if moment is not None]
        return bool(known) and max(known) <= now

    def warning(self, source: str, area: str | None, *, located: bool) -> OfficialWarning:
        """The warning for one area."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in Information.model_fields}
        fields["onset"] = self.onset or fields.pop("effective")
        return OfficialWarning(source=source, area=area, located=located, **fields)


class _Properties(Information):
    status: str = "Actual"
    message_type: str = Field("Alert", validation_alias="messageType")
    area: Words = Field(None, validation_alias="areaDesc")


class _Value(BaseModel):
    name: str | None = Field(None, validation_alias="valueName")
    value: str | None = None


class _Area(BaseModel):
    area: Words = Field(None, validation_alias="areaDesc")
    polygon: Sequence[str] | str | None = None

    @property
    def outlines(self) -> list[list[Point]]:
        texts = [self.polygon] if isinstance(self.polygon, str) else self.polygon or []
        return [outline_in(text) for text in texts]


class _Info(Information):
    language: str = ""
    parameter: list[_Value] = []
    area: list[_Area] = []

    @property
    def is_green(self) -> bool:
        """Whether it is MeteoAlarm's lowest level, at which there is nothing to warn of."""
        levels = [one.value or "" for one in self.parameter if one.name == "awareness_level"]
        return any(level.strip().startswith("1") for level in levels)


class _Alert(BaseModel):
    identifier: str = ""
    status: str = "Actual"
    message_type: str = Field("Alert", validation_alias="msgType")
    references: str | None = None
    info: list[_Info] = []


class _Entry(BaseModel):
    alert: _Alert


def features_in(content: Any) -> list[Any]:
    """The features of a GeoJSON collection.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    return _listed(content["features"])


def entries_in(content: Any) -> list[Any]:
    """The entries of a MeteoAlarm feed.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    return _listed(content["warnings"])


def warnings_at_point(features: Iterable[Any], source: str) -> tuple[list[OfficialWarning], int]:
    """The warnings of a query by point, and how many could not be read."""
    now, found, unreadable = datetime.now(UTC), list[OfficialWarning](), 0
    for feature in features:
        try:
            one = _Properties.model_validate(feature["properties"])
        except (ValidationError, KeyError, TypeError):
            unreadable += 1
            continue
        if _is_in_force(one.status, one.message_type) and not one.is_over(now):
            found.append(one.warning(source, one.area, located=True))
    return found, unreadable


def warnings_in_feed(
    entries: Iterable[Any], source: str, place: Point, names: Sequence[str | None]
) -> tuple[list[OfficialWarning], list[OfficialWarning], int]:
    """The warnings of a country's feed that concern a place.

    Returns:
        Those whose outline holds the place or whose area has one of its names; those without an outline and with other
        names; and how many could not be read.
    """
    alerts, unreadable = list[_Alert](), 0
    for entry in entries:
        try:
            alerts.append(_Entry.model_validate(entry).alert)
        except ValidationError:
            unreadable += 1
    replaced = {part.split(",")[1] for alert in alerts for part in (alert.references or "").split() if "," in part}
    found, elsewhere = list[OfficialWarning](), list[OfficialWarning]()
    for alert in alerts:
        if not _is_in_force(alert.status, alert.message_type) or alert.identifier in replaced:
            continue
        try:
            here, unknown = _of_alert(alert, source, place, names)
        except ValueError:
            unreadable += 1
            continue
        found += here
        elsewhere += unknown
    return list(dict.fromkeys(found)), list(dict.fromkeys(elsewhere)), unreadable


def _of_alert(
    alert: _Alert, source: str, place: Point, names: Sequence[str | None]
) -> tuple[list[OfficialWarning], list[OfficialWarning]]:
    info = next((one for one in alert.info if one.language.lower().startswith("en")), next(iter(alert.info), None))
    if info is None or info.is_green or info.is_over(datetime.now(UTC)):
        return [], []
    here, unknown = list[OfficialWarning](), list[OfficialWarning]()
    for area in info.area or [_Area()]:
        if outlines := area.outlines:
            if any(holds(outline, place) for outline in outlines):
                here.append(info.warning(source, area.area, located=True))
        else:
            fits = is_named(area.area or "", names)
            (here if fits else unknown).append(info.warning(source, area.area, located=False))
    return here, unknown


def _is_in_force(status: str, message_type: str) -> bool:
    return status.lower() == "actual" and message_type.lower() in ("alert", "update")


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value
