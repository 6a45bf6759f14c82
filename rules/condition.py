"""Tables of facts in a rules file -> conditions and examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from measurements.errors import UnknownNameError, known
from measurements.strategy import Strategy
from rules.entry import Entry, is_number, written
from rules.facts import FACTS, Fact
from rules.remark import Condition, Example, FactValue, Term
from rules.situation import base_of, complete

OPERATORS = ("at_least", "at_most", "not")
"""What may stand in a table in place of a fact's value."""


def read_condition(entry: Entry, names: frozenset[str]) -> Condition:
    """Read what facts must be.

    Args:
        entry: fact -> the value that holds, or a list of values of which one does, or a table of
            `OPERATORS`.
        names: the facts that the condition may name.

    Raises:
        RuleError: for an unknown fact or operator, or a value that the fact can't have.
    """
    return Condition(
        terms=tuple(_read_term(entry, name, value, names) for name, value in entry.fields.items())
    )


def read_example(entry: Entry, *, fires: bool) -> Example:
    """Read a situation: facts with their values, a strategy by its whole slug.

    Args:
        entry: fact -> value.
        fires: whether a remark must fire in it.

    Raises:
        RuleError: for an unknown fact, or a value that it can't have.
    """
    facts = {}
    for name, value in entry.fields.items():
        fact = FACTS[entry.one_of(name, FACTS, "fact")]
        facts[name] = _slug(entry, value) if fact.kind == "slug" else _value(entry, fact, value)
    return Example(facts=complete(facts), fires=fires, text=written(entry.fields))


def _read_term(entry: Entry, name: str, value: Any, names: frozenset[str]) -> Term:
    if name in FACTS and name not in names:
        raise entry.error(
            f"fact '{name}' is one of the {FACTS[name].subject} and has no place here"
            f"{known('', names)}"
        )
    fact = FACTS[entry.one_of(name, names, "fact")]
    if not isinstance(value, dict):
        return Term(fact=name, among=_values(entry, fact, value))
    if not value:
        raise entry.error(f"'{name}' asks for nothing; known: {', '.join(OPERATORS)}")
    inner = Entry(place=f"{entry.place}: {name}", fields=value)
    for word in value:
        inner.one_of(word, OPERATORS, "operator")
    return _read_operators(inner, fact, value)


def _read_operators(inner: Entry, fact: Fact, operators: Mapping[str, Any]) -> Term:
    low, high = inner.number("at_least"), inner.number("at_most")
    if (low is not None or high is not None) and fact.kind not in ("count", "number"):
        raise inner.error("'at_least' and 'at_most' are for numbers; this fact is a word")
    if low is not None and high is not None and low > high:
        raise inner.error(f"nothing is at least {low} and at most {high}")
    excluded = operators.get("not")
    return Term(
        fact=fact.name,
        not_among=frozenset() if excluded is None else _values(inner, fact, excluded),
        at_least=low,
        at_most=high,
    )


def _values(entry: Entry, fact: Fact, value: Any) -> frozenset[FactValue]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise entry.error(f"'{fact.name}' has an empty list: nothing would hold")
    return frozenset(_value(entry, fact, one) for one in values)


def _value(entry: Entry, fact: Fact, value: Any) -> FactValue:
    if fact.kind == "word" and fact.words is not None:
        return entry.one_of(value, fact.words(), fact.noun or fact.name)
    if fact.kind == "slug":
        return _base_slug(entry, value)
    good: Mapping[str, tuple[bool, str]] = {
        "text": (isinstance(value, str) and bool(value), "a word"),
        "count": (type(value) is int and value >= 0, "a whole number from 0"),
        "number": (is_number(value) and value >= 0, "a number from 0"),
        "truth": (isinstance(value, bool), "true or false"),
    }
    fits, kind = good[fact.kind]
    if not fits:
        raise entry.error(f"'{fact.name}' must be {kind}, not {written(value)}")
    checked: FactValue = value
    return checked


def _slug(entry: Entry, value: Any) -> str:
    if not isinstance(value, str):
        raise entry.error(f"'strategy' must be a strategy, as in 'prn+blq', not {written(value)}")
    try:
        return Strategy.parse(value).slug
    except UnknownNameError as error:
        raise entry.error(str(error)) from None


def _base_slug(entry: Entry, value: Any) -> str:
    strategy = Strategy.parse(_slug(entry, value))
    if base_of(strategy) != strategy.slug:
        raise entry.error(
            f"strategy '{strategy.slug}': distillation and sparsity are facts of their own, "
            "'distilled' and 'sparsity'"
        )
    return strategy.slug


def first_failing(condition: Iterable[Term], facts: Mapping[str, FactValue | None]) -> str:
    """Why a condition does not hold, in words; empty when it does."""
    for term in condition:
        if not term.holds(facts):
            value = facts.get(term.fact)
            return f"{term.fact} is {'unknown' if value is None else written(value)}"
    return ""
