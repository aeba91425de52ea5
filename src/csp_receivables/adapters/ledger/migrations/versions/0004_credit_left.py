"""credit left"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('daily_standing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('credit_left', sa.BigInteger(), server_default='0', nullable=False))
    # Standings of before counted credit notes as unapplied and did not tell them apart; new ones must say.
    with op.batch_alter_table('daily_standing', schema=None) as batch_op:
        batch_op.alter_column('credit_left', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('daily_standing', schema=None) as batch_op:
        batch_op.drop_column('credit_left')
