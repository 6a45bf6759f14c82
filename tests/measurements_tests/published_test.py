import csv
import io

import pytest

from measurements.importing import read_files
from measurements.mapping import load
from measurements.published import COLUMNS
from measurements.subject import published

MOBILENET = "mobilenet_v1_0.25_128"


def test_counts_are_those_of_the_definition():
    pytest.importorskip("tensorflow")
    import measurements.training  # noqa: F401  settles which Keras is meant
    from measurements.training.published import definitions, facts

    build = next(make for names, make in definitions() if MOBILENET in names)
    assert facts(build()) == published()[MOBILENET]


def test_counts_are_near_what_the_authors_print():
    # MobileNet v1, Table 6 and 7: 569 and 186 million multiply-accumulates, 4.2 million weights.
    assert published()["mobilenet_v1_1.0_224"]["macs"] == pytest.approx(569e6, rel=0.01)
    assert published()["mobilenet_v1_1.0_128"]["macs"] == pytest.approx(186e6, rel=0.01)
    assert published()["mobilenet_v1_1.0_224"]["params"] == pytest.approx(4.2e6, rel=0.02)


@pytest.mark.parametrize(
    ("source", "known"), [("tflite_hosted_models", True), ("somebody else", False)]
)
def test_imported_rows_bring_the_facts_of_networks_that_were_counted(source, known, tmp_path):
    row = {
        "source": source,
        "network": "Mobilenet_V1_0.25_128",
        "technique": "float32",
        "dataset": "ImageNet",
        "latency_ms": "1.2",
    }
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    table.writerow(row)
    path = tmp_path / "table.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    (record,) = read_files([path], load()).records
    assert (record.environment.get("macs") == published()[MOBILENET]["macs"]) is known
