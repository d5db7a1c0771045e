"""Let a function of the owner delete what the journal no longer needs, for every tenant."""

from alembic import op

from servicekit.journal.expiry_function import drop_expiry_statements, expiry_statements

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the function."""
    for statement in expiry_statements("orders", "orders_writer"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the function. Used confirmations are kept for good then."""
    for statement in drop_expiry_statements("orders", "orders_writer"):
        op.execute(statement)
