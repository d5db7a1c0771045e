"""Values that break programs: for each kind of attack, a few."""

import random
from copy import deepcopy
from typing import Any, Final

TEXTS: Final[tuple[str, ...]] = (
    # SQL, LIKE, full-text search and regular expressions.
    *("' OR 1=1 --", "'; DROP TABLE orders.orders; --", '"', "\\", "%", "_", "%_%\\", "\\'", "$1", "$$x$$", "E'\\x00'"),
    *(
        "a & b | !c",
        "a:*",
        "<->",
        "!!",
        "(((",
        "))",
        ":*",
        "&",
        "'a':1",
        "a <-> b",
        "-",
        "--",
        "- -x",
        '"a b',
        "*",
        "?",
    ),
    *("(a+)+$", "[", "(?", "a{99999}", "^.*$", "\\Z", "' UNION SELECT NULL --", "pg_sleep(5)", "'||pg_sleep(5)||'"),
    # Paths and addresses.
    *("../../etc/passwd", "..", ".", "/", "//", "..%2f..%2f", "%2e%2e/", "....//", "\\..\\", "/etc/passwd", "C:\\x"),
    *("file:///etc/passwd", "http://169.254.169.254/", "http://[::1]:1/", "//evil.example", "https://a@b:c@d/"),
    *("a?b=c#d", "a%00b", "%", "%zz", "%u0041", "a;b", "a\r\nX-Injected: 1", "a\nHost: evil", "?page=2", "#", "@", ":"),
    *("javascript:alert(1)", "data:text/html,x", "gopher://x", "ssh://-oProxyCommand=x", "-oProxyCommand=x", "--help"),
    # Names of prototypes and members.
    *("__proto__", "constructor", "prototype", "__class__", "__init__", "toString", "self", "cls", "args", "kwargs"),
    *("None", "null", "undefined", "NaN", "true", "Infinity", "[object Object]", "{}", "[]", "0", "-1", "1e400"),
    # Characters.
    *(
        "\0",
        "a\0b",
        "\ufeff",
        "\u202eabc",
        "\u200b",
        "\u2028",
        "\u061c",
        "\u0661\u0662\u0663",
        "\uff11\uff12",
        "²",
        "Ⅷ",
    ),
    *(
        "İ",
        "ı",
        "ſ",
        "ß",
        "ﬁ",
        "é",
        "e\u0301",
        "\U0001f469\u200d\U0001f466",
        "\U000e0041",
        "\ud83d",
        "\udc00",
        "\x1b[31m",
    ),
    *("\x7f", "\x85", "\t", " ", "\r", "\n", "\x0b", "\U0010ffff", "\ufffe", "𝟘", "١٢", "๑", "ǅ", "µ", "K", "Å"),
    # Markup, templates and our own marks.
    *("<user_content>", "</user_content>", "⟦U+200B⟧", "⟦⟧", "⟦U+110000⟧", "⟦U+D800⟧", "⟦U+⟧", "<script>x</script>"),
    *("{{7*7}}", "${x}", "#{x}", "%s%n", "{0}", "{x.__class__}", "%(x)s", "<!--", "]]>", "&lt;", "a <" + " " * 200),
    # Days, moments and numbers.
    *("0000-00-00", "9999-12-31", "2026-02-30", "-0001-01-01", "10000-01-01", "2026-1-1", "2026-01-01T25:00:00Z"),
    *(
        "2026-01-01T00:00:00+99:99",
        "٢٠٢٦-٠١-٠١",
        "1970-01-01T00:00:00Z",
        "today",
        "99999999999999999999",
        "0x10",
        "1_0",
    ),
    *(
        "1,5",
        "1.000",
        "٫",
        "-0",
        "+5",
        "5.0",
        " 5 ",
        "5e3",
        "٥",
        "91,181",
        "-91,-181",
        "nan,nan",
        "inf,inf",
        "0,0",
        "1e3,1",
    ),
    # Identifiers of ours, nearly.
    *("ORD-0", "ORD-99999999999999999999", "T-0", "T--1", "O-7K3M-9QXB", "G-0000-0000", "fleet_x_y", "acme/*", "*/*"),
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "urn:uuid:0", "a@b", "@", "a@"),
)

NUMBERS: Final[tuple[int | float, ...]] = (
    *(
        0,
        1,
        -1,
        2**31 - 1,
        2**31,
        -(2**31) - 1,
        2**53,
        2**63 - 1,
        2**63,
        -(2**63) - 1,
        2**64,
        10**30,
        -(10**30),
        10**400,
    ),
    *(0.1, -0.0, 1.5, 1e308, -1e308, 5e-324, 1e22, 1.0000000000000002, 4.35, 2.675),
)

OTHERS: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    {"": ""},
    [1, "a"],
    {"__proto__": {}},
)

_REPEATED: Final = (
    "a",
    "A ",
    "%",
    "(",
    "[",
    "a-",
    "é",
    "\U0001f469",
    "\u200b",
    "<",
    "a <",
    "⟦",
    "'",
    "\\",
    "..",
    "/",
    "0",
)


def text(chance: random.Random) -> str:
    """A hostile text; one in twenty is long, and one in a hundred has 100 000 characters."""
    drawn = chance.random()
    if drawn < 0.01:
        piece = chance.choice(_REPEATED)
        return (piece * 100_000)[:100_000]
    if drawn < 0.06:
        piece = chance.choice(_REPEATED)
        return piece * chance.choice((100, 256, 1000, 5000))
    if drawn < 0.4:
        return "".join(chance.choice(TEXTS) for _ in range(chance.randint(2, 4)))
    return chance.choice(TEXTS)


def value(chance: random.Random) -> Any:
    """A hostile value of any type."""
    drawn = chance.random()
    if drawn < 0.5:
        return text(chance)
    if drawn < 0.75:
        return chance.choice(NUMBERS)
    if drawn < 0.8:
        return nested(chance.choice((2, 30, 60, 70)))
    return deepcopy(chance.choice(OTHERS))


def nested(depth: int) -> Any:
    """Lists and objects in each other."""
    inner: Any = "x"
    for level in range(depth):
        inner = [inner] if level % 2 else {"a": inner}
    return inner
