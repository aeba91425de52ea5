"""foreign currency"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('instructed_currency', sa.String(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('instructed_amount', sa.BigInteger(), server_default='0', nullable=False))
    with op.batch_alter_table('allocation', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_allocation_source_kind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_allocation_source_kind'),
            "source_kind IN ('payment', 'credit_note', 'exchange')")
    op.create_table('exchange_rate',
    sa.Column('source', sa.String(), autoincrement=False, nullable=False),
    sa.Column('rated_on', sa.Date(), autoincrement=False, nullable=False),
    sa.Column('base', sa.String(), autoincrement=False, nullable=False),
    sa.Column('quote', sa.String(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.Column('rate', sa.String(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('source', 'rated_on', 'base', 'quote', 'recorded_at', name=op.f('pk_exchange_rate'))
    )


def downgrade() -> None:
    op.drop_table('exchange_rate')
    op.execute("DELETE FROM allocation WHERE rule = 'foreign_currency'")
    with op.batch_alter_table('allocation', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_allocation_source_kind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_allocation_source_kind'),
            "source_kind IN ('payment', 'credit_note')")
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.drop_column('instructed_amount')
        batch_op.drop_column('instructed_currency')
