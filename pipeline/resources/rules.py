"""Rule files: one a jurisdiction, and two that say how all of them are read.

`locales/rules/<jurisdiction>.yaml` holds the rules, `locales/rules/common/words.yaml` how words change by language,
`common/media.yaml` which media a channel counts as. Knows nothing of the texts that rules are looked up in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from pipeline.domain.rule import ANY_LANGUAGE, Day, Jurisdiction, Language, Medium, Rule
from pipeline.domain.rule_pack import Reading, RulePack, WordForms
from pipeline.domain.value import Identifier, Value
from pipeline.errors import DataError
from pipeline.resources.document import Document, plain, read_document

WORDS_FILE = "locales/rules/common/words.yaml"
MEDIA_FILE = "locales/rules/common/media.yaml"

_HINTS = {
    "extra_forbidden": "docs/rules.md lists the fields.",
    "missing": "Add the field; docs/rules.md says what it holds.",
    "enum": "Use one of those words.",
    "literal_error": "Use one of those words.",
    "date_from_datetime_parsing": "Write the date as 2026-09-27.",
    "date_parsing": "Write the date as 2026-09-27.",
    "bool_type": "Write true or false.",
    "bool_parsing": "Write true or false.",
    "tuple_type": "Write [one] or [one, two].",
    "dict_type": "Write a language and its words, as `de: [grün]`.",
}
_HINT = "docs/rules.md says what the field holds."


class RuleFile(Value):
    """What a person writes: the jurisdiction, the day the rules were last looked at, and the rules."""

    jurisdiction: Jurisdiction
    as_of: Day
    rules: tuple[Rule, ...]


class WordsFile(Value):
    """How words change, by language."""

    words: dict[Language, WordForms] = Field(min_length=1)


class MediaFile(Value):
    """The media that each channel counts as."""

    media: dict[Identifier, tuple[Medium, ...]]


@dataclass(frozen=True)
class RuleShelf:
    """The rule files of one library: those of each jurisdiction, and the two common ones where they are found."""

    files: dict[str, Path]
    words: Path | None
    media: Path | None

    def pack(self, jurisdiction: str) -> RulePack:
        """The rules of one jurisdiction; DataError with the first mistake and the number of others."""
        document = read_document(self.files[jurisdiction])
        mistakes = list(_mistakes_in(document, RuleFile))
        if mistakes:
            first, *others = mistakes
            more = f" (and {len(others)} more mistakes: glocal rules check)" if others else ""
            problem = f"{first.problem}{more}"
            raise DataError(problem, path=first.path, line=first.line, field=first.field, hint=first.hint)
        return _pack_of(document.parse(RuleFile), self._reading)

    def mistakes(self) -> Iterator[DataError]:
        """Every mistake of every file, each with file, line, field and hint."""
        for path, kind in ((self.words, WordsFile), (self.media, MediaFile)):
            if path:
                yield from _mistakes_of(path, kind)
        read: dict[str, Document] = {}
        for name, path in self.files.items():
            found = list(_mistakes_of(path, RuleFile))
            yield from found
            if not found:
                read[name] = read_document(path)
        yield from _between(read)

    @cached_property
    def _reading(self) -> Reading:
        words = read_document(self.words).parse(WordsFile).words if self.words else {}
        media = read_document(self.media).parse(MediaFile).media if self.media else {}
        return Reading(words=words, media=media)


def _pack_of(file: RuleFile, reading: Reading) -> RulePack:
    """A pack that carries only what it is read with: another language's endings make no new version of it."""
    languages = {language for rule in file.rules for language in rule.triggers} - {ANY_LANGUAGE}
    words = {language: forms for language, forms in reading.words.items() if language in languages}
    media = reading.media if file.rules else {}
    return RulePack(
        jurisdiction=file.jurisdiction,
        as_of=file.as_of,
        rules=file.rules,
        reading=Reading(words=words, media=media),
    )


def _mistakes_of(path: Path, kind: type[Value]) -> Iterator[DataError]:
    try:
        document = read_document(path)
    except DataError as unreadable:
        yield unreadable
    else:
        yield from _mistakes_in(document, kind)


def _mistakes_in(document: Document, kind: type[Value]) -> Iterator[DataError]:
    try:
        value = kind.model_validate(document.data)
    except ValidationError as invalid:
        yield from (_mistake(document, one) for one in invalid.errors(include_url=False, include_input=False))
    else:
        if isinstance(value, RuleFile):
            yield from _inside(document, value)


def _mistake(document: Document, details: ErrorDetails) -> DataError:
    location = tuple(step for step in details["loc"] if step != "[key]")
    error = document.error(plain(details), *location)
    error.hint = _HINTS.get(details["type"], _HINT)
    return error


def _inside(document: Document, file: RuleFile) -> Iterator[DataError]:
    """What is wrong between the lines of one file."""
    if file.jurisdiction != document.path.stem:
        yield document.error(f"it must be {document.path.stem!r}, like the file's name", "jurisdiction")
    prefix = f"{file.jurisdiction.lower()}-"
    for number, rule in enumerate(file.rules):
        if not rule.id.startswith(prefix):
            error = document.error(f"{rule.id!r} must begin with {prefix!r}", "rules", number, "id")
            error.hint = "A rule is named after its jurisdiction, so that a finding says whose law it is."
            yield error


def _between(read: dict[str, Document]) -> Iterator[DataError]:
    """What is wrong between rules: an id that is used twice, a twin that does not exist."""
    places = list(_rules_of(read.values()))
    known: dict[str, Path] = {}
    for document, number, rule in places:
        if rule.id in known:
            error = document.error(f"{rule.id!r} is already in {known[rule.id].name}", "rules", number, "id")
            error.hint = "Give each rule an id of its own."
            yield error
        known.setdefault(rule.id, document.path)
    for document, number, rule in places:
        if rule.same_as and rule.same_as not in known:
            error = document.error(f"there is no rule {rule.same_as!r}", "rules", number, "same_as")
            error.hint = "Name a rule of any jurisdiction by its id, or leave the field out."
            yield error


def _rules_of(documents: Iterable[Document]) -> Iterator[tuple[Document, int, Rule]]:
    for document in documents:
        for number, rule in enumerate(document.parse(RuleFile).rules):
            yield document, number, rule
