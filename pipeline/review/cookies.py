"""The two cookies of the desk: the token that its forms are bound to, and the reviewer's name.

Neither is an account: the name is what the reviewer typed last, offered again.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from fastapi import Request
from starlette.responses import Response

from pipeline.errors import FormExpired
from pipeline.review.tokens import TokenMaker
from pipeline.reviewing import MAX_NAME

_TOKEN = "glocal_desk"  # noqa: S105 (the cookie's name)
_NAME = "glocal_reviewer"
_HALF_A_YEAR = 182 * 24 * 3_600
"""Seconds that a name is remembered."""


def token_of(request: Request, tokens: TokenMaker) -> tuple[str, str]:
    """The value of the token cookie, kept or fresh, and the token for a form on this page."""
    cookie = tokens.cookie_value(request.cookies.get(_TOKEN))
    return cookie, tokens.form_token(cookie)


def set_token(response: Response, cookie: str) -> None:
    """Give the browser its token cookie, for as long as it runs."""
    response.set_cookie(_TOKEN, cookie, httponly=True, samesite="strict")


def check_token(request: Request, tokens: TokenMaker, token: str) -> None:
    """Make sure that a form was made by this desk for this browser; FormExpired."""
    if not tokens.matches(request.cookies.get(_TOKEN), token):
        raise FormExpired("the form is from before the desk was started again, or the browser keeps no cookies")


def remembered_name(request: Request) -> str:
    """The name that the reviewer gave last, or nothing."""
    return unquote(request.cookies.get(_NAME, ""), errors="ignore")[:MAX_NAME]


def remember_name(response: Response, name: str) -> None:
    """Offer a name again next time; a cookie holds ASCII only."""
    value = quote(name.strip()[:MAX_NAME], safe="")
    response.set_cookie(_NAME, value, max_age=_HALF_A_YEAR, httponly=True, samesite="strict")
