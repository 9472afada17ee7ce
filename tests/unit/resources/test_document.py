"""What people get wrong in a YAML file, and what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.domain.brand import Brand
from pipeline.domain.value import Value
from pipeline.errors import DataError, UnknownBrand
from pipeline.resources.document import MAX_BYTES, Document, field_name, read_document, read_text

HEAD = """\
id: acme
name: Acme
source_locale: en-US
"""

BRAND = f"""\
{HEAD}pillars:
  - id: plain
    name: Plain
    statement: We say what is so.
"""


class Names(Value):
    names: tuple[str, ...]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "acme.yaml"


def mistake_in(path: Path, content: str | bytes) -> DataError:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read_document(path).parse(Brand)
    return caught.value


@pytest.mark.parametrize(
    ("content", "line", "field", "message"),
    [
        pytest.param(BRAND + "nmae: Acme\n", 8, "nmae", "there is no such field", id="wrong-key"),
        pytest.param(BRAND.replace("name: Acme\n", ""), 1, "name", "the field is missing", id="missing-key"),
        pytest.param(BRAND + "name: Again\n", 8, "name", "the key is given twice", id="repeated-key"),
        pytest.param(BRAND.replace("id: plain", "id: plain\n    id: other"), 6, "id", "given twice", id="nested-twice"),
        pytest.param(BRAND.replace("en-US", "english"), 3, "source_locale", "a locale tag such as", id="bad-tag"),
        pytest.param(BRAND.replace("id: acme", "id: Acme Inc"), 1, "id", "it must be a short name", id="bad-id"),
        pytest.param(BRAND.replace("name: Acme", "name: 1984"), 2, "name", "it must be text", id="not-text"),
        pytest.param(BRAND.replace("name: Acme", "name: ' '"), 2, "name", "it is empty", id="blank"),
        pytest.param(BRAND.replace("name: Acme", "name: ''"), 2, "name", "it is empty", id="empty"),
        pytest.param(BRAND.replace("name: Plain", "name: ''"), 6, "pillars[0].name", "it is empty", id="in-a-list"),
        pytest.param(HEAD + "pillars: []", 4, "pillars", "the list is empty", id="empty-list"),
        pytest.param(HEAD + "pillars: 3", 4, "pillars", "it must be a list", id="no-list"),
        pytest.param(HEAD + "pillars: [3]", 4, "pillars[0]", "hold named fields", id="no-mapping"),
        pytest.param(BRAND + "1: one\n", 8, "[1]", "the field's name must be text", id="number-as-key"),
        pytest.param(BRAND + "? [a, b]\n: c\n", 8, None, "a key must be a word", id="list-as-key"),
        pytest.param(BRAND + "? {a: b}\n: c\n", 8, None, "a key must be a word", id="mapping-as-key"),
        pytest.param("", 1, None, "must hold a mapping", id="empty-file"),
        pytest.param("# nothing yet\n", 1, None, "must hold a mapping", id="only-a-comment"),
        pytest.param("- id: acme\n", 1, None, "must hold a mapping", id="a-list"),
        pytest.param("acme\n", 1, None, "must hold a mapping", id="a-word"),
        pytest.param("id: [\n", 2, None, "not valid YAML", id="broken"),
        pytest.param("id: a\n\tname: b\n", 2, None, "not valid YAML", id="tab"),
        pytest.param("id: a\n---\nid: b\n", 2, None, "another document", id="two-documents"),
        pytest.param("id: *nobody\n", 1, None, "undefined alias", id="unknown-alias"),
        pytest.param(b"id: a\nname: Caf\xe9\n", 2, None, "the text is not UTF-8", id="latin-1"),
        pytest.param("id: a\n".encode("utf-16"), 1, None, "the text is not UTF-8", id="utf-16"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    file: Path, content: str | bytes, line: int, field: str | None, message: str
) -> None:
    """An error in a data file names file, line and field, says what is wrong on one line, and carries a hint."""
    error = mistake_in(file, content)
    assert (error.path, error.line, error.field) == (file, line, field)
    assert str(error).startswith(f"{file}:{line}: ")
    assert message in str(error)
    assert "\n" not in str(error)
    assert error.hint


def test_the_first_mistake_tells_of_the_others(file: Path) -> None:
    """A file with several mistakes shows one, and how many more there are."""
    error = mistake_in(file, BRAND + "one: 1\ntwo: 2\nthree: 3\n")
    assert error.field == "one"
    assert "(and 2 more)" in str(error)


def test_a_misspelled_field_is_told_as_what_was_written(file: Path) -> None:
    """A misspelled field is both wrong and missing: the line of what was written is the one to look at."""
    error = mistake_in(file, BRAND.replace("source_locale", "source_local"))
    assert str(error) == f"{file}:3: source_local: there is no such field; check its spelling (and 1 more)"


def test_a_rule_of_the_domain_speaks_for_itself(file: Path) -> None:
    """What a validator of a value says reaches the person without pydantic's own words around it."""
    error = mistake_in(file, BRAND + BRAND.split("pillars:\n")[1])
    assert str(error) == f"{file}:1: two pillars have the id 'plain'"


