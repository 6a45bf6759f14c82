import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import rules as package
from measurements.errors import DlmoError
from rules.load import DISTRIBUTION, LARGEST_FILE, SHIPPED, RuleError, load, read_file

RULES = load()
EXAMPLES = [(remark, example) for remark in RULES for example in remark.examples]

REMARK = """
section = "page 7"
says = "Integer kernels are slow here."
when = { service_class = "mid-end" }
on = { integer = true }
effect = "avoid"
weight = 0.2
claims = [{ label = "int8", quantity = "latency", statistic = "median ratio", without = "quantizer", at_least = 1.05 }]
fires = [{ service_class = "mid-end", strategy = "blq" }]
silent = [{ service_class = "mid-end", strategy = "f16" }]
"""  # noqa: E501 - an inline table is one line


def written(tmp_path, text=REMARK, source='source = "me"\n', name="X1"):
    path = tmp_path / "mine.toml"
    path.write_text(f"{source}[{name}]\n{text}")
    return path


@pytest.mark.parametrize(
    ("remark", "example"), EXAMPLES, ids=[f"{r.id}: {e.fires} in {e.text}" for r, e in EXAMPLES]
)
def test_each_remark_fires_and_stays_silent_as_its_examples_say(remark, example):
    assert remark.fires(example.facts) is example.fires


@pytest.mark.parametrize("remark", RULES.remarks, ids=lambda r: r.id)
def test_each_remark_is_whole(remark):
    assert {example.fires for example in remark.examples} == {True, False}
    assert bool(remark.claims) != bool(remark.untestable)
    assert remark.says.endswith(".")
    assert remark.source.startswith(("Lee, Lee, Lee: Sensors 2022, 22, 7344, ", "LiteRT doc"))


def test_every_remark_and_strategy_of_the_paper_is_there():
    ids = [remark.id for remark in RULES if remark.file == "remarks.toml"]
    assert ids[:4] == ["R1", "R2", "R3", "R4"]
    assert {"S-network", "S-low", "S-mid", "S-high", "S-kd", "N-wrn", "N-v3", "K-free"} <= set(ids)
    assert {remark.file for remark in RULES} == {path.name for path in SHIPPED}


def test_a_user_s_file_comes_after_the_shipped_ones(tmp_path):
    rules = load([written(tmp_path)])
    assert [r.id for r in rules][:-1] == [r.id for r in RULES]
    mine = rules.remarks[-1]
    assert (mine.id, mine.source, mine.weight) == ("X1", "me, page 7", -0.2)


def test_a_claim_may_be_a_table_of_its_own(tmp_path):
    line = next(line for line in REMARK.splitlines() if line.startswith("claims"))
    fields = line.removeprefix("claims = [{ ").removesuffix(" }]").replace(", ", "\n")
    table = f"[[X1.claims]]\n{fields}\n"
    inline, apart = tmp_path / "inline", tmp_path / "apart"
    inline.mkdir(), apart.mkdir()
    (one,) = read_file(written(inline))
    (other,) = read_file(written(apart, REMARK.replace(line, "") + table))
    assert one.claims == other.claims


@pytest.mark.parametrize("mistake", ["R2", "X1"])
def test_an_id_is_taken_once(tmp_path, mistake):
    first = written(tmp_path, name=mistake)
    again = tmp_path / "again.toml"
    shutil.copy(first, again)
    with pytest.raises(RuleError, match=f"{mistake}: this id is taken by"):
        load([first, again])


