"""Common abbreviations of regions that the gazetteer lacks."""

from typing import Final

from weather_mcp.models.names import fold

_STATES: Final = """
AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado, CT Connecticut, DE Delaware,
DC District of Columbia, FL Florida, GA Georgia, HI Hawaii, ID Idaho, IL Illinois, IN Indiana, IA Iowa,
KS Kansas, KY Kentucky, LA Louisiana, ME Maine, MD Maryland, MA Massachusetts, MI Michigan, MN Minnesota,
MS Mississippi, MO Missouri, MT Montana, NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey,
NM New Mexico, NY New York, NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma, OR Oregon,
PA Pennsylvania, RI Rhode Island, SC South Carolina, SD South Dakota, TN Tennessee, TX Texas, UT Utah,
VT Vermont, VA Virginia, WA Washington, WV West Virginia, WI Wisconsin, WY Wyoming
"""
_PROVINCES: Final = """
AB Alberta, BC British Columbia, MB Manitoba, NB New Brunswick, NL Newfoundland and Labrador, NS Nova Scotia,
NT Northwest Territories, NU Nunavut, ON Ontario, PE Prince Edward Island, QC Quebec, SK Saskatchewan,
YT Yukon
"""
_AUSTRALIAN: Final = """
ACT Australian Capital Territory, NSW New South Wales, NT Northern Territory, QLD Queensland, SA South Australia,
TAS Tasmania, VIC Victoria, WA Western Australia
"""
_BRITISH: Final = "ENG England, NIR Northern Ireland, SCT Scotland, WLS Wales"


def _by_code(country: str, rows: str) -> dict[tuple[str, str], str]:
    entries = (row.strip().partition(" ") for row in rows.split(","))
    return {(country, fold(code)): fold(name) for code, _, name in entries}


_REGIONS: Final = (
    _by_code("US", _STATES) | _by_code("CA", _PROVINCES) | _by_code("AU", _AUSTRALIAN) | _by_code("GB", _BRITISH)
)
_KNOWN: Final = frozenset(_REGIONS.values()) | frozenset(code for _, code in _REGIONS)


def region_of(country: str, code: str) -> str | None:
    """The folded name of a state or province by its folded code: ``US`` and ``il`` give ``illinois``."""
    return _REGIONS.get((country, code))


def is_region(text: str) -> bool:
    """Whether a text is the name or code of a state or province of a country that writes them after towns."""
    return fold(text) in _KNOWN
