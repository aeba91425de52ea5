"""asked in"""

from alembic import op
import sqlalchemy as sa

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("access_proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_in", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("access_proposal", schema=None) as batch_op:
        batch_op.drop_column("asked_in")
