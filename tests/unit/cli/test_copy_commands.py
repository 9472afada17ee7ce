"""draft, check, score and export: what goes in, what comes out, and what is left when it fails."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pipeline.planning import plan_unit
from pipeline.reviewing import approve, edit_and_approve
from pipeline.workflow import draft_claimed

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

GERMAN = "Weniger Plastik tragen, den ganzen Tag kaltes Wasser trinken."
ENGLISH = "Carry less plastic. Cold water, all day."

Glocal = Callable[..., Any]


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out" / "lines.jsonl"


def standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    class Input:
        buffer = io.BytesIO(content)

    monkeypatch.setattr(sys, "stdin", Input())


# draft


def test_draft_writes_a_line_for_each_unit(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """The same work without Prefect or a database: every field of the contract, and progress on standard error."""
    ran = glocal("draft", "--brief", workplace.brief(), "--output", output)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "drafting: 1/1 line/de-DE\n"
    (line,) = lines_of(output)
    fields = ("unit", "segment", "locale", "channel", "source", "text", "candidates", "assessment", "provenance")
    assert tuple(line) == fields
    assert (line["unit"], line["source"]) == ("line/de-DE", ENGLISH)
    assert line["text"] == line["candidates"][0]["text"]
    assert line["provenance"]["model_id"] == "acme/writer"
    assert not (workplace.folder / ".glocal").exists()


def test_draft_takes_its_sampling_from_the_command(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """--candidates and --seed stand before the settings, and are in the provenance."""
    brief = workplace.brief()
    seeds = []
    for seed in ("1", "1", "2"):
        assert glocal("draft", "--brief", brief, "--output", output, "--candidates", "5", "--seed", seed).code == 0
        generation = lines_of(output)[0]["provenance"]["generation"]
        assert generation["num_return_sequences"] == 5
        seeds.append(generation["seed"])
    assert seeds[0] == seeds[1] != seeds[2]


def test_draft_can_be_asked_for_some_locales(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """--locale, given once or more, drafts only those of the brief."""
    brief = workplace.brief(locales=["fr-FR", "de-DE"])
    assert glocal("draft", "--brief", brief, "--output", output, "--locale", "de-DE").code == 0
    assert [line["locale"] for line in lines_of(output)] == ["de-DE"]


@pytest.mark.parametrize("locale", ["ja-JP", "xx-XX", "deutsch"])
def test_draft_refuses_a_locale_that_the_brief_lacks(
    workplace: Workplace, glocal: Glocal, output: Path, locale: str
) -> None:
    """A locale that the brief does not ask for is wrong use, told with those it asks for."""
    ran = glocal("draft", "--brief", workplace.brief(), "--output", output, "--locale", locale)
    assert ran.failed(2, f"the brief does not ask for {locale}", "It asks for de-DE.")
    assert not output.exists()


def test_a_unit_that_fails_stops_no_other(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """A unit without a draft is listed on standard error with its reason and a hint; the others are written."""
    brief = workplace.brief(locales=["fr-FR", "de-DE"])
    ran = glocal("draft", "--brief", brief, "--output", output)
    assert ran.code == 1
    assert [line["unit"] for line in lines_of(output)] == ["line/de-DE"]
    (failure,) = [line for line in ran.err.splitlines() if line.startswith("glocal: ")]
    assert failure.startswith("glocal: line/fr-FR: no candidate can be used")
    assert " Hint: " in failure


def test_without_a_lawful_model_every_unit_says_why(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """No lawful model: each unit names the rejected models, and an older file stays as it was."""
    output.parent.mkdir()
    output.write_text("older")
    workplace.write_card(commercial_use="no")
    ran = glocal("draft", "--brief", workplace.brief(), "--output", output)
    assert ran.code == 1
    assert "acme/writer: Apache-2.0 does not allow commercial use" in ran.err
    assert output.read_text() == "older"


def test_a_brief_that_is_wrong_makes_no_file(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """What is wrong with the brief is told before anything is written."""
    brief = workplace.brief(brand="nobody")
    assert glocal("draft", "--brief", brief, "--output", output).failed(1, f"{brief}:2: brand: there is no brand")
    assert not output.parent.exists()


# check


def test_check_says_what_the_contract_says(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """One line for each copy, with the language verdict and the issues, in the fields of the contract."""
    source = write_lines(
        workplace.folder / "in.jsonl",
        {"id": 1, "locale": "de-DE", "text": GERMAN, "source": ENGLISH},
        {"id": "b", "locale": "de-DE", "text": "Carry less plastic with you and drink cold water all day long."},
    )
    assert glocal("check", "--input", source, "--output", output).code == 0
    good, bad = lines_of(output)
    assert tuple(good) == ("id", "language", "issues")
    assert (good["id"], bad["id"]) == (1, "b")
    assert set(good["language"]) == {"verdict", "detected", "confidence"}
    assert good["language"]["verdict"] == "match"
    assert bad["language"]["verdict"] == "mismatch"
    assert {"check", "dimension", "severity", "message", "start", "end"} <= set(bad["issues"][0])


def test_check_compares_with_other_locales_when_it_is_told(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """A line may carry the texts of other locales: two languages never have one text."""
    line = {"id": 1, "locale": "de-DE", "text": GERMAN}
    source = write_lines(
        workplace.folder / "in.jsonl", line, line | {"other_locales": {"de-AT": GERMAN, "fr-FR": GERMAN}}
    )
    assert glocal("check", "--input", source, "--output", output).code == 0
    alone, beside = ({issue["check"] for issue in one["issues"]} for one in lines_of(output))
    assert beside - alone == {"siblings"}


def test_check_measures_a_channel_when_it_is_told(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """Length is checked against --channel only; an unknown channel is told with those there are."""
    source = write_lines(workplace.folder / "in.jsonl", {"id": 1, "locale": "de-DE", "text": GERMAN})
    found = []
    for channel in ([], ["--channel", "hero_headline"]):
        assert glocal("check", "--input", source, "--output", output, *channel).code == 0
        found.append({issue["check"] for issue in lines_of(output)[0]["issues"]})
    assert "length" not in found[0]
    assert "length" in found[1]
    assert glocal("check", "--input", source, "--output", output, "--channel", "telex").failed(1, "no channel 'telex'")


@pytest.mark.parametrize("tag", ["kaa", "sr-Latn-RS", "zh_hans_cn", "DE", "en-us-x-private", "nan-Latn-TW", "xx-XX"])
def test_check_takes_any_locale(workplace: Workplace, glocal: Glocal, output: Path, tag: str) -> None:
    """A locale without a pack, in any case or form, is checked with what is known of its language."""
    source = write_lines(workplace.folder / "in.jsonl", {"id": 1, "locale": tag, "text": "Bir nima."})
    assert glocal("check", "--input", source, "--output", output).code == 0
    assert lines_of(output)[0]["language"]["verdict"] in {"match", "mismatch", "undetermined"}


@pytest.mark.parametrize("text", ["", " ", "\n", "👩‍👩‍👧", "\u0000", "\u202e", "a" * 20_000, "…", "{{7*7}}", "\ud83d"])
def test_check_has_an_answer_for_any_text(workplace: Workplace, glocal: Glocal, output: Path, text: str) -> None:
    """No text is an error of the command: what cannot be told is undetermined, what is no text is refused by line."""
    source = workplace.folder / "in.jsonl"
    source.write_text(json.dumps({"id": 1, "locale": "de-DE", "text": text, "source": text}) + "\n")
    ran = glocal("check", "--input", source, "--output", output)
    if ran.code == 0:
        assert lines_of(output)[0]["id"] == 1
    else:
        assert text == "\ud83d"
        assert ran.failed(1, f"{source}:1: text: ")


def test_fields_of_the_users_own_are_passed_over(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """Lines may carry more than Glocal reads."""
    source = write_lines(workplace.folder / "in.jsonl", {"id": 1, "locale": "de", "text": GERMAN, "owner": "Anna"})
    assert glocal("check", "--input", source, "--output", output).code == 0


def test_check_works_in_a_pipe(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """`-` is standard input and output: lines alone, in UTF-8, in their order."""
    from pipeline.cli.main import run

    lines = [{"id": name, "locale": "ja-JP", "text": "冷たい水を、一日中。"} for name in ("水", "b")]
    standard_input(monkeypatch, "".join(json.dumps(line) + "\n" for line in lines).encode())
    code = run(["--workspace", str(workplace.folder), "check", "--input", "-", "--output", "-"])
    captured = capfdbinary.readouterr()
    assert (code, captured.err) == (0, b"")
    assert [json.loads(line)["id"] for line in captured.out.splitlines()] == ["水", "b"]


@pytest.mark.parametrize("command", [["check"], ["score", "--brand", "aqualis"]])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"id": 1, "locale": "de-DE", "text": "\xff"}\n', [":1: the text is not UTF-8"]),
        (b'{"id": 1, "locale": "de-DE", "text": "a"}\n{"id": 2}\n', [":2: locale: the field is missing"]),
        (b"nonsense\n", [":1: not valid JSON"]),
        (b'{"id": 1, "locale": "../etc", "text": "a"}\n', [":1: locale: "]),
        (b'{"id": 1.5, "locale": "de", "text": "a"}\n', [":1: id"]),
        (b'{"id": 1, "locale": "de", "text": "' + b"a" * 20_001 + b'"}\n', [":1: text: ", "20000"]),
        (b'{"id": 1, "locale": "de", "text": "' + b"a" * 1_000_001 + b'"}\n', [":1: the line is longer than"]),
    ],
    ids=["utf-8", "missing", "json", "locale", "id", "long", "1-MB"],
)
def test_a_bad_line_leaves_no_output(
    workplace: Workplace, glocal: Glocal, output: Path, command: list[str], content: bytes, words: list[str]
) -> None:
    """A line that cannot be used is told with file, line and field, and nothing half-written is left."""
    source = workplace.folder / "in.jsonl"
    source.write_bytes(content)
    ran = glocal(*command, "--input", source, "--output", output)
    assert ran.failed(1, str(source), *words)
    assert not output.parent.exists() or list(output.parent.iterdir()) == []


def test_an_empty_input_is_an_empty_output(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """No line in, no line out, and no error."""
    source = workplace.put("in.jsonl", "")
    for command in (["check"], ["score", "--brand", "aqualis"]):
        assert glocal(*command, "--input", source, "--output", output).code == 0
        assert output.read_bytes() == b""


def test_one_file_may_be_read_and_written(workplace: Workplace, glocal: Glocal) -> None:
    """The input may be named as the output: it is read to its end before it is replaced."""
    file = write_lines(workplace.folder / "in.jsonl", *({"id": n, "locale": "de", "text": GERMAN} for n in range(3)))
    assert glocal("check", "--input", file, "--output", file).code == 0
    assert [line["id"] for line in lines_of(file)] == [0, 1, 2]


# score


def test_score_gives_a_line_for_each_copy_and_brand(workplace: Workplace, glocal: Glocal, output: Path) -> None:
    """Brands may be ids or YAML paths; the output names ids, copy by copy in the order given."""
    path = workplace.put("ours.yaml", workplace.brand_data() | {"id": "ours", "name": "Ours"})
    source = write_lines(
        workplace.folder / "in.jsonl", *({"id": n, "locale": "de-DE", "text": GERMAN} for n in range(300))
    )
    ran = glocal("score", "--brand", path, "--brand", "aqualis", "--input", source, "--output", output)
    assert ran.code == 0
    lines = lines_of(output)
    assert [(line["id"], line["brand"]) for line in lines] == [(n, b) for n in range(300) for b in ("ours", "aqualis")]
    assert tuple(lines[0]) == ("id", "brand", "brand_score", "verdict", "explanation")
    assert {line["verdict"] for line in lines} <= {"on_brand", "off_brand", "undetermined"}
    assert all(line["brand_score"] is None or 0 <= line["brand_score"] <= 1 for line in lines)
    assert all(line["explanation"] for line in lines)


@pytest.mark.parametrize(("brand", "words"), [("nobody", "there is no brand 'nobody'"), ("no.yaml", "no such file")])
def test_score_refuses_an_unknown_brand(glocal: Glocal, output: Path, brand: str, words: str) -> None:
    """A brand that cannot be found is told before a line is read."""
    assert glocal("score", "--brand", brand, "--input", "-", "--output", output).failed(1, words)


@pytest.mark.parametrize("text", ["", " ", "👩‍👩‍👧", "…"])
def test_score_has_an_answer_for_any_text(workplace: Workplace, glocal: Glocal, output: Path, text: str) -> None:
    """Copy that nothing can be told of is undetermined."""
    source = write_lines(workplace.folder / "in.jsonl", {"id": 1, "locale": "kaa", "text": text})
    assert glocal("score", "--brand", "aqualis", "--input", source, "--output", output).code == 0
    assert lines_of(output)[0]["verdict"] == "undetermined"


# export


@pytest.fixture
def reviewed(workplace: Workplace) -> Workplace:
    """A campaign of three segments: one approved, one edited and approved, one left in review."""
    segments = [{"id": name, "channel": "app_store_short", "source": ENGLISH} for name in ("one", "two", "three")]
    parts = workplace.parts()
    brief = parts.library.brief(workplace.brief(segments=segments))
    units = parts.library.units(brief, parts.library.brand(brief.brand))
    campaign = parts.record.add_campaign(brief, units[0].brand, "local")
    rows = parts.record.enqueue(campaign, [plan_unit(unit, parts.toolkit).provenance for unit in units])
    drafts = [
        str(draft_claimed(parts.record, row, unit, parts.toolkit, owner="me", lease=timedelta(minutes=1)).draft_id)
        for row, unit in zip(rows, units, strict=True)
    ]
    approve(parts.desk, drafts[0], version=1, reviewer="Anna")
    edit_and_approve(parts.desk, drafts[1], version=1, reviewer="Anna", text="=Wasser statt Plastik.", reason="r")
    parts.record.close()
    return workplace


@pytest.mark.usefixtures("reviewed")
def test_export_writes_approved_copy_and_nothing_else(glocal: Glocal, tmp_path: Path) -> None:
    """What was approved leaves, as it was approved, with a manifest; what was not stays."""
    ran = glocal("export", "--campaign", "launch", "--output", tmp_path / "out")
    assert (ran.code, ran.err) == (0, "")
    assert "2 approved texts in" in ran.out
    lines = {line["segment"]: line for line in lines_of(tmp_path / "out/launch.jsonl")}
    assert set(lines) == {"one", "two"}
    assert lines["two"]["text"] == "=Wasser statt Plastik."
    assert (lines["one"]["edited"], lines["two"]["edited"]) == (False, True)
    assert (tmp_path / "out/launch.jsonl.manifest.json").is_file()


@pytest.mark.usefixtures("reviewed")
def test_export_in_csv_is_safe_for_spreadsheets(glocal: Glocal, tmp_path: Path) -> None:
    """A text that looks like a formula does not run."""
    assert glocal("export", "--campaign", "launch", "--format", "csv", "--output", tmp_path).code == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "launch.csv").read_text(encoding="utf-8-sig"))))
    assert {row["segment"]: row["text"] for row in rows}["two"] == "'=Wasser statt Plastik."


def test_export_sends_back_what_no_longer_passes(reviewed: Workplace, glocal: Glocal, tmp_path: Path) -> None:
    """What a change of today forbids is not exported; standard error says what went back and why."""
    term = {"source": "water", "rule": "forbidden", "forms": {"de-DE": ["Wasser"]}}
    reviewed.put("brand_pillars/aqualis.yaml", reviewed.brand_data() | {"terms": [term]})
    ran = glocal("export", "--campaign", "launch", "--output", tmp_path)
    assert "No text of launch is approved at present" in ran.err
    assert ran.code == 1
    assert ran.err.count("went back to review: terms: ") == 2
    assert (tmp_path / "launch.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--campaign", "nobody"], 1, "the campaign 'nobody' was never run"),
        (["--campaign", "launch", "--format", "xliff"], 2, "there is no format 'xliff'"),
    ],
)
@pytest.mark.usefixtures("reviewed")
def test_export_tells_what_it_cannot_do(
    glocal: Glocal, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    """An unknown campaign or format is one line, and no file."""
    assert glocal("export", *arguments, "--output", tmp_path / "out").failed(code, words)
    assert not (tmp_path / "out").exists()


def test_a_wrong_format_sends_nothing_back(reviewed: Workplace, glocal: Glocal, tmp_path: Path) -> None:
    """Wrong use of the command changes no draft."""
    reviewed.write_card(commercial_use="no")
    assert glocal("export", "--campaign", "launch", "--format", "xliff", "--output", tmp_path).failed(2, "xliff")
    parts = reviewed.parts()
    assert {str(status): count for (_, status), count in parts.record.counts().items()} == {
        "approved": 2,
        "in_review": 1,
    }
    parts.record.close()


def test_the_sample_brief_is_what_draft_takes(glocal: Glocal, output: Path) -> None:
    """The shipped campaign drafts its German units with any model that writes German."""
    from pipeline.resources.library import shipped_folder

    brief = shipped_folder() / "campaigns/spring.yaml"
    ran = glocal("draft", "--brief", brief, "--output", output, "--locale", "de-DE")
    assert len(yaml.safe_load(brief.read_text(encoding="utf-8"))["segments"]) == len(lines_of(output)) == 2
    assert ran.code == 0
