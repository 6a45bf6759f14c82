import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.errors import DlmoError
from measurements.strategy import QUANTIZERS, SETUPS, TECHNIQUES, Strategy, grammar

ANY = st.builds(
    lambda kd, sparsity, quantizer: Strategy(
        distilled=kd,
        pruned=sparsity is not None,
        sparsity_pct=sparsity or None,
        quantizer=quantizer,
    ),
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 99)),
    st.sampled_from([None, *QUANTIZERS]),
)


@given(ANY)
def test_slug_reads_back(strategy):
    assert Strategy.parse(strategy.slug) == strategy


@given(ANY, st.randoms())
def test_any_order_and_case_is_read(strategy, random):
    words = strategy.slug.split("+")
    random.shuffle(words)
    assert Strategy.parse(" + ".join(words).upper()) == strategy


@pytest.mark.parametrize(("setup", "slug"), SETUPS.items())
def test_setups_of_the_paper(setup, slug):
    assert Strategy.parse(setup).slug == slug
    assert Strategy.parse(slug).setup == setup
    assert Strategy.parse(f"kd+{setup}").undistilled.slug == slug


def test_grammar_is_complete_and_starts_plain():
    strategies = grammar()
    assert strategies[0] == Strategy()
    assert len({s.slug for s in strategies}) == len(strategies) == 20
    assert {t for s in strategies for t in s.techniques} == set(TECHNIQUES)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("blk", "blq"),
        ("fiq+blq", "one too many"),
        ("prn0", "prn1"),
        ("prn100", "prn"),
        ("", "known"),
        ("kd+kd", "one too many"),
        ("prn50+prn80", "one too many"),
        ("pnr", "prn"),
    ],
)
def test_mistakes_name_the_word_and_the_known_ones(text, word):
    with pytest.raises(DlmoError, match=word):
        Strategy.parse(text)


@given(st.text(max_size=30))
def test_any_text_is_a_strategy_or_a_clear_error(text):
    try:
        assert Strategy.parse(text).slug
    except DlmoError as error:
        assert "strategy" in str(error)
