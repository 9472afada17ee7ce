"""The database's own clock: leases of two machines are only comparable when one clock made them."""

from __future__ import annotations

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class epoch_now(FunctionElement[float]):  # noqa: N801 - reads as the SQL function it stands for
    """Seconds since 1970-01-01 UTC by the database's clock; on PostgreSQL it moves within a transaction."""

    type = Double()
    inherit_cache = True


@compiles(epoch_now, "sqlite")
def _on_sqlite(_element: epoch_now, _compiler: SQLCompiler, **_options: object) -> str:
    # 2440587.5 is the Julian day of 1970-01-01T00:00Z.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(epoch_now, "postgresql")
def _on_postgresql(_element: epoch_now, _compiler: SQLCompiler, **_options: object) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"
