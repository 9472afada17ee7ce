"""One YAML file: read strictly, checked against a domain value, with errors that name file, line and field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.errors import DataError

T = TypeVar("T", bound=BaseModel)

MAX_BYTES = 1_000_000
"""Nothing that a person writes by hand is larger."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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

    def error(self, message: str, *location: str | int, kind: type[DataError] = DataError) -> DataError:
        """An error about one field of this file, for the caller to raise."""
        return kind(message, path=self.path, line=self.line_of(*location), field=field_name(location))

    def parse(self, kind: type[T]) -> T:
        """The document as a domain value; DataError with the first mistake and the number of others."""
        try:
            return kind.model_validate(self.data)
        except ValidationError as invalid:
            first, *others = invalid.errors(include_url=False, include_input=False)
            more = f" (and {len(others)} more mistakes)" if others else ""
            raise self.error(f"{_plain(first['msg'])}{more}", *first["loc"]) from None


def read_document(path: Path) -> Document:
    """Read one YAML file; DataError when it is missing, too large, not UTF-8, not YAML or not a mapping."""
    text = read_text(path)
    try:
        node = yaml.compose(text, Loader=_Loader)
        data = None if node is None else _constructed(node)
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        problem = getattr(broken, "problem", None) or "it cannot be read"
        raise DataError(f"not valid YAML: {problem}", path=path, line=mark and mark.line + 1) from None
    if not isinstance(data, dict):
        raise DataError("the file must hold a mapping, `field: value`", path=path, line=1)
    _refuse_repeated_keys(path, node)
    return Document(path=path, data=data, node=node)


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file; DataError names what is wrong and where."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except FileNotFoundError:
        raise DataError("there is no such file", path=path, hint="Check the path.") from None
    except OSError as error:
        raise DataError(f"it cannot be read: {error.strerror}", path=path) from None
    if raw is None:
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


def _constructed(node: yaml.Node) -> object:
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


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
            if key.value in seen:
                raise DataError("the key is given twice", path=path, line=key.start_mark.line + 1, field=key.value)
            seen.add(key.value)
        children = [value for _, value in children]
    for child in children:
        _refuse_repeated_keys(path, child)


def _plain(message: str) -> str:
    return {
        "Extra inputs are not permitted": "there is no such field; check its spelling",
        "Field required": "the field is missing",
    }.get(message, message.removeprefix("Value error, "))
