"""Where a draft comes from, to the digest."""

from __future__ import annotations

from pydantic import Field, computed_field

from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.choice import Choice
from pipeline.domain.value import LocaleTag, Value, digest_of


class Provenance(Value):
    """Everything that made a draft what it is; all of it together is the draft's fingerprint.

    Versions are content digests (SHA-256, hex): of the brand, the locale pack, the channel and the rule
    packs, by jurisdiction, that were in force. `model_revision` is the commit of the weights or, where they
    came from elsewhere, the package and its version, or the folder.
    """

    campaign: str
    segment: str
    locale: LocaleTag
    channel: str
    source_sha256: str
    model_id: str
    model_revision: str
    weights_sha256: str
    prompt_sha256: str
    template_version: str
    generation: GenerationConfig
    brand_version: str
    locale_version: str
    channel_version: str
    rule_versions: dict[str, str] = Field(default_factory=dict)
    choice: Choice

    @computed_field  # type: ignore[prop-decorator]
    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over all of it but the list of other models: the idempotency key of the draft.

        The rejected models stay out, so that adding a card to the catalog re-drafts nothing.
        """
        return digest_of(self.model_dump(mode="json", exclude={"choice", "fingerprint"}))
