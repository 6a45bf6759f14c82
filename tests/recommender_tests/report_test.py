import json
import math
from dataclasses import replace

import pytest
from made_boards import make_board, ranked

from recommender import Constraints, Profile
from recommender.advice import Advice, Basis, Verdict
from recommender.engine import choose
from recommender.report import FORMATS

HOSTILE = "vgg|<script>alert(1)</script>`_*\n# x"


def hostile_advice(advisor):
    board = make_board([80.0, 70.0], [10.0, 20.0], [1.0, 2.0])
    board = replace(board, network=(HOSTILE, HOSTILE), device=HOSTILE)
    ranking = ranked(board)
    limits = Constraints(max_size_kb=100)
    return Advice(
        ranking=ranking,
        constraints=limits,
        choice=choose(ranking, limits, top=3),
        verdicts=(
            Verdict(id="X1", source="s", says="says |", effect="prefer", strategy="nq", audit=None),
        ),
        speakers=(("+X1",), ()),
        basis=Basis(n_measurements=2, sha256="0" * 64, devices=(HOSTILE,)),
        advisor=advisor,
    )


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_the_pick_its_reasons_and_its_basis(advisor, form):
    advice = advisor.advise(Profile(), Constraints(max_size_kb=500, max_latency_ms=50))
    text = FORMATS[form](advice)
    assert text.endswith("\n")
    for words in ("vgg", "wrn", "Table 13", advice.basis.sha256[:12], "R1"):
        assert words in text


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "html"])
def test_every_format_says_what_to_change_when_nothing_fits(advisor, form):
    advice = advisor.advise(Profile(), Constraints(max_size_kb=10, min_accuracy_pct=95))
    (change,) = advice.to_dict()["relaxations"]
    least = change["change"]["min_accuracy_pct"]["to"]
    assert f"{math.floor(10 * least) / 10:.1f}" in FORMATS[form](advice)


def test_hostile_names_stay_names(advisor):
    markdown = FORMATS["markdown"](hostile_advice(advisor))
    assert "<script>" not in markdown
    assert "\n# x" not in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| vgg")]
    assert len(rows) == 2
    assert json.loads(FORMATS["json"](hostile_advice(advisor)))["pick"]["network"] == HOSTILE


def test_tables_are_80_columns_wide_without_colour(advisor):
    for name in ("low-end", "mid-end", "high-end"):
        text = FORMATS["table"](advisor.advise(Profile(service_class=name), Constraints()))
        assert max(map(len, text.splitlines())) <= 80
        assert "\x1b" not in text


def test_a_predicted_pick_shows_its_interval_and_the_best_measured_one(advisor):
    profile = Profile(networks=("mobilenet_v1", "mobilenet_v2"), service_class="high-end")
    answers = [advisor.advise(profile, Constraints(max_size_kb=kb)) for kb in range(600, 4000, 50)]
    predicted = [a for a in answers if a.feasible and a.pick["evidence"] == "predicted"]
    assert predicted
    content = predicted[0].to_dict()
    assert content["alternatives"][0]["evidence"] == "measured"
    assert "[" in FORMATS["table"](predicted[0])


@pytest.mark.parametrize("form", ["table", "markdown", "plot"])
@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"evidence": "measured", "task": "digits"}, "with --evidence measured no candidate is"),
        ({"confidence": 0.99, "task": "digits"}, "a lower --confidence asks less"),
    ],
    ids=["setting", "confidence"],
)
def test_where_no_limit_is_to_blame_the_answer_says_what_is(advisor, form, asked, says):
    text = FORMATS[form](advisor.advise(Profile(**asked), Constraints(max_size_kb=500)))
    words = " ".join(text.replace("\\", "").split())
    assert says in words
    assert "Why not" not in text


@pytest.mark.parametrize(("index", "word"), [(0, "accuracy"), (1, "size"), (2, "latency")])
def test_what_nobody_knows_is_named(advisor, index, word):
    values = [[80.0, 70.0], [10.0, 20.0], [1.0, 2.0]]
    values[index] = [float("nan")] * 2
    ranking = ranked(make_board(*values))
    answer = replace(
        hostile_advice(advisor),
        ranking=ranking,
        choice=choose(ranking, Constraints(max_size_kb=5), top=3),
    )
    assert f"no {word} is known for" in FORMATS["table"](answer)
    assert answer.to_dict()["alternatives"] == []


def test_a_prediction_says_which_of_its_quantities_were_measured(advisor):
    answer = advisor.advise(Profile(), Constraints(max_size_kb=500, max_latency_ms=50), top=9)
    distilled = next(r for r in answer.to_dict()["alternatives"] if r["strategy"] == "kd+f16")
    assert distilled["evidence"] == "predicted"
    assert distilled["reasons"][0].endswith("; size and latency as measured")


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_the_size_that_is_limited_is_the_one_that_is_shown(advisor, form):
    """On the published device the stored file of wrn PRQ is twice its compressed size."""
    asked = Profile(service_class="low-end", networks=("wrn",), size_kind="file", follow="paper")
    answer = advisor.advise(asked, Constraints(max_size_kb=600))
    text = " ".join(FORMATS[form](answer).split())
    pick = answer.pick
    assert pick["file_kb"]["value"] > 1.5 * pick["size_kb"]["value"]
    assert "stored file" in text
    assert f"{pick['file_kb']['value']:.0f} kB" in text
    assert f"{pick['size_kb']['value']:.0f} kB" not in text


@pytest.mark.parametrize("form", ["table", "json", "markdown", "plot"])
def test_no_name_moves_a_cursor(advisor, form):
    board = replace(make_board([80.0], [10.0], [1.0]), network=("\x1b[2Jvgg\x07",))
    ranking = ranked(board)
    choice = choose(ranking, Constraints(), top=3)
    advice = replace(hostile_advice(advisor), ranking=ranking, choice=choice, speakers=((),))
    assert not set(FORMATS[form](advice)) & set("\x1b\x07")
