"""The record itself: every read and write of Glocal's database, one transaction each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine

from pipeline.domain.approved import ApprovedText
from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief
from pipeline.domain.decision import Decision
from pipeline.domain.draft import Draft, DraftStatus
from pipeline.domain.provenance import Provenance
from pipeline.errors import GlocalError
from pipeline.store import claiming, deciding, planning, reading
from pipeline.store.engine import make_engine, parse_url, sqlite_file
from pipeline.store.faults import told_plainly
from pipeline.store.migrating import migrate
from pipeline.store.rows import (
    Claim,
    DraftSheet,
    MemoryMatch,
    NewRevision,
    QueueEntry,
    ScoredText,
    StoredCampaign,
    UnitRow,
)


def open_record(url: str) -> Record:
    """Open the database of a URL, make it if it is a SQLite file that is not there, bring its schema up to date.

    StoreUnavailable when it does not answer, StoreError when it is newer than this code or no database of
    Glocal's kind, DiskFull when there is no room.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    with told_plainly(file):
        engine = make_engine(parsed)
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
    return Record(engine, file)


class Record:
    """The system of record of one region. It is safe to share between threads, not across a fork."""

    def __init__(self, engine: Engine, file: Path | None = None) -> None:
        self._engine = engine
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        # Several statements see one moment: SQLite's transactions do, PostgreSQL's must be told to.
        options = {} if self._file else {"isolation_level": "REPEATABLE READ"}
        with told_plainly(self._file), self._engine.connect() as connection:
            yield connection.execution_options(**options)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with told_plainly(self._file), self._engine.execution_options(writing=True).begin() as connection:
            yield connection

    # Planning

    def add_campaign(self, brief: Brief, brand: Brand, region: str) -> str:
        """Add a campaign and return its id; the same content in the same region is the same campaign."""
        with self._writing() as connection:
            return planning.add_campaign(connection, brief, brand, region)

    def campaign(self, campaign_id: str) -> StoredCampaign:
        """The campaign of that id; UnknownCampaign."""
        with self._reading() as connection:
            return planning.read_campaign(connection, campaign_id)

    def find_campaign(self, slug: str, region: str) -> StoredCampaign:
        """The campaign last added for the brief of that id; UnknownCampaign."""
        with self._reading() as connection:
            return planning.find_campaign(connection, slug, region)

    def enqueue(self, campaign_id: str, planned: Sequence[Provenance]) -> list[UnitRow]:
        """A unit for each plan, in the order given; units that are there already come back as they stand."""
        with self._writing() as connection:
            return planning.enqueue(connection, campaign_id, planned)

    def note_unplanned(self, campaign_id: str, segment_id: str, locale: str, error: GlocalError) -> None:
        """Keep why a unit could not be planned; it is listed as failed until a later `enqueue` plans it."""
        with self._writing() as connection:
            planning.note_unplanned(connection, campaign_id, segment_id, locale, error)

    def units(self, campaign_id: str) -> list[UnitRow]:
        """The unit last planned for each segment and locale of the campaign."""
        with self._reading() as connection:
            return planning.current_units(connection, campaign_id)

    def unit(self, unit_id: str) -> UnitRow:
        """The unit of that id; StoreError."""
        with self._reading() as connection:
            return planning.read_unit(connection, unit_id)

    # Claim, work, commit

    def claim(self, unit_id: str, owner: str, lease: timedelta) -> Claim | None:
        """Take a unit for a while; None when it is drafted, or held by another run that is alive."""
        with self._writing() as connection:
            return claiming.claim_unit(connection, unit_id, owner, lease)

    def renew(self, claim: Claim, lease: timedelta) -> None:
        """Hold a claim for `lease` from now; LeaseLost."""
        with self._writing() as connection:
            claiming.renew(connection, claim, lease)

    def commit(self, claim: Claim, draft: Draft) -> str:
        """Store the draft and put it in review, in one transaction; its id. LeaseLost, and nothing written."""
        with self._writing() as connection:
            return claiming.commit(connection, claim, draft)

    def fail(self, claim: Claim, error: GlocalError) -> None:
        """Note why the work failed, so that it can be listed and claimed again; nothing when the claim is lost."""
        with self._writing() as connection:
            claiming.fail(connection, claim, error)

    # Review

    def queue(
        self,
        region: str | None = None,
        *,
        locale: str | None = None,
        status: DraftStatus | None = None,
        campaign: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[QueueEntry]:
        """Drafts that match every filter given, oldest first; `campaign` is a campaign's id or its brief's."""
        with self._reading() as connection:
            return reading.read_queue(connection, region, locale, status, campaign, (limit, offset))

    def scored(self, region: str, brand_id: str) -> list[ScoredText]:
        """The current text of every draft of a brand, oldest first, with the brand score stored with it."""
        with self._reading() as connection:
            return reading.read_scored(connection, region, brand_id)

    def counts(self, region: str | None = None, campaign: str | None = None) -> dict[tuple[str, DraftStatus], int]:
        """How many drafts there are, by locale and status; `campaign` is a campaign's id or its brief's."""
        with self._reading() as connection:
            return reading.count_drafts(connection, region, campaign)

    def sheet(self, draft_id: str) -> DraftSheet:
        """Everything about one draft; UnknownDraft."""
        with self._reading() as connection:
            return reading.read_sheet(connection, draft_id)

    def recall(self, region: str, brand_id: str, locale: str, source: str, limit: int = 5) -> list[MemoryMatch]:
        """Approved copy of the brand and locale, that of exactly this source first."""
        with self._reading() as connection:
            return reading.recall(connection, region, brand_id, locale, source, limit)

    def approved(self, campaign_id: str) -> list[ApprovedText]:
        """What may leave: for each segment and locale the newest approved text, exactly as it was approved."""
        with self._reading() as connection:
            return reading.read_approved(connection, campaign_id)

    def decide(self, draft_id: str, *, version: int, decision: Decision, revision: NewRevision | None = None) -> int:
        """Write one decision on the version that the reviewer saw; the draft's new version.

        UnknownDraft; StaleDraft when the draft is at another version by now; ForbiddenTransition when its
        status does not allow the decision; DecisionRefused when the decision is bound to another text.
        """
        with self._writing() as connection:
            return deciding.decide(connection, draft_id, version, decision, revision)
