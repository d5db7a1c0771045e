"""${message}."""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    ${upgrades if upgrades else 'op.execute("")'}


def downgrade() -> None:
    """Revert the migration."""
    ${downgrades if downgrades else 'op.execute("")'}
