"""Campaigns, units, drafts, decisions and memory."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = ("memory", "decision", "revision", "candidate", "draft", "plan", "unit", "campaign")


def upgrade() -> None:
    """Make every table, those that others point to first."""
    _make_campaign()
    _make_unit()
    _make_plan()
    _make_draft()
    _make_candidate()
    _make_revision()
    _make_decision()
    _make_memory()


def downgrade() -> None:
    """Drop every table; their indexes go with them."""
    for table in _TABLES:
        op.drop_table(table)


def _key() -> sa.Column[Any]:
    return sa.Column("id", sa.String(36), nullable=False)


def _string(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _integer(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _points(table: str, target: str) -> sa.ForeignKeyConstraint:
    column = f"{target}_id"
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _make_campaign() -> None:
    op.create_table(
        "campaign",
        _key(),
        _string("slug", 64),
        _string("brand_id", 64),
        _string("region", 64),
        _json("brief"),
        _json("brand"),
        _string("digest", 64),
        _moment("created_at"),
        _moment("last_added_at"),
        _primary("campaign"),
        _unique("campaign", "region", "digest"),
    )
    _index("campaign", "slug", "region")


def _make_unit() -> None:
    op.create_table(
        "unit",
        _key(),
        _string("campaign_id", 36),
        _string("region", 64),
        _string("segment_id", 64),
        _string("locale", 32),
        _string("model_id", 255),
        _string("fingerprint", 64),
        _string("state", 16),
        _integer("attempt"),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text()),
        sa.Column("error_hint", sa.Text()),
        _primary("unit"),
        _unique("unit", "region", "fingerprint"),
        _points("unit", "campaign"),
    )
    _index("unit", "campaign_id")


def _make_plan() -> None:
    op.create_table(
        "plan",
        _string("campaign_id", 36),
        _string("unit_id", 36),
        _integer("edition"),
        _primary("plan", "campaign_id", "unit_id"),
        _points("plan", "campaign"),
        _points("plan", "unit"),
    )
    _index("plan", "unit_id")


def _make_draft() -> None:
    op.create_table(
        "draft",
        _key(),
        _string("unit_id", 36),
        _string("campaign_id", 36),
        _string("region", 64),
        _string("fingerprint", 64),
        _string("segment_id", 64),
        _string("locale", 32),
        _string("channel", 64),
        _text("source"),
        _string("status", 32),
        _integer("version"),
        _integer("current_revision"),
        _json("provenance"),
        _moment("created_at"),
        _moment("updated_at"),
        _primary("draft"),
        _unique("draft", "unit_id"),
        _unique("draft", "region", "fingerprint"),
        _points("draft", "unit"),
        _points("draft", "campaign"),
    )
    _index("draft", "campaign_id")
    _index("draft", "region", "status", "locale", "created_at")


def _make_candidate() -> None:
    op.create_table(
        "candidate",
        _key(),
        _string("draft_id", 36),
        _integer("rank"),
        _text("text"),
        sa.Column("log_probability", sa.Double()),
        _json("assessment"),
        _primary("candidate"),
        _unique("candidate", "draft_id", "rank"),
        _points("candidate", "draft"),
    )


def _make_revision() -> None:
    op.create_table(
        "revision",
        _key(),
        _string("draft_id", 36),
        _integer("number"),
        _text("text"),
        _string("text_sha256", 64),
        _text("author"),
        _json("assessment"),
        _moment("created_at"),
        _primary("revision"),
        _unique("revision", "draft_id", "number"),
        _points("revision", "draft"),
    )


def _make_decision() -> None:
    op.create_table(
        "decision",
        _key(),
        _string("draft_id", 36),
        _integer("version"),
        _integer("revision"),
        _string("kind", 32),
        _text("reviewer"),
        _text("reason"),
        _string("text_sha256", 64),
        _moment("decided_at"),
        _primary("decision"),
        _unique("decision", "draft_id", "version"),
        _points("decision", "draft"),
    )


def _make_memory() -> None:
    op.create_table(
        "memory",
        _key(),
        _string("decision_id", 36),
        _string("region", 64),
        _string("brand_id", 64),
        _string("source_locale", 32),
        _string("locale", 32),
        _string("channel", 64),
        _text("source"),
        _text("target"),
        _moment("created_at"),
        _primary("memory"),
        _unique("memory", "decision_id"),
        _points("memory", "decision"),
    )
    _index("memory", "region", "brand_id", "locale")
