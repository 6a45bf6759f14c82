import dataclasses
import hashlib
import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements import benchmarking
from measurements.dataset import check
from measurements.errors import DatasetError
from measurements.importing import read_files
from measurements.mapping import SHIPPED, Model, Words, load
from measurements.published import COLUMNS
from measurements.strategy import Strategy

HEADER = ",".join(COLUMNS)
WORDS = load()

LITERT_BENCHMARK = {
    "model": "models/mobilenet_v2_fiq.tflite",
    "model_size_mb": 2.54,
    "accelerators": ["CPU"],
    "signature": "serving_default",
    "fully_accelerated": False,
    "num_threads": 1,
    "latency": {
        "init_ms": 5.57,
        "warmup_first_ms": 0.31,
        "warmup_avg_ms": 0.22,
        "num_warmup_runs": 3,
        "avg_ms": 0.15,
        "min_ms": 0.14,
        "max_ms": 0.15,
        "median_ms": 0.14,
        "std_ms": 0.01,
        "p5_ms": 0.14,
        "p95_ms": 0.15,
        "num_runs": 8,
    },
    "throughput_mb_s": 20.48,
}

FILES = Path(__file__).parent / "files"
OLD_LOG = (FILES / "benchmark-model-2.8.log").read_text(encoding="utf-8")
"""No quantiles, large numbers with an exponent."""
NEW_LOG = (FILES / "benchmark-model-two-runs.log").read_text(encoding="utf-8")
"""Of later releases; the second run died."""
SYSTEM_LOG = (FILES / "benchmark-model-logcat.log").read_text(encoding="utf-8")


@pytest.fixture
def given_file(tmp_path):
    def write(text, name="file.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def row(**cells):
    known = {"source": "x", "network": "Net-1", "technique": "float32", "dataset": "CIFAR-10"}
    return ",".join(str({"accuracy_pct": 70, **known, **cells}.get(name, "")) for name in COLUMNS)


def taken(path, words=WORDS, **options):
    found = read_files([path], words, **options)
    assert found.refusals == ()
    return found.records


def refused(path, words=WORDS, **options):
    found = read_files([path], words, **options)
    assert found.records == ()
    return [(refusal.line, refusal.reason) for refusal in found.refusals]


# Tables


def test_a_row_becomes_a_record_in_our_units_with_its_facts_and_its_origin(given_file):
    line = (
        "torchvision_0.29.1,ResNet50,int8_ptq,ImageNet,Pixel 3 GPU,76.13,1000.5,34.6,2,,"
        '25557032,4089000000,"weights=V1; size, printed"'
    )
    path = given_file(f"{HEADER}\n{line}\n")
    (record,) = taken(path)
    assert dataclasses.replace(record, environment={}) == check(
        dataclasses.replace(
            record,
            task="imagenet",
            network="resnet50_torchvision",
            strategy="fiq",
            device="pixel-3-gpu",
            accuracy=0.7613,
            file_bytes=1000.5 * 1024,
            compressed_bytes=None,
            latencies_s=(0.0346,),
            ram_bytes=2048,
            source="torchvision 0.29.1, metadata of its weights",
            source_row=line,
            suspect={"size": "bytes of a PyTorch file, not of a .tflite"},
            environment={},
        ),
        "",
    )
    assert record.environment == {
        "params": 25557032,
        "macs": 4089000000,
        "notes": "weights=V1; size, printed",
        "device": "Pixel 3 GPU",
        "imported": {
            "file": "file.csv",
            "line": 2,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        },
    }


def test_the_unit_of_size_is_the_mapping_s(given_file):
    path = given_file(f"{HEADER}\n{row(size_kb=2)}\n")
    words = {"techniques": {"float32": "nq"}}
    assert taken(path)[0].file_bytes == 2048
    assert taken(path, Words(**words))[0].file_bytes == 2000
    assert taken(path, Words(**words, kilobyte=1024))[0].file_bytes == 2048


def test_sizes_that_notes_call_zipped_are_compressed_ones(given_file):
    lines = [
        row(source="tfmot_docs", size_kb=3, notes=note) for note in ("zipped .tflite", "a file")
    ]
    zipped, stored = taken(given_file("\n".join([HEADER, *lines])))
    assert (zipped.compressed_bytes, zipped.file_bytes) == (3072, None)
    assert (stored.compressed_bytes, stored.file_bytes) == (None, 3072)


@pytest.mark.parametrize(
    ("network", "pixels"),
    [("Mobilenet_V1_0.25_128", 128), ("ResNet_V2_101", 299), ("SqueezeNet", None)],
)
def test_the_size_of_images_is_a_fact_where_name_or_definition_tells_it(
    given_file, network, pixels
):
    line = row(source="tflite_hosted_models", network=network)
    (record,) = taken(given_file(f"{HEADER}\n{line}"))
    assert record.network == network.lower()
    assert record.environment.get("input") == pixels


def test_only_values_that_are_there_are_suspect(given_file):
    lines = [row(source="keras_applications"), row(source="keras_applications", latency_ms=3)]
    plain, timed = taken(given_file("\n".join([HEADER, *lines])))
    assert plain.suspect == {}
    assert timed.suspect == {"latency": "per step of 32 images, not of one"}


@pytest.mark.parametrize(
    ("cells", "option", "device"),
    [
        ({"device": "Pixel 3 / GPU"}, "board", "pixel-3-gpu"),
        ({}, "board", "board"),
        ({"source": "torchvision_0.29.1"}, "", "torchvision"),
        ({"source": "Some Blog"}, "", "some-blog"),
    ],
)
def test_rows_without_a_device_are_named_after_the_option_or_the_source(
    given_file, cells, option, device
):
    (record,) = taken(given_file(f"{HEADER}\n{row(**cells)}"), device=option)
    assert record.device == device


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"technique": "clustered"}, "technique 'clustered': weight clustering is no strategy"),
        ({"technique": "float23"}, "'float23' is not in the mapping; did you mean 'float32'?"),
        ({"technique": ""}, "technique '' is not in the mapping"),
        ({"dataset": "SpeechCommands v0.02"}, "classifies sound, not images"),
        ({"accuracy_pct": ""}, "neither accuracy nor size nor latency"),
        ({"accuracy_pct": "seventy"}, "column 'accuracy_pct': 'seventy' is not a number"),
        ({"accuracy_pct": "nan"}, "column 'accuracy_pct': nan is not a number from 0 to 1"),
        ({"latency_ms": "inf"}, "column 'latency_ms'"),
        ({"size_kb": "-1"}, "column 'size_kb': -1 is not a number from 0 to 1"),
        ({"accuracy_pct": "100.1"}, "field 'accuracy': Expected `float` <= 1.0"),
        ({"macs": "1e999999999"}, "column 'macs': 1e999999999 is not a number from 0 to 1"),
        ({"network": " _ "}, "column 'network' is empty"),
        ({"source": ""}, "missing required field `device`"),
        ({"notes": ",,"}, "15 cells under 13 columns"),
    ],
)
def test_a_row_that_can_not_be_taken_is_listed_with_its_line_and_the_reason(
    given_file, cells, words
):
    ((line, reason),) = refused(given_file(f"{HEADER}\n\n{row(**cells)}\n"))
    assert line == 3
    assert words in reason


