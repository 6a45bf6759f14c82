"""The regression finds what it was made with, carries facts to new networks, and keeps to sense."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurements.strategy import grammar
from measurements.subject import networks
from recommender import regression
from recommender.features import features
from recommender.single_thread import single_thread

SLUGS = ("nq", "blq", "fiq", "f16", "prn", "prn+blq", "prn+f16", "kd")
ALL = tuple(networks())


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Matrices this small are slower on several."""
    with single_thread():
        yield


def cells(networks=ALL, slugs=SLUGS, devices=("here",), tasks=("cifar10",), **facts):
    table = [(t, n, s, d) for t in tasks for n in networks for s in slugs for d in devices]
    frame = pd.DataFrame(table, columns=["task", "network", "strategy", "device"]).assign(**facts)
    return features(frame)


def sizes(rows):
    """Log kB of files that hold weights, 30 bytes a channel, and what pruned ones compress to."""
    bytes_kept = rows.parameters * rows.bits / 8 * np.where(rows.pruned > 0, 0.33, 1.0)
    return np.log((bytes_kept + 30 * rows.channels * rows.integer) / 1000)


def domain(rows, name="here"):
    return np.full(len(rows), name, dtype=object)


@pytest.fixture(scope="module")
def sized():
    rows = cells()
    return regression.fit("size_kb", rows, domain(rows), sizes(rows))


def test_a_left_out_networks_sizes_follow_from_its_facts():
    known, left = cells([n for n in ALL if n != "mobilenet_v2"]), cells(["mobilenet_v2"])
    model = regression.fit("size_kb", known, domain(known), sizes(known))
    location, _ = model.locate(left, domain(left))
    assert np.abs(location - sizes(left)).max() < 0.1


def test_its_plain_form_tells_more_than_its_definition():
    """A network published under a name may be another one: its plain size gives it away."""
    twice = cells(["vgg"], parameters=2 * networks()["vgg"].parameters(10))
    rest = cells([n for n in ALL if n != "vgg"])
    plain = cells(["vgg"], ["nq"])
    whole = pd.concat([_frame(rest), _frame(plain)], ignore_index=True)
    rows = features(whole)
    y = np.concatenate([sizes(rest), sizes(twice)[:1]])
    model = regression.fit("size_kb", rows, domain(rows), y)
    asked = cells(["vgg"], ["f16", "blq"])
    location, _ = model.locate(asked, domain(asked))
    # Weights as many as the plain file has, overheads of the known channels.
    assert np.exp(location[0] - sizes(twice)[SLUGS.index("f16")]) == pytest.approx(1, abs=0.1)
    assert np.exp(location[1] - sizes(twice)[SLUGS.index("blq")]) == pytest.approx(1, abs=0.15)


