"""Approved copy as JSON Lines, exact, and as CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.approved import ApprovedText
from pipeline.domain.decision import DecisionKind
from pipeline.export.formats import EXPORTERS, FIELDS, spreadsheet_safe

Approve = Callable[..., ApprovedText]

REAL_COPY = [
    "Kaltes Wasser, „den ganzen Tag“.",
    'He said "go", twice',
    "Line one\nline two",
    "« Prêt\u202f? »\u00a0!",
    "ماء بارد\u200f طوال اليوم",
    "冷たい水を、一日中。",
    "क्\u200dष",
    "👩‍👩‍👧, ; \t |",
    "\u2028 separator",
]

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "|cmd",
    "%0a",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    " =1+1",
    "\u00a0=1+1",
    "\u202f=1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u200f=1+1",
    "  \t =1",
]


def json_lines(*items: ApprovedText) -> list[dict[str, object]]:
    return [json.loads(line) for line in b"".join(EXPORTERS["jsonl"](items)).splitlines()]


def csv_rows(*items: ApprovedText) -> list[list[str]]:
    raw = b"".join(EXPORTERS["csv"](items)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(raw, newline="")))


def test_a_record_says_what_who_and_when(approve: Approve) -> None:
    """One object a text, in a fixed order of fields, with its marking: which model wrote it, who answers for it."""
    (record,) = json_lines(approve())
    assert tuple(record) == FIELDS
    assert record == {
        "unit": "line/de-DE",
        "locale": "de-DE",
        "segment": "line",
        "channel": "push",
        "source": "Cold water.",
        "text": "Kaltes Wasser.",
        "generated_by": "acme/writer",
        "edited": False,
        "reviewed_by": "Anna",
        "decided_at": "2026-05-01T09:30:00+00:00",
    }


def test_an_edited_text_is_marked(approve: Approve) -> None:
    """A text that a human changed says so."""
    assert json_lines(approve(kind=DecisionKind.EDIT))[0]["edited"] is True


@pytest.mark.parametrize("text", [*REAL_COPY, *FORMULAS])
def test_json_lines_are_exact(approve: Approve, text: str) -> None:
    """JSON Lines carry every character of the text, formulas too, and nothing escaped that need not be."""
    (record,) = json_lines(approve(text))
    assert record["text"] == text


@pytest.mark.parametrize("text", REAL_COPY)
def test_csv_carries_real_copy_unchanged(approve: Approve, text: str) -> None:
    """Quotation marks, commas, line breaks and right-to-left text come back as they went in."""
    header, row = csv_rows(approve(text))
    assert tuple(header) == FIELDS
    assert row[FIELDS.index("text")] == text


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("place", ["text", "source"])
def test_a_cell_that_would_run_gets_an_apostrophe(approve: Approve, place: str, text: str) -> None:
    """A cell that a spreadsheet takes for a formula, also behind spaces and marks without width, does not run."""
    item = approve(text) if place == "text" else approve(source=text)
    assert csv_rows(item)[1][FIELDS.index(place)] == f"'{text}"


def test_the_reviewers_name_is_a_cell_too(approve: Approve) -> None:
    """Whatever people can type, no cell of it runs."""
    item = approve()
    item = item.model_copy(update={"decision": item.decision.model_copy(update={"reviewer": "=HYPERLINK(1)"})})
    assert csv_rows(item)[1][FIELDS.index("reviewed_by")] == "'=HYPERLINK(1)"


def test_csv_opens_as_utf_8(approve: Approve) -> None:
    """A byte-order mark tells spreadsheets the encoding; every cell is quoted; lines end as RFC 4180 says."""
    raw = b"".join(EXPORTERS["csv"]([approve("Ü")]))
    assert raw.startswith(b'\xef\xbb\xbf"unit",')
    assert raw.endswith(b'"\r\n')
    assert "Ü".encode() in raw


def test_no_text_is_a_header_alone() -> None:
    """An export without texts is an empty file of lines, and a table with its header."""
    assert json_lines() == []
    assert csv_rows() == [list(FIELDS)]


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_cell_survives_or_is_defused(cell: str) -> None:
    """A cell is left exactly as it is, or gets one apostrophe in front, and never starts a formula."""
    safe = spreadsheet_safe(cell)
    assert safe in {cell, f"'{cell}"}
    assert not safe.strip().startswith(("=", "+", "-", "@"))
