"""Looking things up: a workspace before the shipped files, and errors at the line of the brief."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import DataError, UnknownBrand, UnknownChannel, UnknownLocale
from pipeline.resources import library as library_module
from pipeline.resources.library import Library, shipped_folder

BRAND = {
    "id": "acme",
    "name": "Acme",
    "source_locale": "en-US",
    "pillars": [{"id": "plain", "name": "Plain", "statement": "We say what is so."}],
}

SEGMENTS = """\
segments:
  - id: line
    channel: push_body
    source: Cold water, all day.
"""

BRIEF = f"""\
id: launch
brand: aqualis
objective: Sell bottles.
audience: Commuters
locales:
  - de-DE
  - fr-FR
{SEGMENTS}"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def library(workspace: Path) -> Library:
    return Library.of_workspace(workspace)


def put(workspace: Path, name: str, content: object) -> Path:
    path = workspace / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True))
    return path


def card(model_id: str, **facts: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "name": model_id,
        "role": "generator",
        "developer": "Acme",
        "developer_country": "DE",
        "jurisdiction": "DE",
        "parameters_b": 1,
        "architecture": "AcmeForCausalLM",
        "auto_class": "AutoModelForCausalLM",
        "languages": ["de"],
        "context_length": 2048,
        "licence": "Apache-2.0",
        "commercial_use": "yes",
        "commercial_reason": "Apache-2.0",
        "verified": True,
        "sources": ["https://example.org"],
    } | facts


def pack(tag: str) -> dict[str, Any]:
    content = yaml.safe_load((shipped_folder() / "locales/de-DE.yaml").read_text(encoding="utf-8"))
    return dict(content) | {"tag": tag}


def test_the_shipped_files_are_there_without_a_workspace(library: Library) -> None:
    """An empty workspace offers what ships."""
    assert library.brand("aqualis").name == "Aqualis"
    assert library.brand_ids() == ["aqualis"]
    assert {"de-DE", "fr-FR", "es-MX", "ja-JP", "ar-AE", "hi-IN"} <= set(library.locale_tags())
    assert [pack.tag for pack in library.packs()] == library.locale_tags()
    assert library.channel("push_body").limit == 120
    assert [channel.id for channel in library.channels()] == sorted(channel.id for channel in library.channels())


def test_installed_files_stand_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel carries its data in `_shipped`; a checkout has it at its root."""
    module = tmp_path / "pipeline" / "resources" / "library.py"
    monkeypatch.setattr(library_module, "__file__", str(module))
    assert shipped_folder() == tmp_path
    (tmp_path / "pipeline" / "_shipped").mkdir(parents=True)
    assert shipped_folder() == tmp_path / "pipeline" / "_shipped"


def test_a_brand_of_the_workspace_stands_before_the_shipped_one(workspace: Path, library: Library) -> None:
    """A file of the same name in the workspace is the one that counts; others stay."""
    put(workspace, "brand_pillars/aqualis.yaml", BRAND | {"id": "aqualis", "name": "Ours"})
    put(workspace, "brand_pillars/acme.yaml", BRAND)
    assert library.brand("aqualis").name == "Ours"
    assert library.brand_ids() == ["acme", "aqualis"]


def test_a_locale_of_the_workspace_stands_before_the_shipped_one(workspace: Path, library: Library) -> None:
    """A region changes a pack by writing its own; a new pack adds a locale."""
    put(workspace, "locales/de-DE.yaml", pack("de-DE") | {"name": "Ours"})
    put(workspace, "locales/de-AT.yaml", pack("de-AT"))
    assert library.locale("de-DE").name == "Ours"
    assert "de-AT" in library.locale_tags()


def test_channels_are_joined_one_by_one(workspace: Path, library: Library) -> None:
    """A workspace's channels.yaml changes and adds channels; the shipped others stay."""
    mine = [{"id": "push_body", "name": "Push", "limit": 90, "source": "ours"}]
    mine.append({"id": "poster", "name": "Poster", "limit": 20, "source": "ours"})
    put(workspace, "channels.yaml", {"channels": mine})
    assert library.channel("push_body").limit == 90
    assert library.channel("poster").limit == 20
    assert library.channel("email_subject").limit == 60


def test_model_cards_are_joined_one_by_one(tmp_path: Path) -> None:
    """A workspace's models.yaml changes and adds cards; the others stay; all are in order of their id."""
    ours, shipped = tmp_path / "ours", tmp_path / "shipped"
    put(shipped, "models.yaml", {"models": [card("a/one"), card("a/two")]})
    put(ours, "models.yaml", {"models": [card("a/two", commercial_use="no"), card("a/a")]})
    cards = Library((ours, shipped)).model_cards
    assert [(card.id, card.commercial_use) for card in cards] == [("a/a", "yes"), ("a/one", "yes"), ("a/two", "no")]


def test_a_folder_without_models_has_no_cards(tmp_path: Path) -> None:
    """No models.yaml anywhere is an empty catalog, and no error."""
    assert Library((tmp_path,)).model_cards == ()


