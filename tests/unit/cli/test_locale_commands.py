"""`glocal locales`: the markets there are, and every mistake of their files at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pipeline.resources.library import shipped_folder

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Glocal
    from tests.unit.conftest import Workplace

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def edit_pack(workplace: Workplace) -> Callable[..., None]:
    """Puts a changed copy of a shipped pack into the workspace."""

    def edit(tag: str, change: Edit, *, as_tag: str | None = None) -> None:
        data = yaml.safe_load((shipped_folder() / f"locales/{tag}.yaml").read_text(encoding="utf-8"))
        change(data)
        target = workplace.folder / f"locales/{as_tag or tag}.yaml"
        target.parent.mkdir(exist_ok=True)
        target.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")

    return edit


def test_the_shipped_locales_are_listed(glocal: Glocal) -> None:
    """Tag, market, jurisdictions, examples and channels of every locale."""
    ran = glocal("locales", "list", "--json")
    lines = {line["tag"]: line for line in json.loads(ran.out)}
    assert ran.code == 0
    assert lines["de-DE"]["market"] == "DE"
    assert lines["de-DE"]["jurisdictions"] == ["DE", "EU"]
    assert lines["de-DE"]["pairs"] >= 8
    assert len(lines["de-DE"]["channels"]) >= 4
    assert "de-DE" in glocal("locales", "list").out


def test_the_shipped_files_have_no_mistake(glocal: Glocal) -> None:
    """What ships passes its own audit: every example fits its channel and keeps its pack's rules."""
    ran = glocal("locales", "check", "--json")
    assert json.loads(ran.out) == []
    assert ran.code == 0


def test_all_mistakes_are_told_at_once(glocal: Glocal, workplace: Workplace, edit_pack: Callable[..., None]) -> None:
    """Mistakes of several packs, of a language and of the channels, each with file, line, field and hint."""
    edit_pack("de-DE", lambda pack: pack.update(direction="up", colour="red"))
    edit_pack("ja-JP", lambda pack: pack["pairs"][0].update(target="Cold water, all day long, and more of it."))
    (workplace.folder / "locales/languages").mkdir()
    (workplace.folder / "locales/languages/de.yaml").write_text("language: de\nfirstperson: [ich]\n")
    (workplace.folder / "channels.yaml").write_text(
        "channels:\n  - {id: sms, name: SMS, limit: 0, unit: letters, source: s}\n"
    )
    found = json.loads(glocal("locales", "check", "--json").out)
    told = {(mistake["file"].rpartition("/")[2], mistake["field"]) for mistake in found}
    assert told >= {
        ("de-DE.yaml", "direction"),
        ("de-DE.yaml", "colour"),
        ("ja-JP.yaml", "pairs[0].target"),
        ("de.yaml", "firstperson"),
        ("channels.yaml", "channels[0].limit"),
        ("channels.yaml", "channels[0].unit"),
    }
    assert all(mistake["line"] and mistake["hint"] and mistake["message"] for mistake in found)


def test_a_mistake_is_one_line_and_a_failure(glocal: Glocal, edit_pack: Callable[..., None]) -> None:
    """Without --json each mistake is a line that an editor can jump to."""
    edit_pack("de-DE", lambda pack: pack.update(colour="red"))
    ran = glocal("locales", "check")
    assert ran.code == 1
    assert "de-DE.yaml:" in ran.out
    assert "colour: there is no such field" in ran.out
    assert " Hint: " in ran.out
    assert "1 mistakes in" in ran.err


def set_targets(*targets: str) -> Edit:
    """Gives the first examples these texts."""

    def change(pack: dict[str, Any]) -> None:
        for pair, target in zip(pack["pairs"], targets, strict=False):
            pair["target"] = target

    return change


def in_one_channel(pack: dict[str, Any]) -> None:
    """Leaves seven examples, all of one channel that nobody knows."""
    pack["pairs"] = [pair | {"channel": "poster"} for pair in pack["pairs"][:7]]


