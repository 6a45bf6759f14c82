"""Every strategy on every network, untrained; and on vgg with a minimum of training."""

import multiprocessing
import os
import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("litert_quantizer")

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from measurements import graph, tasks
from measurements.errors import UnknownNameError
from measurements.protocol import Protocol, Recipe
from measurements.quantize import QUANTIZING, quantize
from measurements.strategy import Strategy, grammar
from measurements.subject import networks as facts_of
from measurements.training import produce as making
from measurements.training.convert import to_tflite
from measurements.training.produce import SPARSE_NOTE, produce

BRIEF = Protocol(
    name="brief",
    calibration_images=100,
    recipe=Recipe(epochs=2, batch=32, learning_rate=0.02, pruning_epochs=1, qat_epochs=1),
    networks={"resnet54": Recipe(epochs=1, batch=50)},
)
UNTRAINED = replace(BRIEF, untrained=True)


@pytest.fixture(name="small", scope="session")
def _small():
    data = tasks.load("digits")
    return replace(data, x_train=data.x_train[:200], y_train=data.y_train[:200])


def run(content):
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    taken = interpreter.get_input_details()[0]
    interpreter.set_tensor(taken["index"], np.ones((1, 32, 32, 3), taken["dtype"]))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def constants(content):
    """Type -> arrays of the constants with more than one axis."""
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    found = {}
    for tensor in model.subgraphs[0].tensors:
        buffer = model.buffers[tensor.buffer]
        data = buffer.data
        if buffer.size:  # kept behind the model, as in large files
            data = np.frombuffer(content[buffer.offset : buffer.offset + buffer.size], np.uint8)
        if data is not None and len(data) and len(tensor.shape) > 1 and not tensor.sparsity:
            kind = {0: np.float32, 1: np.float16, 9: np.int8}.get(tensor.type)
            if kind:
                found.setdefault(kind, []).append(np.frombuffer(data.tobytes(), kind))
    return found


SLOW = {"resnet50", "resnet101"}
"""Minutes on two cores; built when DLMO_SLOW_TESTS is set."""
THOROUGH = bool(os.environ.get("DLMO_SLOW_TESTS"))


@pytest.fixture
def converted_once(monkeypatch):
    """No teacher leaves a trace in an untrained network: the same is not converted twice."""
    done = {}

    def quantized(content, technique, images):
        key = content, QUANTIZING[technique]
        if key not in done:
            done[key] = quantize(content, technique, images)
        return done[key]

    def converted(model, sparse=False):
        key = sparse, *(weight.tobytes() for weight in model.get_weights())
        if key not in done:
            done[key] = to_tflite(model, sparse=sparse)
        return done[key]

    monkeypatch.setattr(making, "quantize", quantized)
    monkeypatch.setattr(making, "to_tflite", converted)


@pytest.mark.parametrize("network", facts_of())
def test_the_grammar_builds_and_runs(network, small, tmp_path, converted_once):
    if network in SLOW and not THOROUGH:
        pytest.skip("takes minutes; set DLMO_SLOW_TESTS=1")
    made = list(produce(network, grammar(), small, UNTRAINED, seed=0, cache=tmp_path))
    assert [product.strategy for product in made] == [strategy.slug for strategy in grammar()]
    assert [product.failure for product in made] == [""] * len(grammar())
    contents = {Path(product.path).read_bytes(): product.strategy for product in made}
    assert len(contents) == 8  # plain and pruned, each as it is and in three encodings
    for content, slug in contents.items():
        strategy = Strategy.parse(slug)
        assert run(content).shape == (1, 10)
        assert graph.read(content).macs == facts_of()[network].macs(10)
        kinds = set(constants(content))
        if strategy.quantizer in ("fiq", "qat"):
            assert kinds == {np.int8}
        elif strategy.quantizer:
            assert {"blq": np.int8, "f16": np.float16}[strategy.quantizer] in kinds


STEPS = replace(
    BRIEF,
    networks={},
    recipe=Recipe(epochs=1, batch=64, learning_rate=0.001, pruning_epochs=1, qat_epochs=1),
)


@pytest.mark.parametrize("network", facts_of())
def test_pruning_and_training_on_the_grid_work_on_every_network(network, small, tmp_path):
    """A few steps: float, pruned, then quantization-aware; the latter from float too if asked."""
    if network in SLOW and not THOROUGH:
        pytest.skip("takes minutes; set DLMO_SLOW_TESTS=1")
    few = replace(small, x_train=small.x_train[:128], y_train=small.y_train[:128])
    shares = {"prn+qat": (0.6, 0.95)}  # depthwise kernels are spared, and small ones differ
    if THOROUGH:
        shares["qat"] = (0.0, 0.3)
    strategies = [Strategy.parse(slug) for slug in shares]
    made = list(produce(network, strategies, few, STEPS, seed=0, cache=tmp_path))
    assert [(product.failure, product.epochs) for product in made] == [("", 1)] * len(shares)
    for product in made:
        content = Path(product.path).read_bytes()
        assert run(content).shape == (1, 10)
        assert set(constants(content)) == {np.int8}
        kernels = [k.ravel() for k in constants(content)[np.int8]]
        least, most = shares[product.strategy]
        assert least <= np.mean(np.concatenate(kernels) == 0) < most


