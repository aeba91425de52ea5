"""people decide matches"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alias_word',
    sa.Column('payer_account', sa.String(), autoincrement=False, nullable=False),
    sa.Column('customer_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.Column('word', sa.String(), server_default='', nullable=False),
    sa.Column('said_by', sa.String(), server_default='', nullable=False),
    sa.Column('why', sa.String(), server_default='', nullable=False),
    sa.CheckConstraint("word IN ('known', 'shared', 'forgotten')", name=op.f('ck_alias_word_word')),
    sa.PrimaryKeyConstraint('payer_account', 'customer_id', 'recorded_at', name=op.f('pk_alias_word'))
    )
    op.create_table('declined_match',
    sa.Column('payment_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('receivable_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('rule', sa.String(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.Column('declined_by', sa.String(), server_default='', nullable=False),
    sa.Column('why', sa.String(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('payment_id', 'receivable_id', 'rule', name=op.f('pk_declined_match'))
    )


def downgrade() -> None:
    op.drop_table('declined_match')
    op.drop_table('alias_word')
