"""What a run's summary says, and where it says what."""

from __future__ import annotations

import json

import pytest

from flows.summary import Line, Summary


def drafted(unit: str, *, new: bool = True, notice: str = "", text: str | None = None) -> Line:
    return Line(
        unit=unit,
        state="in_review",
        draft_id="1",
        model="acme/writer",
        language="match",
        issues=1,
        characters=30,
        limit=80,
        text=text,
        new=new,
        notice=notice,
    )


def failed(unit: str, error: str = "NoUsableCandidate", hint: str = "Draw more.") -> Line:
    return Line(unit, "failed", error=error, hint=hint)


def summary(*lines: Line, texts: bool = False) -> Summary:
    return Summary("spring", "47e2759a", lines, "glocal review serve", texts)


def test_it_is_complete_when_every_unit_has_a_draft() -> None:
    assert summary(drafted("line/de-DE")).complete
    assert not summary(drafted("line/de-DE"), failed("line/fr-FR")).complete


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([drafted("a/de-DE"), drafted("a/fr-FR", new=False)], "1 new draft."),
        ([drafted("a/de-DE"), drafted("a/fr-FR"), failed("a/ja-JP")], "2 new drafts, 1 of 3 units without one."),
        ([drafted("a/de-DE", new=False)], "Nothing new was drafted: every unit has a draft already."),
        ([failed("a/de-DE")], "No new draft, 1 of 1 units without one."),
    ],
)
def test_it_says_what_is_new(lines: list[Line], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    summary(*lines).print_table()

    assert told in capsys.readouterr().out.splitlines()


def test_it_ends_with_what_to_type_next(capsys: pytest.CaptureFixture[str]) -> None:
    summary(drafted("line/de-DE")).print_table()

    assert "Review them: glocal review serve" == capsys.readouterr().out.splitlines()[-1]


def test_without_a_draft_there_is_nothing_to_review(capsys: pytest.CaptureFixture[str]) -> None:
    summary(failed("line/de-DE")).print_table()

    assert "review" not in capsys.readouterr().out


def test_a_model_from_elsewhere_is_named_with_the_locales_it_wrote_for(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        drafted("a/de-DE", notice="made elsewhere"),
        drafted("b/de-DE", notice="made elsewhere"),
        drafted("a/fr-FR", notice="made elsewhere"),
    ]

    summary(*lines, drafted("a/en-US")).print_table()

    assert "acme/writer wrote for de-DE, fr-FR, and was made outside" in capsys.readouterr().out


def test_units_that_one_reason_stopped_share_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    summary(failed("a/de-DE"), failed("a/fr-FR"), failed("a/ja-JP", error="DiskFull", hint="Free some.")).print_table()

    told = capsys.readouterr().err.splitlines()
    assert "glocal: no draft for a/de-DE, a/fr-FR: NoUsableCandidate. Hint: Draw more." == told[0]
    assert "glocal: no draft for a/ja-JP: DiskFull. Hint: Free some." == told[1]


def test_the_table_has_texts_only_where_they_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    summary(drafted("line/de-DE", text="Weniger [Plastik].")).print_table()
    assert "Weniger" not in capsys.readouterr().out

    summary(drafted("line/de-DE", text="Weniger [Plastik]."), texts=True).print_table()
    assert "Weniger [Plastik]." in capsys.readouterr().out


def test_json_is_one_object_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    summary(drafted("line/de-DE"), failed("line/fr-FR")).print_json()

    told = json.loads(capsys.readouterr().out)
    assert (1, 1) == (told["drafted"], told["failed"])
    assert ["line/de-DE", "line/fr-FR"] == [unit["unit"] for unit in told["units"]]
    assert "glocal review serve" == told["review"]
