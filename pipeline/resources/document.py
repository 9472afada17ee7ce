"""One YAML file: read strictly, checked against a domain value, with errors that name file, line and field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.domain.value import Identifier, Line, LocaleTag
from pipeline.errors import DataError
from pipeline.resources.yaml_text import RefusedYaml, compose, construct

T = TypeVar("T", bound=BaseModel)

MAX_BYTES = 1_000_000
"""Nothing that a person writes by hand is larger."""


_MISTAKES = {
    "extra_forbidden": "there is no such field; check its spelling",
    "missing": "the field is missing",
    "string_type": "it must be text; put it in quotation marks",
    "string_too_short": "it is empty",
    "too_short": "the list is empty or too short",
    "tuple_type": "it must be a list",
    "model_type": "it must hold named fields",
    "invalid_key": "the field's name must be text",
}

_FORMS = {
    get_args(Line)[1].pattern: "it is empty",
    get_args(Identifier)[1].pattern: "it must be a short name: lower-case letters, digits, - and _",
    get_args(LocaleTag)[1].pattern: "it must be a locale tag such as de-DE",
}


@dataclass(frozen=True)
class Document:
    """A parsed YAML file that still knows on which line each field stands."""

    path: Path
    data: object
    node: yaml.Node | None

    def line_of(self, *location: str | int) -> int | None:
        """Line (from 1) of a field, or of the nearest part of its path that the file has."""
        node, line = self.node, 1 if self.node is None else self.node.start_mark.line + 1
        for step in location:
            found = _child(node, step)
            if found is None:
                break
            node, line = found
        return line

    def has(self, *location: str | int) -> bool:
        """Whether the file has this field."""
        node = self.node
        for step in location:
            found = _child(node, step)
            if found is None:
                return False
            node, _ = found
        return True

    def error(self, message: str, *location: str | int, kind: type[DataError] = DataError) -> DataError:
        """An error about one field of this file, for the caller to raise."""
        return kind(message, path=self.path, line=self.line_of(*location), field=field_name(location) or None)

    def parse(self, kind: type[T]) -> T:
        """The document as a domain value; DataError with the first mistake and the number of others."""
        try:
            return kind.model_validate(self.data)
        except ValidationError as invalid:
            first, *others = mistakes_in(invalid)
            more = f" (and {len(others)} more)" if others else ""
            raise self.error(f"{plain(first)}{more}", *first["loc"]) from None

    def mistakes(self, kind: type[T]) -> Iterator[DataError]:
        """Every mistake of the document as a domain value."""
        try:
            kind.model_validate(self.data)
        except ValidationError as invalid:
            yield from (self.error(plain(one), *one["loc"]) for one in mistakes_in(invalid))


class Named(Protocol):
    """An entry of a list that is found by its id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


E = TypeVar("E", bound=Named)


def listed_once(entries: tuple[E, ...]) -> tuple[E, ...]:
    """The entries of a list as they are; ValueError where two have one id."""
    twice = [name for name, count in Counter(entry.id for entry in entries).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is listed twice")
    return entries


def read_document(path: Path) -> Document:
    """Read one YAML file; DataError when it is missing, too large, not UTF-8, not YAML or not a mapping."""
    text = read_text(path)
    try:
        node = compose(text)
        # First: merge keys (<<) put the keys of other mappings beside a mapping's own.
        _refuse_repeated_keys(path, node)
        data = None if node is None else construct(node)
    except RefusedYaml as refused:
        raise DataError(str(refused), path=path, line=refused.line) from None
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        problem = getattr(broken, "problem", None) or "it cannot be read"
        raise DataError(f"not valid YAML: {problem}", path=path, line=mark and mark.line + 1) from None
    if not isinstance(data, dict):
        raise DataError("the file must hold a mapping, `field: value`", path=path, line=1)
    return Document(path=path, data=data, node=node)


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file; DataError names what is wrong and where."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DataError("there is no such file", path=path, hint="Check the path.") from None
    except OSError as error:
        raise DataError(f"it cannot be read: {error.strerror}", path=path) from None
    if len(raw) > MAX_BYTES:
        raise DataError(f"the file is larger than {MAX_BYTES:,} bytes", path=path, hint="Split it into smaller files.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError("the text is not UTF-8", path=path, line=line, hint="Save the file as UTF-8.") from None


def field_name(location: tuple[str | int, ...]) -> str:
    """A path into a document as people write it: `segments[0].source`."""
    name = ""
    for step in location:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else str(step)
    return name


def mistakes_in(invalid: ValidationError) -> list[ErrorDetails]:
    """What pydantic found, what tells most first: a misspelled field is a wrong one as well as a missing one."""
    mistakes = invalid.errors(include_url=False, include_input=False)
    return sorted(mistakes, key=lambda mistake: mistake["type"] != "extra_forbidden")


def plain(mistake: ErrorDetails) -> str:
    """A mistake that pydantic found, in words for the person who wrote the file."""
    if mistake["type"] == "string_pattern_mismatch":
        return _FORMS.get(mistake["ctx"]["pattern"], mistake["msg"])
    return _MISTAKES.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    return None


def _refuse_repeated_keys(path: Path, node: yaml.Node | None) -> None:
    children = [] if node is None or isinstance(node, yaml.ScalarNode) else node.value
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, _ in children:
            if not isinstance(key, yaml.ScalarNode):
                raise DataError("a key must be a word", path=path, line=key.start_mark.line + 1)
            if key.value in seen:
                raise DataError("the key is given twice", path=path, line=key.start_mark.line + 1, field=key.value)
            seen.add(key.value)
        children = [value for _, value in children]
    for child in children:
        _refuse_repeated_keys(path, child)
