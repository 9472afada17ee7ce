"""The application: routes, guards, static files, and the one place where errors become status codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from pipeline.domain.assessment import Assessment
from pipeline.domain.draft import Unit
from pipeline.domain.locale_pack import LocalePack
from pipeline.errors import (
    DecisionRefused,
    DiskFull,
    ForbiddenTransition,
    FormExpired,
    GlocalError,
    ModelError,
    StaleDraft,
    StoreUnavailable,
    UnknownDraft,
    UsageError,
)
from pipeline.review.form_view import kept_form, problem_of
from pipeline.review.forms import Asked, DecisionForm
from pipeline.review.guards import Guarded
from pipeline.review.office import Office
from pipeline.review.pages import show_draft_page, show_kept_page, show_problem_page
from pipeline.review.routes import router
from pipeline.reviewing import Desk
from pipeline.selection.audit import Market

STATUS_OF: dict[type[Exception], int] = {
    FormExpired: 403,
    UnknownDraft: 404,
    StaleDraft: 409,
    ForbiddenTransition: 409,
    DecisionRefused: 422,
    UsageError: 422,
    ModelError: 503,
    StoreUnavailable: 503,
    DiskFull: 507,
    GlocalError: 500,
}
"""HTTP status of each error; a class that is not here has that of its nearest parent."""

RETRY_SECONDS = 5
"""What a browser is told to wait when the database does not answer."""

_LOOK = "The terminal that the desk runs in says more. Nothing was saved."

_STATIC = Path(__file__).parent / "static"


def make_app(
    desk: Desk, *, region: str, pack_of: Callable[[str], LocalePack | None], market: Callable[[], Market], port: int
) -> ASGIApp:
    """The review desk of one region as an ASGI application for a server on loopback at that port.

    `market` gives the chooser's view of all locales as it is at that moment: models are pulled while the desk runs.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.office = Office(replace(desk, assess=_one_at_a_time(desk.assess)), region, pack_of, market)
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.add_exception_handler(GlocalError, _tell_error)
    app.add_exception_handler(RequestValidationError, _tell_misfit)
    app.add_exception_handler(HTTPException, _tell_http)
    app.add_exception_handler(Exception, _tell_error)
    return Guarded(app, port)


def status_of(error: Exception) -> int:
    """The HTTP status that tells of an error."""
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


def _one_at_a_time(assess: Callable[[Unit, str], Assessment]) -> Callable[[Unit, str], Assessment]:
    """One encoder serves all requests: it is loaded once, and not asked by two threads at the same moment."""
    lock = Lock()

    def assess_alone(unit: Unit, text: str) -> Assessment:
        with lock:
            return assess(unit, text)

    return assess_alone


def _tell_error(request: Request, error: Exception) -> Response:
    """Any error in a sentence; a form that was sent is shown again as it was. Of a surprise only the log knows more."""
    known = error if isinstance(error, GlocalError) else GlocalError("something went wrong inside the desk", hint=_LOOK)
    status = status_of(known)
    sent: DecisionForm | None = getattr(request.state, "sent", None)
    page = show_problem_page(problem_of(known), status=status) if sent is None else _keep(request, sent, known, status)
    if known.retryable:
        page.headers["Retry-After"] = str(RETRY_SECONDS)
    return page


def _keep(request: Request, sent: DecisionForm, error: GlocalError, status: int) -> Response:
    """The draft as it stands now with the form as it was sent, or the form alone where the draft cannot be read."""
    office: Office = request.app.state.office
    try:
        sheet = office.sheet(request.path_params["draft_id"])
        form = kept_form(sheet, sent, error, datetime.now(UTC))
        asked = Asked.model_validate(dict(request.query_params))
        return show_draft_page(request, office, sheet, form, asked, status=status)
    except GlocalError:
        return show_kept_page(request, office, sent, problem_of(error), status=status)


def _tell_misfit(_request: Request, error: Exception) -> Response:
    """A request whose fields do not fit; its content is not repeated."""
    fields = error.errors() if isinstance(error, RequestValidationError) else ()
    names = ", ".join(sorted({str(name) for field in fields for name in field["loc"][1:2]}))
    problem = GlocalError(f"the address or the form does not fit: {names}", hint="Start again from the queue.")
    return show_problem_page(problem_of(problem), status=422)


def _tell_http(_request: Request, error: Exception) -> Response:
    """What the framework itself refuses: an unknown address, a wrong method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    problem = GlocalError("there is no such page" if status == 404 else "this cannot be done here")  # noqa: PLR2004
    return show_problem_page(problem_of(problem), status=status)
