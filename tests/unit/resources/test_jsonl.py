"""JSON Lines: what is read, what is refused, and files that appear whole or not at all."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pipeline.errors import DataError, DiskFull, GlocalError
from pipeline.resources.jsonl import MAX_LINE_BYTES, read_jsonl, write_jsonl, write_whole


class Line(BaseModel):
    id: str | int
    text: str = ""


class Stream:
    """Standard input or output, as far as bytes go through it."""

    def __init__(self, content: bytes = b"") -> None:
        self.buffer: IO[bytes] = io.BytesIO(content)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lines.jsonl"


def refused(file: Path, content: bytes) -> DataError:
    file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(read_jsonl(str(file), Line))
    return caught.value


def fails_after(lines: int, error: BaseException) -> Iterator[dict[str, Any]]:
    for number in range(lines):
        yield {"id": number}
    raise error


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("content", "line", "field", "message"),
    [
        pytest.param(b'{"id": 1}\n{"id": 2, "text": "\xff"}\n', 2, None, "the text is not UTF-8", id="invalid-utf-8"),
        pytest.param('{"id": 1}\n'.encode("utf-16"), 1, None, "the text is not UTF-8", id="utf-16"),
        pytest.param(b'{"id": 1}\n\n{"id": }\n', 3, None, "not valid JSON: Expecting value", id="bad-json"),
        pytest.param(b'{"id": 1} {"id": 2}\n', 1, None, "not valid JSON: Extra data", id="two-on-a-line"),
        pytest.param(b'{"id": 1', 1, None, "not valid JSON", id="cut-off"),
        pytest.param(b'{"text": "x"}\n', 1, "id", "the field is missing", id="missing-field"),
        pytest.param(b'{"id": 1, "text": 5}\n', 1, "text", "it must be text", id="wrong-kind"),
        pytest.param(b"[1, 2]\n", 1, None, "it must hold named fields", id="no-object"),
        pytest.param(b'{"id": ' + b"9" * 5_000 + b"}\n", 1, None, "too large or nested too deep", id="huge-number"),
        pytest.param(b"[" * 200_000, 1, None, "too large or nested too deep", id="deep"),
        pytest.param(b'{"id": "' + b"a" * MAX_LINE_BYTES + b'"}', 1, None, "longer than 1,000,000 bytes", id="1-MB"),
        pytest.param(b" " * (MAX_LINE_BYTES + 5), 1, None, "longer than", id="1-MB-of-nothing"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_place(
    file: Path, content: bytes, line: int, field: str | None, message: str
) -> None:
    """An error names file, line and, where it is about one, the field; it carries a hint."""
    error = refused(file, content)
    assert (error.path, error.line, error.field) == (str(file), line, field)
    assert message in str(error)
    assert "\n" not in str(error)
    assert error.hint


def test_lines_before_a_bad_one_are_handed_out(file: Path) -> None:
    """Lines are read one by one: what came first is not lost to what comes later."""
    file.write_bytes(b'{"id": 1}\nno\n')
    lines = read_jsonl(str(file), Line)
    assert next(lines).id == 1
    with pytest.raises(DataError):
        next(lines)


def test_empty_lines_a_mark_and_windows_ends_are_passed_over(file: Path) -> None:
    """What editors put around lines is no line."""
    file.write_bytes(b'\xef\xbb\xbf{"id": 1}\r\n\r\n   \n{"id": "b"}')
    assert [line.id for line in read_jsonl(str(file), Line)] == [1, "b"]


def test_a_line_of_the_largest_size_is_read(file: Path) -> None:
    """A line of exactly the limit, its end included, is read."""
    around = b'{"id": 1, "text": ""}\n'
    file.write_bytes(around[:-3] + b"a" * (MAX_LINE_BYTES - len(around)) + around[-3:])
    assert len(next(read_jsonl(str(file), Line)).text) == MAX_LINE_BYTES - len(around)


def test_a_line_without_an_end_fills_no_memory() -> None:
    """Of a line that never ends, only as much is read as shows that it is too long."""
    with pytest.raises(DataError, match="longer than"):
        next(read_jsonl("/dev/zero", Line))


@pytest.mark.parametrize(("name", "message"), [("nowhere.jsonl", "there is no such file"), (".", "Is a directory")])
def test_an_input_that_cannot_be_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    """A path that leads nowhere, or to a folder, is told in one line."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        next(read_jsonl(name, Line))


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads standard input, and errors call it by that name."""
    monkeypatch.setattr(sys, "stdin", Stream(b'{"id": 1}\n{}\n'))
    lines = read_jsonl("-", Line)
    assert next(lines).id == 1
    with pytest.raises(DataError, match="standard input:2: id: the field is missing"):
        next(lines)


def test_a_dash_is_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` writes to standard output, line by line, in UTF-8."""
    output = Stream()
    monkeypatch.setattr(sys, "stdout", output)
    assert write_jsonl("-", [{"text": "é"}, {"text": "水"}]) == 2
    output.buffer.seek(0)
    assert output.buffer.read().decode() == '{"text": "é"}\n{"text": "水"}\n'


