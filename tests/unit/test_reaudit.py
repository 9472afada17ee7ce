"""Does an approval still hold? Packs, terms, models and channels change after a decision."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.domain.draft import DraftStatus, Unit
from pipeline.errors import StaleDraft
from pipeline.planning import plan_unit
from pipeline.reaudit import AUDITOR, Verdict, reaudit
from pipeline.reviewing import approve, edit_and_approve
from pipeline.workflow import draft_claimed

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts
    from tests.unit.conftest import Workplace

ENGLISH = "Carry less plastic. Cold water, all day."


class Approved:
    """One approved text in a real record, to be looked at again after something changed."""

    def __init__(self, workplace: Workplace, edited: str | None = None) -> None:
        self.workplace = workplace
        self.unit: Unit = workplace.unit()
        self.parts: Parts = workplace.parts()
        record = self.parts.record
        self.campaign = record.add_campaign(self.unit.brief, self.unit.brand, "local")
        row = record.enqueue(self.campaign, [plan_unit(self.unit, self.parts.toolkit).provenance])[0]
        outcome = draft_claimed(record, row, self.unit, self.parts.toolkit, owner="me", lease=timedelta(minutes=1))
        self.draft_id = str(outcome.draft_id)
        version = record.sheet(self.draft_id).version
        if edited is None:
            approve(self.parts.desk, self.draft_id, version=version, reviewer="Anna", reason="")
        else:
            edit_and_approve(
                self.parts.desk, self.draft_id, version=version, reviewer="Anna", text=edited, reason="It is meant so."
            )

    def look_again(self) -> Verdict:
        """A re-audit by another process, with today's files."""
        parts = self.workplace.parts()
        stored = parts.record.find_campaign("launch", "local")
        try:
            brand = parts.library.brand(stored.brief.brand)
            return reaudit(parts.auditor, stored.brief, brand, parts.record.approved(stored.id))
        finally:
            parts.record.close()

    @property
    def sheet(self) -> Any:
        return self.parts.record.sheet(self.draft_id)


@pytest.fixture
def approved(workplace: Workplace) -> Iterator[Callable[..., Approved]]:
    """Makes an approved text."""
    made: list[Approved] = []

    def make(**options: Any) -> Approved:
        made.append(Approved(workplace, **options))
        return made[-1]

    yield make
    for each in made:
        each.parts.record.close()


def test_an_approval_holds_while_nothing_changes(approved: Callable[..., Approved]) -> None:
    """An approved text whose model, packs and terms are as they were may leave, as often as it is asked."""
    text = approved()
    for _ in range(2):
        verdict = text.look_again()
        assert [item.text for item in verdict.holds] == [text.sheet.text]
        assert verdict.sent_back == ()
    assert text.sheet.status is DraftStatus.APPROVED


REVOKED = "the model acme/writer may no longer write for de-DE"


def forbid_the_model(place: Workplace) -> None:
    place.write_card(commercial_use="no")


def take_the_model_away(place: Workplace) -> None:
    place.put("models.yaml", {"models": []})


def tighten_the_policy(place: Workplace) -> None:
    place.put("policy.yaml", {"name": "strict", "jurisdictions": {"EU": {"developer": {"denied": ["Acme"]}}}})


def shorten_the_channel(place: Workplace) -> None:
    place.put("channels.yaml", {"channels": [{"id": "app_store_short", "name": "A", "limit": 20, "source": "s"}]})


def forbid_a_word(place: Workplace) -> None:
    term = {"source": "water", "rule": "forbidden", "forms": {"de-DE": ["Wasser"]}}
    place.put("brand_pillars/aqualis.yaml", place.brand_data() | {"terms": [term]})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (take_the_model_away, "the model acme/writer is no longer in the catalog"),
        (forbid_the_model, f"{REVOKED}: Apache-2.0 does not allow commercial use"),
        (tighten_the_policy, f"{REVOKED}: the policy denies models of Acme"),
        (shorten_the_channel, "length: "),
        (forbid_a_word, "terms: "),
    ],
)
def test_what_no_longer_passes_goes_back_with_the_reason(
    workplace: Workplace, approved: Callable[..., Approved], change: Callable[[Workplace], None], reason: str
) -> None:
    """A model, a licence, a limit or a term that changed sends the text back to its reviewer, and nothing leaves."""
    text = approved()
    change(workplace)
    verdict = text.look_again()
    assert verdict.holds == ()
    assert [(item.draft_id, why.startswith(reason)) for item, why in verdict.sent_back] == [(text.draft_id, True)]
    assert text.sheet.status is DraftStatus.IN_REVIEW
    last = text.sheet.decisions[-1].decision
    assert last.reviewer == AUDITOR
    assert last.reason.startswith(reason)
    assert last.text_sha256 == text.sheet.revision.text_sha256


