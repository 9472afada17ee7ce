"""Where a draft comes from, to the digest."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, computed_field

from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.choice import Choice
from pipeline.domain.endpoint import STORE
from pipeline.domain.value import LocaleTag, Value, digest_of


class Drawing(Value):
    """How the candidates were drawn: rounds, different texts in all, those of them that a reviewer may see, and why
    no more were drawn: `enough` of them pass, or the `limit` of rounds was reached.
    """

    rounds: int = Field(ge=1)
    texts: int = Field(ge=0)
    passing: int = Field(ge=0)
    stopped: Literal["enough", "limit"]


NOT_INPUTS = {"choice", "prompt_sha256", "memory", "drawing"}
"""What is on record and yet no input that would make another draft."""


class Provenance(Value):
    """Everything that made a draft what it is; all of it together is the draft's fingerprint.

    Versions are content digests (SHA-256, hex): of the brand, the locale pack, the channel and the rule
    packs, by jurisdiction, that were in force. `model_revision` is the commit of the weights or, where they
    came from elsewhere, the package and its version, or the folder. `runs_on` is `store`, or the endpoint with
    its host and the name it serves the model under; nobody here can prove an endpoint's weights, so then
    `weights_sha256` is None and the revision is what its operator says. `prompt_sha256` is of what the model was
    shown, `inputs_sha256` of the same prompt without approved copy; `memory` names the decisions whose copy it
    was shown as examples. `vocabulary_sha256` is of the writing that the model was held to, None where to none.
    `drawing` says how the candidates came about, None before any were drawn.
    """

    campaign: str
    segment: str
    locale: LocaleTag
    channel: str
    source_sha256: str
    model_id: str
    model_revision: str
    runs_on: str = STORE
    weights_sha256: str | None
    inputs_sha256: str = ""
    prompt_sha256: str
    memory: tuple[str, ...] = ()
    template_version: str
    vocabulary_sha256: str | None = None
    generation: GenerationConfig
    brand_version: str
    locale_version: str
    channel_version: str
    rule_versions: dict[str, str] = Field(default_factory=dict)
    choice: Choice
    drawing: Drawing | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def policy_version(self) -> str:
        """SHA-256 (hex) of the policy under which the model was chosen."""
        return self.choice.policy_version

    @computed_field  # type: ignore[prop-decorator]
    @property
    def choice_id(self) -> str:
        """Digest of the choice, with every rejected model and the rule that rejected it."""
        return self.choice.id

    @computed_field  # type: ignore[prop-decorator]
    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over all of it but why the model was chosen: the idempotency key of the draft.

        The choice and its policy stay out, so that another card or another rule, which leaves the model as it was,
        re-drafts nothing. So does approved copy among the examples: an approval must not re-draft its neighbours.
        """
        return digest_of(self.model_dump(mode="json", round_trip=True, exclude=NOT_INPUTS))
