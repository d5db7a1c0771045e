"""The marks in text from outside: `show` adds them for a reader, `restore` takes exactly these off again.

In shown text, ``⟦U+200B⟧`` stands for one character that a reader would not see, and ``⟦⟧`` for nothing: it separates
characters that would otherwise be a Markdown link, HTML that loads something, or a tag of the fence. A bracket of the
text that would read as such a mark is shown as ``⟦U+27E6⟧``. For every text, ``restore(show(text)) == text``.

Every pattern takes time linear in the text: its first character is one of a set, and what follows is bounded, or a run
that ends where the next one may begin.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, get_args

Author = Literal["customer", "requester", "staff", "user", "bot", "repository", "upstream"]
"""Kinds of authors, one vocabulary for all servers: a text of one server may be given to a tool of another."""

AUTHORS: Final[tuple[Author, ...]] = get_args(Author)

PIECE: Final = 64 * 1024
"""Characters of a long text that are searched at a time."""
_AHEAD: Final = 4096
"""Characters after a match that decide about it, at most."""

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa"
    "\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f3fa\U0001f400-\U0001faff"  # without skin tones, which only follow an emoji
)
_SKIN = "\U0001f3fb-\U0001f3ff"
_JOINED = "\u0600-\u061b\u061d-\u08ff\u0900-\u0dff"  # without U+061C, which changes the text direction
# Without tab, newline and carriage return. A carriage return belongs to a line break; alone it is invisible as well.
_INVISIBLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U00013430-\U0001343f"
)
_OPENERS = "<＜﹤‹〈⟨"


def _tags(letters: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in letters)


# What may follow the first character, looking back at it. Invisible characters to keep: in emoji sequences, in the
# subdivision flags that keyboards offer (Unicode TR51), and one joiner between two letters of a script that is written
# with it (Persian, Hindi …).
_KEPT = "|".join(
    (
        rf"(?<=[{_EMOJI}]\ufe0f)",
        r"(?<=[0-9#*]\ufe0f)(?=\u20e3)",
        *(
            rf"(?<=[{_EMOJI}]{after}\u200d)(?=[{_EMOJI}])"
            for after in ("", r"\ufe0f", f"[{_SKIN}]", rf"\ufe0f[{_SKIN}]")
        ),
        rf"(?<=[{_JOINED}][\u200c\u200d])(?=[{_JOINED}])",
        rf"(?<=\U0001f3f4{_tags('g')})(?:{'|'.join(map(_tags, ('beng', 'bsct', 'bwls')))}){chr(0xE007F)}",
    )
)
_BRACKET = r"(?<=⟦)(?=(?:U\+[0-9A-F]{4,5})?⟧)"
# Our tag, and what a model may read as our tag.
_FENCE_TAG = rf"(?<=[{_OPENERS}])(?=[\s/／⁄∕\\]{{0,999}}+(?i:user)[\s_-]{{0,999}}+(?i:content))"
# Elements that act without any attribute: they run, load, or change how the text after them is parsed.
_ACTIVE = (
    "script|style|svg|math|iframe|frameset|noframes|noembed|noscript|plaintext|template|textarea|title|xmp|base|meta"
)
# A comment hides its text. Other tags stay if they are harmless: short, in ASCII, without an attribute or a scheme.
_HTML = (
    rf"(?<=<)(?:(?=[!?]|/?(?i:{_ACTIVE})\b)"
    r"|(?=/?[^\W\d_])(?!/?[A-Za-z][ !#-&(-9;<?-_a-z{-~]{0,60}+>))"
)
# A link, an image or the definition of one, unless it leads to a path of the same host.
_LINK = r"(?<=\])(?:(?=\()(?!\((?!//)[\w./#-]{1,200}+\))|(?=:)(?!:\s{0,32}+(?!//)[\w./#-]{1,200}+(?:\s|$)))"


def _pattern(first: str, hidden: str, apart: str) -> re.Pattern[str]:
    return re.compile(f"[{first}](?:(?P<kept>{_KEPT})|(?P<hidden>{hidden})|(?P<apart>{apart}))")


_HIDDEN = rf"(?<=[{_INVISIBLE}])|(?<=\r)(?!\n)|{_BRACKET}"
_PROSE = _pattern(rf"{_INVISIBLE}\r⟦{_OPENERS}\]", _HIDDEN, f"{_FENCE_TAG}|{_HTML}|{_LINK}")
_CODE = _pattern(rf"{_INVISIBLE}\r⟦{_OPENERS}", _HIDDEN, _FENCE_TAG)
_LINE = _pattern(
    rf"{_INVISIBLE}\t\n\r⟦{_OPENERS}\]", rf"(?<=[{_INVISIBLE}\t\n\r])|{_BRACKET}", f"{_FENCE_TAG}|{_HTML}|{_LINK}"
)

_ESCAPE = re.compile(r"⟦(?:U\+[0-9A-F]{4,5})?⟧")
_ESCAPED = re.compile(f"[{_INVISIBLE}\t\n\r⟦]")
_OPENING, _CLOSING = "<user_content ", "</user_content>"
_PART_OF_A_MARK = re.compile(r"(?:⟦[U+0-9A-F]{0,7}|<[/a-z_ =\"]{0,32})\Z")
_TAG = re.compile(rf'<user_content source="(?:{"|".join(AUTHORS)})">|</user_content>')


class _Escapes(dict[str, str]):
    """Each character as its escape, remembered."""

    def __missing__(self, character: str) -> str:
        self[character] = f"⟦U+{ord(character):04X}⟧"
        return self[character]


class _Originals(dict[str, str]):
    """What each escape stands for, remembered; a sequence that `show` never makes is text and stands for itself."""

    def __missing__(self, escape: str) -> str:
        character = chr(int(escape[3:-1], 16))
        if not _ESCAPED.match(character) or _ESCAPES[character] != escape:
            return escape
        self[escape] = character
        return character


_ESCAPES: Final = _Escapes()
_ORIGINALS: Final = _Originals({"⟦⟧": ""})


def _mark(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "hidden":
        return _ESCAPES[match[0]]
    return match[0] if kind == "kept" else f"{match[0]}⟦⟧"


def _marked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(_mark, text) if len(text) <= PIECE else "".join(marked_in_pieces(pattern, text, PIECE))


def marked_in_pieces(pattern: re.Pattern[str], text: str, size: int) -> Iterator[str]:
    """`text` with its marks, without a long call into C: other threads wait for the end of each."""
    written = start = 0
    while start < len(text):
        end = start + size
        for match in pattern.finditer(text, start, end + _AHEAD):
            if match.start() >= end:
                break
            yield text[written : match.start()]
            yield _mark(match)
            written = match.end()
        start = max(end, written)
    yield text[written:]


def show(text: str) -> str:
    """`text` with what a reader would not see made visible, and with links, HTML and fence tags made inert."""
    return _marked(_PROSE, text)


def show_verbatim(text: str) -> str:
    """Like `show`, for code: Markdown and HTML stay as they are."""
    return _marked(_CODE, text)


def show_line(text: str) -> str:
    """Like `show`, for a name: a line break or tab is made visible too."""
    return _marked(_LINE, text)


def fence(shown: str, author: Author) -> str:
    """Shown text between tags that it cannot contain."""
    return f'<user_content source="{author}">{shown}</user_content>'


def cut_shown(beginning: str) -> str:
    """The beginning of a shown text, cut back to a whole line or mark, with its fence closed."""
    is_open = beginning.count(_OPENING) > beginning.count(_CLOSING)
    room = beginning[: -len(_CLOSING)] if is_open else beginning
    kept = room.rpartition("\n")[0] or _PART_OF_A_MARK.sub("", room)
    return kept + _CLOSING if kept.count(_OPENING) > kept.count(_CLOSING) else kept


def restore(text: str) -> str:
    """`text` without the marks of `show` and `fence`, which may surround any part of it, or be copied in part.

    A tag without its counterpart, an unknown kind of author, or an escape that `show` never makes is text.
    """
    if "</user_content>" in text:
        text = _without_fences(text)
    return _ESCAPE.sub(lambda match: _ORIGINALS[match[0]], text) if "⟦" in text else text


def _without_fences(text: str) -> str:
    opened: list[re.Match[str]] = []
    taken: list[tuple[int, int]] = []
    for tag in _TAG.finditer(text):
        if not tag[0].startswith("</"):
            opened.append(tag)
        elif opened:
            taken += (opened.pop().span(), tag.span())
    kept: list[str] = []
    position = 0
    for start, end in sorted(taken):
        kept.append(text[position:start])
        position = end
    return "".join([*kept, text[position:]])
