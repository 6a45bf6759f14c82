import csv
import dataclasses
import io
from pathlib import Path

import published
import pytest

from measurements.dataset import read
from measurements.errors import UnknownNameError
from measurements.layout import layouts
from measurements.record import Measurement
from measurements.strategy import Strategy
from measurements.subject import networks, tasks
from measurements.tables import fill
from measurements.typesetting import BESIDE, FORMATS, WIDTH, typeset

# The lines of the paper's Tables 5-14 as they come out of its text, column borders lost.
PRINTED = (
    (Path(__file__).parent / "files" / "tables-as-printed.txt")
    .read_text(encoding="utf-8")
    .splitlines()
)

SHIPPED = read()
VGG = Measurement(task="cifar10", network="vgg", strategy="nq", device="board")


def table(number, records=SHIPPED, device="sensors-2022"):
    (found,) = [t for t in fill(records, device) if t.number == number]
    return found


def cells(records, label="NQ"):
    """Accuracy, size and latency of a row of VGGNet on CIFAR-10."""
    row = dict(table(5, [*SHIPPED, *records], "board").rows)[label]
    return [cell.value for cell in row[:3]]


def glued(filled):
    """A table's lines without any space: what is left of it in the paper's text."""
    yield f"Table {filled.number}. {filled.title}."
    groups = list(dict.fromkeys(column.group for column in filled.columns))
    titles = [column.title for column in filled.columns]
    units = [column.unit for column in filled.columns]
    heads = [titles] if len(filled.corner) == 1 else [groups, titles, units]
    for corner, head in zip(filled.corner, heads, strict=True):
        yield corner + "".join(head)
    for label, row in filled.rows:
        yield label + "".join(cell.value for cell in row)


def test_the_paper_s_tables_come_out_digit_for_digit():
    lines = [line for filled in fill(SHIPPED) for line in glued(filled)]
    squeezed = [line if line.startswith("Table") else line.replace(" ", "") for line in lines]
    assert squeezed == [
        line if line.startswith("Table") else line.replace(" ", "") for line in PRINTED
    ]


def test_layouts_name_what_there_is():
    assert [layout.number for layout in layouts()] == list(range(5, 15))
    for layout in layouts():
        assert all(line.network in networks() for line in layout.lines)
        assert all(Strategy.parse(line.strategy).slug == line.strategy for line in layout.lines)
        assert all(half.task in tasks() for half in layout.halves)


def test_on_another_device_each_cell_stands_beside_the_published_one():
    measured = dataclasses.replace(
        VGG, accuracy=0.70049, file_bytes=12345678, latencies_s=(0.0001234,)
    )
    filled = table(5, [*SHIPPED, measured], "board")
    assert filled.compared
    first = filled.rows[0][1]
    assert [(cell.value, cell.published) for cell in first] == [
        ("70.0", "71.9"),
        ("12,346", "56"),
        ("0.123", "4"),
        ("", "43.5"),
        ("", "425"),
        ("", "18"),
    ]
    assert {cell.value for _, row in filled.rows[1:] for cell in row} == {""}
    assert not table(12, [*SHIPPED, measured], "board").compared


def test_the_size_is_the_compressed_one_only_where_something_was_pruned():
    sizes = {"file_bytes": 50_000, "compressed_bytes": 20_000}
    plain = dataclasses.replace(VGG, **sizes)
    pruned = dataclasses.replace(VGG, strategy="prn", **sizes)
    assert cells([plain, pruned])[1] == "50"
    assert cells([plain, pruned], "PRN")[1] == "20"
    assert cells([dataclasses.replace(plain, file_bytes=None)])[1] == "20"
    assert cells([dataclasses.replace(pruned, compressed_bytes=None)], "PRN")[1] == "50"


def test_repeats_show_their_median_failures_and_noise_left_out():
    records = [
        dataclasses.replace(VGG, seed=seed, accuracy=accuracy, latencies_s=(seconds,), noisy=noisy)
        for seed, accuracy, seconds, noisy in (
            (1, 0.5, 0.012, False),
            (2, 0.6, 0.014, False),
            (3, 0.9, 0.9, True),
        )
    ]
    failed = dataclasses.replace(VGG, accuracy=0.1, failure="crashed")
    assert cells([*records, failed]) == ["60.0", "", "13"]
    assert cells(records[2:]) == ["90.0", "", "900"]


def test_a_device_that_nobody_measured_is_an_error_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="'sensors-2021'; did you mean 'sensors-2022'"):
        fill(SHIPPED, "sensors-2021")


# As text

BOARD = [dataclasses.replace(record, device="board") for record in published.RECORDS]
BOTH = [fill(published.RECORDS), fill([*published.RECORDS, *BOARD], "board")]


@pytest.mark.parametrize("tables", BOTH)
def test_the_terminal_s_lines_fit_and_are_aligned(tables):
    text = typeset(tables, "terminal")
    assert max(map(len, text.splitlines())) <= WIDTH
    for line in text.splitlines():
        assert line == line.rstrip()
    block = text.partition("\n\n")[0].splitlines()
    assert len({len(line) for line in block[2:]}) == 1


def test_the_terminal_shows_halves_side_by_side_or_where_compared_one_by_one():
    alone, compared = (typeset(tables[:1], "terminal") for tables in BOTH)
    assert alone.splitlines()[4] == "NQ      71.9    56     4   43.5   425    18"
    assert compared.splitlines()[4] == "NQ      71.9   71.9    56     56     4      4"
    assert BESIDE not in alone
    assert compared.count(BESIDE) == 6


@pytest.mark.parametrize("tables", BOTH)
def test_markdown_has_as_many_cells_in_every_row(tables):
    for block in typeset(tables, "md").split("**Table")[1:]:
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) == 1
        assert len(rows) >= 5


@pytest.mark.parametrize("tables", BOTH)
def test_latex_has_as_many_columns_as_it_declares(tables):
    for block in typeset(tables, "latex").split(r"\begin{table}")[1:]:
        declared = block.partition(r"\begin{tabular}{")[2].partition("}")[0]
        rows = [line for line in block.splitlines() if line.endswith(r"\\")]
        plain = [row for row in rows if r"\multicolumn" not in row]
        assert {row.count(" & ") + 1 for row in plain} == {len(declared)}
        assert "%" not in block.replace(r"\%", "")


def test_csv_has_one_line_for_each_cell_and_plain_numbers():
    rows = list(csv.DictReader(io.StringIO(typeset(BOTH[1], "csv"))))
    assert len(rows) == 9 + 6 * (4 * 7 + 4 * 6 + 8)
    first = {"table": "6", "row": "NQ", "group": "CIFAR100", "column": "Size", "unit": "KB"}
    (found,) = [row for row in rows if first.items() <= row.items()]
    assert (found["value"], found["published"]) == ("94790", "94790")
    assert all(float(row["value"].removesuffix("M")) >= 0 for row in rows)


def test_every_format_shows_every_value():
    for form in FORMATS:
        text = typeset(BOTH[0], form).replace(",", "")
        assert all(size in text for size in ("94790", "169961", "35401", "5.4M", "379.7"))


def test_an_unknown_format_is_an_error_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="known: csv, latex, md, terminal"):
        typeset(BOTH[0], "pdf")
