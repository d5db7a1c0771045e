"""What a ticket search says beside its tickets: how it was understood, and which words did not match as given.

The notice repeats words of the query and, for corrections, words of tickets. Both are single words of letters, digits
and what an address has, at most 64 characters each, so a ticket's author cannot put a sentence there.
"""

from collections.abc import Sequence

from ticketing_mcp.models.query import as_typed, understood
from ticketing_mcp.models.search import required_matches
from ticketing_mcp.ports.search import SearchOrder, SearchResult, TicketFilter
from ticketing_mcp.tools.search_times import Times


def notice_of(found: SearchResult, filters: TicketFilter, order: SearchOrder, times: Times | None) -> str | None:
    """The sentences for a page, or None for a search of one plain word or without any."""
    notices = [
        *_understood(filters, times, all_words=found.all_words),
        *(f'No ticket has "{one.word}"; searched {_listed(one.used)} instead.' for one in found.corrected),
        *(f'Few tickets have "{one.word}"; those with {_listed(one.used)} follow.' for one in found.widened),
    ]
    if found.unknown:
        left_out = " The search left it out." if found.tickets else ""
        unknown = as_typed(filters.query, found.unknown)
        notices.append(f"No ticket has {_listed(unknown)} or a similar word.{left_out}")
    if found.all_words and filters.query.words and not found.total:
        notices.append(
            "This desk finds a ticket only by all words, each as written or as the beginning of a longer one. Check "
            "their spelling, or leave some out."
        )
    if found.only_code and found.total:
        have = "has" if found.only_code == 1 else "have"
        notices.append(f"{found.only_code} of {found.total} tickets {have} only the code, without the other words.")
    if found.partial:
        which = "oldest" if order == "oldest" else "newest"
        notices.append(f"Too many tickets match, so only the {which} were searched. Add words, dates or a filter.")
    if order == "due":
        notices.append("Only tickets with a due time: not closed, and no clock on hold before it.")
    if found.may_lag:
        notices.append("Changes of the last minutes may be missing: this desk's search shows them later.")
    if found.more:
        notices.append(f"More than {found.total} tickets match." if not found.partial else "")
    return " ".join(filter(None, notices)) or None


def _understood(filters: TicketFilter, times: Times | None, *, all_words: bool) -> list[str]:
    parts = list(understood(filters.query))
    count = len(filters.query.words)
    plain = count == 1 and parts and parts[0].startswith("word ")
    said = [] if plain or (filters.query.words == () and filters.query.number is not None) else parts
    if times is not None and (ranges := times.understood(filters)):
        said.append(ranges)
    if not said:
        return []
    needed = count if all_words else required_matches(count)
    some = f" At least {needed} of the {count} words match." if needed < count else ""
    return [f"Searched: {'; '.join(said)}.{some}"]


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
