"""Two people decide at once: one wins, the other sees what changed and loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pipeline.domain.decision import DecisionKind
from pipeline.domain.draft import DraftStatus
from pipeline.store.rows import DraftSheet

Sheet = Callable[[str], DraftSheet]


def test_the_second_to_decide_sees_what_the_first_did(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """Who it was, what they did and why; both texts with the words that differ; the own text and reason kept."""
    draft = seed.draft("Kaltes Wasser, den ganzen Tag.")
    opened = reviewer.get(f"/drafts/{draft}")
    reviewer.post(draft, "edit", page=opened, text="Frisches Wasser, den ganzen Tag.", reviewer="Anna", reason="wärmer")
    late = reviewer.post(
        draft, "edit", page=opened, text="Kühles Wasser, den ganzen Tag.", reviewer="Ben", reason="kühler"
    )

    assert 409 == late.status_code
    assert "<strong><bdi>Anna</bdi></strong> edited the text and approved it" in late.text
    assert "wärmer" in late.text
    assert ["Frisches", "Kühles"] == re.findall(r'<mark class="differs">(.*?)</mark>', late.text)
    assert ">\nKühles Wasser, den ganzen Tag.</textarea>" in late.text
    assert ">\nkühler</textarea>" in late.text
    assert 'value="Ben"' in late.text
    assert ["Anna"] == [stored.decision.reviewer for stored in sheet_of(draft).decisions]


def test_the_second_can_overrule_the_first_knowingly(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """Sent back from the page that showed the conflict, the draft opens with their text still in the form."""
    draft = seed.draft()
    opened = reviewer.get(f"/drafts/{draft}")
    reviewer.post(draft, "approve", page=opened)
    late = reviewer.post(draft, "edit", page=opened, text="Mein Text.", reason="besser")
    assert 'value="approve"' not in late.text

    back = reviewer.post(draft, "send_back", page=late, reason="besser")
    assert 200 == back.status_code
    assert ">\nMein Text.</textarea>" in back.text
    assert 303 == reviewer.post(draft, "edit", page=back).status_code
    assert ("Mein Text.", DraftStatus.APPROVED) == (sheet_of(draft).text, sheet_of(draft).status)
    kinds = [stored.decision.kind for stored in sheet_of(draft).decisions]
    assert [DecisionKind.APPROVE, DecisionKind.SEND_BACK, DecisionKind.EDIT] == kinds


def test_the_same_decision_twice_is_made_once(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """A double click, or the page sent again."""
    draft = seed.draft()
    opened = reviewer.get(f"/drafts/{draft}")
    answers = [reviewer.post(draft, "approve", page=opened) for _ in range(2)]

    assert [303, 409] == [answer.status_code for answer in answers]
    assert "The text is the one in your form" in answers[1].text
    assert 1 == len(sheet_of(draft).decisions)


def test_of_many_at_the_same_moment_one_decides(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """Whatever the order in which threads run: one decision for each version, a conflict for everybody else."""
    for _ in range(10):
        draft = seed.draft()
        page = reviewer.get(f"/drafts/{draft}")
        forms = [{"action": "approve"}, {"action": "edit", "text": "Neu."}, {"action": "reject", "reason": "no"}]
        with ThreadPoolExecutor(len(forms)) as people:
            sent = [people.submit(reviewer.post, draft, page=page, **form) for form in forms]

        assert [303, 409, 409] == sorted(one.result().status_code for one in sent)
        assert 1 == len(sheet_of(draft).decisions)


@pytest.mark.parametrize("action", ["approve", "reject", "request_changes", "send_back"])
def test_every_decision_on_an_old_page_is_a_conflict(reviewer: Any, seed: Any, action: str) -> None:
    """The version that was seen counts, not the status that it happens to have again."""
    draft = seed.draft()
    opened = reviewer.get(f"/drafts/{draft}")
    reviewer.post(draft, "reject", page=opened, reason="no")
    reviewer.post(draft, "send_back", reason="yes, after all")
    late = reviewer.post(draft, action, page=opened, reason="mine")

    assert 409 == late.status_code
    assert "rejected the text" in late.text
    assert "sent the draft back" in late.text


def test_a_published_draft_has_no_form(reviewer: Any, seed: Any, record: Any) -> None:
    """It is not decided on this page any more."""
    from sqlalchemy import update

    from pipeline.store.tables import draft as table

    draft = seed.draft()
    with record._writing() as connection:
        connection.execute(update(table).where(table.c.id == draft).values(status="published"))
    page = reviewer.get(f"/drafts/{draft}").text

    assert "A draft that is published is not decided here." in page
    assert "<form" not in page
