"""invoice parts"""

from alembic import op
import sqlalchemy as sa

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('invoice_part',
    sa.Column('invoice_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(), autoincrement=False, nullable=False),
    sa.Column('said_by', sa.String(), server_default='', nullable=False),
    sa.Column('why', sa.String(), server_default='', nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.PrimaryKeyConstraint('invoice_id', 'kind', name=op.f('pk_invoice_part'))
    )


def downgrade() -> None:
    op.drop_table('invoice_part')