def test_what_a_schema_cannot_know_is_told(glocal: Glocal, edit_pack: Callable[..., None]) -> None:
    """Examples are held to what the checks ask of drafts: a model copies what it is shown."""
    repeated = "冷たい水です。"
    edit_pack(
        "ja-JP",
        set_targets("あ" * 200, "お前の水です。", "水,です。", "Cold water, all day long.", repeated, repeated),
    )
    edit_pack("ko-KR", in_one_channel)
    found = json.loads(glocal("locales", "check", "--json").out)
    told = {(mistake["file"].rpartition("/")[2][:2], mistake["field"], mistake["message"]) for mistake in found}
    for start, field, words in (
        ("ja", "pairs[0].target", "UTF-16 units over the limit"),
        ("ja", "pairs[1].target", "is not how readers are spoken to"),
        ("ja", "pairs[2].target", "is written “、”"),
        ("ja", "pairs[3].target", "language: "),
        ("ja", "pairs[4].target", "two examples have this text"),
        ("ko", "pairs", "7 examples; there should be 8"),
        ("ko", "pairs", "examples for 1 channels"),
        ("ko", "pairs[6].channel", "there is no channel 'poster'"),
    ):
        assert any(one[:2] == (start, field) and words in one[2] for one in told), (start, field, words)


def test_a_pack_that_stands_on_nothing_hides_no_other(glocal: Glocal, edit_pack: Callable[..., None]) -> None:
    """A ring or a gap between packs is one mistake among the others, not the end of the list."""
    edit_pack("ja-JP", lambda pack: pack.update(extends="nowhere"))
    edit_pack("ko-KR", lambda pack: pack.update(extends="ko-KR"))
    edit_pack("th-TH", lambda pack: pack.update(tag="th"), as_tag="th")
    edit_pack("vi-VN", lambda pack: pack.update(name="Vietnamese"), as_tag="vi-US")
    edit_pack("de-DE", lambda pack: pack.update(colour="red"))
    messages = [mistake["message"] for mistake in json.loads(glocal("locales", "check", "--json").out)]
    assert "there is no pack 'nowhere' to extend" in messages
    assert "'ko-KR' extends this pack in turn" in messages
    assert "no pack extends this one, and its tag names no country" in messages
    assert "it must be 'vi-US', like the file's name" in messages
    assert "there is no such field; check its spelling" in messages


def test_a_file_that_is_no_yaml_hides_no_other(glocal: Glocal, workplace: Workplace) -> None:
    """A file that cannot be read at all is one mistake."""
    (workplace.folder / "locales").mkdir(exist_ok=True)
    (workplace.folder / "locales/de-DE.yaml").write_text("tag: [de-DE\n")
    (workplace.folder / "locales/ja-JP.yaml").write_text("tag: ja-JP\n")
    files = {mistake["file"].rpartition("/")[2] for mistake in json.loads(glocal("locales", "check", "--json").out)}
    assert {"de-DE.yaml", "ja-JP.yaml"} <= files


def test_a_market_is_shown_with_its_formats_and_holidays(glocal: Glocal) -> None:
    """The pack, how the market writes numbers and prices, and its holidays from the day that is named."""
    ran = glocal("locales", "show", "de-DE", "--on", "2026-11-22", "--json")
    shown = json.loads(ran.out)
    assert (ran.code, shown["tag"], shown["formats"]["currency"]) == (0, "de-DE", "EUR")
    assert "2026-12-25" in {holiday["date"] for holiday in shown["formats"]["holidays"]}
    table = glocal("locales", "show", "de-DE", "--on", "2026-11-22").out
    assert all(part in table for part in ("1.234.567,89", "humour", "holiday 2026-12-25"))


def test_a_day_that_is_none_is_wrong_use(glocal: Glocal) -> None:
    """A date in another form ends in one line that shows the form."""
    assert glocal("locales", "show", "de-DE", "--on", "22.11.").failed(2, "22.11.", "YYYY-MM-DD")


def test_a_market_without_a_pack_is_told(glocal: Glocal) -> None:
    """Only markets that have a pack can be shown."""
    assert glocal("locales", "show", "xx-XX").failed(1, "xx-XX")
