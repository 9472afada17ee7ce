"""What every value has in common: it is frozen, knows its fields, and has one digest anywhere."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.channel import Channel
from pipeline.domain.value import Identifier, Line, LocaleTag, digest_of, text_digest

CHANNEL = Channel(id="push", name="Push", limit=120, source="house")


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("tag", ["de", "de-DE", "kaa", "zh-Hans", "zh-Hans-CN", "sr-Latn-RS", "es-419"])
def test_a_locale_tag_is_in_its_usual_case(tag: str) -> None:
    """Language, then script, then region or area: the canonical forms are tags."""
    assert accepts(LocaleTag, tag)


@pytest.mark.parametrize("tag", ["", "d", "DE", "de_DE", "de-de", "de-DEU", "zh-hans", "de-DE-x", "de-DE\n", "deutsch"])
def test_any_other_form_is_no_locale_tag(tag: str) -> None:
    """A tag in another case or form would be another key: it is refused."""
    assert not accepts(LocaleTag, tag)


@pytest.mark.parametrize("name", ["a", "9", "spring-refill_2", "a" * 64])
def test_an_identifier_is_safe_anywhere(name: str) -> None:
    """Lower-case letters, digits, - and _ may name a thing."""
    assert accepts(Identifier, name)


@pytest.mark.parametrize("name", ["", "-a", "_a", "A", "a b", "a/b", "../a", "é", "a" * 65, "a\n", "a.b"])
def test_an_identifier_is_nothing_else(name: str) -> None:
    """What could leave a folder, a URL or a key is no identifier."""
    assert not accepts(Identifier, name)


@pytest.mark.parametrize(
    ("text", "good"), [("a", True), ("a" * 2_000, True), ("", False), ("\n", False), ("a" * 2_001, False)]
)
def test_a_line_has_something_in_it(text: str, good: bool) -> None:
    """A line is neither empty nor longer than a page."""
    assert accepts(Line, text) is good


def test_a_value_does_not_change() -> None:
    """A value is frozen."""
    with pytest.raises(ValidationError):
        CHANNEL.limit = 3  # type: ignore[misc]


def test_a_value_knows_its_fields() -> None:
    """A field that a value does not have is refused, not dropped."""
    with pytest.raises(ValidationError, match="extra"):
        Channel.model_validate(CHANNEL.model_dump() | {"limits": 3})


def test_equal_content_has_one_digest() -> None:
    """The order of fields, and whether a part is a value or plain data, change nothing."""
    plain = CHANNEL.model_dump(mode="json")
    assert digest_of(CHANNEL) == digest_of(plain) == digest_of(dict(reversed(plain.items())))
    assert digest_of(CHANNEL, 1) != digest_of(CHANNEL, 2)
    assert digest_of("ab", "c") != digest_of("a", "bc")


def test_a_digest_is_the_same_in_another_process() -> None:
    """No digest depends on the run: hashes of Python's own are not in it."""
    command = (
        "from pipeline.domain.candidate import GenerationConfig as G; from pipeline.domain.value import digest_of;"
    )
    other = subprocess.run(
        [sys.executable, "-c", f"{command} print(digest_of(G(seed=3), {{'b': 'é', 'a': None}}))"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
    )
    assert other.stdout.strip() == digest_of(GenerationConfig(seed=3), {"a": None, "b": "é"})


@given(st.text(st.characters()))
def test_any_text_has_a_digest(text: str) -> None:
    """Half a surrogate pair is digested like any other text."""
    assert len(text_digest(text)) == 64
    assert text_digest(text) != text_digest(text + "\u200b")
