"""Who accepted the terms of a model, and when: asked once, and again only when the card's terms have changed.

Kept beside the models, a file for each, for whoever asks later under which terms the weights came in.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.domain.model_card import ModelCard
from pipeline.domain.value import Value, digest_of
from pipeline.errors import TermsNotAccepted

FOLDER = "licences"

Accept = Callable[[ModelCard], bool]
"""Asks a person whether the terms of a model, which were just shown, are accepted."""


class Acceptance(Value):
    """That somebody accepted the terms of a model; `terms` is the digest of the card's licence and conditions."""

    model_id: str
    licence: str
    licence_url: str
    terms: str
    accepted_at: datetime
    accepted_by: str


def asks_for_acceptance(card: ModelCard) -> bool:
    """Whether the terms set conditions that somebody must agree to: all but free licences without a gate."""
    return card.commercial_use != "yes" or card.gated is True


def require_acceptance(store: Path, card: ModelCard, accept: Accept) -> Acceptance | None:
    """See that the terms were accepted, once, and write it down; None where none are asked for.

    Raises TermsNotAccepted.
    """
    if not asks_for_acceptance(card):
        return None
    path = store / FOLDER / f"{card.id.replace('/', '--')}.json"
    earlier = _read(path)
    if earlier is not None and earlier.terms == terms_digest(card):
        return earlier
    if not accept(card):
        raise TermsNotAccepted(
            f"the terms of {card.id} were not accepted",
            hint=f"Read them, then: glocal models pull {card.id} --accept-licence.",
        )
    acceptance = Acceptance(
        model_id=card.id,
        licence=card.licence,
        licence_url=card.licence_url,
        terms=terms_digest(card),
        accepted_at=datetime.now(UTC),
        accepted_by=_user(),
    )
    _write(path, acceptance)
    return acceptance


def terms_digest(card: ModelCard) -> str:
    """SHA-256 (hex) of what a card says of its terms."""
    return digest_of([card.licence, card.licence_url, card.commercial_use, card.commercial_reason, card.gated])


def _read(path: Path) -> Acceptance | None:
    try:
        return Acceptance.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _write(path: Path, acceptance: Acceptance) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(acceptance.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run under a number without a name.
        return str(os.getuid())
