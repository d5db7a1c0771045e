"""Names that towns have at home, where English has another: in which language to search for them."""

from typing import Final

from weather_mcp.models.names import fold

_BY_LANGUAGE: Final = """
cs: Praha, Plzeň; pl: Warszawa; pt: Lisboa; de: Wien, Köln, Bozen, Nürnberg, Genf; nl: Brussel, Antwerpen, Brugge, Gent,
Den Haag; it: Roma, Milano, Napoli, Torino, Venezia, Firenze, Genova, Padova, Mantova, Siracusa;
fr: Bruxelles, Anvers, Gand, Genève, Bienne, Bâle, Alger, Le Caire; da: København; sv: Göteborg, Helsingfors, Åbo;
ro: București; sr: Beograd; es: Sevilla, Zaragoza, La Habana, Ciudad de México, Ciudad de Panamá; el: Athina;
tr: İstanbul; ru: Moskva, Sankt-Peterburg; ga: Baile Átha Cliath, Corcaigh, Gaillimh
"""


def _read() -> dict[str, tuple[str, ...]]:
    languages = dict[str, tuple[str, ...]]()
    for row in " ".join(_BY_LANGUAGE.split()).split("; "):
        language, _, names = row.partition(": ")
        for name in names.split(", "):
            languages[fold(name)] = (*languages.get(fold(name), ()), language)
    return languages


_LANGUAGES: Final = _read()


def languages_of_name(name: str) -> tuple[str, ...]:
    """The languages in which a large town has that name; none for others."""
    return _LANGUAGES.get(fold(name), ())
