"""Who accepted which terms."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pipeline.domain.model_card import ModelCard
from pipeline.errors import TermsNotAccepted
from pipeline.modelstore.acceptance import asks_for_acceptance, require_acceptance


def yes(_: ModelCard) -> bool:
    return True


def never(_: ModelCard) -> NoReturn:
    raise AssertionError


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"commercial_use": "yes"}, False),
        ({"commercial_use": "yes", "gated": False}, False),
        ({"commercial_use": "yes", "gated": True}, True),
        ({"commercial_use": "conditional"}, True),
        ({"commercial_use": "no"}, True),
        ({"commercial_use": "unknown"}, True),
    ],
)
def test_only_conditions_are_asked_about(card: ModelCard, tmp_path: Path, facts: dict[str, Any], asked: bool) -> None:
    """MIT and Apache need nobody's word; everything with a condition or a gate does."""
    card = card.model_copy(update=facts)
    assert asks_for_acceptance(card) is asked
    if asked:
        with pytest.raises(TermsNotAccepted, match="acme/tiny-1"):
            require_acceptance(tmp_path, card, lambda _: False)
    else:
        assert require_acceptance(tmp_path, card, never) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"licence": "Other"},
        {"licence_url": "https://example.org/other"},
        {"commercial_use": "no"},
        {"commercial_reason": "other"},
    ],
)
def test_terms_are_asked_about_once_and_again_when_they_change(
    card: ModelCard, tmp_path: Path, change: dict[str, Any]
) -> None:
    """Anything that the card says of its terms counts; where the weights lie does not."""
    card = card.model_copy(update={"commercial_use": "conditional"})
    first = require_acceptance(tmp_path, card, yes)

    assert require_acceptance(tmp_path, card.model_copy(update={"revision": "a" * 40, "notes": "x"}), never) == first
    with pytest.raises(TermsNotAccepted):
        require_acceptance(tmp_path, card.model_copy(update=change), lambda _: False)


def test_an_acceptance_says_who_and_what(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user of the operating system; by number where there is no name."""
    card = card.model_copy(update={"commercial_use": "conditional"})
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    acceptance = require_acceptance(tmp_path, card, yes)
    assert acceptance is not None
    assert (acceptance.accepted_by, acceptance.model_id, acceptance.licence) == ("ann", card.id, card.licence)

    def nobody() -> NoReturn:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", nobody)
    other = require_acceptance(tmp_path / "other", card, yes)
    assert other is not None
    assert other.accepted_by == str(os.getuid())


def test_a_damaged_record_is_no_acceptance(card: ModelCard, tmp_path: Path) -> None:
    """Then the question is asked anew."""
    card = card.model_copy(update={"commercial_use": "conditional"})
    require_acceptance(tmp_path, card, yes)
    (path,) = (tmp_path / "licences").iterdir()
    path.write_text("{")
    with pytest.raises(TermsNotAccepted):
        require_acceptance(tmp_path, card, lambda _: False)
