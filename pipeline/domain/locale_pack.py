"""What a region knows of its own market: the pack behind one locale."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.domain.issue import Severity
from pipeline.domain.value import Identifier, Line, LocaleTag, Value

Formality = Literal["informal", "formal", "neutral"]


class AudienceAddress(Value):
    """Another form of address for one audience, where it differs from the house form."""

    audience: Identifier
    form: Line
    formality: Formality
    direction: Line


class AddressMarkers(Value):
    """What gives a wrong form of address away.

    `words` are whole words in exactly this case, `endings` stand at the end of a sentence. List only what no
    correct copy of the locale would hold: a reviewer who is warned in vain stops reading warnings.
    """

    words: tuple[Line, ...] = ()
    endings: tuple[Line, ...] = ()


class Address(Value):
    """How the reader is spoken to: the form itself (du, vous, tú) and a line that asks for it."""

    form: Line
    formality: Formality
    direction: Line
    by_audience: tuple[AudienceAddress, ...] = ()
    unwanted: AddressMarkers = AddressMarkers()

    def for_audience(self, group: str | None) -> AudienceAddress | None:
        """The form kept for an audience group; None where the house form serves it, too."""
        return next((other for other in self.by_audience if other.audience == group), None)


class Tone(Value):
    """How copy of this market sounds; `credibility`, in the locale's language, says what makes a claim believed."""

    directness: Literal["direct", "balanced", "indirect"]
    humour: Literal["welcome", "dry", "sparing", "avoid"]
    credibility: Line


class CulturalNote(Value):
    """One thing to do or to avoid in this market.

    `note` is in the locale's language and goes into the prompt; `reason` is in English, for the centre. `words`
    and `images` are what it concerns; `confirm` says who in the region should confirm it.
    """

    id: Identifier
    kind: Literal["do", "avoid"]
    note: Line
    reason: Line
    severity: Severity
    words: tuple[Line, ...] = ()
    images: tuple[Line, ...] = ()
    confirm: Line


class Typography(Value):
    """House typography: lines for the prompt, and the space that stands before a mark (French `!`)."""

    directions: tuple[Line, ...] = ()
    space_before: dict[str, str] = Field(default_factory=dict)


class PromptWords(Value):
    """The prompt's own words, in the locale's language.

    `task` and the labels are written by the region; nothing in them is filled in, so no word has to
    agree in case or gender with a value it does not know.
    """

    task: Line
    source: Line
    target: Line
    brand: Line
    audience: Line
    objective: Line
    voice: Line
    avoid: Line
    pillars: Line
    terms: Line
    channel: Line
    limit: Line
    style: Line
    notes: Line
    data_notice: Line
    last_line: Line


class Pair(Value):
    """A source line and the copy a native writer made of it: a few-shot example."""

    channel: Identifier
    source: Line
    target: Line


class LocalePack(Value):
    """One locale: market, law, style, form of address, typography, culture, examples.

    `confusable_languages` (ISO 639) are those that a reader, or a model, may take for this one. `whole_vocabulary`
    lets models write with all of their tokens, instead of those that copy of this locale can be made of.
    """

    tag: LocaleTag
    name: Line
    script: str = Field(pattern=r"^[A-Z][a-z]{3}$")
    direction: Literal["ltr", "rtl"]
    market: str = Field(pattern=r"^[A-Z]{2}$")
    jurisdictions: tuple[str, ...] = Field(min_length=1)
    time_zone: Line
    address: Address
    style: tuple[Line, ...] = Field(min_length=1)
    tone: Tone | None = None
    cultural_notes: tuple[CulturalNote, ...] = ()
    confusable_languages: tuple[str, ...] = ()
    typography: Typography = Typography()
    prompt: PromptWords
    pairs: tuple[Pair, ...] = Field(min_length=6)
    whole_vocabulary: bool = False
