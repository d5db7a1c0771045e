"""The queue of changes that wait for the store: none is lost, tenants take turns, and it is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from servicekit.storage.change_feed.unsent_changes import BATCH, MOST, UnsentChanges

TENANTS = st.sampled_from(["acme", "globex", "initech"])
URIS = st.none() | st.lists(st.integers(0, 30).map(str), max_size=8)


def taken(queue: UnsentChanges) -> list[tuple[str, list[str] | None]]:
    found = []
    while queue:
        tenant, uris = queue.take()
        found.append((tenant, None if uris is None else list(uris)))
    return found


@given(st.lists(st.tuples(TENANTS, URIS, st.booleans())))
def test_each_change_is_taken_once_for_its_tenant(steps: list[tuple[str, list[str] | None, bool]]) -> None:
    queue, wanted = UnsentChanges(), dict[str, set[str] | None]()
    for tenant, uris, fails in steps:
        queue.add(tenant, uris)
        known = wanted.setdefault(tenant, set())
        wanted[tenant] = None if uris is None or known is None else known | set(uris)
        if fails and queue:
            queue.add(*queue.take())
    sent: dict[str, set[str] | None] = {}
    for tenant, taken_uris in taken(queue):
        known = sent.setdefault(tenant, set())
        sent[tenant] = None if taken_uris is None or known is None else known | set(taken_uris)
    assert {tenant: uris for tenant, uris in sent.items() if uris != set()} == {
        tenant: uris for tenant, uris in wanted.items() if uris != set()
    }


def test_tenants_take_turns() -> None:
    queue = UnsentChanges()
    queue.add("acme", [str(number) for number in range(3 * BATCH)])
    queue.add("globex", ["1"])
    order = [(tenant, len(uris or ())) for tenant, uris in taken(queue)]
    assert order == [("acme", BATCH), ("globex", 1), ("acme", BATCH), ("acme", BATCH)]


def test_too_many_changes_become_one_of_their_tenant() -> None:
    queue = UnsentChanges()
    queue.add("globex", ["1"])
    for number in range(2 * MOST):
        queue.add("acme", [str(number)])
    queue.add("initech", ["1"])
    assert taken(queue) == [("globex", ["1"]), ("acme", None), ("initech", ["1"])]


def test_the_bound_holds_after_changes_were_taken() -> None:
    queue = UnsentChanges()
    for _ in range(3):
        for number in range(MOST):
            queue.add("acme", [str(number)])
        assert None not in [uris for _, uris in taken(queue)]
