"""Brings a database to the schema of this code, once, however many processes start together."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from pipeline.errors import StoreError

VERSION_TABLE = "glocal_schema"
"""Not Alembic's usual name: Prefect uses that, and the two may share a PostgreSQL database."""

_LOCK = 0x676C6F63616C
"""The advisory lock of migrations on PostgreSQL: "glocal" in ASCII."""


def migrate(engine: Engine) -> None:
    """Upgrade to head in one transaction; StoreError when the database is newer than this code."""
    config = migration_config()
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        if schema_of(connection) == script.get_current_head():
            return
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        _wait_for_turn(connection)
        _refuse_newer(script, schema_of(connection))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def migration_config() -> Config:
    """Alembic's configuration, for the scripts inside this package."""
    config = Config()
    config.set_main_option("script_location", "pipeline.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def schema_of(connection: Connection) -> str | None:
    """The schema revision that a database is at; None for an empty one."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _wait_for_turn(connection: Connection) -> None:
    # SQLite needs nothing here: a writing transaction has the write lock from its start.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _refuse_newer(script: ScriptDirectory, current: str | None) -> None:
    if current is None:
        return
    try:
        script.get_revision(current)
    except CommandError:
        raise StoreError(
            f"the database has schema {current}, which this version of Glocal does not know",
            hint="It was written by a newer Glocal: upgrade this one, or name another database.",
        ) from None
