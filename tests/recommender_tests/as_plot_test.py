import numpy as np
import pytest

from recommender import Constraints, Profile
from recommender.cli import main
from recommender.report.as_plot import Axis, as_plot

LIMITS = Constraints(max_size_kb=500, max_latency_ms=50, min_accuracy_pct=72)


@pytest.fixture(scope="module")
def advice(advisor):
    return advisor.advise(Profile(), LIMITS)


@pytest.fixture(scope="module")
def text(advice):
    return as_plot(advice)


def test_it_fits_eighty_columns_and_needs_no_colour(text):
    assert max(map(len, text.splitlines())) < 80
    assert text.isascii()


def test_the_pick_is_the_capital_and_stands_where_it_is(advice, text):
    pick = advice.pick
    assert f"A {pick['network']} {pick['setup']}" in text
    plots = text.split("accuracy, %")[1:]
    for plot, target in zip(plots, ("size_kb", "latency_ms"), strict=True):
        values = advice.ranking.board.quantities[target].value
        x = Axis.over(values, 72, log=True)
        (row,) = [line for line in plot.splitlines() if "A" in line and "|" in line]
        assert row.index("A") - 7 == x.cell(pick[target]["value"])


def test_the_front_has_a_letter_each(advice, text):
    legend = text.split("best first:")[1].split(" measured,")[0]
    for entry in advice.to_dict()["frontier"]:
        assert f"{entry['network']} {entry['setup']}" in legend


def test_limits_are_lines(text, advisor):
    free = as_plot(advisor.advise(Profile(), Constraints()))
    rows = [line for line in text.splitlines() if line[6:7] == "|"]
    assert all("|" in row[7:] for row in rows)
    assert sum("----" in row for row in rows) == 2
    assert not any("|" in line[7:] for line in free.splitlines() if line[6:7] == "|")


def test_nothing_feasible_is_drawn_too(advisor):
    text = as_plot(advisor.advise(Profile(), Constraints(max_size_kb=0.001)))
    assert "Nothing is feasible" in text
    assert "best first" not in text


def test_axes_know_their_cells():
    axis = Axis.over(np.array([1.0, 1000.0, np.nan]), 30, log=True)
    cells = [axis.cell(axis.value(k)) for k in range(30)]
    assert cells == list(range(30))
    assert axis.cell(0.5) is None
    assert axis.cell(float("inf")) is None
    assert axis.cell(axis.high) == 29


def test_a_board_without_values_has_an_axis_all_the_same():
    axis = Axis.over(np.array([np.nan]), 10, log=True)
    assert 0 < axis.low < axis.high


def test_the_option_is_the_format(capsys):
    assert main(["--plot", "--max-size", "500kB"]) == 0
    drawn = capsys.readouterr().out
    assert main(["--format", "plot", "--max-size", "500kB"]) == 0
    assert capsys.readouterr().out == drawn
