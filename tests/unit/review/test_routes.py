"""What a person at the desk sees and does, over HTTP and a real record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.domain.decision import DecisionKind
from pipeline.domain.draft import DraftStatus
from pipeline.domain.issue import Issue, Severity
from pipeline.store.record import Record
from pipeline.store.rows import DraftSheet

Sheet = Callable[[str], DraftSheet]


def test_the_desk_tells_that_it_is_alive(reviewer: Any) -> None:
    """For whatever watches it."""
    assert (200, "ok\n") == (reviewer.get("/healthz").status_code, reviewer.get("/healthz").text)


def test_an_approval_is_bound_to_the_text_and_leads_to_the_next_draft(
    reviewer: Any, seed: Any, sheet_of: Sheet
) -> None:
    """The person goes on working; what they did is told without repeating any text."""
    first, second = seed.draft("Erster Text."), seed.draft("Zweiter Text.")
    answer = reviewer.post(first, "approve")

    assert 303 == answer.status_code
    assert f"/drafts/{second}?done=approve&was={first}" == answer.headers["Location"]
    assert DraftStatus.APPROVED is sheet_of(first).status
    assert "Maria Keller" == sheet_of(first).decisions[0].decision.reviewer
    landed = reviewer.get(answer.headers["Location"]).text
    assert "Approved." in landed
    assert f'href="/drafts/{first}"' in landed


def test_after_the_last_draft_comes_the_queue(reviewer: Any, seed: Any) -> None:
    """It says that nothing waits, and what to do then."""
    answer = reviewer.post(seed.draft(), "approve")
    landed = reviewer.get(answer.headers["Location"])

    assert answer.headers["Location"].startswith("/?done=approve&was=")
    assert "Nothing is waiting here" in landed.text
    assert "glocal export" in landed.text


def test_an_edit_is_checked_again_and_approved(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """The text that leaves is the person's, with an assessment of its own."""
    draft = seed.draft()
    assert 303 == reviewer.post(draft, "edit", text="Weniger\u00a0Plastik\r\ntragen!").status_code

    sheet = sheet_of(draft)
    assert "Weniger\u00a0Plastik\ntragen!" == sheet.text
    assert DecisionKind.EDIT is sheet.decisions[0].decision.kind
    assert sheet.revision.text_sha256 == sheet.assessment.text_sha256