def test_the_other_rows_are_taken_and_lines_are_counted_over_line_breaks(given_file):
    text = f"{HEADER}\r\n{row(notes=chr(34) + 'two' + chr(10) + 'lines' + chr(34))}\r\n"
    text += f"{row(technique='clustered')}\r\n{row(network='b')}\r\n"
    found = read_files([given_file(text)], WORDS)
    assert [(r.environment["imported"]["line"], r.network) for r in found.records] == [
        (2, "net_1"),
        (5, "b"),
    ]
    assert found.records[0].source_row.endswith('"two\nlines"')
    assert str(found.refusals[0]).endswith(
        "file.csv:4: technique 'clustered': weight clustering is no strategy of the grammar"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "neither a CSV with the columns source, network"),
        ("some text\n", "neither a CSV"),
        ("[1, 2]", "neither a CSV"),
        ("source,network,technique\n", "line 1: no column 'dataset'"),
        (f"{HEADER},acuracy\n", "unknown or second column 'acuracy'"),
        (f"{HEADER},macs\n", "unknown or second column 'macs'"),
        (f'{HEADER}\n"never closed\n', "line 2: unexpected end of data"),
        ("{", "not what litert-benchmark writes"),
        ("{}", "not what litert-benchmark writes: KeyError: 'latency'"),
        ('{"latency": {"median_ms": "x"}, "model_size_mb": 1}', "could not convert"),
        ('{"latency": 3}', "not what litert-benchmark writes"),
        ("\N{BYTE ORDER MARK}{}", "not what litert-benchmark writes"),
    ],
)
def test_a_file_of_no_known_kind_is_an_error_that_names_it(given_file, text, words):
    path = given_file(text)
    with pytest.raises(DatasetError) as caught:
        read_files([path], WORDS)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_file_that_can_not_be_read_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="can't be read: No such file"):
        read_files([tmp_path / "absent.csv"], WORDS)
    with pytest.raises(DatasetError, match="can't be read: Is a directory"):
        read_files([tmp_path], WORDS)
    (tmp_path / "model.tflite").write_bytes(b"\x1c\x00\x00\x00TFL3\xff\xfe")
    with pytest.raises(DatasetError, match="not text in UTF-8"):
        read_files([tmp_path / "model.tflite"], WORDS)


