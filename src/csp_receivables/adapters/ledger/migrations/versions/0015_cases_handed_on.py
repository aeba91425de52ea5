"""cases handed on to a provider"""

from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

BEFORE = "event IN ('opened', 'triaged', 'message', 'automatic', 'replied', 'escalated', 'vendor', 'closed')"
AFTER = BEFORE.replace("'vendor', ", "'vendor', 'handed_on', 'provider', ")


def upgrade() -> None:
    _allow(AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM support_event WHERE event IN ('handed_on', 'provider')")
    _allow(BEFORE)


def _allow(events: str) -> None:
    name = op.f('ck_support_event_event')
    with op.batch_alter_table('support_event', schema=None) as batch_op:
        batch_op.drop_constraint(name, type_='check')
        batch_op.create_check_constraint(name, events)
