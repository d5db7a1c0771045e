"""Tracking numbers of known carriers, without spaces and hyphens.

Wide on purpose: a number with a slip is found, such as one with a missing digit or of another carrier, and a rare form
is not refused. DHL, UPS and Evri publish theirs at `source`; those of the others are the forms in common use, and
`source` is the page where such a number is tracked. Postal items have the 13 characters of UPU standard S10, such as
RX123456785DE.
"""

import re
from dataclasses import dataclass
from typing import Final

from servicekit.core import Refused

_S10 = r"[A-Z]{2}[0-9]{9}[A-Z]{2}"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier whose tracking numbers are known.

    Attributes:
        name: as it writes itself.
        names: the first words of its names, in lower case.
        example: a tracking number.
        formats: patterns of a whole number.
        source: the carrier's page about them.
    """

    name: str
    names: tuple[str, ...]
    example: str
    formats: tuple[str, ...]
    source: str

    def has(self, number: str) -> bool:
        """Whether the number has one of its formats."""
        return any(re.fullmatch(one, number) for one in self.formats)


CARRIERS: Final = (
    Carrier(
        "DHL",
        ("dhl",),
        "00340434161094015902",
        (
            r"[0-9]{7}|[0-9]{9,39}",
            r"[A-Z]{1,5}[0-9]{9,34}",
            r"JVGL[0-9A-Z]{6,30}|3S[0-9A-Z]{8,20}",
            r"[A-Z]{3,6}[0-9]{4,10}|[0-9][A-Z]{2}[0-9]{4,6}",  # freight
            _S10,
        ),
        "https://www.dhl.com, page id-labels",
    ),
    Carrier(
        "UPS",
        ("ups", "united parcel service"),
        "1Z999AA10123456784",
        (r"1Z[0-9A-Z]{16}", r"T[0-9]{10}", r"[0-9]{7,20}|[0-9]{22,34}", r"MI[0-9]{6}[0-9A-Z]{1,22}"),
        "https://www.ups.com/ci/en/help-center/sri/tracking-number.page",
    ),
    Carrier(
        "FedEx",
        ("fedex", "fed ex", "federal express"),
        "999999999999",
        (r"[0-9]{12}|[0-9]{14,15}|[0-9]{20}|[0-9]{22}|[0-9]{34}", r"DT[0-9]{12}"),
        "https://www.fedex.com/en-us/tracking.html",
    ),
    Carrier(
        "USPS",
        ("usps", "us postal service", "united states postal service"),
        "9400100000000000000000",
        (r"[0-9]{20}|[0-9]{22}|[0-9]{26}|420[0-9]{25,31}", r"82[0-9]{8}", _S10),
        "https://tools.usps.com/go/TrackConfirmAction_input",
    ),
    Carrier(
        "DPD",
        ("dpd",),
        "01505012345678",
        (r"[0-9]{10}|[0-9]{12,15}|[0-9]{13,14}[A-Z]",),
        "https://www.dpd.com/de/de/faq/",
    ),
    Carrier(
        "GLS",
        ("gls",),
        "12345678901",
        (r"[0-9]{10,12}|[0-9]{14}|[0-9]{20}", r"[0-9A-Z]{8}"),  # parcel number, Track ID
        "https://gls-group.com/GROUP/en/parcel-tracking/",
    ),
    Carrier(
        "Hermes or Evri",
        ("hermes", "myhermes", "evri"),
        "H001234567890123",
        (r"[0-9A-Z]{16}", r"[0-9]{8}|[0-9]{11,20}", r"H[0-9]{19}"),
        "https://www.evri.com/faqs/receiving-a-parcel/how-do-i-track-my-parcel; "
        "https://www.myhermes.de/empfangen/sendungsverfolgung/",
    ),
    Carrier(
        "Royal Mail",
        ("royal mail", "royalmail"),
        "AB123456789GB",
        (_S10, r"[0-9A-F]{16}|[0-9A-F]{20,21}", r"[0-9]{9,27}"),
        "https://www.royalmail.com/track-your-item",
    ),
)


_NAMES: Final = "|".join(name for carrier in CARRIERS for name in carrier.names)
_NAMED: Final = re.compile(
    rf"\A(?:{_NAMES})(?: (?:express|parcel|ground|freight|ecommerce))?+[\s:#-]++(?=[^0-9]*+[0-9])", re.IGNORECASE
)
"""The name of a known carrier before a number, as in ``DHL 00340434161094015902``."""


def plain_number(text: str) -> str:
    """A tracking number as it is stored: capitals without spaces, hyphens and the carrier's name."""
    return re.sub(r"[\s-]+", "", _NAMED.sub("", text.strip())).upper()


def carrier_of(name: str) -> Carrier | None:
    """The known carrier that a name such as ``DHL Express`` means."""
    words = f"{' '.join(name.lower().split())} "
    return next((one for one in CARRIERS if words.startswith(tuple(f"{known} " for known in one.names))), None)


def check_tracking_number(name: str, number: str | None) -> None:
    """Check a tracking number against the formats of its carrier. Those of unknown carriers are not checked.

    Raises:
        Refused: the carrier has no such numbers.
    """
    carrier = carrier_of(name)
    if number is None or carrier is None or carrier.has(number):
        return
    others = " or ".join(one.name for one in CARRIERS if one.has(number))
    hint = f" It could be one of {others}." if others else ""
    raise Refused(
        f"tracking_number {number} is not a number of {carrier.name}, which looks like {carrier.example}.{hint} "
        "Compare it with the label; spaces and hyphens do not matter."
    )
