"""a person orders that a round is chased anew"""

from alembic import op
import sqlalchemy as sa

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('access_order',
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.Column('action_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('customer_id', sa.String(), server_default='', nullable=False),
    sa.Column('round_id', sa.String(), server_default='', nullable=False),
    sa.Column('person_name', sa.String(), server_default='', nullable=False),
    sa.Column('why', sa.String(), server_default='', nullable=False),
    sa.Column('run', sa.String(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('recorded_at', 'action_id', name=op.f('pk_access_order'))
    )


def downgrade() -> None:
    op.drop_table('access_order')
