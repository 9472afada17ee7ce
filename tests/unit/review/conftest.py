"""A review desk over a real SQLite record, with drafts put there through the real store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.domain.assessment import Assessment, LanguageFinding, Score
from pipeline.domain.brand import Brand, Pillar
from pipeline.domain.brief import Brief, Segment
from pipeline.domain.candidate import Candidate, GenerationConfig
from pipeline.domain.channel import Channel
from pipeline.domain.choice import Choice, Rejection
from pipeline.domain.draft import Draft, Unit
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import digest_of, text_digest
from pipeline.review.app import make_app
from pipeline.reviewing import Desk
from pipeline.selection.audit import Market
from pipeline.selection.request import Availability
from pipeline.store.record import Record, open_record
from pipeline.store.rows import DraftSheet

PORT = 8710
BASE = f"http://127.0.0.1:{PORT}"
SOURCE = "Carry less plastic. Cold water, all day."
MARKET = Market((), (), Availability(in_store=lambda _: False))
CHANNEL = Channel(id="app_store_short", name="App store short description", limit=80, source="Test.")
BRAND = Brand(
    id="aqualis",
    name="Aqualis",
    source_locale="en-US",
    pillars=(Pillar(id="less-plastic", name="Less plastic", statement="We make it easy to stop buying bottles."),),
)


def make_issue(severity: Severity = Severity.MAJOR, *, span: tuple[int, int] = (0, 0), message: str = "odd") -> Issue:
    return Issue(
        check="terms",
        dimension=MqmDimension.TERMINOLOGY,
        severity=severity,
        message=message,
        start=span[0],
        end=span[1],
    )


def assessed(text: str, *issues: Issue) -> Assessment:
    return Assessment(
        text_sha256=text_digest(text),
        language=LanguageFinding(verdict="match", detected="de", confidence=0.98),
        issues=issues,
        scores=(
            Score(name="brand_alignment", value=0.71, explanation="closest to Less plastic"),
            Score(name="adequacy", value=None, explanation="the source is too short to tell"),
        ),
    )


def fake_assess(_unit: Unit, text: str) -> Assessment:
    """Blocks every text that holds the word BLOCK."""
    return (
        assessed(text, make_issue(Severity.CRITICAL, message="a blocked word")) if "BLOCK" in text else assessed(text)
    )


@dataclass
class Seeder:
    """Puts drafts into the record the way a run does."""

    record: Record
    region: str = "local"
    planted: list[str] = field(default_factory=list)

    def draft(
        self,
        text: str = "Weniger Plastik tragen.",
        *,
        locale: str = "de-DE",
        campaign: str = "spring-refill",
        issues: tuple[Issue, ...] = (),
        others: tuple[str, ...] = (),
        source: str = SOURCE,
    ) -> str:
        """The id of a new draft in review."""
        segment = Segment(id=f"line-{len(self.planted)}", channel=CHANNEL.id, source=source)
        brief = Brief(
            id=campaign,
            brand=BRAND.id,
            objective="Carry a bottle.",
            audience="Commuters",
            locales=(locale,),
            segments=(segment,),
        )
        provenance = _provenance(brief, segment, locale)
        campaign_id = self.record.add_campaign(brief, BRAND, self.region)
        [row] = self.record.enqueue(campaign_id, [provenance])
        claim = self.record.claim(row.id, "test", timedelta(seconds=60))
        assert claim is not None
        best = assessed(text, *issues)
        made = Draft(
            unit=Unit(brief=brief, brand=BRAND, segment=segment, channel=CHANNEL, locale=locale),
            text=text,
            assessment=best,
            candidates=(
                Candidate(text=text, log_probability=-1.0, assessment=best),
                *(Candidate(text=other, log_probability=None, assessment=assessed(other)) for other in others),
            ),
            provenance=provenance,
        )
        self.planted.append(self.record.commit(claim, made))
        return self.planted[-1]


def _provenance(brief: Brief, segment: Segment, locale: str) -> Provenance:
    some = digest_of("some")
    return Provenance(
        campaign=brief.id,
        segment=segment.id,
        locale=locale,
        channel=segment.channel,
        source_sha256=text_digest(segment.source),
        model_id="google/gemma-3-270m",
        model_revision="0" * 40,
        weights_sha256=some,
        prompt_sha256=digest_of("prompt"),
        template_version="1",
        generation=GenerationConfig(seed=7),
        brand_version=digest_of(BRAND),
        locale_version=some,
        channel_version=some,
        choice=Choice(
            locale=locale,
            model="google/gemma-3-270m",
            reasons=("its makers list the language",),
            rejected=(Rejection(model="acme/closed-7b", rule="licence", reason="no commercial use"),),
        ),
    )


@dataclass
class Reviewer:
    """A person at a browser: keeps cookies, sends what a form of the page would send."""

    client: TestClient

    def get(self, address: str) -> Any:
        return self.client.get(address)

    def post(self, draft_id: str, action: str, *, page: Any = None, query: str = "", **fields: Any) -> Any:
        """Send the form of `page` (the draft's as it stands now, where none is given), with some fields changed."""
        opened = self.get(f"/drafts/{draft_id}{query}") if page is None else page
        sent = form_fields(opened.text) | {"reviewer": "Maria Keller", "action": action} | fields
        return self.client.post(
            f"/drafts/{draft_id}/decision{query}",
            data=sent,
            headers={"Origin": BASE, "Sec-Fetch-Site": "same-origin"},
            follow_redirects=False,
        )


def form_fields(page: str) -> dict[str, str]:
    """The token, version and text that the form of a page holds, as a browser would send them."""
    import html

    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    shown = re.search(r'<textarea id="text"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    if shown:
        hidden["text"] = html.unescape(shown[1]).replace("\n", "\r\n")
    return hidden


@pytest.fixture
def an_issue() -> Callable[..., Issue]:
    return make_issue


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with open_record(f"sqlite:///{tmp_path / 'glocal.db'}") as opened:
        yield opened


@pytest.fixture
def seed(record: Record) -> Seeder:
    return Seeder(record)


@pytest.fixture
def desk(record: Record) -> Desk:
    return Desk(record=record, assess=fake_assess, channel_of=lambda _id: CHANNEL)


@pytest.fixture
def open_desk(desk: Desk) -> Callable[..., Reviewer]:
    """A new person at the desk; keywords replace parts of it. All people of one call share the application."""

    def open_it(market: Callable[[], Market] = lambda: MARKET, **changed: Any) -> Reviewer:
        app = make_app(replace(desk, **changed), region="local", pack_of=lambda _tag: None, market=market, port=PORT)
        return Reviewer(TestClient(app, base_url=BASE, raise_server_exceptions=False))

    return open_it


@pytest.fixture
def reviewer(open_desk: Callable[..., Reviewer]) -> Reviewer:
    return open_desk()


@pytest.fixture
def sheet_of(record: Record) -> Callable[[str], DraftSheet]:
    return record.sheet
