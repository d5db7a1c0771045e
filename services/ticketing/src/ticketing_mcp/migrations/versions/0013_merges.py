"""Keep the resolution of every closing in the history, and what a merge changed, so that it can be undone."""

from collections.abc import Iterator

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Reopening clears a ticket's resolution, so one that it has belongs to its last closing.
RESOLUTIONS = """
UPDATE ticketing.events AS e SET resolution = t.resolution
FROM ticketing.tickets AS t
WHERE t.resolution IS NOT NULL AND e.tenant_id = t.tenant_id AND e.number = t.number AND e.kind = 'closed'
    AND NOT EXISTS (
        SELECT FROM ticketing.events AS later
        WHERE later.tenant_id = e.tenant_id AND later.number = e.number AND later.sequence > e.sequence
            AND later.kind = 'closed')
"""
# The status before a merge is what the last event that set one says.
MERGES = """
UPDATE ticketing.tickets AS t
SET merged_at = coalesce((
        SELECT max(e.at) FROM ticketing.events AS e
        WHERE e.tenant_id = t.tenant_id AND e.number = t.number AND e.kind = 'merged'
            AND e.detail = 'T-' || t.merged_into), t.closed_at),
    status_before_merge = CASE WHEN t.resolution IS NOT NULL THEN 'closed' ELSE coalesce((
        SELECT e.detail FROM ticketing.events AS e
        WHERE e.tenant_id = t.tenant_id AND e.number = t.number AND e.kind IN ('status_changed', 'reopened')
        ORDER BY e.sequence DESC LIMIT 1), 'open') END
WHERE t.merged_into IS NOT NULL
"""
# Both tickets of a merge had the same kind of event.
TARGETS = """
UPDATE ticketing.events AS e SET kind = 'merged_from'
FROM ticketing.tickets AS t
WHERE e.kind = 'merged' AND t.tenant_id = e.tenant_id AND t.number = e.number
    AND (t.merged_into IS NULL OR e.detail <> 'T-' || t.merged_into)
"""
# Earlier versions know none of these kinds.
OLDER_KINDS = (
    "UPDATE ticketing.events SET kind = 'merged' WHERE kind = 'merged_from'",
    "UPDATE ticketing.events SET kind = 'linked' WHERE kind IN ('unmerged', 'unmerged_from')",
)
COLUMNS = (
    """ALTER TABLE ticketing.events ADD COLUMN resolution text
    CHECK (resolution IS NULL OR (kind = 'closed' AND length(resolution) BETWEEN 1 AND 1000))""",
    """ALTER TABLE ticketing.tickets ADD COLUMN merged_at timestamptz, ADD COLUMN status_before_merge text COLLATE "C"
    CHECK (status_before_merge IN ('open', 'pending', 'on-hold', 'closed'))""",
)
RULES = (
    """ALTER TABLE ticketing.tickets ADD CONSTRAINT tickets_merged_check CHECK (
    (merged_into IS NULL) = (merged_at IS NULL) AND (merged_into IS NULL) = (status_before_merge IS NULL))""",
    "GRANT UPDATE (merged_at, status_before_merge) ON ticketing.tickets TO ticketing_writer",
)


def upgrade() -> None:
    """Add the columns, with what the history of older rows says."""
    for statement in (*COLUMNS, *_in_every_tenant(RESOLUTIONS, MERGES, TARGETS), *RULES):
        op.execute(statement)


def downgrade() -> None:
    """Drop the columns. Resolutions of closings before the last one are lost."""
    for statement in _in_every_tenant(*OLDER_KINDS):
        op.execute(statement)
    op.execute("ALTER TABLE ticketing.tickets DROP COLUMN merged_at, DROP COLUMN status_before_merge")
    op.execute("ALTER TABLE ticketing.events DROP COLUMN resolution")


def _in_every_tenant(*statements: str) -> Iterator[str]:
    """The statements, while the owner is not subject to row-level security."""
    for table in ("tickets", "events"):
        yield f"ALTER TABLE ticketing.{table} NO FORCE ROW LEVEL SECURITY"
    yield from statements
    for table in ("tickets", "events"):
        yield f"ALTER TABLE ticketing.{table} FORCE ROW LEVEL SECURITY"
