"""escalation"""

from alembic import op
import sqlalchemy as sa

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('escalation_report',
    sa.Column('run_id', sa.String(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(), server_default='', nullable=False),
    sa.Column('mode', sa.String(), server_default='', nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('known_at', sa.String(), server_default='', nullable=False),
    sa.Column('content_digest', sa.String(), server_default='', nullable=False),
    sa.Column('document', sa.String(), server_default='', nullable=False),
    sa.Column('recorded_at', sa.String(length=27), nullable=False),
    sa.CheckConstraint("kind IN ('daily', 'weekly')", name=op.f('ck_escalation_report_kind')),
    sa.CheckConstraint("mode IN ('live', 'historical')", name=op.f('ck_escalation_report_mode')),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_escalation_report'))
    )
    op.create_index(op.f('ix_escalation_report_kind_as_of'), 'escalation_report', ['kind', 'as_of'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_escalation_report_kind_as_of'), table_name='escalation_report')
    op.drop_table('escalation_report')
