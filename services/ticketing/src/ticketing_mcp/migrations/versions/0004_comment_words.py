"""The words of comments join the index of words. Comments written before this step are found by none of theirs."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark the words that a comment has: those stay when a title that had them too is written anew."""
    op.execute("ALTER TABLE ticketing.ticket_terms ADD COLUMN in_comments boolean NOT NULL DEFAULT false")
    op.execute("GRANT UPDATE (weight, in_comments) ON ticketing.ticket_terms TO ticketing_writer")


def downgrade() -> None:
    """Forget the mark. The words stay until their ticket has another title."""
    op.execute("REVOKE UPDATE (weight) ON ticketing.ticket_terms FROM ticketing_writer")
    op.execute("ALTER TABLE ticketing.ticket_terms DROP COLUMN in_comments")
