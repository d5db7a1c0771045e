r"""Line endings of a text that replaces another: models send ``\n``, and many texts have ``\r\n``.

Only ``\n`` and ``\r\n`` end a line here. Form feeds, U+2028 and single carriage returns are characters like any other.
"""

from typing import Final

LF: Final = "\n"
CRLF: Final = "\r\n"


def with_lf(text: str) -> str:
    r"""`text` with ``\n`` for each ``\r\n``."""
    return text.replace(CRLF, LF)


def endings_in(text: str) -> frozenset[str]:
    """The line endings that occur in a text."""
    crlf, lines = text.count(CRLF), text.count(LF)
    return frozenset(ending for ending, number in ((CRLF, crlf), (LF, lines - crlf)) if number)


def ending_near(text: str, position: int) -> str | None:
    """The ending of the line at a position, or of the line before it if that has none."""
    found = text.find(LF, position)
    if found < 0:
        found = text.rfind(LF, 0, position)
    if found < 0:
        return None
    return CRLF if text[max(found - 1, 0)] == "\r" else LF


def with_endings_of(before: str, after: str) -> str:
    """`after` with the line endings of the text that it replaces.

    A text in which nothing but line endings changed, or which has both kinds itself, is returned as it is. Where
    `before` has both kinds, an unchanged line keeps its ending, and a new line has the more frequent one.
    """
    present, sent = endings_in(before), endings_in(after)
    if not present or len(sent) != 1 or present == sent:
        return after
    plain = with_lf(after)
    if with_lf(before) == plain:
        return after
    if len(present) == 1:
        return plain if LF in present else plain.replace(LF, CRLF)
    return _with_mixed_endings(before, plain)


def _with_mixed_endings(before: str, plain: str) -> str:
    old, new = before.split(LF), plain.split(LF)
    endings = [CRLF if line.endswith("\r") else LF for line in old[:-1]] + [""]
    texts = [line[:-1] if ending == CRLF else line for line, ending in zip(old, endings, strict=True)]
    shorter = min(len(texts), len(new))
    start = next((at for at in range(shorter) if texts[at] != new[at]), shorter)
    end = next((at for at in range(shorter - start) if texts[-1 - at] != new[-1 - at]), shorter - start)
    usual = CRLF if 2 * before.count(CRLF) >= before.count(LF) else LF
    known = {text: ending or usual for text, ending in zip(texts, endings, strict=True)}
    middle = [known.get(text, usual) for text in new[start : len(new) - end]]
    kept = [ending or usual for ending in endings[:start] + middle + endings[len(endings) - end :]]
    return "".join(text + ending for text, ending in zip(new, [*kept[:-1], ""], strict=True))
