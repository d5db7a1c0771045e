"""Sample data: reproducible, and valid for the domain at any size."""

import hashlib
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.stores.databases import DatabaseUrls
from servicekit.sample_data.loading import NotMigrated
from servicekit.storage.migrations import migrate
from ticketing_mcp.models.mail.view import view
from ticketing_mcp.models.tickets import NEXT_STATUSES, PRIORITIES, STATUSES, Status
from ticketing_mcp.models.words import comment_terms
from ticketing_mcp.sample_data.desk_setup import MACROS, POLICIES, QUEUES, STAFF, members_of
from ticketing_mcp.sample_data.load import load_plan
from ticketing_mcp.sample_data.people import Requester, requester
from ticketing_mcp.sample_data.plan import Plan
from ticketing_mcp.sample_data.tickets import TicketRows, ticket
from ticketing_mcp.sample_data.vocabulary import ATTACKS, TOPICS

from .scene import PLAN, content

# SHA-256 of the rows of a small data set. It changes only with the generator.
DIGEST = "f3c5dd38f3f7aff89259e7ccd1398e037e234e9f21638d978f1c323c218379b2"


def requesters_of(plan: Plan, tenant: int) -> list[Requester]:
    return [requester(plan, tenant, index)[0] for index in range(plan.requesters_of(tenant))]


def rows_of(plan: Plan, index: int) -> TicketRows:
    tenant, _ = plan.tenant_of(index)
    return ticket(plan, index, requesters_of(plan, tenant))


plans = st.builds(
    Plan,
    size=st.integers(1, 200),
    seed=st.integers(-(2**63), 2**63),
    until=st.dates(date(2001, 1, 1), date(2099, 1, 1)),
)


@settings(max_examples=60)
@given(plans, st.data())
def test_generated_tickets_follow_the_domain_rules(plan: Plan, data: st.DataObject) -> None:
    rows = rows_of(plan, data.draw(st.integers(0, plan.size - 1)))
    tenant, number, title, body, status, priority, queue_id, assignee_id, requester_id = rows.ticket[:9]
    created_at, updated_at, replied_at, closed_at, resolution, merged_into, version = rows.ticket[9:16]
    reply_due_at, resolution_due_at = rows.ticket[16:18]
    merged_at, status_before_merge = rows.ticket[20:22]
    assert status in STATUSES
    assert priority in PRIORITIES
    assert 1 <= len(title) <= 200
    assert 1 <= len(body) <= 10_000
    assert "{" not in title + body.replace("{{", "")
    assert assignee_id is None or assignee_id in members_of(queue_id)
    assert plan.start <= created_at <= updated_at <= plan.end
    assert (status == "closed") == (closed_at is not None)
    assert (resolution is not None) == (status == "closed" and merged_into is None)
    assert merged_into is None or 0 < merged_into < number
    assert merged_at == (closed_at if merged_into else None)
    assert (status_before_merge is not None) == (merged_into is not None)
    assert [event[8] for event in rows.events if event[4] == "closed"] == ([resolution] if resolution else [])
    for child in (*rows.comments, *rows.events, *rows.holds, *rows.links):
        assert child[:2] == (tenant, number)
    assert [event[2] for event in rows.events] == list(range(1, version + 1))
    assert all(one[3] <= other[3] for one, other in pairwise(rows.events))
    assert rows.events[-1][3] == updated_at
    assert [comment[2] for comment in rows.comments] == list(range(1, len(rows.comments) + 1))
    replies = [comment[6] for comment in rows.comments if comment[3] == "public_reply"]
    assert replied_at == (replies[0] if replies else None)
    assert all(comment[4] == requester_id for comment in rows.comments if comment[3] == "requester_message")
    assert all(created_at < due_at for due_at in (reply_due_at, resolution_due_at) if due_at is not None)
    open_holds = [hold for hold in rows.holds if hold[3] is None]
    assert reply_due_at is not None or open_holds
    assert bool(open_holds) == (status == "on-hold")
    assert all(hold[2] <= hold[3] for hold in rows.holds if hold[3] is not None)
    assert rows.terms
    shown = [view(comment[5], comment[7], folded=True).text for comment in rows.comments]
    said = {word for text in shown for word in comment_terms(text)}
    assert said == {word for word, (_, in_comments) in rows.terms.items() if in_comments}


@settings(max_examples=60)
@given(plans, st.data())
def test_generated_histories_follow_the_state_machine(plan: Plan, data: st.DataObject) -> None:
    rows = rows_of(plan, data.draw(st.integers(0, plan.size - 1)))
    status: Status = "open"
    for event in rows.events:
        kind, detail = event[4], event[7]
        if kind in ("status_changed", "closed", "merged"):
            after = detail if kind == "status_changed" else "closed"
            assert after in NEXT_STATUSES[status]
            status = after
    assert status == rows.ticket[4]


@given(plans, st.integers(0, 50))
def test_generated_ticket_depends_on_its_index_only(plan: Plan, index: int) -> None:
    if index < plan.size:
        assert rows_of(plan, index) == rows_of(plan, index)


def test_data_has_attacks_languages_and_long_conversations() -> None:
    plan = Plan(size=600, seed=3, until=date(2026, 6, 1))
    people = [requesters_of(plan, tenant) for tenant in (0, 1)]
    rows = [ticket(plan, index, people[plan.tenant_of(index)[0]]) for index in range(plan.size)]
    texts = [row.ticket[3] for row in rows]
    said = [comment[5] for row in rows for comment in row.comments]
    assert any(attack in text for text in (*texts, *said) for attack in ATTACKS)
    for letters in ("ü", "é", "ñ", "ã", "ż", "パ"):
        assert any(letters in row.ticket[2] + row.ticket[3] for row in rows), letters
    assert {row.ticket[4] for row in rows} == set(STATUSES)
    assert {row.ticket[6] for row in rows} == {queue.id for queue in QUEUES}
    assert max(len(row.comments) for row in rows) >= 5


def test_desk_setup_is_consistent() -> None:
    assert {queue.sla_policy_id for queue in QUEUES} <= set({policy.id for policy in POLICIES})
    assert all(len(policy.targets) == len(PRIORITIES) for policy in POLICIES)
    assert all(members_of(queue.id) for queue in QUEUES)
    assert {topic.queue_id for topic in TOPICS} == {queue.id for queue in QUEUES}
    assert {queue for _, _, queues in STAFF for queue in queues} == {queue.id for queue in QUEUES}
    assert len({macro[0] for macro in MACROS}) == len(MACROS)


async def test_rows_match_the_pinned_digest(empty: DatabaseUrls, own: DatabaseUrls) -> None:
    with pytest.raises(NotMigrated, match="ticketing-mcp migrate"):
        await load_plan(empty.owner, PLAN)
    await migrate(empty.owner, "ticketing_mcp")
    small = Plan(size=60, seed=7, until=date(2026, 6, 1))
    counted: list[int] = []
    assert await load_plan(empty.owner, small, advance=counted.append, batch=7)
    assert sum(counted) == 60
    assert not await load_plan(empty.owner, small)
    one = await content(empty)
    assert await load_plan(own.owner, small, replace=True)
    assert await content(own) == one
    assert hashlib.sha256("\n".join(row for rows in one for row in rows).encode()).hexdigest() == DIGEST
