"""All that is wrong with locale packs, languages and channels, at once.

What their schemas refuse, and what a schema cannot know: an example that does not fit its channel, or that breaks the
pack's own rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipeline.checks.registry import run_checks
from pipeline.checks.subject import CheckedText
from pipeline.domain.channel import Channel
from pipeline.domain.issue import Severity
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.manners import LanguageManners
from pipeline.domain.value import Value
from pipeline.errors import DataError
from pipeline.resources.document import Document, read_document
from pipeline.resources.library import ChannelFile, Library
from pipeline.resources.packs import EXTENDS, PackSource, is_market

FEWEST_PAIRS = 8
FEWEST_CHANNELS = 4
"""Examples, and channels among them, that a model needs to be shown a market's manners."""

_BESIDE_THE_POINT = {"numbers", "untranslated", "originality"}
"""Checks that hold copy against its source: examples are free of theirs, and like each other."""


def find_mistakes(library: Library) -> Iterator[DataError]:
    """Yield every mistake of every channel file, language file and locale pack."""
    for path in library.channel_files():
        yield from _mistakes_of(path, ChannelFile)
    for path in library.language_files():
        yield from _mistakes_of(path, LanguageManners, named="language")
    files = library.locale_files()
    for path in files.values():
        yield from _mistakes_of_pack(library, path)
    yield from _unused_bases(files)


def _mistakes_of(path: Path, kind: type[Value], named: str | None = None) -> Iterator[DataError]:
    try:
        document = read_document(path)
    except DataError as unreadable:
        yield unreadable
        return
    found = list(document.mistakes(kind))
    yield from found
    if named and not found and _field(document, named) != path.stem:
        yield document.error(f"it must be {path.stem!r}, like the file's name", named)


def _mistakes_of_pack(library: Library, path: Path) -> Iterator[DataError]:
    """The mistakes of one pack; a base is read where a market stands on it, its tag here."""
    try:
        source = library.pack_source(path)
    except DataError as unreadable:
        yield unreadable
        return
    if not is_market(path.stem):
        return
    found = list(source.mistakes())
    yield from found or _poor_examples(library, source)


def _unused_bases(files: dict[str, Path]) -> Iterator[DataError]:
    """A base that no pack stands on is tested by nothing."""
    documents = [document for path in files.values() if (document := _readable(path))]
    extended = {_field(document, EXTENDS) for document in documents}
    for document in documents:
        if not is_market(document.path.stem) and document.path.stem not in extended:
            yield document.error("no pack extends this one, and its tag names no country", "tag")


def _poor_examples(library: Library, source: PackSource) -> Iterator[DataError]:
    pack = source.parse()
    channels = {channel.id: channel for channel in _channels(library)}
    yield from _too_few(source, pack)
    for number, pair in enumerate(pack.pairs):
        if channels and pair.channel not in channels:
            known = ", ".join(sorted(channels))
            yield source.error(f"there is no channel {pair.channel!r} (known: {known})", "pairs", number, "channel")
        yield from _broken_rules(library, source, pack, number, channels.get(pair.channel))
    yield from _repeated(source, pack)


def _channels(library: Library) -> list[Channel]:
    """The channels, as far as their files can be read: their own mistakes are told elsewhere."""
    try:
        return library.channels()
    except DataError:
        return []


def _too_few(source: PackSource, pack: LocalePack) -> Iterator[DataError]:
    if len(pack.pairs) < FEWEST_PAIRS:
        yield source.error(f"{len(pack.pairs)} examples; there should be {FEWEST_PAIRS} at least", "pairs")
    channels = len({pair.channel for pair in pack.pairs})
    if channels < FEWEST_CHANNELS:
        yield source.error(f"examples for {channels} channels; there should be {FEWEST_CHANNELS} at least", "pairs")


def _repeated(source: PackSource, pack: LocalePack) -> Iterator[DataError]:
    targets = Counter(pair.target for pair in pack.pairs)
    for number, pair in enumerate(pack.pairs):
        if targets[pair.target] > 1:
            targets[pair.target] = 0
            yield source.error("two examples have this text", "pairs", number, "target")


def _broken_rules(
    library: Library, source: PackSource, pack: LocalePack, number: int, channel: Channel | None
) -> Iterator[DataError]:
    """What the checks say of one example, as if it were a draft: a model copies what it is shown."""
    pair = pack.pairs[number]
    subject = CheckedText(
        text=pair.target,
        locale=pack.tag,
        source=pair.source,
        channel=channel,
        pack=pack,
        all_manners=_manners(library),
    )
    _, issues = run_checks(subject)
    for issue in issues:
        if issue.check not in _BESIDE_THE_POINT and issue.severity is not Severity.NEUTRAL:
            yield source.error(f"{issue.check}: {issue.message}", "pairs", number, "target")


def _manners(library: Library) -> dict[str, LanguageManners]:
    try:
        return library.manners
    except DataError:
        return {}


def _readable(path: Path) -> Document | None:
    try:
        return read_document(path)
    except DataError:
        return None


def _field(document: Document, name: str) -> object:
    return document.data.get(name) if isinstance(document.data, dict) else None
