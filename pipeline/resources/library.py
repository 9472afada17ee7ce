"""Brands, locales, channels, model cards and campaigns, from the workspace first and the shipped ones after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief
from pipeline.domain.catalog import FirstChoices
from pipeline.domain.channel import Channel
from pipeline.domain.draft import Unit
from pipeline.domain.endpoint import EndpointFile
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.manners import LanguageManners
from pipeline.domain.model_card import ModelCard
from pipeline.domain.policy import Policy
from pipeline.domain.rule_pack import RulePack
from pipeline.domain.thresholds import BrandThresholds
from pipeline.domain.value import Value
from pipeline.errors import DataError, UnknownBrand, UnknownChannel, UnknownLocale
from pipeline.resources.document import Document, listed_once, read_document
from pipeline.resources.model_shelf import ModelShelf
from pipeline.resources.packs import PackSource, is_market, read_pack_source
from pipeline.resources.rules import MEDIA_FILE, WORDS_FILE, RuleShelf

THRESHOLDS_FOLDER = "calibration/thresholds"

T = TypeVar("T", bound=Value)


class ChannelFile(Value):
    """A file of channels, none of them listed twice."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1), AfterValidator(listed_once)]


def shipped_folder() -> Path:
    """The folder of the shipped data: inside the installed package, or the root of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_shipped"
    return installed if installed.is_dir() else package.parent


@dataclass(frozen=True)
class Library:
    """All that people wrote, looked up by id; a workspace's file stands before a shipped one of the same name."""

    roots: tuple[Path, ...]

    @classmethod
    def of_workspace(cls, workspace: Path) -> Library:
        """The library of a workspace: its own files, then the shipped ones."""
        return cls(tuple(dict.fromkeys((workspace.resolve(), shipped_folder()))))

    def brand(self, name: str) -> Brand:
        """A brand by id, or by the path of a YAML file."""
        if name.endswith((".yaml", ".yml")):
            return read_document(Path(name)).parse(Brand)
        known = self.brand_ids()
        path = self._find(f"brand_pillars/{name}.yaml") if name in known else None
        if path is None:
            raise UnknownBrand(f"there is no brand {name!r} (known: {', '.join(known) or 'none'})")
        return _named_like_its_file(read_document(path), Brand, "id")

    def brand_ids(self) -> list[str]:
        """Ids of all brands, sorted."""
        return self._names("brand_pillars")

    def locale(self, tag: str) -> LocalePack:
        """The pack of a locale; UnknownLocale where there is none."""
        pack = self.find_locale(tag)
        if pack is None:
            raise UnknownLocale(f"there is no pack for the locale {tag!r} (known: {', '.join(self.locale_tags())})")
        return pack

    def find_locale(self, tag: str) -> LocalePack | None:
        """The pack of a locale, or None: a locale without one can still be checked and scored."""
        return self._packs.get(tag)

    def locale_tags(self) -> list[str]:
        """Tags of all locales that have a pack, sorted."""
        return sorted(self._packs)

    def packs(self) -> list[LocalePack]:
        """All locale packs, by tag."""
        return [self._packs[tag] for tag in self.locale_tags()]

    @cached_property
    def manners(self) -> dict[str, LanguageManners]:
        """What is known of each language, by ISO 639 code."""
        documents = map(read_document, self.language_files())
        return {
            document.path.stem: _named_like_its_file(document, LanguageManners, "language") for document in documents
        }

    def language_files(self) -> list[Path]:
        """The file of each language; unread ones may still hold mistakes."""
        paths = (self._find(f"locales/languages/{code}.yaml") for code in self._names("locales/languages"))
        return [path for path in paths if path]

    def channel(self, name: str) -> Channel:
        """A channel by id; UnknownChannel where there is none."""
        if name not in self._channels:
            raise UnknownChannel(f"there is no channel {name!r} (known: {', '.join(sorted(self._channels))})")
        return self._channels[name]

    def channels(self) -> list[Channel]:
        """All channels, by id."""
        return [self._channels[name] for name in sorted(self._channels)]

    @property
    def model_cards(self) -> tuple[ModelCard, ...]:
        """Every model card, by id; a workspace's card stands before the shipped card of that id."""
        return self._models.model_cards

    def model_card(self, model_id: str) -> ModelCard | None:
        """The card of a model by its id or by a name that it had before, or None."""
        return self._models.model_card(model_id)

    @property
    def first_choices(self) -> dict[str, FirstChoices]:
        """The models worth trying first, by locale; a workspace's list stands before the shipped one."""
        return self._models.first_choices

    @property
    def policy(self) -> Policy:
        """Which models each jurisdiction lets write: the workspace's policy, else the shipped one."""
        return self._models.policy

    @property
    def endpoint_file(self) -> EndpointFile:
        """Providers and endpoints, the workspace's over the shipped ones."""
        return self._models.endpoint_file

    @cached_property
    def _models(self) -> ModelShelf:
        return ModelShelf(self.roots)

    def thresholds(self, brand_id: str) -> BrandThresholds | None:
        """The thresholds that were fitted to a brand's reviewers, or None."""
        path = self._find(f"{THRESHOLDS_FOLDER}/{brand_id}.yaml")
        return _named_like_its_file(read_document(path), BrandThresholds, "brand") if path else None

    def calibration_files(self) -> list[Path]:
        """The brand score's calibrations: a workspace's own first, then the shipped ones."""
        return [path for root in self.roots for path in sorted((root / "calibration").glob("*.npz"))]

    def brief(self, path: Path) -> Brief:
        """A campaign brief whose brand, channels and locales all exist; errors name the brief's own line."""
        document = read_document(path)
        brief = document.parse(Brief)
        if brief.brand not in self.brand_ids():
            known = ", ".join(self.brand_ids())
            raise document.error(f"there is no brand {brief.brand!r} (known: {known})", "brand", kind=UnknownBrand)
        for number, tag in enumerate(brief.locales):
            if self.find_locale(tag) is None:
                known = ", ".join(self.locale_tags())
                message = f"there is no pack for the locale {tag!r} (known: {known})"
                raise document.error(message, "locales", number, kind=UnknownLocale)
        for number, segment in enumerate(brief.segments):
            if segment.channel not in self._channels:
                message = f"there is no channel {segment.channel!r} (known: {', '.join(sorted(self._channels))})"
                raise document.error(message, "segments", number, "channel", kind=UnknownChannel)
        return brief

    def units(self, brief: Brief, brand: Brand, locales: tuple[str, ...] | None = None) -> list[Unit]:
        """Every segment x locale of a brief, in the brief's order; only `locales` where given."""
        return [
            Unit(brief=brief, brand=brand, segment=segment, channel=self.channel(segment.channel), locale=tag)
            for tag in (brief.locales if locales is None else locales)
            for segment in brief.segments
        ]

    def pack_sources(self) -> dict[str, PackSource]:
        """The files behind the pack of every market, by tag; unread packs may still hold mistakes."""
        files = self.locale_files()
        return {tag: read_pack_source(path, self._pack_path) for tag, path in files.items() if is_market(tag)}

    def locale_files(self) -> dict[str, Path]:
        """The file of each pack by tag, those of bases too; unread ones may still hold mistakes."""
        paths = {tag: self._pack_path(tag) for tag in self._names("locales")}
        return {tag: path for tag, path in paths.items() if path}

    def pack_source(self, path: Path) -> PackSource:
        """The files behind the pack of one file; DataError where it extends itself or a pack that is not there."""
        return read_pack_source(path, self._pack_path)

    def channel_files(self) -> list[Path]:
        """Every channel file, the workspace's first; unread ones may still hold mistakes."""
        return list(self._all("channels.yaml"))

    def rule_packs(self, jurisdictions: Iterable[str]) -> tuple[RulePack, ...]:
        """The rules of some jurisdictions, in their order; one that has no file has no rules that are known."""
        shelf, read = self._rule_shelf, self._rule_packs
        wanted = [name for name in dict.fromkeys(jurisdictions) if name in shelf.files]
        for name in wanted:
            if name not in read:
                read[name] = shelf.pack(name)
        return tuple(read[name] for name in wanted)

    def rule_shelf(self) -> RuleShelf:
        """The files behind all rules; unread files may still hold mistakes."""
        paths = {name: self._find(f"locales/rules/{name}.yaml") for name in self._names("locales/rules")}
        files = {name: path for name, path in paths.items() if path}
        return RuleShelf(files=files, words=self._find(WORDS_FILE), media=self._find(MEDIA_FILE))

    @cached_property
    def _rule_shelf(self) -> RuleShelf:
        return self.rule_shelf()

    @cached_property
    def _rule_packs(self) -> dict[str, RulePack]:
        """The packs read so far: a run needs few of them."""
        return {}

    @cached_property
    def _packs(self) -> dict[str, LocalePack]:
        return {tag: source.parse() for tag, source in self.pack_sources().items()}

    def _pack_path(self, tag: str) -> Path | None:
        return self._find(f"locales/{tag}.yaml")

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        channels: dict[str, Channel] = {}
        for path in reversed(self.channel_files()):
            channels.update({channel.id: channel for channel in read_document(path).parse(ChannelFile).channels})
        return channels

    def _all(self, name: str) -> Iterator[Path]:
        return (root / name for root in self.roots if (root / name).is_file())

    def _find(self, name: str) -> Path | None:
        return next(self._all(name), None)

    def _names(self, folder: str) -> list[str]:
        return sorted({path.stem for root in self.roots for path in (root / folder).glob("*.yaml")})


def _named_like_its_file(document: Document, kind: type[T], field: str) -> T:
    value = document.parse(kind)
    if getattr(value, field) != document.path.stem:
        raise document.error(f"it must be {document.path.stem!r}, like the file's name", field, kind=DataError)
    return value
