"""Form tokens belong to one browser and one start of the desk."""

from __future__ import annotations

from pipeline.review.tokens import TokenMaker


def test_the_token_of_a_cookie_matches_it() -> None:
    """A form that this desk made for this browser is accepted."""
    tokens = TokenMaker()
    cookie = tokens.cookie_value(None)

    assert tokens.matches(cookie, tokens.form_token(cookie))


def test_a_cookie_that_the_browser_has_is_kept() -> None:
    """So that drafts opened in several tabs share one."""
    tokens = TokenMaker()
    cookie = tokens.cookie_value(None)

    assert cookie == tokens.cookie_value(cookie)
    assert cookie != tokens.cookie_value("planted")


def test_nothing_else_matches() -> None:
    """Neither another browser's token, nor one of another start, nor an empty or strange one."""
    tokens, restarted = TokenMaker(), TokenMaker()
    cookie, other = tokens.cookie_value(None), tokens.cookie_value(None)

    assert not tokens.matches(cookie, tokens.form_token(other))
    assert not tokens.matches(cookie, restarted.form_token(cookie))
    assert not tokens.matches(cookie, "")
    assert not tokens.matches(cookie, "ü\ud800")
    assert not tokens.matches(None, tokens.form_token(""))


def test_the_key_is_not_in_the_representation() -> None:
    """A log line with the object in it gives nothing away."""
    assert "key" not in repr(TokenMaker())
