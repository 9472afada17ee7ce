"""Rules of the schema: it goes up and down, is what the code thinks it is, and is made once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command, op
from sqlalchemy import Connection, Engine, column, inspect, table, update

from pipeline.errors import StoreError
from pipeline.store.engine import make_engine, parse_url
from pipeline.store.migrating import VERSION_TABLE, migrate, migration_config, schema_of
from pipeline.store.record import open_record
from pipeline.store.tables import metadata

_ROOT = Path(__file__).parents[3]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(parse_url(database_url))
    yield made
    made.dispose()


def test_the_schema_goes_up_and_down_and_up_again(engine: Engine) -> None:
    """Down leaves no table behind but Alembic's own; up again makes them all."""
    wanted = set(metadata.tables)
    migrate(engine)
    assert _tables(engine) == {VERSION_TABLE, *wanted}
    _alembic(engine, lambda config: command.downgrade(config, "base"))
    assert _tables(engine) == {VERSION_TABLE}
    migrate(engine)
    assert _tables(engine) == {VERSION_TABLE, *wanted}


def test_the_migrations_make_what_the_code_declares(engine: Engine) -> None:
    """Alembic finds nothing to add: tables, columns, constraints and indexes are the declared ones."""
    migrate(engine)
    _alembic(engine, command.check)
    with engine.connect() as connection:
        for declared_table in metadata.sorted_tables:
            declared = {str(constraint.name) for constraint in declared_table.constraints}
            assert declared <= _names(connection, declared_table.name), declared_table.name


def test_several_first_starts_at_once_make_one_schema(database_url: str) -> None:
    """Processes that start together on an empty database all open it."""
    code = f"from pipeline.store.record import open_record; print(open_record({database_url!r}).counts())"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [process.communicate(timeout=60) for process in started] == [(b"{}\n", b"")] * 3


def test_a_newer_schema_is_refused(database_url: str, engine: Engine) -> None:
    """Old code on a new database would lose what it does not know: it stops, and says how to go on."""
    migrate(engine)
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        connection.execute(update(table(VERSION_TABLE, column("version_num"))).values(version_num="9999"))
    with pytest.raises(StoreError, match="schema 9999") as refused:
        open_record(database_url)
    assert "upgrade" in refused.value.hint


def test_a_migration_that_dies_leaves_nothing_half_made(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrations are one transaction on both databases: the next start begins where this one began."""
    create, made = op.create_table, []

    def die_at_the_third(name: str, *columns: object, **options: object) -> object:
        made.append(name)
        if len(made) == 3:
            raise KeyboardInterrupt
        return create(name, *columns, **options)

    with monkeypatch.context() as patched:
        patched.setattr(op, "create_table", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            migrate(engine)
    assert _tables(engine) == set()
    migrate(engine)
    with engine.connect() as connection:
        assert schema_of(connection) is not None


def _tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def _names(connection: Connection, table_name: str) -> set[str]:
    inspector = inspect(connection)
    found = [
        inspector.get_pk_constraint(table_name),
        *inspector.get_unique_constraints(table_name),
        *inspector.get_foreign_keys(table_name),
    ]
    return {str(constraint["name"]) for constraint in found}


def _alembic(engine: Engine, do: object) -> None:
    config = migration_config()
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        do(config)  # type: ignore[operator]