def test_a_text_from_an_endpoint_that_may_no_longer_be_used_goes_back(
    workplace: Workplace, approved: Callable[..., Approved]
) -> None:
    """A rule about where models run is a rule about what they wrote, too."""
    endpoint = {"id": "far", "url": "https://llm.example/v1", "model": "acme/writer", "provider": "self"}
    file = {"endpoints": [endpoint | {"located_in": "CH"}], "allowed_hosts": {"local": ["llm.example"]}}
    workplace.put("endpoints.yaml", file)
    text = approved()
    assert text.look_again().sent_back == ()
    workplace.put("policy.yaml", {"name": "strict", "default": {"hosting": {"located_in": ["EU"]}}})
    [(_, reason)] = text.look_again().sent_back
    assert reason == f"{REVOKED}: endpoint far: it stands in CH, and the policy asks for EU"


def test_what_went_back_is_not_exported_again(workplace: Workplace, approved: Callable[..., Approved]) -> None:
    """A text that went back is not approved any more: the next look finds nothing, and it has left the memory."""
    text = approved()
    forbid_the_model(workplace)
    text.look_again()
    verdict = text.look_again()
    assert (verdict.holds, verdict.sent_back) == ((), ())
    assert text.parts.record.recall("local", "aqualis", "de-DE", text.unit.segment.source) == []


def test_what_went_back_can_be_approved_again(workplace: Workplace, approved: Callable[..., Approved]) -> None:
    """A reviewer who looks at it again, and stands by it, is asked no second time about the same."""
    text = approved()
    shorten_the_channel(workplace)
    text.look_again()
    parts = workplace.parts()
    short = "Weniger Plastik."
    edit_and_approve(parts.desk, text.draft_id, version=text.sheet.version, reviewer="Anna", text=short, reason="")
    parts.record.close()
    verdict = text.look_again()
    assert [item.text for item in verdict.holds] == [short]


def test_what_the_reviewer_accepted_knowingly_is_not_raised_again(approved: Callable[..., Approved]) -> None:
    """A blocking issue that the reviewer saw, and approved with a reason, sends nothing back."""
    text = approved(edited=ENGLISH)
    assert text.sheet.assessment.blocked
    verdict = text.look_again()
    assert [item.text for item in verdict.holds] == [ENGLISH]


def test_a_new_fault_beside_an_accepted_one_is_raised(workplace: Workplace, approved: Callable[..., Approved]) -> None:
    """To have accepted one thing is not to have accepted another."""
    text = approved(edited=ENGLISH)
    shorten_the_channel(workplace)
    ((_, reason),) = text.look_again().sent_back
    assert reason.startswith("length: ")


def test_a_text_whose_approval_is_withdrawn_meanwhile_is_neither(approved: Callable[..., Approved]) -> None:
    """Somebody who decides during the re-audit wins: the text does not leave, and their decision stays."""
    text = approved()
    parts = text.parts
    stored = parts.record.find_campaign("launch", "local")
    items = parts.record.approved(stored.id)
    stale = [item.model_copy(update={"version": item.version - 1}) for item in items]
    library = text.workplace.parts().library
    auditor = replace(parts.auditor, library=library, issues_of=lambda *_: _blocked(text))
    with pytest.raises(StaleDraft):
        reaudit(auditor, stored.brief, stored.brand, stale)
    assert text.sheet.status is DraftStatus.APPROVED


def _blocked(text: Approved) -> Any:
    return text.parts.assessor.issues_of(text.unit, ENGLISH)


def test_a_channel_that_is_gone_sends_back(workplace: Workplace, approved: Callable[..., Approved]) -> None:
    """Copy for a channel that exists no longer cannot be checked, and does not leave."""
    text = approved()
    data = [{"id": "other", "name": "A", "limit": 20, "source": "s"}]
    auditor = text.parts.auditor
    library = type(auditor.library)((workplace.put("alone/channels.yaml", {"channels": data}).parent,))
    workplace.put("alone/models.yaml", (workplace.folder / "models.yaml").read_text(encoding="utf-8"))
    stored = text.parts.record.find_campaign("launch", "local")
    verdict = reaudit(
        replace(auditor, library=library),
        stored.brief,
        stored.brand,
        auditor.record.approved(stored.id),
    )
    assert verdict.holds == ()
    assert "there is no channel 'app_store_short'" in verdict.sent_back[0][1]
    assert text.sheet.status is DraftStatus.IN_REVIEW


def test_two_re_audits_at_once_send_back_once(workplace: Workplace, approved: Callable[..., Approved]) -> None:
    """Exports started together leave one decision; what is not sent back by one is told as changed to the other."""
    text = approved()
    forbid_the_model(workplace)
    ends: list[object] = []

    def look() -> None:
        try:
            ends.append(text.look_again())
        except StaleDraft as stale:
            ends.append(stale)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 3
    assert all(end.holds == () for end in ends if isinstance(end, Verdict))
    assert sum(each.decision.reviewer == AUDITOR for each in text.sheet.decisions) == 1
