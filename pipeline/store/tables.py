"""The tables, as SQLAlchemy Core sees them. `migrations/` makes them; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware of its zone on both databases (SQLite stores none)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Any aware moment, as UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The moment with its zone put back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _ref(
    target: str, *, primary_key: bool = False, unique: bool | None = None, index: bool | None = None
) -> Column[str]:
    key = ForeignKey(f"{target}.id", ondelete="CASCADE")
    name = f"{target}_id"
    return Column(name, String(36), key, nullable=False, primary_key=primary_key, unique=unique, index=index)


def _text(name: str, length: int | None = None) -> Column[str]:
    return Column(name, Text() if length is None else String(length), nullable=False)


def _moment(name: str) -> Column[datetime]:
    return Column(name, UtcDateTime(), nullable=False)


campaign = Table(
    "campaign",
    metadata,
    _key(),
    _text("slug", 64),
    _text("brand_id", 64),
    _text("region", 64),
    Column("brief", JSON, nullable=False),
    Column("brand", JSON, nullable=False),
    _text("digest", 64),
    _moment("created_at"),
    _moment("last_added_at"),
    UniqueConstraint("region", "digest"),
    Index(None, "slug", "region"),
)

unit = Table(
    "unit",
    metadata,
    _key(),
    _ref("campaign", index=True),
    _text("region", 64),
    _text("segment_id", 64),
    _text("locale", 32),
    _text("model_id", 255),
    _text("fingerprint", 64),
    _text("state", 16),
    Column("attempt", Integer, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Double),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("error_hint", Text),
    UniqueConstraint("region", "fingerprint"),
)

plan = Table(
    "plan",
    metadata,
    _ref("campaign", primary_key=True),
    _ref("unit", primary_key=True, index=True),
    Column("edition", Integer, nullable=False),
)
"""Which campaigns want a unit. An edited brief is a new campaign, but a unit that the edit leaves as it was
keeps its fingerprint, so one unit may serve several. The highest edition of a segment and locale is current."""

draft = Table(
    "draft",
    metadata,
    _key(),
    _ref("unit", unique=True),
    _ref("campaign", index=True),
    _text("region", 64),
    _text("fingerprint", 64),
    _text("segment_id", 64),
    _text("locale", 32),
    _text("channel", 64),
    _text("source"),
    _text("status", 32),
    Column("version", Integer, nullable=False),
    Column("current_revision", Integer, nullable=False),
    Column("provenance", JSON, nullable=False),
    _moment("created_at"),
    _moment("updated_at"),
    UniqueConstraint("region", "fingerprint"),
    Index(None, "region", "status", "locale", "created_at"),
)

candidate = Table(
    "candidate",
    metadata,
    _key(),
    _ref("draft"),
    Column("rank", Integer, nullable=False),
    _text("text"),
    Column("log_probability", Double),
    Column("assessment", JSON, nullable=False),
    UniqueConstraint("draft_id", "rank"),
)

revision = Table(
    "revision",
    metadata,
    _key(),
    _ref("draft"),
    Column("number", Integer, nullable=False),
    _text("text"),
    _text("text_sha256", 64),
    _text("author"),
    Column("assessment", JSON, nullable=False),
    _moment("created_at"),
    UniqueConstraint("draft_id", "number"),
)

decision = Table(
    "decision",
    metadata,
    _key(),
    _ref("draft"),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    _text("kind", 32),
    _text("reviewer"),
    _text("reason"),
    _text("text_sha256", 64),
    _moment("decided_at"),
    UniqueConstraint("draft_id", "version"),
)
"""`version` is the draft's version that the reviewer saw: each version is decided once at most."""

memory = Table(
    "memory",
    metadata,
    _key(),
    _ref("decision", unique=True),
    _text("region", 64),
    _text("brand_id", 64),
    _text("source_locale", 32),
    _text("locale", 32),
    _text("channel", 64),
    _text("source"),
    _text("target"),
    _moment("created_at"),
    Index(None, "region", "brand_id", "locale"),
)
"""Approved text, for as long as its approval holds; when that ends, the row goes."""
