"""The YAML that data files are written in: YAML 1.2's core schema, in bounds, without tags.

Knows text and nodes; knows nothing of files or domain values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import regex
import yaml

MAX_DEPTH = 32
"""Levels of nesting, aliases written out; no file of ours has more than six."""

MAX_NODES = 100_000
"""Values in one file, aliases written out: a few lines of nested aliases stand for billions."""

_CONTROLS = regex.compile(r"[\p{Cc}\p{Cs}\ufffe\uffff--[\t\n\r\x85]]", regex.V1)


class CoreLoader(yaml.CSafeLoader):
    """Reads `no`, `12:30` and `2026-13-01` as the words they are: only true, false, null and numbers are not text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, regex.Pattern[str]]]] = {}  # noqa: RUF012 (as PyYAML has it)


for _tag, _form, _starts in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}", "-+0123456789"),
    ("merge", r"<<", "<"),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", regex.compile(rf"^(?:{_form})$"), list(_starts))


class RefusedYaml(Exception):
    """Raised when a text is YAML, but not of the kind that data files are written in; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class _Extent:
    """How much one value stands for; `depth` is of the levels below it."""

    anchor: str | None
    nodes: int = 1
    depth: int = 0

    def take(self, child: _Extent) -> None:
        self.nodes += child.nodes
        self.depth = max(self.depth, child.depth + 1)


@dataclass
class _Survey:
    """What was met so far: the values that are still open, outermost first, and every named one."""

    open: list[_Extent] = field(default_factory=lambda: [_Extent(None)])
    named: dict[str, _Extent] = field(default_factory=dict)

    def enter(self, extent: _Extent, line: int) -> None:
        """Open a value that holds others."""
        self.open.append(extent)
        _refuse_depth(len(self.open), line)

    def close(self, extent: _Extent, line: int) -> None:
        """Add a whole value to the one that holds it."""
        if extent.anchor:
            self.named[extent.anchor] = extent
        holder = self.open[-1]
        holder.take(extent)
        _refuse_depth(len(self.open) + holder.depth, line)
        if holder.nodes > MAX_NODES:
            raise RefusedYaml("its aliases (*name) stand for more values than a file can hold", line)


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text, None when it holds none; RefusedYaml or yaml.YAMLError.

    The events are looked at first: composing recurses in C, where deep nesting ends the process.
    """
    _refuse_controls(text, 1)
    survey = _Survey()
    for event in yaml.parse(text, Loader=CoreLoader):
        _look_at(event, survey, event.start_mark.line + 1 if event.start_mark else 1)
    node: yaml.Node | None = yaml.compose(text, Loader=CoreLoader)
    return node


def construct(node: yaml.Node) -> object:
    """The plain Python value of a node; yaml.YAMLError."""
    loader = CoreLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _look_at(event: yaml.Event, survey: _Survey, line: int) -> None:
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise RefusedYaml(f"the tag {tag} means nothing here: remove it", line)
    match event:
        case yaml.AliasEvent():
            survey.close(_meant_by(event, survey, line), line)
        case yaml.ScalarEvent():
            _refuse_controls(event.value, line)
            survey.close(_Extent(event.anchor), line)
        case yaml.CollectionStartEvent():
            survey.enter(_Extent(event.anchor), line)
        case yaml.CollectionEndEvent():
            survey.close(survey.open.pop(), line)


def _refuse_depth(depth: int, line: int) -> None:
    if depth > MAX_DEPTH:
        raise RefusedYaml(f"the file is nested more than {MAX_DEPTH} levels deep", line)


def _refuse_controls(text: str, line: int) -> None:
    """Characters that no one sees, some databases cannot keep and no copy needs, escaped as well as raw."""
    found = _CONTROLS.search(text)
    if found:
        code = f"U+{ord(found.group()):04X}"
        raise RefusedYaml(f"the control character {code} cannot stand here", line + text.count("\n", 0, found.start()))


def _meant_by(event: yaml.AliasEvent, survey: _Survey, line: int) -> _Extent:
    if any(extent.anchor == event.anchor for extent in survey.open):
        raise RefusedYaml(f"the alias *{event.anchor} stands for itself", line)
    meant = survey.named.get(str(event.anchor), _Extent(None))
    return _Extent(None, meant.nodes, meant.depth)
