from measurements.record import Measurement
from measurements.results import HEAD, blocks, columns


def measured(strategy, **more):
    facts = {
        "task": "cifar10",
        "network": "mobilenet_v3_large",
        "device": "x86_64-reference-2t",
        "seed": 0,
        "accuracy": 1.0,
        "file_bytes": 12_345_678,
        "compressed_bytes": 1_234_567,
        "latencies_s": tuple(0.1 + 0.0001 * place for place in range(61)),
        "single_latencies_s": tuple(0.1 + 0.0001 * place for place in range(101)),
        "ram_bytes": 9_999_999,
    }
    return Measurement(strategy=strategy, **{**facts, **more})


def test_a_block_has_every_figure_and_fits_a_terminal():
    lines = blocks([measured("nq"), measured("kd+prn80+blq", noisy=True)])
    assert lines[0] == "mobilenet_v3_large on cifar10, x86_64-reference-2t, seed 0"
    assert lines[1].split() == " ".join(HEAD).split()
    assert lines[2].split()[:5] == ["nq", "100.00", "12346", "1235", "103"]
    assert lines[2].split()[-3:] == ["110", "110", "10000"]
    assert lines[3].endswith("noisy")
    assert max(map(len, lines)) <= 80


def test_unknown_is_empty_and_a_failure_is_a_sentence():
    bare = {"accuracy": None, "ram_bytes": None, "latencies_s": (0.0000515,) * 5}
    lines = blocks([measured("nq", **bare), measured("fiq", failure="killed by SIGABRT")])
    assert "0.0515-0.0515" in lines[2]
    assert "acc %" in lines[1]
    assert lines[-1] == "fiq failed: killed by SIGABRT"


def test_blocks_are_of_one_network_task_device_and_seed():
    records = [measured("nq", seed=seed, network=n) for n in ("wrn", "vgg") for seed in (0, 1)]
    heads = [line for line in blocks(records) if " on " in line]
    assert [head.split()[0] + head[-1] for head in heads] == ["vgg0", "vgg1", "wrn0", "wrn1"]
    assert blocks([]) == []


def test_figures_stand_to_the_right_and_words_to_the_left():
    rows = [("a", "1.0 min", "failed before"), ("bcd", "10.0 min")]
    assert columns(rows) == ["a     1.0 min  failed before", "bcd  10.0 min"]