def test_a_text_that_opens_with_a_line_break_survives_the_form(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """A browser drops the first line break of a text area: the page gives it one to drop."""
    draft = seed.draft("\nZweite Zeile.")
    assert 303 == reviewer.post(draft, "edit").status_code

    assert DecisionKind.APPROVE is sheet_of(draft).decisions[0].decision.kind


@pytest.mark.parametrize(
    ("action", "status"),
    [("request_changes", DraftStatus.CHANGES_REQUESTED), ("reject", DraftStatus.REJECTED)],
)
def test_a_refusal_needs_a_reason(reviewer: Any, seed: Any, sheet_of: Sheet, action: str, status: DraftStatus) -> None:
    """Without one the form comes back as it was sent."""
    draft = seed.draft()
    refused = reviewer.post(draft, action, text="Mein Vorschlag.")
    assert 422 == refused.status_code
    assert "a reason is missing" in refused.text
    assert "Mein Vorschlag." in refused.text

    assert 303 == reviewer.post(draft, action, reason="zu steif").status_code
    assert (status, "zu steif") == (sheet_of(draft).status, sheet_of(draft).decisions[0].decision.reason)


def test_a_blocked_text_is_approved_only_with_a_reason(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """Also when it is the person's own."""
    draft = seed.draft()
    refused = reviewer.post(draft, "edit", text="BLOCK")
    assert 422 == refused.status_code
    assert "approved only with a reason" in refused.text
    assert ">\nBLOCK</textarea>" in refused.text

    assert 303 == reviewer.post(draft, "edit", text="BLOCK", reason="cleared by legal").status_code
    assert "BLOCK" == sheet_of(draft).text


def test_a_changed_text_is_not_approved_by_mistake(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """ "Approve" is about the draft; what the person typed is neither lost nor thrown away in silence."""
    draft = seed.draft()
    for typed in ("Etwas anderes.", ""):
        refused = reviewer.post(draft, "approve", text=typed)
        assert 422 == refused.status_code
        assert "Save edit and approve" in refused.text
        assert f">\n{typed}</textarea>" in refused.text
    assert DraftStatus.IN_REVIEW is sheet_of(draft).status


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "model:gemma", "x" * 201])
def test_a_decision_has_a_persons_name(reviewer: Any, seed: Any, name: str) -> None:
    """Nobody decides anonymously or as a model."""
    assert 422 == reviewer.post(seed.draft(), "approve", reviewer=name).status_code


def test_the_name_is_remembered(reviewer: Any, seed: Any) -> None:
    """In any script."""
    first, second = seed.draft(), seed.draft()
    reviewer.post(first, "approve", reviewer="ليلى حداد")

    assert 'value="ليلى حداد"' in reviewer.get(f"/drafts/{second}").text


def test_an_approved_draft_can_only_be_sent_back(reviewer: Any, seed: Any, sheet_of: Sheet) -> None:
    """With a reason; then it is shown again, ready to be decided."""
    draft = seed.draft()
    reviewer.post(draft, "approve")
    page = reviewer.get(f"/drafts/{draft}")
    assert 'value="send_back"' in page.text
    assert 'value="approve"' not in page.text

    answer = reviewer.post(draft, "send_back", reason="the price changed")
    assert (303, f"/drafts/{draft}?done=send_back") == (answer.status_code, answer.headers["Location"])
    assert DraftStatus.IN_REVIEW is sheet_of(draft).status
    assert "Back in review." in reviewer.get(answer.headers["Location"]).text


def test_a_decision_that_the_status_does_not_allow_is_refused(reviewer: Any, seed: Any) -> None:
    """Such a form is not on any page, but anybody can send one."""
    draft = seed.draft()
    reviewer.post(draft, "approve")
    refused = reviewer.post(draft, "reject", reason="no", version="2", text="Weniger Plastik tragen.")

    assert 409 == refused.status_code
    assert "a draft that is approved cannot become rejected" in refused.text


def test_use_this_puts_a_candidate_into_the_form(reviewer: Any, seed: Any) -> None:
    """Without a script: the page is shown with the other text, which is not saved yet."""
    draft = seed.draft(others=("Der zweite Text.", "Der dritte Text."))
    page = reviewer.get(f"/drafts/{draft}?candidate=3").text

    assert ">\nDer dritte Text.</textarea>" in page
    assert "candidate 3, not saved yet" in page
    assert f'href="/drafts/{draft}?candidate=2#decide"' in page


@pytest.mark.parametrize("number", ["0", "9", "999999999"])
def test_a_candidate_that_is_not_there_leaves_the_draft(reviewer: Any, seed: Any, number: str) -> None:
    """An old link is no error."""
    page = reviewer.get(f"/drafts/{seed.draft()}?candidate={number}")

    assert (200, True) == (page.status_code, ">\nWeniger Plastik tragen.</textarea>" in page.text)


def test_the_page_holds_the_evidence(reviewer: Any, seed: Any, an_issue: Callable[..., Issue]) -> None:
    """Source, pillars, issues, scores with their reasons, candidates, and where it all came from."""
    draft = seed.draft(issues=(an_issue(Severity.MAJOR, span=(0, 7), message="too dry"),), others=("Anders.",))
    page = reviewer.get(f"/drafts/{draft}").text

    for shown in (
        "Carry less plastic. Cold water, all day.",
        "We make it easy to stop buying bottles.",
        '<mark class="issue major" title="Issue 1">Weniger</mark>',
        "too dry",
        "closest to Less plastic",
        '<meter min="0" max="1" value="0.7100"',
        "the source is too short to tell",
        "Anders.",
        "google/gemma-3-270m",
        "its makers list the language",
        "acme/closed-7b",
        "no commercial use",
        sheet_fingerprint(page),
    ):
        assert shown in page


def sheet_fingerprint(page: str) -> str:
    return page.split("<dt>Fingerprint</dt><dd><code>")[1][:64]


def test_what_was_approved_before_is_shown(reviewer: Any, seed: Any) -> None:
    """The memory of the brand and locale, that of the same source first."""
    earlier = seed.draft("Von früher.")
    reviewer.post(earlier, "approve")
    page = reviewer.get(f"/drafts/{seed.draft('Neu.', campaign='summer')}").text

    assert "Approved before" in page
    assert "Von früher." in page
    assert "same source" in page
    assert "Approved before" not in reviewer.get(f"/drafts/{earlier}").text


def test_history_tells_who_did_what(reviewer: Any, seed: Any) -> None:
    """Newest first, each with the text it is about."""
    draft = seed.draft("Alt.")
    reviewer.post(draft, "edit", text="Neu.", reason="better")
    reviewer.post(draft, "send_back", reason="once more")
    history = reviewer.get(f"/drafts/{draft}").text.split('id="h-history"')[1]

    told = ["sent the draft back", "once more", "edited the text and approved it", "better", "wrote the draft", "Alt."]
    assert sorted(history.index(words) for words in told) == [history.index(words) for words in told]


def test_the_way_through_the_queue_stays_inside_the_filter(reviewer: Any, seed: Any) -> None:
    """Before, after, and on after a decision."""
    german = [seed.draft(f"Text {number}.") for number in range(3)]
    seed.draft("نص", locale="ar-AE")
    page = reviewer.get(f"/drafts/{german[1]}?locale=de-DE&at=1").text
    assert f'rel="prev" href="/drafts/{german[0]}?locale=de-DE"' in page
    assert f'rel="next" href="/drafts/{german[2]}?locale=de-DE&amp;at=2"' in page

    query = "?locale=de-DE&at=1"
    for following in (german[2], german[0]):
        here = german[1] if following == german[2] else german[2]
        answer = reviewer.post(here, "approve", query=query)
        assert answer.headers["Location"].startswith(f"/drafts/{following}?locale=de-DE")
        query = "?" + answer.headers["Location"].split("?")[1].split("&done")[0]
    assert (
        reviewer.post(german[0], "approve", query=query).headers["Location"].startswith("/?locale=de-DE&done=approve")
    )


def test_an_unknown_draft_is_not_found(reviewer: Any) -> None:
    """Whatever stands in the address, and nothing of it is repeated."""
    for strange in ("x", "%3Cscript%3E", "%00", "00000000-0000-0000-0000-000000000000", "a/b"):
        answer = reviewer.get(f"/drafts/{strange}")
        assert (404, False) == (answer.status_code, "script>" in answer.text.split("<main")[1])


def test_a_decision_on_an_unknown_draft_keeps_the_text(reviewer: Any, seed: Any) -> None:
    """The database may have been replaced under an open page."""
    page = reviewer.get(f"/drafts/{seed.draft()}")
    answer = reviewer.post("00000000-0000-0000-0000-000000000000", "edit", page=page, text="Mein Text.")

    assert 404 == answer.status_code
    assert "Mein Text." in answer.text


@pytest.mark.parametrize(
    "query", ["status=nonsense", "locale=%3Cb%3E", "campaign=a%00b", "at=-1", "at=99999999999999999999", "candidate=x"]
)
def test_an_address_that_does_not_fit_is_refused(reviewer: Any, query: str) -> None:
    """With the name of the field, without its content."""
    answer = reviewer.get(f"/?{query}")

    assert 422 == answer.status_code
    assert query.split("=", maxsplit=1)[0] in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    "fields", [{"action": "publish"}, {"version": "x"}, {"version": "9" * 30}, {"token": "t" * 300}]
)
def test_a_form_that_no_page_has_is_refused(reviewer: Any, seed: Any, fields: dict[str, Any]) -> None:
    """It decides nothing."""
    draft = seed.draft()
    sent: dict[str, Any] = {"action": "approve"} | fields
    assert 422 == reviewer.post(draft, sent.pop("action"), **sent).status_code


