"""A real scheduler and two worker processes, with a cache folder of their own."""

import os
import signal
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from measurements import campaign, cluster, plan, production
from measurements.errors import HarnessError
from measurements.production import Order
from measurements.scope import requested
from measurements.timing import Repetition

distributed = pytest.importorskip("distributed")

EPOCHS = 6


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """A cluster whose workers keep what they make in a folder of their own."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        scheduler_kwargs={"allowed_failures": 1},
        env={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("workers"))},
        silence_logs=50,
    ) as running:
        yield running


@pytest.fixture
def order(tmp_path, dusk, small_protocol):
    return Order(
        network="vgg",
        strategies=("nq", "blq"),
        task=str(dusk),
        protocol=str(small_protocol),
        seed=0,
        data_dir=None,
        cache=str(tmp_path / "cache"),
        content="small@1 2",
    )


def ask(workers, order, data_hash="2"):
    with cluster.connected(workers.scheduler_address) as one:
        return list(one.produce(order, data_hash, shared=False, watch=lambda _: None))


def test_a_worker_killed_in_the_middle_costs_an_epoch_and_nothing_is_different(
    workers, tmp_path, dusk, monkeypatch
):
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "driver"))
    rules = tmp_path / "two.toml"
    rules.write_text(
        f"seeds = [0, 1]\ncalibration_images = 100\n[recipe]\nepochs = {EPOCHS}\naugmentation = []"
    )
    asked = requested(
        networks=["vgg"],
        strategies=["nq", "blq"],
        devices=[],
        tasks=(str(dusk),),
        protocol=str(rules),
        store=tmp_path / "store",
        scheduler=workers.scheduler_address,
        repetition=Repetition(processes=1, values=5, seconds=0.02),
    )
    heard, killed = [], []

    def hear(news):
        heard.append(news)
        if (
            news.where.endswith("seed 0")
            and news.progress
            and news.progress.epoch == 2
            and not killed
        ):
            killed.append(kill_who_trains(workers, "vgg-seed-0"))

    records = campaign.run(asked, hear)
    assert killed
    assert {(r.seed, r.strategy, r.failure) for r in records} == {
        (seed, strategy, "") for seed in (0, 1) for strategy in ("nq", "blq")
    }
    assert records == plan.held(asked.store)
    for seed in (0, 1):
        trainings = [n.progress for n in heard if n.where.endswith(f"seed {seed}") and n.progress]
        epochs = [now.epoch for now in trainings if now.epochs]
        # What was told of is not done again: whose worker died goes on from its checkpoint.
        assert epochs == sorted(epochs)
        assert epochs[-1] == EPOCHS
    # One TensorFlow start more is enough to compare: the killed training with one left in peace.
    here = Order(
        network="vgg",
        strategies=("nq", "blq"),
        task=str(dusk),
        protocol=str(rules),
        seed=0,
        data_dir=None,
        cache=str(tmp_path / "here"),
        content="",
    )
    alone = {made.strategy: made for made in production.produce(here, lambda _: None)}
    for record in records:
        if record.seed == 0:
            made = Path(alone[record.strategy].path)
            assert record.environment["file_sha256"] == production.sha256(made)
            assert record.environment["epochs"] == alone[record.strategy].epochs


def kill_who_trains(workers, name):
    """Kill the worker process of a training, as the scheduler in this process knows it."""
    (task,) = (t for key, t in workers.scheduler.tasks.items() if key.startswith(name))
    (nanny,) = (
        n for n in workers.workers.values() if n.worker_address == task.processing_on.address
    )
    os.kill(nanny.pid, signal.SIGKILL)
    return nanny.pid


def test_other_data_on_a_worker_are_one_clear_error(workers, order):
    with pytest.raises(
        HarnessError, match=r"^tcp://\S+: its data of 'dusk' are not the driver's: hash"
    ):
        ask(workers, order, data_hash="0123456789abcdef")


def test_data_that_a_worker_does_not_have_are_one_clear_error(workers, order, tmp_path):
    with pytest.raises(HarnessError, match=r"^tcp://\S+: unknown task '\S+none.npz'"):
        ask(workers, replace(order, task=str(tmp_path / "none.npz")))


def test_other_code_on_a_worker_is_one_clear_error(workers, order, monkeypatch):
    monkeypatch.setattr(production, "VERSION", 0)
    with pytest.raises(HarnessError, match=r"^tcp://\S+: other code than the driver's"):
        ask(workers, order)


def in_main(code):
    """A function that travels to the workers whole, as it is not part of any module there."""
    names = {"__name__": "__main__"}
    exec(code, names)
    return names["run"]


def test_an_order_that_no_worker_survives_is_a_failure_of_its_cells(workers, order, monkeypatch):
    monkeypatch.setattr(cluster, "run", in_main("def run(errand): __import__('os')._exit(1)"))
    files = ask(workers, order)
    assert [made.strategy for made in files] == ["nq", "blq"]
    assert {made.failure for made in files} == {"2 workers died while making it"}


def test_what_a_worker_can_not_do_is_said_in_a_sentence(workers, order, monkeypatch):
    monkeypatch.setattr(cluster, "run", in_main("def run(errand): import no_such_module"))
    with pytest.raises(HarnessError, match="a worker can't train: ModuleNotFoundError: No module"):
        ask(workers, order)


ENDLESS = """
def run(errand):
    import time
    from measurements import errand as module
    kept = module.produce
    def produce(order, watch):
        while True:
            watch(module.Progress(network="vgg", stage="training"))
            time.sleep(0.02)
    module.produce, module._at_home = produce, lambda errand, where: errand.order
    try:
        return module.run(errand)
    finally:
        module.produce = kept
"""


def test_a_worker_stops_when_the_driver_has_gone(workers, order, monkeypatch):
    monkeypatch.setattr(cluster, "run", in_main(ENDLESS))

    errand = cluster.errand_of(order, "2", shared=False)
    with cluster.connected(workers.scheduler_address) as one:
        future = one.client.submit(cluster.run, errand, pure=False)
        wait_until(lambda: executing(workers) == 1)
        assert not future.done()
    wait_until(lambda: executing(workers) == 0)


def executing(workers):
    """Tasks that run on the workers' threads, wanted or not."""
    with distributed.Client(workers.scheduler_address, set_as_default=False) as client:
        return sum(client.run(lambda dask_worker: dask_worker.state.executing_count).values())


def wait_until(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("address", ["localhost:8786", "inproc://x", "http://a:1", ""])
def test_only_addresses_of_schedulers_are_dialled(address):
    with pytest.raises(HarnessError, match="accepted: tcp://HOST:PORT"), cluster.connected(address):
        pass


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_nobody_at_the_other_end_is_a_sentence(kind, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    with (
        pytest.raises(
            HarnessError, match=rf"{kind}://127.0.0.1:1: no Dask scheduler answers there"
        ),
        cluster.connected(f"{kind}://127.0.0.1:1"),
    ):
        pass