def test_every_strategy_trains(small, tmp_path):
    stages = []
    made = list(
        produce("vgg", grammar(), small, BRIEF, seed=0, cache=tmp_path, progress=stages.append)
    )
    assert [product.failure for product in made] == [""] * len(grammar())
    slugs = {product.strategy: product for product in made}
    contents = {slug: Path(product.path).read_bytes() for slug, product in slugs.items()}
    assert len(set(contents.values())) == len(grammar())
    assert slugs["prn"].note == SPARSE_NOTE
    assert len(contents["prn"]) < 0.5 * len(contents["nq"])
    # What is trained once is not trained again.
    assert {s for s, p in slugs.items() if p.train_seconds} == {
        f"{kd}{rest}" if rest != "nq" or not kd else "kd"
        for kd in ("", "kd+")
        for rest in ("nq", "qat", "prn", "prn+qat")
    }
    trainings = [s for s in stages if s.epochs and s.epoch == s.epochs]
    assert len(trainings) == 9
    assert all(0 <= s.accuracy <= 1 for s in trainings)
    # Zeros of a pruned network are zeros however it is stored.
    for slug in ("prn+f16", "prn+blq", "prn+qat", "kd+prn+fiq"):
        for arrays in constants(contents[slug]).values():
            for array in arrays:
                assert np.mean(array == 0) >= 0.75 - 1 / array.size - 2e-3


def test_a_second_call_makes_nothing_anew(small, tmp_path):
    strategies = [Strategy.parse(s) for s in ("nq", "fiq")]
    first = list(produce("vgg", strategies, small, BRIEF, seed=0, cache=tmp_path))
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.*")}
    assert list(produce("vgg", strategies, small, BRIEF, seed=0, cache=tmp_path)) == first
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.*")} == before


def test_a_change_trains_anew_only_what_it_touches(small, tmp_path):
    strategies = [Strategy.parse(s) for s in ("nq", "qat")]
    other = replace(BRIEF, recipe=replace(BRIEF.recipe, qat_rate=0.001))
    first, second = (
        list(produce("vgg", strategies, small, p, seed=0, cache=tmp_path)) for p in (BRIEF, other)
    )
    assert first[0] == second[0]
    assert first[1].path != second[1].path
    (third,) = produce("vgg", strategies[:1], small, BRIEF, seed=1, cache=tmp_path)
    assert third.path != first[0].path


def test_one_failure_does_not_stop_the_others(small, tmp_path):
    few = replace(small, x_train=small.x_train[:99], y_train=small.y_train[:99])
    strategies = [Strategy.parse(s) for s in ("fiq", "blq")]
    made = list(produce("vgg", strategies, few, UNTRAINED, seed=0, cache=tmp_path))
    assert "99 calibration images; 100 to 500" in made[0].failure
    assert made[0].path is None
    assert Path(made[1].path).exists()


def test_unknown_networks_are_named(small, tmp_path):
    with pytest.raises(UnknownNameError, match="unknown network 'vg'"):
        next(produce("vg", grammar(), small, BRIEF, seed=0, cache=tmp_path))


KILLS = int(os.environ.get("DLMO_KILLS", "1"))
LONG = replace(BRIEF, recipe=replace(BRIEF.recipe, epochs=max(15, KILLS)))


def _train(data, cache):
    list(produce("vgg", [Strategy()], data, LONG, seed=0, cache=cache))


def test_killed_at_any_moment_it_goes_on(small, tmp_path):
    """No kill costs more than the epoch it falls into; the end is that of an unhurt training."""
    _train(small, tmp_path / "unhurt")
    context, moments = multiprocessing.get_context("spawn"), random.Random(0)
    epochs = [0]
    for _ in range(KILLS):
        child = context.Process(target=_train, args=(small, tmp_path / "hurt"))
        child.start()
        deadline = time.monotonic() + 60
        while child.is_alive() and time.monotonic() < deadline:
            if _epochs(tmp_path / "hurt") > epochs[-1]:
                break
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.5))
        child.kill()  # SIGKILL
        child.join()
        epochs.append(_epochs(tmp_path / "hurt"))
    assert epochs == sorted(epochs)
    # Each run got at least one epoch further than the one before.
    assert epochs[-1] >= KILLS
    _train(small, tmp_path / "hurt")
    unhurt, hurt = (sorted((tmp_path / k).rglob("*.npz"))[0] for k in ("unhurt", "hurt"))
    with np.load(unhurt) as a, np.load(hurt) as b:
        for name in a.files:
            if name.startswith("w"):
                np.testing.assert_allclose(a[name], b[name], rtol=1e-3, atol=1e-4)


def _epochs(cache):
    found = list(cache.rglob("weights.npz"))
    if not found:
        return 0
    with np.load(found[0]) as file:
        return int(file["epoch"])
