"""support"""

from alembic import op
import sqlalchemy as sa

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('support_case',
    sa.Column('case_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('customer_id', sa.String(), server_default='', nullable=False),
    sa.Column('channel', sa.String(), server_default='', nullable=False),
    sa.Column('found_by', sa.String(), server_default='', nullable=False),
    sa.Column('subject', sa.String(), server_default='', nullable=False),
    sa.Column('sender', sa.String(), server_default='', nullable=False),
    sa.Column('sender_name', sa.String(), server_default='', nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_support_case'))
    )
    op.create_index(op.f('ix_support_case_customer_id'), 'support_case', ['customer_id'], unique=False)
    op.create_table('support_event',
    sa.Column('case_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('event_no', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('event', sa.String(), server_default='', nullable=False),
    sa.Column('said_by', sa.String(), server_default='', nullable=False),
    sa.Column('what', sa.String(), server_default='', nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.CheckConstraint("event IN ('opened', 'triaged', 'message', 'automatic', 'replied', 'escalated', 'vendor', 'closed')", name=op.f('ck_support_event_event')),
    sa.PrimaryKeyConstraint('case_id', 'event_no', name=op.f('pk_support_event'))
    )
    op.create_table('support_message',
    sa.Column('message_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('case_id', sa.String(), server_default='', nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_support_message'))
    )
    op.create_index(op.f('ix_support_message_case_id'), 'support_message', ['case_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_support_message_case_id'), table_name='support_message')
    op.drop_table('support_message')
    op.drop_table('support_event')
    op.drop_index(op.f('ix_support_case_customer_id'), table_name='support_case')
    op.drop_table('support_case')
