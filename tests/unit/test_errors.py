"""The error tree: every error is operable, and its drawing is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline import errors
from pipeline.errors import DataError, GlocalError, MissingExtra, ModelTooLarge, NoLawfulModel, UsageError

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, GlocalError)]

SPECIAL: dict[type[GlocalError], tuple[Any, ...]] = {
    NoLawfulModel: ("de-DE", [("a/model", "licence", "not lawful")]),
    MissingExtra: ("torch", "offline"),
    ModelTooLarge: ("acme/large", 48_000_000_000, 23_000_000_000),
}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_can_be_acted_on(kind: type[GlocalError]) -> None:
    """An error says whether to retry, what a person can do, how a command ends, and a name that is safe to show."""
    error = kind(*SPECIAL.get(kind, ("what went wrong",)))
    assert isinstance(error.retryable, bool)
    assert error.exit_code in {1, 2}
    assert error.code == kind.__name__
    assert str(error)
    assert error.hint, "nobody is told `Hint:` with nothing after it"


def test_only_wrong_use_ends_with_two() -> None:
    """Exit code 2 is kept for a command that was called wrongly."""
    assert [kind for kind in CLASSES if kind.exit_code == 2] == [UsageError]


def test_only_a_silent_database_or_endpoint_is_worth_another_try() -> None:
    """What is retried is what may work later without anybody's help."""
    assert [kind.__name__ for kind in CLASSES if kind.retryable] == [
        "HubUnavailable",
        "EndpointUnavailable",
        "StoreUnavailable",
    ]


def test_the_drawing_shows_every_error_under_its_base() -> None:
    """The tree at the head of the module is the tree of the classes."""
    parents: dict[str, str] = {}
    stack: list[str] = []
    for indent, name in re.findall(r"^( {4}[│├└─ ]*)([A-Z]\w+)", str(errors.__doc__), re.MULTILINE):
        level = (len(indent) - 4) // 4
        stack[level:] = [name]
        parents[name] = stack[level - 1] if level else "Exception"
    assert parents == {kind.__name__: kind.__base__.__name__ for kind in CLASSES if kind.__base__}


def test_a_hint_of_the_moment_goes_before_that_of_the_class() -> None:
    """Whoever raises an error may know better what to do."""
    assert GlocalError("no", hint="Do this.").hint == "Do this."
    assert UsageError("no").hint == UsageError.hint


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "it is wrong"),
        ({"path": Path("a.yaml")}, "a.yaml: it is wrong"),
        ({"path": "a.yaml", "line": 3}, "a.yaml:3: it is wrong"),
        ({"path": "a.yaml", "line": 3, "field": "id"}, "a.yaml:3: id: it is wrong"),
        ({"path": "a.yaml", "field": "id"}, "a.yaml: id: it is wrong"),
        ({"field": "id"}, "id: it is wrong"),
        ({"line": 3}, "it is wrong"),
    ],
)
def test_a_place_stands_before_the_message(place: dict[str, Any], text: str) -> None:
    """File, line and field stand in front, as far as they are known."""
    assert str(DataError("it is wrong", **place)) == text


def test_a_missing_extra_is_named_with_the_way_to_get_it() -> None:
    """An optional package is told with the command that installs it."""
    error = MissingExtra("torch", "offline")
    assert str(error) == "torch is not installed"
    assert error.hint == "Install it: pip install 'glocal[offline]'."


def test_a_model_that_does_not_fit_is_told_with_both_sizes() -> None:
    """What it needs and what there is, and the smaller choices once somebody knows them."""
    error = ModelTooLarge("acme/large", 48_123_000_000, 23_000_000_000, place="on the graphics card")
    assert str(error) == "acme/large needs 48.1 GB of memory, and 23.0 GB are free on the graphics card"
    assert error.hint == ModelTooLarge.hint

    informed = error.with_alternatives(["acme/small", "acme/tiny"])
    assert str(informed) == str(error)
    assert "Smaller models that may write here: acme/small, acme/tiny." in informed.hint
