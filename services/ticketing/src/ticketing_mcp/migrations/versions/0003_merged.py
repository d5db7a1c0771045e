"""Index merged tickets by their target."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.execute(
        "CREATE INDEX tickets_by_merge ON ticketing.tickets (tenant_id, merged_into) WHERE merged_into IS NOT NULL"
    )


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ticketing.tickets_by_merge")