@given(st.one_of(st.text(), st.text().map(f"{HEADER}\n".__add__), st.text().map("{".__add__)))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(text.encode("utf-8", "replace"))
    try:
        found = read_files([path], WORDS)
    except DatasetError as error:
        assert str(path) in str(error)
    else:
        assert all(refusal.reason for refusal in found.refusals)


# Benchmarks


def test_litert_benchmark(given_file):
    path = given_file(json.dumps(LITERT_BENCHMARK, indent=2), "result.json")
    (record,) = taken(path, device="x86_64-xnnpack-1t", task="digits")
    assert (record.task, record.network, record.strategy) == ("digits", "mobilenet_v2", "fiq")
    assert record.device == "x86_64-xnnpack-1t"
    assert record.latencies_s == (0.00014,)
    assert record.file_bytes == pytest.approx(2_662_256, rel=0.002)
    assert record.environment["num_threads"] == 1
    assert record.environment["latency"]["p95_ms"] == 0.15
    assert record.environment["imported"]["file"] == "result.json"
    assert record.source == "litert-benchmark, result.json"


def test_a_size_that_was_rounded_too_much_is_not_taken(given_file):
    path = given_file(json.dumps({**LITERT_BENCHMARK, "model_size_mb": 0.06}))
    (record,) = taken(path, device="board", task="digits")
    assert record.file_bytes is None
    assert record.environment["model_size_mb"] == 0.06


def test_benchmark_model_of_old(given_file):
    (record,) = taken(given_file(OLD_LOG), device="board", task="cifar10")
    assert (record.network, record.strategy) == ("resnet50", "nq")
    assert record.latencies_s == (2.95034,)
    assert record.file_bytes == 16_900_800
    assert record.environment["num_threads"] == 4
    assert record.environment["num_runs"] == 50
    assert record.environment["memory_footprint_mb"] == 46.0859
    assert record.ram_bytes is None


def test_the_latency_of_one_run_of_benchmark_model():
    text = (FILES / "benchmark-model-2.8.log").read_text()
    assert benchmarking.latency(text) == (2.95034, 50)
    median = text.replace("std=109798", "std=109798 p5=2727568 median=2913402 p95=3189954")
    assert benchmarking.latency(median) == (2.913402, 50)
    assert benchmarking.latency("STARTING!\n") == (None, 0)


def test_benchmark_model_of_today_with_a_run_that_died(given_file):
    path = given_file(NEW_LOG, "log.txt")
    found = read_files([path], WORDS, device="board", task="cifar10")
    (record,) = found.records
    assert (record.network, record.strategy) == ("vgg", "kd+prn80+f16")
    assert record.latencies_s == (0.001057,)
    assert record.environment["use_gpu"] == 0
    (refusal,) = found.refusals
    assert str(refusal) == f"{path}:8: the run did not end: no line 'Inference timings'"


def test_benchmark_model_through_a_system_log(given_file):
    (record,) = taken(given_file(SYSTEM_LOG), device="board", task="cifar10")
    assert (record.network, record.strategy) == ("wrn", "blq")
    assert record.latencies_s == (0.027092,)


def test_a_log_that_names_no_model_is_named_by_its_file(given_file):
    (summary,) = (line for line in OLD_LOG.splitlines() if line.startswith("Inference"))
    (record,) = taken(given_file(summary, "wrn_qat.log"), device="board", task="cifar10")
    assert (record.network, record.strategy) == ("wrn", "qat")


@pytest.mark.parametrize(
    ("file", "network", "strategy"),
    [
        ("mobilenet_v2_fiq.tflite", "mobilenet_v2", "fiq"),
        ("/data/local/tmp/vgg-kd-prn80-f16.tflite", "vgg", "kd+prn80+f16"),
        ("C:\\models\\mobilenet_v3_small-blq.tflite", "mobilenet_v3_small", "blq"),
        ("efficientnet-lite0_prn+blq.tflite", "efficientnet-lite0", "prn+blq"),
    ],
)
def test_names_that_say_what_a_model_is(given_file, file, network, strategy):
    path = given_file(json.dumps({**LITERT_BENCHMARK, "model": file}))
    (record,) = taken(path, device="board", task="digits")
    assert (record.network, record.strategy) == (network, strategy)


