"""debts handed over to a collection agency"""

from alembic import op
import sqlalchemy as sa

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('agency_handover',
    sa.Column('handover_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('customer_id', sa.String(), server_default='', nullable=False),
    sa.Column('agency', sa.String(), server_default='', nullable=False),
    sa.Column('handed_on', sa.Date(), nullable=False),
    sa.Column('handed_by', sa.String(), server_default='', nullable=False),
    sa.Column('why', sa.String(), server_default='', nullable=False),
    sa.Column('document', sa.String(), server_default='', nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.PrimaryKeyConstraint('handover_id', name=op.f('pk_agency_handover'))
    )
    op.create_index(op.f('ix_agency_handover_customer_id'), 'agency_handover', ['customer_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_agency_handover_customer_id'), table_name='agency_handover')
    op.drop_table('agency_handover')