MISTAKES = {
    "missing field": ("effect = ", "#", "X1: 'effect' is missing"),
    "unknown field": ("effect", "efect", "unknown field 'efect'; did you mean 'effect'"),
    "unknown effect": ('"avoid"', '"forbid"', "unknown effect 'forbid'; known: avoid, caution"),
    "unknown fact": ("integer = true", "integr = 1", "on: unknown fact 'integr'; did you mean"),
    "unknown class": ('when = { service_class = "mid-end"', 'when = { service_class = "mid"',
                      "when: unknown service class 'mid'"),
    "unknown technique": ("integer = true", 'quantizer = "blk"', "on: unknown technique 'blk'"),
    "unknown strategy": ("integer = true", 'strategy = "pnr"', "unknown technique 'pnr'"),
    "unknown network": ("integer = true", 'network = "wrm"', "unknown network 'wrm'; did you"),
    "unknown operator": ("integer = true", "layers = { above = 3 }", "unknown operator 'above'"),
    "no operator": ("integer = true", "layers = {}", "'layers' asks for nothing"),
    "wrong type": ("integer = true", "integer = 1", "must be true or false, not 1"),
    "wrong number": ("integer = true", "layers = -1", "must be a whole number from 0, not -1"),
    "truth as number": ("integer = true", "layers = true", "a whole number from 0, not true"),
    "range of a word": ("integer = true", "family = { at_least = 1 }", "are for numbers"),
    "empty range": ("integer = true", "layers = { at_least = 3, at_most = 1 }", "nothing is at"),
    "empty list": ("integer = true", "family = []", "has an empty list"),
    "distilled slug": ("integer = true", 'strategy = "kd+prn"', "facts of their own"),
    "slug of a number": ("integer = true", "strategy = 3", "must be a strategy"),
    "fact on the wrong side": ("{ integer = true }", "{ classes = 3 }", "is one of the query and"),
    "wrong side": ('{ service_class = "mid-end" }\non', "{ layers = 3 }\non", "is one of the net"),
    "weight": ("0.2", "7", "'weight' must be above 0 and at most 1, not 7"),
    "weight as text": ("0.2", '"much"', "'weight' must be a number, not 'much'"),
    "infinite weight": ("0.2", "inf", "'weight' must be a number, not inf"),
    "weight of words": ('"avoid"', '"inform"', "that only says 'inform' has no 'weight'"),
    "empty says": ('"Integer kernels are slow here."', '" "', "'says' must be a text"),
    "claims and not": ("weight", 'untestable = "no"\nweight', "not both"),
    "no claims": ("claims", "#", "'claims' is missing"),
    "must fire": ("fires = [{ ", "fires = [{ integer = false, ", "must fire in {"),
    "must stay silent": ('strategy = "f16"', 'strategy = "qat"', "must stay silent in {"),
    "no example": ("silent", "#", "'silent' is missing"),
    "empty examples": ('[{ service_class = "mid-end", strategy = "f16" }]', "[]", "list of tables"),
    "unknown fact in example": ('{ service_class = "mid-end", strategy = "f16"',
                                '{ speed = 3, strategy = "f16"', "silent 1: unknown fact 'speed'"),
    "unknown strategy in example": ('"f16"', '"f61"', "unknown technique 'f61'"),
    "when is no table": ('{ service_class = "mid-end" }\n', '"mid-end"\n', "must be a table"),
    "syntax": ("weight = 0.2", "weight = ", "not TOML: Invalid value (at line 9"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(tmp_path, old, new, words):
    assert old in REMARK
    path = written(tmp_path, REMARK.replace(old, new, 1))
    with pytest.raises(RuleError) as caught:
        load([path])
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_recommendation_names_strategies_only(tmp_path):
    text = REMARK.replace('"avoid"', '"recommend"').replace("integer = true", 'network = "wrn"')
    with pytest.raises(
        RuleError,
        match="on: fact 'network' is one of the network and has no place here; known: distil",
    ):
        load([written(tmp_path, text)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "'source' is missing"),
        (b'source = "me"', "there is no remark"),
        (b'source = "me"\nX1 = 3', "'X1' must be a remark"),
        (b'source = "me"\n["x y"]', "id 'x y'"),
        (b"source = 3", "'source' must be a text"),
        (b'source = "me"\n[X1]\n[X1]', "not TOML"),
        (b"\x80\x81", "not a text in UTF-8"),
        (b"x = " + b"[" * 5000, "not TOML"),
        (b"x = " + b"9" * 5000, "not TOML"),
        (b"#" * (LARGEST_FILE + 1), "larger than"),
    ],
    ids=["empty", "bare", "number", "id", "source", "twice", "binary", "deep", "long", "large"],
)
def test_what_is_no_rules_file(tmp_path, content, words):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(RuleError, match=r"mine\.toml") as caught:
        load([path])
    assert words in str(caught.value)


def test_what_is_no_file(tmp_path):
    with pytest.raises(RuleError, match="can't be read: Is a directory"):
        load([tmp_path])
    with pytest.raises(RuleError, match="can't be read: No such file"):
        load([tmp_path / "none.toml"])
    with pytest.raises(RuleError, match="no file has such a name"):
        load([Path("a\0b")])
    assert issubclass(RuleError, DlmoError)


def test_a_foreign_package_is_recognised(monkeypatch):
    assert package.DISTRIBUTION == DISTRIBUTION
    monkeypatch.delattr(package, "DISTRIBUTION")
    with pytest.raises(RuleError, match="another distribution"):
        load()


def test_a_package_installed_over_ours_is_recognised(tmp_path):
    shutil.copytree(Path(package.__file__).parent, tmp_path / "rules")
    (tmp_path / "rules" / "__init__.py").write_text("VERSION = (3, 5, 0)\n")
    code = "from rules.load import RuleError, load\ntry: load()\nexcept RuleError as e: print(e)"
    root = Path(package.__file__).parent.parent
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "django-rules" in run.stdout


def test_loading_brings_in_nothing_heavy_of_its_own():
    code = (
        "import sys, measurements; before = set(sys.modules); from rules.load import load; "
        "import rules.judge; load(); print(' '.join(set(sys.modules) - before))"
    )
    root = str(Path(package.__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {"pandas", "numpy", "msgspec", "hypothesis", "scipy", "sklearn"}
    assert "rules.audit" not in run.stdout