@pytest.mark.parametrize(("name", "field"), [("channels.yaml", "channels"), ("models.yaml", "models")])
def test_a_list_does_not_hold_an_id_twice(tmp_path: Path, name: str, field: str) -> None:
    """Two entries of one id in one file are a mistake, told with the id."""
    entry = card("a/one") if field == "models" else {"id": "a", "name": "A", "limit": 1, "source": "s"}
    put(tmp_path, name, {field: [entry, entry]})
    with pytest.raises(DataError, match=r"is listed twice"):
        Library((tmp_path,)).model_cards if field == "models" else Library((tmp_path,)).channels()


def test_a_brand_can_be_named_by_its_path(tmp_path: Path, library: Library) -> None:
    """A YAML file anywhere is a brand, whatever its name."""
    assert library.brand(str(put(tmp_path, "elsewhere/ours.yaml", BRAND))).id == "acme"
    assert library.brand(str(put(tmp_path, "elsewhere/ours.yml", BRAND))).id == "acme"
    with pytest.raises(DataError, match="there is no such file"):
        library.brand("nowhere.yaml")


@pytest.mark.parametrize("name", ["nobody", "", "../brand_pillars/aqualis", "n" * 300, "Aqualis"])
def test_an_unknown_brand_is_told_with_those_there_are(library: Library, name: str) -> None:
    """A brand that nobody wrote is UnknownBrand; only names of files in the folder are brands."""
    with pytest.raises(UnknownBrand, match=r"\(known: aqualis\)"):
        library.brand(name)


def test_an_unknown_brand_among_none_says_so(tmp_path: Path) -> None:
    """Where there is no brand at all, the message says none."""
    with pytest.raises(UnknownBrand, match=r"\(known: none\)"):
        Library((tmp_path,)).brand("aqualis")


def test_an_unknown_locale_and_channel_are_told_with_those_there_are(library: Library) -> None:
    """What cannot be found is repeated, with what could have been meant."""
    with pytest.raises(UnknownLocale, match=r"'xx-XX' .*de-DE"):
        library.locale("xx-XX")
    with pytest.raises(UnknownChannel, match=r"'telex' .*push_body"):
        library.channel("telex")
    assert library.find_locale("xx-XX") is None


def test_a_file_is_named_like_what_it_holds(workspace: Path, library: Library) -> None:
    """A brand or a pack whose id differs from its file's name is refused at the line of the id."""
    path = put(workspace, "brand_pillars/other.yaml", f"# ours\n{yaml.safe_dump(BRAND, sort_keys=False)}")
    with pytest.raises(DataError) as caught:
        library.brand("other")
    assert str(caught.value) == f"{path}:2: id: it must be 'other', like the file's name"
    put(workspace, "locales/de-CH.yaml", pack("de-AT"))
    with pytest.raises(DataError, match=r"de-CH\.yaml:\d+: tag: it must be 'de-CH'"):
        library.packs()


def test_a_good_brief_is_read(workspace: Path, library: Library) -> None:
    """A brief whose brand, channels and locales are all there becomes units, locale by locale."""
    brief = library.brief(put(workspace, "brief.yaml", BRIEF))
    units = library.units(brief, library.brand("aqualis"))
    assert [unit.name for unit in units] == ["line/de-DE", "line/fr-FR"]
    assert [unit.name for unit in library.units(brief, library.brand("aqualis"), ("fr-FR",))] == ["line/fr-FR"]


@pytest.mark.parametrize(
    ("old", "new", "kind", "place"),
    [
        ("brand: aqualis", "brand: nobody", UnknownBrand, ":2: brand: there is no brand 'nobody'"),
        ("- fr-FR", "- xx-XX", UnknownLocale, ":7: locales[1]: there is no pack for the locale 'xx-XX'"),
        ("push_body", "telex", UnknownChannel, ":10: segments[0].channel: there is no channel 'telex'"),
        ("- fr-FR", "- de-DE", DataError, ":1: the locale 'de-DE' is listed twice"),
        ("- fr-FR", "- French", DataError, ":7: locales[1]: it must be a locale tag such as de-DE"),
        ("Cold water, all day.", '" "', DataError, ":11: segments[0].source: it is empty"),
        ("Cold water, all day.", "a" * 4_001, DataError, ":11: segments[0].source: "),
        (SEGMENTS, "segments: []\n", DataError, ":8: segments: the list is empty"),
    ],
)
def test_a_brief_is_wrong_at_its_own_line(
    workspace: Path, library: Library, old: str, new: str, kind: type[DataError], place: str
) -> None:
    """What a brief asks for and nobody has is told at the line of the brief that asks."""
    path = put(workspace, "brief.yaml", BRIEF.replace(old, new))
    with pytest.raises(kind) as caught:
        library.brief(path)
    assert str(caught.value).startswith(f"{path}{place}")
    assert type(caught.value) is kind


def test_an_empty_brief_is_told(workspace: Path, library: Library) -> None:
    """An empty file is no brief."""
    with pytest.raises(DataError, match=r"brief\.yaml:1: the file must hold a mapping"):
        library.brief(put(workspace, "brief.yaml", ""))


def test_a_workspace_that_is_the_checkout_is_read_once() -> None:
    """Where the workspace is the shipped folder, there is one root."""
    assert Library.of_workspace(shipped_folder()).roots == (shipped_folder(),)
