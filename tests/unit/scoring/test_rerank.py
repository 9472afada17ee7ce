"""The best candidate comes first, and a blocked one never does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.domain.assessment import Assessment, LanguageFinding, Score
from pipeline.domain.candidate import Candidate
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.scoring.background import unit_rows
from pipeline.scoring.rerank import WEIGHTS, _worths, mmr, rerank

EYE = np.eye(4, dtype=np.float32)
SHARE = st.none() | st.floats(0, 1)


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    severities = draw(st.lists(st.sampled_from(Severity), max_size=3))
    issues = [
        Issue(check="c", dimension=MqmDimension.STYLE, severity=s, message="m", start=0, end=0) for s in severities
    ]
    scores = [Score(name=name, value=draw(SHARE), explanation="e") for name in ("adequacy", "brand")]
    finding = LanguageFinding(verdict="match", detected="de", confidence=1)
    assessment = Assessment(text_sha256="0", language=finding, issues=tuple(issues), scores=tuple(scores))
    return Candidate(text="t", log_probability=draw(st.none() | st.floats(-20, 0)), assessment=assessment)


@given(pool=st.lists(candidates(), max_size=8), diversity=st.floats(0, 1), data=st.data())
def test_no_blocked_candidate_stands_before_one_that_is_not(
    pool: list[Candidate], diversity: float, data: st.DataObject
) -> None:
    vectors = unit_rows(data.draw(arrays(np.float32, (len(pool), 3), elements=st.floats(-1, 1, width=32))))
    order = rerank(pool, vectors, diversity=diversity)
    assert sorted(order) == list(range(len(pool)))
    blocked = [pool[index].assessment.blocked for index in order]
    assert blocked == sorted(blocked)


@given(pool=st.lists(candidates(), min_size=1, max_size=6), diversity=st.floats(0, 0.9))
def test_the_first_place_goes_to_the_highest_worth(pool: list[Candidate], diversity: float) -> None:
    best = rerank(pool, np.ones((len(pool), 1), np.float32), diversity=diversity)[0]
    worths = _worths(pool)
    usable = [index for index, candidate in enumerate(pool) if not candidate.assessment.blocked] or range(len(pool))
    assert worths[best] == pytest.approx(max(worths[index] for index in usable))


def test_meaning_and_brand_decide(make_candidate: Callable[..., Candidate]) -> None:
    pool = [make_candidate(adequacy=0.2, brand=0.9), make_candidate(adequacy=0.9, brand=0.9), make_candidate()]
    assert rerank(pool, EYE[:3]) == [1, 0, 2]


def test_issues_that_do_not_block_cost(make_candidate: Callable[..., Candidate]) -> None:
    pool = [make_candidate("a", Severity.MAJOR, adequacy=0.5), make_candidate("b", Severity.MINOR, adequacy=0.5)]
    assert rerank(pool, EYE[:2]) == [1, 0]


def test_fluency_breaks_ties(make_candidate: Callable[..., Candidate]) -> None:
    pool = [make_candidate(log_probability=-3.0), make_candidate(log_probability=-1.0), make_candidate()]
    assert rerank(pool, EYE[:3]) == [1, 2, 0]


def test_a_blocked_candidate_comes_last_however_good(make_candidate: Callable[..., Candidate]) -> None:
    pool = [make_candidate("a", Severity.CRITICAL, adequacy=1, brand=1), make_candidate("b", adequacy=0, brand=0)]
    assert rerank(pool, EYE[:2]) == [1, 0]


def test_the_second_place_goes_to_a_different_text_of_nearly_the_same_worth(
    make_candidate: Callable[..., Candidate],
) -> None:
    pool = [make_candidate(adequacy=0.9), make_candidate(adequacy=0.88), make_candidate(adequacy=0.8)]
    vectors = EYE[[0, 0, 1]]
    assert rerank(pool, vectors) == [0, 2, 1]
    assert rerank(pool, vectors, diversity=0) == [0, 1, 2]


def test_nothing_is_ordered_into_nothing() -> None:
    assert rerank([], np.zeros((0, 4), np.float32)) == []


def test_vectors_must_belong_to_the_candidates(make_candidate: Callable[..., Candidate]) -> None:
    with pytest.raises(ValueError, match="1 candidates, but 2 vectors"):
        rerank([make_candidate()], EYE[:2])


def test_the_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_mmr_follows_carbonell_and_goldstein() -> None:
    """With equal weights: 1.0, then 0.8 unlike it, and last 0.9, which says the same as the first."""
    relevance = np.array([1.0, 0.9, 0.8])
    assert mmr(relevance, EYE[[0, 0, 1]], diversity=0.5) == [0, 2, 1]


def test_mmr_keeps_the_given_order_of_equals() -> None:
    assert mmr(np.zeros(3), EYE[[0, 0, 0]], diversity=0.5) == [0, 1, 2]
