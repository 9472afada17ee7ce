"""A model hub as a source of weights: at one commit, settings first, only what is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pipeline.domain.model_card import ModelCard
from pipeline.errors import NotOnHub, RevisionNotPinned
from pipeline.modelstore.hub import Hub
from pipeline.modelstore.hub_file import Advance, HubFile, Listing
from pipeline.modelstore.needed import INDEX, needed_settings, needed_weights
from pipeline.modelstore.safety import refuse_unsafe
from pipeline.modelstore.settings_safety import shards_of
from pipeline.modelstore.sources import Delivery, Progress, unseen


@dataclass(frozen=True)
class HubSource:
    """A model hub, at one commit."""

    progress: Progress = unseen
    revision: str | None = None
    connect: Callable[[], Hub] = Hub.from_environment
    resumable: bool = True
    asks_for_terms: bool = True
    _listings: dict[str, Listing] = field(default_factory=dict)

    def prepare(self, card: ModelCard) -> str:
        """Raises RevisionNotPinned, which names the commit to ask for, and the errors of a hub."""
        return self._listing(card).commit

    def size(self, card: ModelCard) -> int:
        """Of all files that may be needed."""
        sizes = self._listing(card).sizes
        return sum(sizes[name] for name in (*needed_settings(sizes), *needed_weights(sizes)))

    def fill(self, card: ModelCard, folder: Path, spare: Path) -> Delivery:
        """Download settings, look at them, then download the weights."""
        listing = self._listing(card)
        settings = needed_settings(listing.sizes)
        _remove_others(folder, {*settings, *needed_weights(listing.sizes), *_shards(folder)})
        self._fetch_all(listing, settings, folder, spare)
        refuse_unsafe(folder, weightless=True)
        weights = needed_weights(listing.sizes, _shards(folder))
        if not weights:
            raise NotOnHub(f"{self.hub.name} has no safetensors weights of {listing.repository}")
        self._fetch_all(listing, weights, folder, spare)
        return Delivery(f"hub:{self.hub.name}/{listing.repository}", listing.commit)

    @cached_property
    def hub(self) -> Hub:
        """The hub, once it is needed."""
        return self.connect()

    def _listing(self, card: ModelCard) -> Listing:
        if card.id not in self._listings:
            self._listings[card.id] = self._ask(card)
        return self._listings[card.id]

    def _ask(self, card: ModelCard) -> Listing:
        """The listing under the model's own name, or else under one that it had or got."""
        missing: NotOnHub | None = None
        for name in (card.id, *card.aliases):
            try:
                return self.hub.listing(name, self._commit(card, name))
            except NotOnHub as error:
                missing = missing or error
        raise missing or NotOnHub(f"{self.hub.name} has no model {card.id}")

    def _commit(self, card: ModelCard, name: str) -> str:
        wanted = self.revision or card.revision
        if wanted is None:
            now = self.hub.head(name)
            raise RevisionNotPinned(
                f"it is not said which commit of {card.id} is wanted",
                hint=f"Today's is {now}: look at it, then: glocal models pull {card.id} --revision {now}.",
            )
        return wanted

    def _fetch_all(self, listing: Listing, names: list[str], folder: Path, spare: Path) -> None:
        files = [_listed(listing, name) for name in names]
        title = f"{listing.repository}: downloading"
        with self.progress(title, sum(file.size for file in files)) as advance:
            for file in files:
                self._fetch(listing, file, folder / file.path, spare, advance)

    def _fetch(self, listing: Listing, file: HubFile, target: Path, spare: Path, advance: Advance) -> None:
        if file.is_at(target):
            advance(file.size)
            return
        target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        spare.mkdir(exist_ok=True)
        self.hub.fetch(listing, file, target, spare / sha256(file.path.encode()).hexdigest(), advance)


def _listed(listing: Listing, name: str) -> HubFile:
    if name not in listing.files:
        raise NotOnHub(f"the index of {listing.repository} names {name!r}, which the hub does not list")
    return listing.files[name]


def _shards(folder: Path) -> list[str]:
    """The shards that a downloaded index names."""
    index = folder / INDEX
    try:
        return shards_of(index) if index.is_file() else []
    except (ValueError, AttributeError, TypeError):
        return []


def _remove_others(folder: Path, wanted: set[str]) -> None:
    """Take away what an earlier attempt left and this one does not want."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_symlink() or (path.is_file() and path.relative_to(folder).as_posix() not in wanted):
            path.unlink()
