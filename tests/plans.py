"""What Postgres would do for a statement: for its values, and for any values."""

import json
from collections.abc import Collection, Iterator
from typing import Any


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def plan_of(connection: Any, statement: str, values: list[Any]) -> dict[str, Any]:
    document = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
    plan: dict[str, Any] = json.loads(document)[0]["Plan"]
    return plan


async def generic_plan_of(connection: Any, statement: str) -> dict[str, Any]:
    # EXPLAIN (GENERIC_PLAN) is sent as text without values, which only the simple protocol allows.
    quoted = statement.replace("'", "''")
    await connection.execute(
        "DO $plan$ DECLARE found json; BEGIN "
        f"EXECUTE 'EXPLAIN (GENERIC_PLAN, FORMAT JSON) {quoted}' INTO found; "
        "PERFORM set_config('app.plan', found::text, false); END $plan$"
    )
    document = await connection.fetchval("SELECT current_setting('app.plan')")
    plan: dict[str, Any] = json.loads(document)[0]["Plan"]
    return plan


def refuse_whole_tables(plan: dict[str, Any], big: Collection[str], *, may_walk: Collection[str] = ()) -> None:
    """Fail on a sequential scan of a big table, and on an index that is read for a whole tenant.

    Args:
        plan: what EXPLAIN says.
        big: the tables that must not be read from end to end.
        may_walk: indexes that may be read until a page is full, with no condition but the tenant.
    """
    for node in nodes(plan):
        if node.get("Relation Name") not in big or node["Node Type"] == "ModifyTable":
            continue
        assert "Seq Scan" not in node["Node Type"], json.dumps(plan, indent=1)
        if node.get("Index Name") not in may_walk:
            assert node["Node Type"] == "Bitmap Heap Scan" or " AND " in node["Index Cond"], json.dumps(plan, indent=1)
