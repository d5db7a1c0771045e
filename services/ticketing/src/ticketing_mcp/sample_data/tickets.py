"""Generates a ticket with all its rows, from its index alone."""

from functools import lru_cache
from typing import Final, NamedTuple

from servicekit.sample_data.draws import Draws
from servicekit.sample_data.loading import Row
from servicekit.sample_data.plan import TENANTS
from ticketing_mcp.models.due_times import TicketTimes, due_times
from ticketing_mcp.models.identifiers import ticket_id
from ticketing_mcp.models.mail.view import BodyFormat, view
from ticketing_mcp.models.tickets import PRIORITIES
from ticketing_mcp.models.words import IN_COMMENTS, comment_terms, ticket_terms
from ticketing_mcp.sample_data.attachments import Files, files_of
from ticketing_mcp.sample_data.custom_fields import field_values
from ticketing_mcp.sample_data.desk_setup import POLICIES, QUEUES, members_of
from ticketing_mcp.sample_data.people import Requester, language_of
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.sample_data.ticket_lifecycle import TicketLifecycle, status_at
from ticketing_mcp.sample_data.vocabulary import ATTACKS, PLACES, PROGRAMS, RESOLUTIONS, TAGS, THINGS, TOPICS, Topic

_BY_LANGUAGE: dict[str, list[Topic]] = {}
for _topic in TOPICS:
    _BY_LANGUAGE.setdefault(language_of(_topic.people), []).append(_topic)
_QUEUES = {queue.id: queue for queue in QUEUES}
_POLICIES = {queue.id: policy for queue in QUEUES for policy in POLICIES if policy.id == queue.sla_policy_id}
_COPIED = (("office@partner.example", 17), ("audit@partner.example", 51))
_MEMBERS = {queue.id: members_of(queue.id) for queue in QUEUES}


class TicketRows(NamedTuple):
    """The rows of a ticket. `terms` maps its index words to their weight and to whether a comment has them."""

    ticket: Row
    comments: list[Row]
    mentions: list[Row]
    events: list[Row]
    holds: list[Row]
    links: list[Row]
    tags: list[Row]
    field_values: list[Row]
    files: Files
    terms: dict[str, tuple[int, bool]]


def ticket(plan: Plan, index: int, requesters: list[Requester]) -> TicketRows:
    """Generate the ticket with this index in the data set, with the requesters of its tenant."""
    tenant, place = plan.tenant_of(index)
    tenant_id, number = TENANTS[tenant][0], place + 1
    draws = Draws(plan.seed, "ticket", index)
    created_at = plan.moment_of(index, draws.below(1 << 32))
    # The minimum of two draws: few requesters write often, most rarely.
    asking = requesters[min(draws.below(len(requesters)), draws.below(len(requesters)))]
    topic = draws.pick(_BY_LANGUAGE[language_of(asking.people)])
    title, body = _text(topic, draws)
    final = status_at(plan.end - created_at, draws.below(1000))
    member = draws.pick(_MEMBERS[topic.queue_id])
    assigned = final != "open" or draws.chance(650)
    merged = number - 1 - draws.below(20) if final == "closed" and draws.chance(3) else 0
    merged_into = merged if merged > 0 else None
    lifecycle = TicketLifecycle((tenant_id, number), asking.id, member, created_at, plan.end, draws)
    lifecycle.run(final, assigned=assigned, merged_into=ticket_id(merged_into) if merged_into else None)
    priority = draws.pick(PRIORITIES) if draws.chance(350) else _QUEUES[topic.queue_id].default_priority
    resolution = draws.pick(RESOLUTIONS) if final == "closed" and merged_into is None else None
    if resolution is not None:
        lifecycle.resolve(resolution)
    pauses = [(hold[2], hold[3]) for hold in lifecycle.holds]
    times = TicketTimes(priority, created_at, pauses, lifecycle.replied_at, lifecycle.closed_at)
    due = due_times(times, _POLICIES[topic.queue_id])
    row: Row = (
        tenant_id, number, title, body, final, priority, topic.queue_id, member if assigned else None, asking.id,
        created_at, lifecycle.at, lifecycle.replied_at, lifecycle.closed_at, resolution, merged_into,
        len(lifecycle.events), due.reply, due.resolution, "text", _copies(number),
        lifecycle.closed_at if merged_into else None, lifecycle.status_before_merge,
    )  # fmt: skip
    links = [(tenant_id, number, "relates_to", number - 1)] if number > 1 and draws.chance(10) else []
    own = ticket_terms(title, body, asking.name, asking.email)
    said = {word for comment in lifecycle.comments for word in _words_of_comment(comment[5], comment[7])}
    terms = {word: (own.get(word, IN_COMMENTS), word in said) for word in (*own, *sorted(said - own.keys()))}
    files = files_of(plan, index, (tenant_id, number), asking.id)
    values = field_values(plan, index, (tenant_id, number), topic.queue_id)
    tags = [(tenant_id, number, tag) for tag in _tags(topic.queue_id, Draws(plan.seed, "tags", index))]
    return TicketRows(
        row,
        lifecycle.comments,
        lifecycle.mentions,
        lifecycle.events,
        lifecycle.holds,
        links,
        tags,
        values,
        files,
        terms,
    )


def _tags(queue_id: str, draws: Draws) -> list[str]:
    own, general = TAGS[queue_id], TAGS["any"]
    chosen = {draws.pick(own)} if draws.chance(600) else set[str]()
    if draws.chance(80):
        chosen.add(draws.pick(general))
    return sorted(chosen)


_SAMPLE_ORDERS: Final = 1000
"""First orders of the orders service's sample data, which tickets name."""


@lru_cache(maxsize=1024)
def _words_of_comment(body: str, written_in: BodyFormat) -> list[str]:
    return comment_terms(view(body, written_in, folded=True).text)


def _copies(number: int) -> list[str]:
    """Some tickets have recipients of copies."""
    return [address for address, every in _COPIED if number % every == 0]


def _text(topic: Topic, draws: Draws) -> tuple[str, str]:
    places = {
        "thing": draws.pick(THINGS),
        "program": draws.pick(PROGRAMS),
        "place": draws.pick(PLACES),
        "code": f"{'ABCEHKMPRTX'[draws.below(11)]}{draws.between(1000, 99_999)}",
        "number": str(draws.between(1, 12)),
        "day": f"{draws.between(1, 28)}.{draws.between(1, 12)}.",
    }
    places["order"] = f"ORD-{int(places['code'][1:]) % _SAMPLE_ORDERS + 1:08d}"
    title = draws.pick(topic.titles)
    first, count = draws.below(len(topic.sentences)), draws.between(2, 4)
    sentences = [topic.sentences[(first + step) % len(topic.sentences)] for step in range(count)]
    if draws.chance(20):
        sentences.append(draws.pick(ATTACKS))
    return title.format_map(places), "\n".join(sentences).format_map(places)
