"""Which examples a model is shown: approved first, nearest in meaning and channel, within a budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.prompt import Example
from pipeline.prompting.examples import BUDGET, EXAMPLES, SAME_CHANNEL, choose_examples, examples_of
from pipeline.resources.library import Library, shipped_folder


def example(name: str, channel: str = "a", *, approved: bool = False, length: int = 1) -> Example:
    return Example(channel=channel, source=name, target="t" * length, decision="d" if approved else None)


def names(*chosen: Example) -> list[str]:
    return [each.source for each in chosen]


@pytest.mark.parametrize(
    ("channels", "shown"),
    [
        ("aab", ["2", "1", "0"]),
        ("aba", ["1", "2", "0"]),
        ("bbb", ["2", "1", "0"]),
        ("bbbbbba", ["4", "3", "2", "1", "0", "6"]),
        ("aaaaaaa", ["5", "4", "3", "2", "1", "0"]),
        ("", []),
    ],
)
def test_examples_of_the_channel_stand_nearest_to_the_source(channels: str, shown: list[str]) -> None:
    """Where all are equally like the source, those of its channel come first, in the order of the pack."""
    pool = [example(str(number), channel) for number, channel in enumerate(channels)]
    assert names(*choose_examples(pool, [0.8] * len(pool), "a")) == shown


def test_meaning_decides_and_the_nearest_stands_last() -> None:
    """The example whose source is most like the one asked for stands next to it."""
    pool = [example("far"), example("near"), example("middle")]
    assert names(*choose_examples(pool, [0.1, 0.9, 0.5], "a")) == ["far", "middle", "near"]


def test_a_channel_weighs_no_more_than_a_little_meaning() -> None:
    """An example of another channel that means much the same goes before one of the channel that does not."""
    pool = [example("same", "a"), example("other", "b")]
    assert names(*choose_examples(pool, [0.80, 0.80 + 2 * SAME_CHANNEL], "a"))[-1] == "other"
    assert names(*choose_examples(pool, [0.80, 0.80 + SAME_CHANNEL / 2], "a"))[-1] == "same"


def test_approved_copy_goes_before_the_pack() -> None:
    """What the region approved teaches its voice better than any example that was written for everybody."""
    pool = [example(f"pack {n}") for n in range(EXAMPLES)] + [example("approved", approved=True)]
    chosen = names(*choose_examples(pool, [0.9] * EXAMPLES + [0.1], "a"))
    assert chosen[-1] == "approved"
    assert len(chosen) == EXAMPLES


def test_a_long_example_leaves_room_for_short_ones() -> None:
    """One that would break the budget is left out; those after it are not."""
    pool = [example("long", length=BUDGET), example("short")]
    assert names(*choose_examples(pool, [0.9, 0.1], "a")) == ["short"]


def test_noise_in_the_likeness_changes_nothing() -> None:
    """The same pool in the same order gives the same prompt on a machine whose last digits differ."""
    pool = [example("one"), example("two")]
    assert choose_examples(pool, [0.8001, 0.8002], "a") == choose_examples(pool, [0.8002, 0.8001], "a")


@given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from("ab"), st.booleans(), st.integers(1, BUDGET)), max_size=12))
def test_the_budget_holds_for_any_pool(entries: list[tuple[float, str, bool, int]]) -> None:
    """Never more examples or characters than allowed, each at most once, and approved ones nearest to the source."""
    pool = [
        example(str(n), channel, approved=approved, length=length)
        for n, (_, channel, approved, length) in enumerate(entries)
    ]
    chosen = choose_examples(pool, [alike for alike, *_ in entries], "a")
    assert len(chosen) <= EXAMPLES
    assert sum(len(each.source) + len(each.target) for each in chosen) <= BUDGET
    assert len(set(names(*chosen))) == len(chosen)
    assert sorted(chosen, key=lambda each: each.decision is not None) == list(chosen)


def test_the_pairs_of_a_pack_are_examples_without_a_decision() -> None:
    """Every pair of a market is one, and nobody's approval stands behind it."""
    pack = Library((shipped_folder(),)).locale("pl-PL")
    assert [(each.channel, each.source, each.target) for each in examples_of(pack)] == [
        (pair.channel, pair.source, pair.target) for pair in pack.pairs
    ]
    assert {each.decision for each in examples_of(pack)} == {None}