def test_a_form_from_before_a_restart_keeps_its_text(
    reviewer: Any, open_desk: Callable[..., Any], seed: Any, sheet_of: Sheet
) -> None:
    """The token is no longer known; sent once more from the page that comes back, it is."""
    draft = seed.draft()
    page = reviewer.get(f"/drafts/{draft}")
    restarted = open_desk()
    restarted.client.cookies = reviewer.client.cookies
    refused = restarted.post(draft, "edit", page=page, text="Mein Text.")
    assert 403 == refused.status_code
    assert ">\nMein Text.</textarea>" in refused.text
    assert DraftStatus.IN_REVIEW is sheet_of(draft).status

    assert 303 == restarted.post(draft, "edit", page=refused).status_code
    assert "Mein Text." == sheet_of(draft).text


def test_a_desk_shows_its_own_region_only(reviewer: Any, seed: Any, record: Record) -> None:
    """Content stays in its region, also on a shared database."""
    elsewhere = replace(seed, region="eu").draft("Anderswo.")

    assert "Anderswo." not in reviewer.get("/?status=all").text
    assert 404 == reviewer.get(f"/drafts/{elsewhere}").status_code
    assert 404 == reviewer.post(elsewhere, "approve", page=reviewer.get(f"/drafts/{seed.draft()}")).status_code
    assert elsewhere in {entry.draft_id for entry in record.queue("eu")}
