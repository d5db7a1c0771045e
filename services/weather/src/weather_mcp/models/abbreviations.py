"""Common abbreviations of regions and countries that the gazetteer lacks."""

from typing import Final

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


def _by_code(country: str, rows: str) -> dict[tuple[str, str], str]:
    entries = (row.strip().partition(" ") for row in rows.split(","))
    return {(country, code.casefold()): name.casefold() for code, _, name in entries}


_REGIONS: Final = _by_code("us", _STATES) | _by_code("ca", _PROVINCES)
_COUNTRIES: Final = {"uk": "gb", "usa": "us", "u.s.": "us", "u.s.a.": "us", "u.k.": "gb", "uae": "ae"}


def region_of(country: str, code: str) -> str | None:
    """The state or province of a code, all in lower case: ``us`` and ``il`` give ``illinois``."""
    return _REGIONS.get((country, code))


def country_of(code: str) -> str:
    """The ISO 3166 code of a country for its common abbreviation, in lower case."""
    return _COUNTRIES.get(code, code)
