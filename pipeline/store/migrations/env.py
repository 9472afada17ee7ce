"""Alembic's entry: runs the scripts on the connection, and in the transaction, that `migrating` opened."""

from __future__ import annotations

from alembic import context

from pipeline.store.migrating import VERSION_TABLE
from pipeline.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    # SQLite rolls DDL back like any statement once the driver's own transactions are off (see `engine`).
    transactional_ddl=True,
)
context.run_migrations()
