import pytest

from rules.entry import Entry, is_number, written
from rules.errors import RuleError


def entry(**fields):
    return Entry(place="mine.toml: X1", fields=fields)


def test_fields_are_read():
    read = entry(says=" So. ", weight=0.5, every=True, on={"pruned": True}, fires=[{"a": 1}])
    assert read.text("says") == "So."
    assert read.number("weight") == 0.5
    assert read.truth("every") is True
    assert read.table("on").fields == {"pruned": True}
    assert [inner.fields for inner in read.tables("fires")] == [{"a": 1}]


def test_optional_fields_may_be_missing():
    assert entry().number("weight") is None
    assert entry().truth("every") is False
    assert entry().table("on").fields == {}


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda e: e.text("says"), "'says' is missing"),
        (lambda e: e.tables("fires"), "'fires' is missing"),
        (lambda e: e.word("effect", ["avoid"]), "'effect' is missing"),
        (lambda e: e.text("three"), "'three' must be a text, not 3"),
        (lambda e: e.truth("three"), "'three' must be true or false, not 3"),
        (lambda e: e.number("yes"), "'yes' must be a number, not true"),
        (lambda e: e.table("three"), "'three' must be a table, not 3"),
        (lambda e: e.tables("three"), "'three' must be a list of tables, not 3"),
        (lambda e: e.tables("numbers"), "'numbers 1' must be a table, not 1"),
        (lambda e: e.word("word", ["avoid"]), "unknown word 'avod'; did you mean 'avoid'?"),
        (lambda e: e.word("three", ["avoid"]), "three must be a word, not 3; known: avoid"),
        (lambda e: e.refuse_others(["three", "yes"]), "unknown field 'numbers'; known: three, yes"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(read, words):
    with pytest.raises(RuleError) as caught:
        read(entry(numbers=[1], three=3, yes=True, word="avod"))
    assert str(caught.value).startswith("mine.toml: X1: ")
    assert words in str(caught.value)


def test_an_inner_table_knows_its_place():
    (inner,) = entry(claims=[{}]).tables("claims")
    assert str(inner.error("odd")) == "mine.toml: X1: claims 1: odd"


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, True), (1.5, True), (True, False), (float("nan"), False), (float("inf"), False),
     ("1", False), (None, False), ([], False)],
)  # fmt: skip
def test_numbers(value, number):
    assert is_number(value) is number


def test_values_are_shown_as_the_file_has_them_and_short():
    assert written({"a": "b", "c": True}) == "{ a = 'b', c = true }"
    assert len(written("x" * 500)) == 78
    assert len(written({"a": ["x" * 500]})) < 100