def test_the_mapping_says_what_a_model_is(given_file):
    model = Model(network="mobilenet_v1", strategy="PRQ", task="parking")
    words = Words(models={"mobilenet_v2_fiq.tflite": model})
    path = given_file(json.dumps(LITERT_BENCHMARK))
    (record,) = taken(path, words, device="board", task="digits")
    assert (record.task, record.network, record.strategy) == ("parking", "mobilenet_v1", "prn+blq")
    model = dataclasses.replace(model, task="")
    (record,) = taken(path, Words(models={"mobilenet_v2_fiq.tflite": model}), device="b", task="t")
    assert record.task == "t"


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({}, {"task": "digits"}, "the output names no device; give --device"),
        ({}, {"device": "board"}, "the output names no task; give --task"),
        ({"model": "best.tflite"}, {"device": "board", "task": "t"}, '[models."best.tflite"]'),
        ({"model": "_fiq.tflite"}, {"device": "board", "task": "t"}, "can't tell network"),
        ({"latency": {"median_ms": 0.0}}, {"device": "b", "task": "t"}, "rounded to 0"),
        ({"latency": {"median_ms": -1}}, {"device": "b", "task": "t"}, "'latencies_s[0]'"),
    ],
)
def test_a_benchmark_without_what_a_record_needs_is_refused(given_file, changes, options, words):
    path = given_file(json.dumps({**LITERT_BENCHMARK, **changes}))
    ((line, reason),) = refused(path, **options)
    assert line == 1
    assert words in reason


def test_a_log_with_a_number_that_is_none_is_refused(given_file):
    for old, new, words in (
        ("(avg): 2.95034e+06", "(avg): 2.9.5", "could not convert string to float: '2.9.5'"),
        ("(MB): 16.9008", "(MB): 9e+999", "cannot convert float infinity to integer"),
    ):
        path = given_file(OLD_LOG.replace(old, new))
        assert refused(path, device="board", task="t") == [(1, words)]


# The mapping


def test_the_shipped_mapping_covers_all_words_of_the_public_tables():
    words = {*WORDS.techniques, *WORDS.refused.techniques}
    assert words >= TECHNIQUES_OF_PUBLIC_TABLES
    assert not set(WORDS.techniques) & set(WORDS.refused.techniques)
    assert {Strategy.parse(slug).slug for slug in WORDS.techniques.values()} == {
        *("nq", "blq", "fiq", "qat", "kd"),
        *("prn50", "prn75", "prn88", "prn50+fiq", "prn50+qat"),
    }


TECHNIQUES_OF_PUBLIC_TABLES = {
    *("baseline_student", "baseline_teacher", "clustered", "clustered+int8_full", "clustered_32"),
    *("clustered+qat_fakequant", "clustered+qat_int8", "float32", "int8_full", "int8_ptq"),
    *("int8_qat", "int8_quant", "kd:AB", "kd:AT", "kd:CC", "kd:CRD", "kd:DKD", "kd:FSP", "kd:FT"),
    *("kd:FitNet", "kd:KD", "kd:KD+DOT", "kd:NST", "kd:PKT", "kd:RKD", "kd:SP", "kd:VID"),
    *("pruned+qat_fakequant", "pruned+qat_int8", "pruned_50%", "pruned_50%+int8_full"),
    *("pruned_75%", "pruned_87.5%", "ptq_weight_only_hybrid", "qat_fakequant", "qat_int8"),
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[technique]\n", "unknown field 'technique'; did you mean 'techniques'?"),
        ('[techniques]\nx = "foo"\n', "techniques: x: strategy 'foo': unknown technique 'foo'"),
        ('[models.a]\nnetwork = "n"\nstrategy = "fig"\n', "models: a: strategy 'fig'"),
        ('[models.a]\nnetwork = "n"\n', "missing required field `strategy`"),
        ('[sources.a]\ncite = "x"\n', "sources.a: unknown field 'cite'"),
        ("sources = 3\n", "sources: expected a table, got 3"),
        ('[sources.a]\ninput_pattern = "("\n', "sources.a: input_pattern:"),
        ('[sources.a]\ninput_pattern = "x"\n', "0 groups; exactly one is needed"),
        ("[refused.words]\n", "refused: unknown field 'words'"),
        ('kilobyte = "1000"\n', "Expected `int`, got `str`"),
        ("[sources\n", "not TOML"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(given_file, text, words):
    path = given_file(text, "words.toml")
    with pytest.raises(DatasetError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_mapping_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r"absent.toml: can't be read: No such file"):
        load(tmp_path / "absent.toml")


def test_every_table_that_the_shipped_mapping_documents_is_known():
    assert set(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))) < {
        field.name for field in dataclasses.fields(Words)
    }
