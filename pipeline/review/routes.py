"""The desk's addresses. Each route reads, asks the floor below, and shows; errors are told in `app.py`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from pipeline.domain.decision import DecisionKind
from pipeline.errors import UnknownDraft
from pipeline.review.cookies import check_token, remember_name, remembered_name
from pipeline.review.form_view import blank_form, kept_form
from pipeline.review.forms import Asked, DecisionForm, take_decision
from pipeline.review.models_view import view_models
from pipeline.review.office import Office
from pipeline.review.pages import show_draft_page, show_models_page, show_queue_page
from pipeline.review.queue_view import view_queue
from pipeline.review.walking import address_after

_DRAFT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

router = APIRouter(default_response_class=HTMLResponse)


def office_of(request: Request) -> Office:
    """The office of the running application."""
    office: Office = request.app.state.office
    return office


def draft_id_of(draft_id: str) -> str:
    """An id that can be looked up; UnknownDraft for anything else."""
    if not _DRAFT_ID.fullmatch(draft_id):
        raise UnknownDraft("no draft has that id")
    return draft_id


Working = Annotated[Office, Depends(office_of)]
DraftId = Annotated[str, Depends(draft_id_of)]


@router.get("/healthz", response_class=PlainTextResponse)
def answer_health() -> str:
    """Tell that the desk is alive; the database is not asked."""
    return "ok\n"


@router.get("/")
def show_queue(office: Working, request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """The queue."""
    return show_queue_page(request, office, view_queue(office, asked.filter, datetime.now(UTC)), asked)


@router.get("/models")
def show_models(office: Working, without: Annotated[str, Query(max_length=300)] = "") -> Response:
    """What the locales depend on, and what happens without one thing."""
    return show_models_page(view_models(office, without))


@router.get("/drafts/{draft_id}")
def show_draft(office: Working, request: Request, draft_id: DraftId, asked: Annotated[Asked, Query()]) -> Response:
    """One draft, with a form to decide."""
    sheet = office.sheet(draft_id)
    form = blank_form(sheet, remembered_name(request), asked.candidate)
    return show_draft_page(request, office, sheet, form, asked)


@router.post("/drafts/{draft_id}/decision")
def decide(
    office: Working,
    request: Request,
    draft_id: DraftId,
    asked: Annotated[Asked, Query()],
    form: Annotated[DecisionForm, Form()],
) -> Response:
    """Take a decision and go on to the next draft of the same filter; a draft sent back stays before its reviewer."""
    request.state.sent = form  # for the pages that tell of errors: what was typed is kept
    check_token(request, office.tokens, form.token)
    before = office.sheet(draft_id)
    take_decision(office.desk, draft_id, form)
    if form.action is DecisionKind.SEND_BACK and form.text and form.changes(before.text):
        sheet = office.sheet(draft_id)
        return show_draft_page(request, office, sheet, kept_form(sheet, form, None, datetime.now(UTC)), asked)
    answer = RedirectResponse(address_after(office, draft_id, asked.filter, form.action), status_code=303)
    remember_name(answer, form.reviewer)
    return answer
