"""The formats. Each turns approved texts into lines of bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

import regex

from pipeline.domain.approved import ApprovedText
from pipeline.domain.decision import DecisionKind

FIELDS = (
    "unit",
    "locale",
    "segment",
    "channel",
    "source",
    "text",
    "generated_by",
    "edited",
    "reviewed_by",
    "decided_at",
)

_FORMULA = regex.compile(r"[\p{Z}\p{Cf}]*[-=+@\t\r\n\0|%＝＋－＠]")
"""Characters that spreadsheets take for the start of a formula or a command (OWASP ASVS 1.2.10 and their full-width
twins), also behind spaces and characters without width, which some of them drop."""


def as_record(item: ApprovedText) -> dict[str, str | bool]:
    """One approved text as a flat record, with its marking: which model wrote it, who answers for it."""
    return {
        "unit": f"{item.segment}/{item.locale}",
        "locale": item.locale,
        "segment": item.segment,
        "channel": item.channel,
        "source": item.source,
        "text": item.text,
        "generated_by": item.provenance.model_id,
        "edited": item.decision.kind is DecisionKind.EDIT,
        "reviewed_by": item.decision.reviewer,
        "decided_at": item.decision.decided_at.isoformat(),
    }


def to_jsonl(items: Iterable[ApprovedText]) -> Iterator[bytes]:
    """JSON Lines, exact: for machines."""
    for item in items:
        yield json.dumps(as_record(item), ensure_ascii=False).encode() + b"\n"


def to_csv(items: Iterable[ApprovedText]) -> Iterator[bytes]:
    """CSV (RFC 4180) with a byte-order mark, safe to open in a spreadsheet.

    A cell that would run as a formula gets a leading apostrophe, which changes it: machines read JSON Lines.
    """
    yield b"\xef\xbb\xbf" + _row(FIELDS)
    for item in items:
        yield _row([spreadsheet_safe(str(value)) for value in as_record(item).values()])


def spreadsheet_safe(cell: str) -> str:
    """A cell that no spreadsheet runs: one that starts like a formula gets an apostrophe."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _row(cells: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow(cells)
    return buffer.getvalue().encode()


EXPORTERS: dict[str, Callable[[Iterable[ApprovedText]], Iterator[bytes]]] = {"jsonl": to_jsonl, "csv": to_csv}
