"""JSON Lines in UTF-8, the way commands read and write them; `-` is standard input or output."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import DataError, DiskFull
from pipeline.resources.document import field_name

T = TypeVar("T", bound=BaseModel)

STANDARD_STREAM = "-"

MAX_LINE_BYTES = 1_000_000
"""One line of input: longer than any copy, short enough to refuse before it is parsed."""


def read_jsonl(name: str, kind: type[T]) -> Iterator[T]:
    """The lines of a file as values, one by one; DataError names file, line and field. Empty lines are passed over."""
    label = "standard input" if name == STANDARD_STREAM else name
    for number, raw in enumerate(_raw_lines(name, label), start=1):
        if raw.strip():
            yield _parse(raw, kind, label, number)


def write_jsonl(name: str, lines: Iterable[dict[str, Any]]) -> int:
    """Write lines and return how many; a file appears whole or not at all."""
    encoded = (json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for line in lines)
    if name == STANDARD_STREAM:
        count = 0
        for line in encoded:
            sys.stdout.buffer.write(line)
            count += 1
        sys.stdout.buffer.flush()
        return count
    return write_whole(Path(name), encoded)


def write_whole(path: Path, chunks: Iterable[bytes]) -> int:
    """Write chunks to a file through a temporary one beside it, and return how many; DiskFull leaves nothing behind."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _write_error(path, error) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            count = 0
            for chunk in chunks:
                stream.write(chunk)
                count += 1
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise _write_error(path, error) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
    return count


def _raw_lines(name: str, label: str) -> Iterator[bytes]:
    try:
        if name == STANDARD_STREAM:
            yield from sys.stdin.buffer
        else:
            with Path(name).open("rb") as stream:
                yield from stream
    except FileNotFoundError:
        raise DataError("there is no such file", path=label, hint="Check the path.") from None
    except OSError as error:
        raise DataError(f"it cannot be read: {error.strerror}", path=label) from None


def _parse(raw: bytes, kind: type[T], label: str, number: int) -> T:
    if len(raw) > MAX_LINE_BYTES:
        message = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
        raise DataError(message, path=label, line=number, hint="Copy is short: split the text into segments.")
    try:
        return kind.model_validate(json.loads(raw.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise DataError("the text is not UTF-8", path=label, line=number, hint="Save the file as UTF-8.") from None
    except json.JSONDecodeError as broken:
        raise DataError(f"not valid JSON: {broken.msg}", path=label, line=number) from None
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        raise DataError(first["msg"], path=label, line=number, field=field_name(first["loc"])) from None


def _write_error(path: Path, error: OSError) -> Exception:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"{path}: there is no room left to write")
    return DataError(f"it cannot be written: {error.strerror}", path=path, hint="Choose another place with --output.")