def test_a_full_standard_output_is_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that cannot be written because nothing is free says so."""
    with Path("/dev/full").open("wb", buffering=0) as full:
        output = Stream()
        output.buffer = full
        monkeypatch.setattr(sys, "stdout", output)
        with pytest.raises(DiskFull, match="standard output: there is no room left to write"):
            write_jsonl("-", [{"id": 1}])


def test_a_reader_that_went_away_is_no_fault_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """`| head` ends a command as a broken pipe, for the command line to answer."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb", buffering=0) as pipe:
        output = Stream()
        output.buffer = pipe
        monkeypatch.setattr(sys, "stdout", output)
        with pytest.raises(BrokenPipeError):
            write_jsonl("-", [{"id": 1}])


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    """A file may be written into a folder that is not there yet."""
    assert write_jsonl(str(tmp_path / "a" / "b.jsonl"), [{"id": 1}]) == 1
    assert (tmp_path / "a" / "b.jsonl").read_text() == '{"id": 1}\n'


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "I/O error"), GlocalError("no"), ValueError("bug"), KeyboardInterrupt()]
)
def test_an_error_in_the_middle_leaves_nothing(file: Path, error: BaseException) -> None:
    """A file that could not be finished is not there, nor is any temporary one."""
    with pytest.raises((GlocalError, ValueError, KeyboardInterrupt)):
        write_jsonl(str(file), fails_after(3, error))
    assert left_in(file.parent) == []


def test_an_error_in_the_middle_keeps_what_was_there(file: Path) -> None:
    """A file that is written again keeps its old content until the new one is whole."""
    file.write_text("before")
    with pytest.raises(GlocalError):
        write_jsonl(str(file), fails_after(3, GlocalError("no")))
    assert file.read_text() == "before"
    assert left_in(file.parent) == [file.name]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_is_a_full_disk(file: Path, number: int) -> None:
    """A full disk and a used-up quota are DiskFull, and leave nothing behind."""
    with pytest.raises(DiskFull, match="there is no room left to write") as caught:
        write_jsonl(str(file), fails_after(2, OSError(number, "full")))
    assert str(file) in str(caught.value)
    assert left_in(file.parent) == []


def test_a_full_device_is_told_and_not_replaced() -> None:
    """A device is written into: it stays a device, and what it says is told."""
    with pytest.raises(DiskFull, match="/dev/full: there is no room left to write"):
        write_jsonl("/dev/full", [{"id": 1}])
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_writing_to_nothing_leaves_nothing_as_it_is() -> None:
    """`--output /dev/null` discards the lines, and never puts a file in the device's place."""
    assert write_jsonl("/dev/null", [{"id": 1}]) == 1
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    """A named pipe takes the lines."""
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_jsonl(str(pipe), [{"id": 1}])
    reader.join()
    assert got == [b'{"id": 1}\n']
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_is_followed(tmp_path: Path) -> None:
    """A link keeps pointing where it did, and the file there is replaced."""
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_jsonl(str(tmp_path / "link"), [{"id": 1}])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == '{"id": 1}\n'


def test_a_file_has_the_rights_that_its_maker_wants(file: Path) -> None:
    """The user's umask decides who may read unreleased copy."""
    before = os.umask(0o077)
    try:
        write_jsonl(str(file), [{"id": 1}])
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_name_as_long_as_the_system_allows_is_written(tmp_path: Path) -> None:
    """The temporary file needs no longer a name than the file."""
    file = tmp_path / ("n" * 255)
    assert write_jsonl(str(file), [{"id": 1}]) == 1


@pytest.mark.parametrize("name", ["", "folder", "taken/lines.jsonl", "n" * 300])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A folder, a path through a file and an impossible name are told, with the advice to choose another place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="it cannot be written") as caught:
        write_jsonl(name, [{"id": 1}])
    assert "--output" in caught.value.hint
    assert left_in(tmp_path) == ["folder", "taken"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_told(tmp_path: Path) -> None:
    """A folder without the right to write is a DataError."""
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="Permission denied"):
        write_jsonl(str(tmp_path / "lines.jsonl"), [{"id": 1}])


def test_chunks_are_counted_and_joined(file: Path) -> None:
    """A file is its chunks, in order, with nothing between them."""
    assert write_whole(file, [b"a", b"", b"b"]) == 3
    assert file.read_bytes() == b"ab"


@pytest.mark.parametrize("half", ["\ud800", "x\udfffy"])
def test_half_a_surrogate_pair_comes_back_as_it_came(file: Path, half: str) -> None:
    """JSON can carry half a surrogate pair; written again it is valid UTF-8 and the same JSON string."""
    write_jsonl(str(file), [{"id": half}])
    raw = file.read_bytes().decode("utf-8")
    assert json.loads(raw) == {"id": half}


def test_half_a_surrogate_pair_in_the_input_is_read_or_told(file: Path) -> None:
    """Half a surrogate pair in a field never crashes a reader."""
    file.write_bytes(b'{"id": "\\ud800", "text": "\\udfff"}\n')
    try:
        list(read_jsonl(str(file), Line))
    except DataError as error:
        assert error.line == 1  # noqa: PT017 (both outcomes are right)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(lines=st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), max_size=5))
def test_what_is_written_is_one_line_each_and_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]]
) -> None:
    """Any object becomes exactly one line of JSON that says the same; line separators of Unicode break nothing."""
    file = tmp_path_factory.mktemp("lines") / "out.jsonl"
    assert write_jsonl(str(file), lines) == len(lines)
    assert [json.loads(raw) for raw in file.read_bytes().splitlines()] == lines
