"""JSON Lines in UTF-8, the way commands read and write them; `-` is standard input or output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from pipeline.errors import NO_ROOM, DataError, DiskFull
from pipeline.resources.document import field_name, mistakes_in, plain

T = TypeVar("T", bound=BaseModel)

STANDARD_STREAM = "-"

MAX_LINE_BYTES = 1_000_000
"""One line of input: longer than any copy, short enough to refuse before it is parsed."""


def read_jsonl(name: str, kind: type[T]) -> Iterator[T]:
    """The lines of a file as values, one by one; DataError names file, line and field. Empty lines are passed over."""
    label = "standard input" if name == STANDARD_STREAM else name
    for number, raw in enumerate(_raw_lines(name, label), start=1):
        if raw.strip() or len(raw) > MAX_LINE_BYTES:
            yield _parse(raw, kind, label, number)


def write_jsonl(name: str, lines: Iterable[dict[str, Any]]) -> int:
    """Write lines and return how many; a file appears whole or not at all."""
    # Half of a surrogate pair is no UTF-8; written as `\\ud800` it is the same JSON that came in.
    encoded = (json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n" for line in lines)
    if name == STANDARD_STREAM:
        with _told_plainly(Path("standard output")):
            return _write_all(sys.stdout.buffer, encoded)
    return write_whole(Path(name), encoded)


def write_whole(path: Path, chunks: Iterable[bytes]) -> int:
    """Write chunks to a file and return how many. The file appears whole or not at all; DiskFull, DataError.

    What is no file (a device, a pipe) is written into, never replaced.
    """
    with _told_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                return _write_all(stream, chunks)
        return _write_beside(path.resolve(), chunks)


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files of one folder: all are on the disk before the first replaces an older one; DiskFull, DataError."""
    temporary = {path: path.with_name(f".glocal-{uuid4().hex}") for path in files}
    try:
        for path, content in files.items():
            with _told_plainly(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_beside(temporary[path], [content])
        for path in files:
            with _told_plainly(path):
                temporary[path].replace(path.resolve())
    finally:
        for left in temporary.values():
            _forget(left)


def _forget(temporary: Path) -> None:
    with suppress(OSError):
        temporary.unlink()


def _write_beside(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a file through a temporary one in the same folder, made with the user's own umask."""
    temporary = path.with_name(f".glocal-{uuid4().hex}")
    try:
        with temporary.open("xb") as stream:
            count = _write_all(stream, chunks)
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _write_all(stream: BinaryIO, chunks: Iterable[bytes]) -> int:
    count = 0
    for chunk in chunks:
        stream.write(chunk)
        count += 1
    stream.flush()
    return count


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    """Turn what the system says about writing into an error for a person; a reader that went away is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull(f"{path}: there is no room left to write") from None
        hint = "Choose another place with --output."
        raise DataError(f"it cannot be written: {error.strerror}", path=path, hint=hint) from None


def _raw_lines(name: str, label: str) -> Iterator[bytes]:
    try:
        if name == STANDARD_STREAM:
            yield from _lines_of(sys.stdin.buffer)
        else:
            with Path(name).open("rb") as stream:
                yield from _lines_of(stream)
    except FileNotFoundError:
        raise DataError("there is no such file", path=label, hint="Check the path.") from None
    except OSError as error:
        raise DataError(f"it cannot be read: {error.strerror}", path=label) from None


def _lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; of one that is too long only as much as shows it, so that no line fills the memory."""
    return iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b"")


def _parse(raw: bytes, kind: type[T], label: str, number: int) -> T:
    if len(raw) > MAX_LINE_BYTES:
        message = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
        raise DataError(message, path=label, line=number, hint="Copy is short: split the text into segments.")
    try:
        return kind.model_validate(json.loads(raw.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise DataError("the text is not UTF-8", path=label, line=number, hint="Save the file as UTF-8.") from None
    except ValidationError as invalid:
        first = mistakes_in(invalid)[0]
        raise DataError(plain(first), path=label, line=number, field=field_name(first["loc"]) or None) from None
    except (ValueError, RecursionError) as broken:
        # Also numbers of more digits, and lists of more levels, than Python reads.
        problem = getattr(broken, "msg", "it is too large or nested too deep")
        raise DataError(f"not valid JSON: {problem}", path=label, line=number) from None
