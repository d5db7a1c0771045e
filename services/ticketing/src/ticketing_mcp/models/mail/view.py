"""A message as it is shown: its text, without the history that it quotes and without what its mail hides."""

from dataclasses import dataclass
from typing import Final, Literal

from servicekit.core.off_loop import off_loop
from ticketing_mcp.models.mail.html_text import mail_text
from ticketing_mcp.models.mail.lines import Line, plain_lines
from ticketing_mcp.models.mail.quoted_history import own_lines

BodyFormat = Literal["text", "html"]
LONGEST_BODY: Final = 1_000_000
"""Characters of a message that a mail gateway may store."""


@dataclass(frozen=True, slots=True)
class ShownBody:
    """The text of a message.

    Attributes:
        text: what its writer wrote.
        quoted_lines: lines of quoted history that were folded away.
        hidden: characters that the mail hides from its reader, left out.
    """

    text: str
    quoted_lines: int = 0
    hidden: int = 0


async def shown_body(body: str, written_in: BodyFormat, *, folded: bool) -> ShownBody:
    """The view of a message; a long one is made in a thread.

    Args:
        folded: leave out quoted history.
    """
    return await off_loop(len(body), view, body, written_in, folded)


def view(body: str, written_in: BodyFormat, folded: bool) -> ShownBody:
    """The view of a message."""
    if written_in == "html":
        mail = mail_text(body)
        shown = [line.shown for line in mail.lines]
        return _folded(mail.lines, shown, mail.hidden) if folded else ShownBody(_joined(shown), 0, mail.hidden)
    if not folded:
        return ShownBody(body)
    lines = plain_lines(body)
    seen = _folded(lines, body.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 0)
    return seen if seen.quoted_lines else ShownBody(body)


def _folded(lines: list[Line], shown: list[str], hidden: int) -> ShownBody:
    kept = own_lines(lines)
    left_out = sum(1 for line in lines if line.text.strip()) - sum(1 for place in kept if lines[place].text.strip())
    return ShownBody(_joined([shown[place] for place in kept]), left_out, hidden)


def _joined(lines: list[str]) -> str:
    """Lines as a text, without empty lines at its ends or two in a row."""
    kept: list[str] = []
    for line in lines:
        if line.strip(" >") or (kept and kept[-1].strip(" >")):
            kept.append(line)
    return "\n".join(kept).rstrip("\n >").strip("\n")
