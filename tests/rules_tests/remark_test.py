import pytest

from rules.remark import EFFECTS, QUANTITIES, Condition, Term


@pytest.mark.parametrize(
    ("term", "value", "holds"),
    [
        (Term(fact="x", among=frozenset({"a", "b"})), "a", True),
        (Term(fact="x", among=frozenset({"a", "b"})), "c", False),
        (Term(fact="x", not_among=frozenset({"a"})), "a", False),
        (Term(fact="x", not_among=frozenset({"a"})), "c", True),
        (Term(fact="x", not_among=frozenset({"a"})), None, False),
        (Term(fact="x", among=frozenset({True})), False, False),
        (Term(fact="x", at_least=3), 3, True),
        (Term(fact="x", at_least=3), 2.9, False),
        (Term(fact="x", at_most=3), 3, True),
        (Term(fact="x", at_least=1, at_most=3), 4, False),
        (Term(fact="x", at_least=1, not_among=frozenset({2})), 2, False),
        (Term(fact="x", at_least=1), None, False),
        (Term(fact="x", at_least=1), "many", False),
    ],
)
def test_a_term_holds_for_known_facts_only(term, value, holds):
    assert term.holds({"x": value}) is holds
    assert not term.holds({})


def test_a_condition_needs_all_its_terms():
    condition = Condition(terms=(Term(fact="x", at_least=1), Term(fact="y", at_most=1)))
    assert condition.holds({"x": 1, "y": 1})
    assert not condition.holds({"x": 1, "y": 2})
    assert not condition.holds({"x": 1})
    assert Condition().holds({})


def test_about_keeps_the_terms_of_some_facts():
    x, y = Term(fact="x", at_least=1), Term(fact="y", at_most=1)
    assert Condition(terms=(x, y)).about(frozenset({"y"})) == Condition(terms=(y,))


def test_effects_have_the_sign_of_what_they_say():
    signs = {name: (weight > 0) - (weight < 0) for name, weight in EFFECTS.items()}
    assert signs == {"recommend": 1, "prefer": 1, "avoid": -1, "caution": 0, "inform": 0}


def test_quantities_are_columns_of_the_frame():
    from measurements import to_frame

    assert set(QUANTITIES.values()) <= set(to_frame([]).columns)
