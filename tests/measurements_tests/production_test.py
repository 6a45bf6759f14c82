from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from measurements import production
from measurements.production import RECEIPTS, Order, produce


@pytest.fixture(scope="module")
def order(tmp_path_factory, dusk, small_protocol):
    """An order that was made once, its files, and what was told meanwhile."""
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    made = Order(
        network="vgg",
        strategies=("nq", "fiq"),
        task=str(dusk),
        protocol=str(small_protocol),
        seed=0,
        data_dir=None,
        cache=str(tmp_path_factory.mktemp("cache")),
        content="small@1 2",
    )
    heard = []
    return made, list(produce(made, heard.append)), heard


def test_each_strategy_is_made_and_watched(order):
    _, files, heard = order
    assert [made.strategy for made in files] == ["nq", "fiq"]
    assert all(Path(made.path).stat().st_size > 1000 and not made.failure for made in files)
    assert files[0].train_seconds > 0
    assert files[0].epochs == 1
    assert files[1].train_seconds == 0
    assert {(now.network, now.epochs) for now in heard if now.epochs} == {("vgg", 1)}
    assert [now.epoch for now in heard if now.epochs][-1] == 1


def test_what_is_there_is_not_made_again(order, monkeypatch):
    again, files, _ = order

    def never(*_, **__):
        raise AssertionError("a child was started")

    monkeypatch.setattr(production, "answers", never)
    assert list(produce(again, lambda _: None)) == files


def test_a_file_that_is_not_what_it_was_is_made_again(order):
    again, files, _ = order
    path = Path(files[1].path)
    content = path.read_bytes()
    path.unlink()
    (remade,) = produce(replace(again, strategies=("fiq",)), lambda _: None)
    assert Path(remade.path).read_bytes() == content
    assert list(produce(again, lambda _: None))[1] == remade


def test_other_data_or_another_protocol_is_another_order(order):
    again, _, _ = order
    for other in (replace(again, content="small@1 3"), replace(again, seed=1)):
        assert production.kept(other, "nq") is None
    assert production.kept(again, "nq") is not None


def test_other_training_code_makes_other_files(order, monkeypatch):
    again, _, _ = order
    monkeypatch.setattr(production, "VERSION", production.VERSION + 1)
    assert production.kept(again, "nq") is None


def test_a_torn_receipt_counts_as_none(order, tmp_path):
    again, _, _ = order
    whole = (Path(again.cache) / RECEIPTS).read_bytes()
    (tmp_path / RECEIPTS).write_bytes(whole[: len(whole) // 3])
    assert production.kept(replace(again, cache=str(tmp_path)), "nq") is None


def test_each_strategy_of_an_order_that_fails_says_why(order):
    again, _, _ = order
    (one, other) = produce(replace(again, protocol="no such", content="x"), lambda _: None)
    assert (one.strategy, other.strategy) == ("nq", "fiq")
    assert one.path is None
    assert "protocol 'no such'" in one.failure
    assert one.failure == other.failure