def _frame(rows):
    bits = {32: "nq", 16: "f16"}
    slugs = [s for _ in range(len(rows) // len(SLUGS)) for s in SLUGS]
    slugs = slugs if len(slugs) == len(rows) else [bits[int(b)] for b in rows.bits]
    return pd.DataFrame(
        {"task": rows.task, "network": rows.network, "strategy": slugs, "device": rows.device}
    )


@settings(max_examples=25, deadline=None)
@given(
    st.floats(1e3, 1e8),
    st.floats(10, 1e5),
    st.floats(2, 300),
    st.lists(st.integers(1, 99), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_more_bits_or_fewer_zeros_are_never_predicted_smaller(
    sized, parameters, channels, layers, sparsities
):
    few, many = sparsities
    slugs = [
        f"{pruned}{quantizer}".strip("+") or "nq"
        for pruned in (f"prn{many}", f"prn{few}", "")
        for quantizer in ("+blq", "+f16", "")
    ]
    rows = cells(["mine"], slugs, parameters=parameters, channels=channels, layers=layers)
    location, spread = sized.locate(rows, domain(rows))
    table = location.reshape(3, 3)
    assert (np.diff(table, axis=1) >= -1e-9).all()  # more bits
    assert (np.diff(table, axis=0) >= -1e-9).all()  # fewer zeros
    assert (spread > 0).all()


def test_how_much_a_stranger_weighs_is_in_doubt_and_by_as_much_in_all_its_forms(sized):
    """Where a definition is not what was run, each form is off by the same factor."""
    facts = {"parameters": 1e6, "channels": 4000, "layers": 30}
    stranger, known = cells(["mine"], **facts), cells(["vgg"])
    _, spread = sized.locate(stranger, domain(stranger))
    _, other = sized.locate(known, domain(known))
    assert spread.max() / spread.min() < 1.05
    assert spread.min() >= regression.MISCOUNT > 2 * other.max()


@pytest.mark.parametrize("target", ["size_kb", "file_kb", "latency_ms"])
def test_a_teacher_changes_accuracy_alone(target):
    rows = cells()
    y = sizes(rows) if target != "latency_ms" else np.log(rows.macs / 1e6)
    model = regression.fit(target, rows, domain(rows), y)
    pairs = [s for s in grammar() if s.distilled]
    taught = cells(["vgg"], [s.slug for s in pairs])
    alone = cells(["vgg"], [s.undistilled.slug for s in pairs])
    for one, other in zip(
        model.locate(taught, domain(taught)), model.locate(alone, domain(alone)), strict=True
    ):
        assert np.array_equal(one, other)


def test_a_dense_file_stores_the_zeros_of_integer_weights():
    pruned, dense = cells(["vgg"], ["prn+blq", "prn"]), cells(["vgg"], ["blq", "nq"])
    seen = regression.seen_by("file_kb", pruned)
    assert seen.pruned.tolist() == [0, 1]  # float zeros are stored sparsely by what is built here
    assert regression.seen_by("file_kb", dense).pruned.tolist() == [0, 0]
    assert regression.seen_by("size_kb", pruned).pruned.tolist() == [1, 1]


def test_devices_with_the_same_kernels_are_alike():
    """A new device with kernels that are known is forecast as they behave, not as the others do."""
    devices = ("a-xnnpack-1t", "a-builtin-1t", "a-reference-1t")
    rows = cells(devices=devices)
    slow = np.where(rows.device == devices[0], 0.0, 1.5) * rows.integer
    y = np.log(rows.macs / 1e6) + slow
    model = regression.fit("latency_ms", rows, rows.device, y, expected=["b-xnnpack-2t"])
    asked = cells(["vgg", "wrn"], ["nq", "fiq"], devices=("b-xnnpack-2t", "b-builtin-2t"))
    location, _ = model.locate(asked, asked.device)
    ratio = {
        d: (location[(asked.device == d) & (asked.integer > 0)])
        - (location[(asked.device == d) & (asked.integer == 0)])
        for d in set(asked.device)
    }
    assert (ratio["b-builtin-2t"] - ratio["b-xnnpack-2t"] > 0.2).all()


def test_a_device_still_to_come_is_in_more_doubt_than_one_that_was_timed():
    rows = cells(devices=("a", "b", "c"))
    y = np.log(rows.macs / 1e6)
    model = regression.fit("latency_ms", rows, rows.device, y, expected=["new"])
    asked = cells(["vgg"], ["nq", "fiq"], devices=("a", "new", "never heard of"))
    _, spread = model.locate(asked, asked.device)
    known = asked.device == "a"
    assert spread[~known].min() > 5 * spread[known].max()


def test_a_plain_accuracy_carries_over_however_odd_it_is_for_its_network():
    """A network may be the best on one task and fail on another: its other forms fail along."""
    names = ("vgg", "wrn", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small")
    rows = cells(names, ["nq", "blq", "f16", "prn"], tasks=("cifar10", "parking", "cifar100"))
    level = {"vgg": 0.7, "wrn": 2.0, "mobilenet_v1": 1.1, "mobilenet_v2": 0.6}
    y = np.array([level.get(n, 0.5) for n in rows.network])
    y += 0.8 * (rows.task == "parking") - 1.1 * (rows.task == "cifar100")
    y -= 2.0 * ((rows.network == "wrn") & (rows.task == "parking"))
    y -= 0.2 * rows.pruned
    hidden = (rows.network == "wrn") & ~rows.plain
    known, left = rows.take(~hidden), rows.take(hidden)
    model = regression.fit("accuracy_pct", known, domain(known), y[~hidden])
    location, _ = model.locate(left, domain(left))
    assert np.abs(location - y[hidden]).max() < 0.15


def test_plain_sizes_built_here_serve_wherever_a_network_is_built():
    rows = cells(["vgg"], ["nq", "blq"], devices=("here",))
    found = regression.anchors("size_kb", rows, domain(rows), sizes(rows))
    known, weights = found.of(rows, domain(rows, "another protocol"))
    assert known.all()
    assert weights == pytest.approx(np.exp(sizes(rows)[0]) * 1000)
    known, _ = found.of(rows, domain(rows, "sensors-2022"))
    assert not known.any()


def test_what_compressing_takes_away_of_plain_forms_is_learned_for_networks_known_by_facts():
    known, left = cells([n for n in ALL if n != "mobilenet_v2"]), cells(["mobilenet_v2"])
    squeezed = np.log(0.9)
    model = regression.fit("size_kb", known, domain(known), sizes(known) + squeezed)
    location, _ = model.locate(left, domain(left))
    assert np.abs(np.expm1(location - sizes(left) - squeezed)).max() < 0.05


def test_one_network_unlike_its_facts_does_not_spoil_the_others():
    known, left = cells([n for n in ALL if n != "mobilenet_v2"]), cells(["mobilenet_v2"])
    twice = np.log(2) * (known.network == "mobilenet_v3_small")
    model = regression.fit("size_kb", known, domain(known), sizes(known) + twice)
    location, _ = model.locate(left, domain(left))
    assert np.abs(np.expm1(location - sizes(left))).max() < 0.05
