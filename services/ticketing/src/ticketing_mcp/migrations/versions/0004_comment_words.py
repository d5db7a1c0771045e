"""Add the words of comments to the search index. Earlier comments are not indexed."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark words that comments have, which stay when the title changes."""
    op.execute("ALTER TABLE ticketing.ticket_terms ADD COLUMN in_comments boolean NOT NULL DEFAULT false")
    op.execute("GRANT UPDATE (weight, in_comments) ON ticketing.ticket_terms TO ticketing_writer")


def downgrade() -> None:
    """Drop the mark. The words stay until the title of their ticket changes."""
    op.execute("REVOKE UPDATE (weight) ON ticketing.ticket_terms FROM ticketing_writer")
    op.execute("ALTER TABLE ticketing.ticket_terms DROP COLUMN in_comments")