@pytest.mark.parametrize("content", [BRAND, "\ufeff" + BRAND, BRAND.replace("\n", "\r\n")])
def test_what_editors_do_to_files_does_no_harm(file: Path, content: str) -> None:
    """A byte-order mark and Windows line ends change nothing."""
    file.write_bytes(content.encode())
    assert read_document(file).parse(Brand).name == "Acme"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is repeated, with the advice to check it."""
    with pytest.raises(DataError, match=r"nowhere\.yaml: there is no such file") as caught:
        read_document(tmp_path / "nowhere.yaml")
    assert caught.value.hint == "Check the path."


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A path that cannot be read is told with the reason that the system gives."""
    with pytest.raises(DataError, match="it cannot be read: Is a directory"):
        read_document(tmp_path)


def test_the_largest_file_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    """The size is limited in bytes, before anything is parsed."""
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"a" * MAX_BYTES)
    large.write_bytes(b"a" * (MAX_BYTES + 1))
    assert len(read_text(small)) == MAX_BYTES
    with pytest.raises(DataError, match=r"larger than 1,000,000 bytes"):
        read_text(large)


def test_a_file_without_an_end_is_refused() -> None:
    """A device that never ends is read no further than the largest file."""
    with pytest.raises(DataError, match="larger than"):
        read_document(Path("/dev/zero"))


def test_a_field_that_is_not_there_has_the_line_of_what_would_hold_it(file: Path) -> None:
    """Where a field is missing, its place is the nearest part of its path that the file has."""
    file.write_text(BRAND)
    document = read_document(file)
    assert document.line_of() == 1
    assert document.line_of("pillars", 0, "statement") == 7
    assert document.line_of("pillars", 0, "exemplars", 3) == 5
    assert document.line_of("pillars", 7) == 4
    assert document.line_of("name", "deeper") == 2


def test_a_document_made_elsewhere_has_no_lines(file: Path) -> None:
    """Without a parsed text every place is line 1."""
    assert Document(path=file, data={}, node=None).line_of("name") == 1


def test_an_error_can_be_of_a_kind_of_its_own(file: Path) -> None:
    """Callers raise their own kind of error at a field's place."""
    file.write_text(BRAND)
    error = read_document(file).error("there is none", "name", kind=UnknownBrand)
    assert isinstance(error, UnknownBrand)
    assert str(error) == f"{file}:2: name: there is none"


@pytest.mark.parametrize(
    ("location", "name"),
    [((), ""), (("id",), "id"), (("a", "b"), "a.b"), (("segments", 0, "source"), "segments[0].source"), ((3,), "[3]")],
)
def test_a_place_is_written_as_people_write_it(location: tuple[str | int, ...], name: str) -> None:
    """Fields are joined by dots, positions stand in brackets."""
    assert field_name(location) == name


def test_merge_keys_may_be_overridden(file: Path) -> None:
    """A mapping that takes the keys of another and changes one of them gives no key twice."""
    file.write_text("names: [a]\nbase: &base {x: 1, y: 2}\nmore: {<<: *base, y: 3}\n")
    assert read_document(file).data == {"names": ["a"], "base": {"x": 1, "y": 2}, "more": {"x": 1, "y": 3}}


@pytest.mark.parametrize("word", ["no", "on", "12:30", "2026-13-45", "1_000", "0x1F", "007", "9" * 5_000, "NaN"])
def test_words_stay_words(file: Path, word: str) -> None:
    """Norway's tag, a time, a date and a number of house style are read as they are written."""
    file.write_text(f"names: [{word}]\n")
    assert read_document(file).parse(Names).names == (word,)
