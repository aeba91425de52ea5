"""Alembic's entry: runs migrations on the connection that `schema` hands over, inside its transaction."""

from alembic import context

from csp_receivables.adapters.ledger.schema import VERSION_TABLE
from csp_receivables.adapters.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
