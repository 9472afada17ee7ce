"""Small packs, brands and channels for the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import Brand, Pillar, Term
from pipeline.domain.channel import Channel
from pipeline.domain.issue import Issue
from pipeline.domain.locale_pack import Address, AddressMarkers, LocalePack, Pair, PromptWords
from pipeline.domain.manners import LanguageManners
from pipeline.resources.library import Library, shipped_folder

Check = Callable[[CheckedText], Iterator[Issue]]


@pytest.fixture
def issues_of() -> Callable[..., list[Issue]]:
    """Run one check over a text; what else is known is given by name."""

    def run(check: Check, text: str, locale: str = "de-DE", **known: Any) -> list[Issue]:
        return list(check(CheckedText(text=text, locale=locale, **known)))

    return run


@pytest.fixture
def make_pack() -> Callable[..., LocalePack]:
    def make(
        tag: str = "de-DE", script: str = "Latn", pairs: tuple[tuple[str, str], ...] = (), **words: str
    ) -> LocalePack:
        filler = [(f"Source number {n} of the pack.", f"Zeile Nummer {n} im Paket.") for n in range(6)]
        prompt = {name: name for name in PromptWords.model_fields} | {"source": "Englisch", "target": "Deutsch"} | words
        return LocalePack(
            tag=tag,
            name=tag,
            script=script,
            direction="rtl" if script == "Arab" else "ltr",
            market=tag[-2:],
            jurisdictions=(tag[-2:],),
            time_zone="Europe/Berlin",
            address=Address(form="du", formality="informal", direction="Duze."),
            style=("Kurz.",),
            prompt=PromptWords(**prompt),
            pairs=tuple(Pair(channel="line", source=s, target=t) for s, t in [*pairs, *filler]),
        )

    return make


@pytest.fixture
def make_brand() -> Callable[..., Brand]:
    def make(*terms: Term, exemplars: tuple[str, ...] = ("One bottle. Ten years. No bin.",)) -> Brand:
        pillar = Pillar(id="less", name="Less plastic", statement="We make it easy to refill.", exemplars=exemplars)
        return Brand(id="aqualis", name="Aqualis", source_locale="en-US", pillars=(pillar,), terms=terms)

    return make


@pytest.fixture
def make_channel() -> Callable[[int], Channel]:
    return lambda limit: Channel(id="line", name="Line", limit=limit, source="test")


@pytest.fixture(scope="session")
def all_manners() -> dict[str, LanguageManners]:
    """What ships about each language."""
    return Library((shipped_folder(),)).manners


@pytest.fixture
def addressing(make_pack: Callable[..., LocalePack]) -> Callable[..., LocalePack]:
    """A pack that does not want these words and endings."""

    def make(*words: str, endings: tuple[str, ...] = (), tag: str = "de-DE", script: str = "Latn") -> LocalePack:
        address = Address(
            form="du",
            formality="informal",
            direction="Duze.",
            unwanted=AddressMarkers(words=words, endings=endings),
        )
        return make_pack(tag, script).model_copy(update={"address": address})

    return make
