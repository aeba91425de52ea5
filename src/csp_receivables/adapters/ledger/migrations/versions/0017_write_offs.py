"""write-offs"""

from alembic import op
import sqlalchemy as sa

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('write_off',
    sa.Column('write_off_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('customer_id', sa.String(), server_default='', nullable=False),
    sa.Column('parts', sa.String(), server_default='', nullable=False),
    sa.Column('proposed_by', sa.String(), server_default='', nullable=False),
    sa.Column('why', sa.String(), server_default='', nullable=False),
    sa.Column('had_access_taken', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.PrimaryKeyConstraint('write_off_id', name=op.f('pk_write_off'))
    )
    op.create_index(op.f('ix_write_off_customer_id'), 'write_off', ['customer_id'], unique=False)
    op.create_table('write_off_word',
    sa.Column('write_off_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('word', sa.String(), server_default='', nullable=False),
    sa.Column('said_by', sa.String(), server_default='', nullable=False),
    sa.Column('why', sa.String(), server_default='', nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.CheckConstraint("word IN ('booked', 'declined')", name=op.f('ck_write_off_word_word')),
    sa.PrimaryKeyConstraint('write_off_id', name=op.f('pk_write_off_word'))
    )
    _allow("source_kind IN ('payment', 'credit_note', 'exchange', 'write_off')")


def downgrade() -> None:
    op.execute("DELETE FROM allocation WHERE source_kind = 'write_off'")
    _allow("source_kind IN ('payment', 'credit_note', 'exchange')")
    op.drop_table('write_off_word')
    op.drop_index(op.f('ix_write_off_customer_id'), table_name='write_off')
    op.drop_table('write_off')


def _allow(kinds: str) -> None:
    name = op.f('ck_allocation_source_kind')
    with op.batch_alter_table('allocation', schema=None) as batch_op:
        batch_op.drop_constraint(name, type_='check')
        batch_op.create_check_constraint(name, kinds)
