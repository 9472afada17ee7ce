"""Packs are wired: what a region writes reaches the prompt of its own locale, and of no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.domain.brand import Brand, TermRule
from pipeline.domain.brief import Brief, Segment
from pipeline.domain.draft import Unit
from pipeline.domain.locale_pack import LocalePack
from pipeline.prompting.examples import examples_of
from pipeline.prompting.render import render_prompt
from pipeline.resources.library import Library, shipped_folder

LIBRARY = Library((shipped_folder(),))
PACKS = {pack.tag: pack for pack in LIBRARY.packs()}
BRAND = LIBRARY.brand("aqualis")
TERM = next(term for term in BRAND.terms if term.rule is TermRule.PREFERRED)
CHANNELS = ("app_store_short", "push_body", "email_subject", "hero_headline")
BRIEF = Brief(
    id="wiring",
    brand=BRAND.id,
    objective="See what reaches a prompt.",
    audience="Everyone",
    locales=tuple(PACKS),
    segments=tuple(Segment(id=name, channel=name, source=f"Our {TERM.source} is here.") for name in CHANNELS),
)

Change = Callable[[LocalePack], LocalePack]


def digests(packs: dict[str, LocalePack], brand: Brand = BRAND) -> dict[str, tuple[str, ...]]:
    """The prompt digests of every locale: each channel, for models with a chat template and without."""
    units = {tag: LIBRARY.units(BRIEF, brand, (tag,)) for tag in packs}
    return {tag: tuple(_digests(units[tag], pack)) for tag, pack in packs.items()}


def _digests(units: list[Unit], pack: LocalePack) -> list[str]:
    return [render_prompt(unit, pack, examples_of(pack), chat=chat).digest for unit in units for chat in (True, False)]


BEFORE = digests(PACKS)


def form_of_address(pack: LocalePack) -> LocalePack:
    return pack.model_copy(update={"address": pack.address.model_copy(update={"form": "thou"})})


def line_on_address(pack: LocalePack) -> LocalePack:
    return pack.model_copy(update={"address": pack.address.model_copy(update={"direction": "Speak plainly."})})


def cultural_note(pack: LocalePack) -> LocalePack:
    first, *others = pack.cultural_notes
    return pack.model_copy(update={"cultural_notes": (first.model_copy(update={"note": "Another note."}), *others)})


def few_shot_pair(pack: LocalePack) -> LocalePack:
    first, *others = pack.pairs
    return pack.model_copy(update={"pairs": (first.model_copy(update={"target": "Another line."}), *others)})


@pytest.mark.parametrize("change", [form_of_address, line_on_address, cultural_note, few_shot_pair])
@pytest.mark.parametrize("tag", PACKS)
def test_a_change_reaches_the_prompt_of_its_locale_alone(tag: str, change: Change) -> None:
    """Changing a form of address, a note or an example of one market changes that market's prompts only."""
    after = digests({tag: change(PACKS[tag])}) | digests(
        {other: PACKS[other] for other in list(PACKS)[:3] if other != tag}
    )
    assert after.pop(tag) != BEFORE[tag]
    assert all(BEFORE[other] == digest for other, digest in after.items())


@pytest.mark.parametrize("tag", ["de-AT", "es-MX", "fr-CA", "ja-JP"])
def test_a_changed_file_reaches_its_locale_alone(tmp_path: Path, tag: str) -> None:
    """A market's own file may stand on a base that others stand on, too: an edit of it stays its own."""
    data = yaml.safe_load((shipped_folder() / f"locales/{tag}.yaml").read_text(encoding="utf-8"))
    data.setdefault("address", {})["direction"] = "Speak plainly."
    (tmp_path / "locales").mkdir()
    (tmp_path / f"locales/{tag}.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    after = digests({pack.tag: pack for pack in Library((tmp_path, shipped_folder())).packs()})
    assert {other for other in PACKS if after[other] != BEFORE[other]} == {tag}


@pytest.mark.parametrize("tag", PACKS)
def test_every_part_reaches_a_prompt(tag: str) -> None:
    """Every cultural note reaches every prompt, and every example that of its own channel."""
    pack = PACKS[tag]
    shown = {
        unit.channel.id: "\n".join(
            message.content for message in render_prompt(unit, pack, examples_of(pack), chat=True).messages
        )
        for unit in LIBRARY.units(BRIEF, BRAND, (tag,))
    }
    assert [] == [note.id for note in pack.cultural_notes if any(note.note not in text for text in shown.values())]
    assert [] == [pair.target for pair in pack.pairs if pair.target not in shown.get(pair.channel, pair.target)]


@pytest.mark.parametrize("tag", sorted(TERM.forms))
def test_a_changed_term_reaches_the_prompt_of_its_locale_alone(tag: str) -> None:
    """The form of a preferred word is a matter of one locale; the brand's other prompts stay as they are."""
    forms = TERM.forms | {tag: ("Another word",)}
    terms = tuple(term.model_copy(update={"forms": forms}) if term == TERM else term for term in BRAND.terms)
    after = digests(PACKS, BRAND.model_copy(update={"terms": terms}))
    reached = {other for other in PACKS if after[other] != BEFORE[other]}
    assert reached == {
        other for other in PACKS if other == tag or (tag == other.split("-")[0] and other not in TERM.forms)
    }
