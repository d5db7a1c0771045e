"""Add tags of tickets, and let the history name a tag."""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = r"""
CREATE TABLE ticketing.ticket_tags (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    tag text COLLATE "C" NOT NULL CHECK (length(tag) BETWEEN 1 AND 50 AND tag !~ '[[:space:][:cntrl:]A-Z,]'),
    PRIMARY KEY (tenant_id, number, tag),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number)
)"""
DETAIL = "detail ~ '^[A-Za-z0-9._-]{1,64}$'"
# A tag may have letters of any script.
DETAIL_WITH_TAGS = rf"{DETAIL} OR (kind IN ('tag_added', 'tag_removed') AND length(detail) BETWEEN 1 AND 50)"


def upgrade() -> None:
    """Create the table. The writer may take a tag off a ticket; the history keeps that it was there."""
    op.execute(TABLE)
    op.execute("CREATE INDEX ticket_tags_by_tag ON ticketing.ticket_tags (tenant_id, tag, number DESC)")
    for statement in policy_statements("ticketing", {"ticket_tags": "tenant_id"}):
        op.execute(statement)
    op.execute("GRANT SELECT, INSERT, DELETE ON ticketing.ticket_tags TO ticketing_writer")
    op.execute("ALTER TABLE ticketing.events DROP CONSTRAINT events_detail_check")
    op.execute(f"ALTER TABLE ticketing.events ADD CONSTRAINT events_detail_check CHECK ({DETAIL_WITH_TAGS})")


def downgrade() -> None:
    """Drop the tags, and their entries in the history."""
    op.execute("DELETE FROM ticketing.events WHERE kind IN ('tag_added', 'tag_removed')")
    op.execute("ALTER TABLE ticketing.events DROP CONSTRAINT events_detail_check")
    op.execute(f"ALTER TABLE ticketing.events ADD CONSTRAINT events_detail_check CHECK ({DETAIL})")
    op.execute("DROP TABLE ticketing.ticket_tags")
