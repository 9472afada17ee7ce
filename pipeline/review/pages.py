"""Turns views into pages. Templates escape everything and fail on a name that they do not know."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from pipeline.review.cookies import set_token, token_of
from pipeline.review.draft_view import view_draft
from pipeline.review.form_view import LABELS, FormView, Problem
from pipeline.review.forms import Asked, DecisionForm
from pipeline.review.marking import mark_text
from pipeline.review.models_view import ModelsView
from pipeline.review.office import Office
from pipeline.review.queue_view import QueueView
from pipeline.review.walking import neighbours_of
from pipeline.review.wording import DONE
from pipeline.reviewing import MAX_NAME, MAX_TEXT
from pipeline.store.rows import DraftSheet


@cache
def environment() -> Environment:
    """The templates of all pages."""
    made = Environment(
        loader=PackageLoader("pipeline.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["marked"] = mark_text
    made.globals.update(max_text=MAX_TEXT, max_name=MAX_NAME, done_words=DONE, labels=LABELS)
    return made


def show_queue_page(request: Request, office: Office, queue: QueueView, asked: Asked) -> HTMLResponse:
    """The queue; the browser gets its token here, so that drafts opened in several tabs share it."""
    page = _page("queue.html", queue=queue, asked=asked)
    set_token(page, token_of(request, office.tokens)[0])
    return page


def show_models_page(models: ModelsView) -> HTMLResponse:
    """What the locales depend on, and a drill."""
    return _page("models.html", models=models)


def show_draft_page(
    request: Request, office: Office, sheet: DraftSheet, form: FormView, asked: Asked, *, status: int = 200
) -> HTMLResponse:
    """One draft with its form."""
    cookie, token = token_of(request, office.tokens)
    page = _page(
        "draft.html",
        status=status,
        draft=view_draft(office, sheet, datetime.now(UTC)),
        form=form,
        token=token,
        asked=asked,
        around=neighbours_of(office, sheet.id, asked.filter),
    )
    set_token(page, cookie)
    return page


def show_kept_page(
    request: Request, office: Office, sent: DecisionForm, problem: Problem, *, status: int
) -> HTMLResponse:
    """What was typed, when the draft itself cannot be shown, with a button to send it again."""
    cookie, token = token_of(request, office.tokens)
    action = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    page = _page("kept.html", status=status, sent=sent, problem=problem, token=token, action=action)
    set_token(page, cookie)
    return page


def show_problem_page(problem: Problem, *, status: int) -> HTMLResponse:
    """An error, and the way back to the queue."""
    return _page("problem.html", status=status, problem=problem)


def _page(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    return HTMLResponse(environment().get_template(template).render(values), status_code=status)
