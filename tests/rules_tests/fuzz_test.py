"""Broken rules files: whatever is in a file, the loader reads it or raises a RuleError."""

import random
import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.load import SHIPPED, RuleError, read_file

CASES = 10_000
ODD = """
    nan -inf 1e400 0 -1 9223372036854775808 true "" "\u0000" 'blq' "kd+prn80" "sensors" [] [[]]
    [1] ["a"] {} {a=1} {at_least=1} {not=[]} {not={}} {at_most="x"} [{}] [{strategy=1}] 1979-05-27
    07:32:00 '''x''' [true,1] {at_least=nan} {label="x"} [nan] 0x7f "\\U0001F600" {"a.b".c=1}
"""
"""Values, parted by blanks, that a field does not expect."""
TOKEN = re.compile(r'"[^"\n]*"|[A-Za-z_][A-Za-z0-9_-]*|-?[0-9.]+|[][{}=,#\n]')


def remarks():
    """The shipped remarks as small files of one or two."""
    for path in SHIPPED:
        head, *tables = re.split(r"(?m)^(?=\[[A-Z])", path.read_text())
        source = re.search(r"(?m)^source = .*$", head)[0]
        yield from (f"{source}\n{one}{other}" for one, other in pairwise(tables))


def broken(text, words, rng):
    """The text with one to three tokens dropped, doubled, swapped or put in another's place."""
    tokens = TOKEN.split(text), TOKEN.findall(text)
    between, found = list(tokens[0]), list(tokens[1])
    for _ in range(rng.randint(1, 3)):
        i, j = rng.randrange(len(found)), rng.randrange(len(found))
        kind = rng.randrange(5)
        if kind == 0:
            found[i] = ""
        elif kind == 1:
            found[i] *= 2
        elif kind == 2:
            found[i], found[j] = found[j], found[i]
        elif kind == 3:
            found[i] = rng.choice(words)
        else:
            found[i] = rng.choice(ODD.split())
    return "".join(a + b for a, b in zip(between, [*found, ""], strict=True))


def test_broken_rules_files_are_read_or_refused_in_words(tmp_path):
    files = list(remarks())
    words = sorted({word for text in files for word in TOKEN.findall(text)})
    path, rng, refused = tmp_path / "mine.toml", random.Random(2022), 0
    for _ in range(CASES):
        path.write_text(broken(rng.choice(files), words, rng), encoding="utf-8")
        try:
            assert read_file(path)
        except RuleError as error:
            refused += 1
            assert str(error).startswith(f"{path}: ")
            assert len(str(error)) < len(str(path)) + 700
    assert CASES / 2 < refused < CASES


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    try:
        assert read_file(path)
    except RuleError as error:
        assert str(error).startswith(f"{path}: ")
