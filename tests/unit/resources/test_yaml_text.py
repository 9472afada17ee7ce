"""YAML that would harm whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.resources.document import read_document
from pipeline.resources.yaml_text import MAX_DEPTH, RefusedYaml, compose, construct


def bomb(levels: int, width: int) -> str:
    """A text whose last value holds width ** levels others."""
    lines = [f"n0: &n0 [{', '.join('x' * width)}]"]
    lines += [f"n{level}: &n{level} [{', '.join([f'*n{level - 1}'] * width)}]" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param(bomb(9, 9), 6, "its aliases", id="billion-laughs"),
        pytest.param(bomb(2_000, 1), 30, "nested more than 32", id="a-chain-of-aliases"),
        pytest.param("a: &a [*a]", 1, "stands for itself", id="a-list-in-itself"),
        pytest.param("a: &a {b: [1, *a]}", 1, "stands for itself", id="a-mapping-in-itself"),
        pytest.param("a: " + "[" * 100_000, 1, "nested more than 32", id="deep-list"),
        pytest.param("a: " + "{a: " * 20_000 + "}" * 20_000, 1, "nested more than 32", id="deep-mapping"),
        pytest.param("\n".join(" " * n + "a:" for n in range(600)), 31, "nested more than 32", id="deep-indent"),
        pytest.param("a: !!python/object/apply:os.system ['true']", 1, "the tag", id="python-tag"),
        pytest.param("\na: !!binary aGk=", 2, "the tag", id="standard-tag"),
        pytest.param("a: !mine b", 1, "the tag", id="tag-of-ones-own"),
        pytest.param("a: b\nc: \x00", 2, r"U\+0000", id="raw-control"),
        pytest.param('a: b\nc: "x\\0"', 2, r"U\+0000", id="escaped-control"),
        pytest.param('a: "\\e[31m"', 1, r"U\+001B", id="terminal-escape"),
    ],
)
def test_what_would_harm_the_reader_is_refused_at_once(tmp_path: Path, text: str, line: int, message: str) -> None:
    """A file that explodes, nests without end, runs code or hides characters is refused with its line."""
    with pytest.raises(RefusedYaml, match=message) as caught:
        compose(text)
    assert caught.value.line == line
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(DataError) as told:
        read_document(path)
    assert (told.value.path, told.value.line) == (path, line)


def test_ten_thousand_lines_are_no_bomb() -> None:
    """A long list, and a few aliases, are what people write."""
    node = compose("a: &a [x, y]\nb: *a\nc:\n" + "- z\n" * 10_000)
    assert node is not None
    assert construct(node) == {"a": ["x", "y"], "b": ["x", "y"], "c": ["z"] * 10_000}


def test_the_deepest_file_is_read() -> None:
    """As many levels as are allowed are read; one more is not."""
    levels = MAX_DEPTH - 2
    assert compose("a: " + "[" * levels + "]" * levels) is not None
    with pytest.raises(RefusedYaml):
        compose("a: " + "[" * (levels + 1) + "]" * (levels + 1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("0.27", 0.27),
        ("yes", "yes"),
        ("'12'", "12"),
        ("1e3", "1e3"),
        ("é", "é"),
    ],
)
def test_only_what_looks_like_no_text_is_none(text: str, value: object) -> None:
    """Truth values, numbers and null are the only plain words that are not text."""
    node = compose(f"a: {text}")
    assert node is not None
    assert construct(node) == {"a": value}


@given(st.text(max_size=200))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    """Whatever a file holds, it is read or refused."""
    try:
        node = compose(text)
        if node is not None:
            construct(node)
    except (RefusedYaml, yaml.YAMLError):
        pass


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1).filter(lambda text: text.strip()))
def test_text_comes_back_as_it_was_written(text: str) -> None:
    """Every text that a person can see survives quoting, its own spaces and marks included."""
    node = compose(yaml.safe_dump({"a": text}, allow_unicode=True, width=10_000))
    assert node is not None
    assert construct(node) == {"a": text}
