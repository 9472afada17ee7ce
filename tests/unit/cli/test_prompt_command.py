"""`glocal prompt`: what a model would be shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

Glocal = Callable[..., Any]


def test_it_shows_the_prompt_and_the_choice(workplace: Workplace, glocal: Glocal) -> None:
    """The text of the prompt on standard output, the model and why beside it; nothing is loaded."""
    ran = glocal("prompt", "--brief", str(workplace.brief()), "--segment", "line", "--locale", "de-DE")
    assert ran.code == 0
    assert "Carry less plastic. Cold water, all day." in ran.out
    assert "acme/writer on store" in ran.err
    assert workplace.loaded == 0


def test_json_is_what_a_draft_would_be_made_of(workplace: Workplace, glocal: Glocal) -> None:
    """Messages, their digest, and the provenance that the draft would have."""
    workplace.write_card(chat_template=True)
    ran = glocal("prompt", "--brief", str(workplace.brief()), "--segment", "line", "--locale", "de-DE", "--json")
    told = json.loads(ran.out)
    assert [message["role"] for message in told["messages"]][:2] == ["system", "user"]
    assert told["prompt_sha256"] == told["provenance"]["prompt_sha256"] == told["provenance"]["inputs_sha256"]
    assert told["provenance"]["model_id"] == "acme/writer"


def test_what_the_brief_does_not_have_is_wrong_use(workplace: Workplace, glocal: Glocal) -> None:
    """A segment or a locale of another brief ends with 2, and those there are."""
    asked = ("prompt", "--brief", str(workplace.brief()))
    assert glocal(*asked, "--segment", "none", "--locale", "de-DE").failed(2, "'none'", "line")
    assert glocal(*asked, "--segment", "line", "--locale", "fr-FR").failed(2, "'fr-FR'", "de-DE")
