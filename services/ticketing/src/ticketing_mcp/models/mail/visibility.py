"""Whether a reader of a mail sees an element: its style, its style sheet, its size, and its colours."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?")
_SIMPLE_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]{0,20}+)?(?P<key>[.#][a-z0-9_-]++)")
_NONE: Final = re.compile(r"[0.]+(?:px|pt|em|rem|%|in|cm|mm)?|[01]px|[01]pt")
_FAR = re.compile(r"-[0-9]{3,}")
_WHITE: Final = frozenset({"white", "#fff", "#ffffff", "#fefefe", "rgb(255,255,255)", "transparent"})
_SIZES: Final = ("height", "max-height", "width", "max-width")


def declarations(style: str) -> dict[str, str]:
    """The properties of a style attribute, in lower case and without spaces in their values."""
    found: dict[str, str] = {}
    for declaration in style.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = "".join(value.replace("!important", "").split())
    return found


def is_hidden(style: Mapping[str, str], attributes: Mapping[str, str]) -> bool:
    """Whether an element and everything in it is not shown."""
    if "hidden" in attributes or style.get("display") == "none" or style.get("mso-hide") == "all":
        return True
    if style.get("visibility") in ("hidden", "collapse") or _is_none(style.get("opacity")):
        return True
    if _is_none(style.get("font-size")):
        return True
    if style.get("overflow") == "hidden" and any(_is_none(style.get(size)) for size in _SIZES):
        return True
    moved = (style.get("text-indent", ""), *(style.get(side, "") for side in ("left", "top", "margin-left")))
    return any(_FAR.match(value) for value in moved)


def is_white(style: Mapping[str, str], attributes: Mapping[str, str]) -> bool | None:
    """Whether its text is white; None if it has the colour of the text around it."""
    color = style.get("color") or "".join(attributes.get("color", "").lower().split())
    return color in _WHITE if color else None


def has_background(style: Mapping[str, str], attributes: Mapping[str, str]) -> bool | None:
    """Whether it has a background other than white, on which white text is seen; None if it sets none."""
    value = style.get("background-color") or style.get("background") or style.get("background-image")
    value = value or "".join(attributes.get("bgcolor", "").lower().split())
    return None if not value else value not in _WHITE and value != "none"


def hidden_selectors(sheet: str) -> Iterator[str]:
    """The classes and ids, such as ``.preheader``, that a style sheet hides for every screen."""
    for rule in _COMMENT.sub("", sheet.lower()).split("}"):
        selectors, brace, body = rule.rpartition("{")
        if not brace or "{" in selectors or not is_hidden(declarations(body), {}):
            continue  # within @media, it holds for some screens alone
        for selector in selectors.split(","):
            if match := _SIMPLE_SELECTOR.fullmatch(selector.strip()):
                yield match["key"]


def _is_none(size: str | None) -> bool:
    return size is not None and _NONE.fullmatch(size) is not None
