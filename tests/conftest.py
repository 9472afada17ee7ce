"""Databases for tests, and values to fill them: `database_url` is SQLite, then a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from pipeline.domain.assessment import Assessment, LanguageFinding
from pipeline.domain.brand import Brand, Pillar
from pipeline.domain.brief import Brief, Segment
from pipeline.domain.candidate import Candidate, GenerationConfig
from pipeline.domain.channel import Channel
from pipeline.domain.choice import Choice
from pipeline.domain.draft import Draft, Unit
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import text_digest
from pipeline.store.record import Record, open_record

_UNPRIVILEGED = ["runuser", "-u", "postgres", "--"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
"""PostgreSQL refuses to run as root; Debian's package brings the user that it runs as."""


REAL_SERVICES = {"models", "postgres", "prefect", "browser"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test of a real service that is skipped has failed: a gate must not open because a service is missing."""
    report = yield
    if (
        report.skipped
        and os.environ.get("CI") == "true"
        and REAL_SERVICES & {mark.name for mark in item.iter_markers()}
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of this test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'glocal.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    """An empty record."""
    with open_record(database_url) as opened:
        yield opened


@pytest.fixture
def samples() -> Samples:
    """Domain values that fit together."""
    return Samples()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh PostgreSQL database, dropped after the test."""
    import psycopg

    name = f"glocal_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server: GLOCAL_TEST_POSTGRES_URL, or one that is started for the session."""
    given = os.environ.get("GLOCAL_TEST_POSTGRES_URL")
    if given:
        yield given.replace("postgresql+psycopg://", "postgresql://")
        return
    programs = _find_postgres()
    if programs is None:
        missing = "PostgreSQL is not installed: apt-get install postgresql, or set GLOCAL_TEST_POSTGRES_URL"
        # Left out on a laptop without PostgreSQL, never in CI.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with tempfile.TemporaryDirectory(prefix="glocal-pg-", ignore_cleanup_errors=True) as folder:
        if _UNPRIVILEGED:
            shutil.chown(folder, "postgres", "postgres")
        yield from _serve(programs, Path(folder))


def _find_postgres() -> Path | None:
    """The folder with `initdb` and `postgres`, newest version first."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = debian[-1] if debian else Path(on_path).resolve() if on_path else None
    return found.parent if found else None


def _serve(programs: Path, folder: Path) -> Iterator[str]:
    data, log = folder / "data", folder / "server.log"
    make = [programs / "initdb", "-D", data, "-U", "glocal", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    subprocess.run([*_UNPRIVILEGED, *make], check=True, capture_output=True, cwd=folder)
    # Only a socket in the private folder: no port to collide with, nothing to reach from elsewhere.
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*_UNPRIVILEGED, programs / "postgres", "-D", data, *options], stdout=output, stderr=output, cwd=folder
        )
    url = f"postgresql://glocal@/postgres?host={folder}"
    try:
        _wait_until_ready(url, server, log)
        yield url
    finally:
        # Through pg_ctl: `runuser` stands between this process and the server.
        stop = [programs / "pg_ctl", "stop", "-D", data, "-m", "immediate", "-w"]
        subprocess.run([*_UNPRIVILEGED, *stop], check=False, capture_output=True, cwd=folder)
        server.wait(timeout=30)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        else:
            return


@dataclass(frozen=True)
class Samples:
    """One brand, one brief, and drafts of it whose provenance differs by segment, locale and seed."""

    brand = Brand(
        id="aqualis", name="Aqualis", source_locale="en-US", pillars=(Pillar(id="p", name="P", statement="S"),)
    )
    brief = Brief(
        id="spring",
        brand="aqualis",
        objective="Sell bottles.",
        audience="Commuters.",
        locales=("de-DE", "fr-FR"),
        segments=(Segment(id="line", channel="push", source="Cold water, all day."),),
    )
    channel = Channel(id="push", name="Push", limit=80, source="test")

    def provenance(self, locale: str = "de-DE", *, seed: int = 0) -> Provenance:
        names = ("source_sha256", "model_revision", "weights_sha256", "prompt_sha256", "template_version")
        versions = ("brand_version", "locale_version", "channel_version")
        return Provenance(
            campaign=self.brief.id,
            segment="line",
            locale=locale,
            channel="push",
            model_id="acme/writer",
            generation=GenerationConfig(seed=seed),
            choice=Choice(locale=locale, model="acme/writer", reasons=("speaks it",), rejected=()),
            **dict.fromkeys((*names, *versions), "0"),
        )

    def assessment(self, text: str, *, blocked: bool = False) -> Assessment:
        critical = Issue(
            check="claim",
            dimension=MqmDimension.ACCURACY,
            severity=Severity.CRITICAL,
            message="a claim without evidence",
            start=0,
            end=1,
        )
        language = LanguageFinding(verdict="match", detected="de", confidence=1)
        return Assessment(text_sha256=text_digest(text), language=language, issues=(critical,) if blocked else ())

    def draft(self, provenance: Provenance, text: str = "Kaltes Wasser.", *, blocked: bool = False) -> Draft:
        unit = Unit(
            brief=self.brief,
            brand=self.brand,
            segment=self.brief.segments[0],
            channel=self.channel,
            locale=provenance.locale,
        )
        other = Candidate(text="Anders.", log_probability=-1.5, assessment=self.assessment("Anders."))
        assessment = self.assessment(text, blocked=blocked)
        return Draft(unit=unit, text=text, assessment=assessment, candidates=(other,), provenance=provenance)

    def stored(self, record: Record, provenance: Provenance, text: str = "Kaltes Wasser.", **options: bool) -> str:
        """The id of a draft that went all the way into review."""
        campaign_id = record.add_campaign(self.brief, self.brand, "eu")
        claim = record.claim(record.enqueue(campaign_id, [provenance])[0].id, "test", timedelta(minutes=1))
        assert claim is not None
        return record.commit(claim, self.draft(provenance, text, **options))
