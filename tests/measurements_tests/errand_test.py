import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from measurements import protocol, scope, tasks
from measurements.errand import _at_home, errand_of
from measurements.errors import HarnessError
from measurements.production import Order


@pytest.fixture
def order(dusk, small_protocol):
    return Order(
        network="vgg",
        strategies=("nq",),
        task=str(dusk),
        protocol=str(small_protocol),
        seed=0,
        data_dir=None,
        cache="cache",
        content="",
    )


def at_home(order, *, shared=False):
    """As another machine takes it up, after its journey."""
    errand = errand_of(order, tasks.load(order.task, order.data_dir).hash, shared=shared)
    return _at_home(pickle.loads(pickle.dumps(errand)), "there")


def test_a_protocol_travels_as_its_content(order, small_protocol, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    there = at_home(order)
    assert Path(there.protocol).is_relative_to(tmp_path)
    assert protocol.load(there.protocol) == protocol.load(small_protocol)
    assert at_home(replace(order, protocol="quick")).protocol == "quick"


def test_paths_do_not_depend_on_where_a_worker_was_started(order, dusk, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    monkeypatch.chdir(dusk.parent)
    relative = replace(order, task="dusk.npz", cache="cache")
    errand = errand_of(relative, tasks.load("dusk.npz").hash, shared=True)
    monkeypatch.chdir(tmp_path)
    there = _at_home(errand, "there")
    assert (there.task, there.cache) == (str(dusk), str(dusk.parent / "cache"))
    assert at_home(order).cache == str(scope.own_cache()) == str(tmp_path / "own" / "dlmo-advisor")


def test_data_are_looked_for_in_the_drivers_folder_else_in_the_workers(
    order, dusk, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "parking.npz").write_bytes(dusk.read_bytes())
    mine = replace(order, task="parking", data_dir=str(tmp_path))
    errand = errand_of(mine, tasks.load("parking", tmp_path).hash, shared=False)
    assert _at_home(errand, "there").data_dir == str(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "parking.npz").rename(tmp_path / "there" / "parking.npz")
    elsewhere = replace(errand, order=replace(errand.order, data_dir=str(tmp_path / "gone")))
    with pytest.raises(HarnessError, match=r"^there: parking: no parking.npz"):
        _at_home(elsewhere, "there")
    monkeypatch.setenv(tasks.DATA_DIR, str(tmp_path / "there"))
    assert _at_home(elsewhere, "there").data_dir is None
