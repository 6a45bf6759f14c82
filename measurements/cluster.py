"""Trains on a Dask cluster: orders go out to its workers, the files they make come back.

The driver alone writes the store and its cache; a worker needs this package with the `train` extra,
the data, and no folder of the driver's. An order whose worker dies goes to another one. Where that
one finds the same cache folder (the same machine, or a shared folder given as `--cache`), it goes
on from the last epoch; else it starts that training anew.

Each order is a job of joblib's in the driver, which waits for the cluster. joblib's own Dask
backend would run everything in the driver where the cluster has a single slot, would wait for ever
for an order that no worker survives, and has no way for progress.

Dask's scheduler and workers run what whoever reaches them sends, and answer in pickles: a cluster
belongs in a trusted network, or behind certificates (`tls://`, with those of Dask's configuration).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from measurements import atomic
from measurements.errand import Errand, Parcel, errand_of, run
from measurements.errors import DlmoError, HarnessError
from measurements.production import Made, Order, Progress, keep, kept, sha256

CONNECT_S = 20.0
"""How long the scheduler is waited for, and then for its first worker."""

ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d+")
"""Addresses of schedulers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A Dask cluster that a driver is connected to."""

    client: Any
    """The connection, a `distributed.Client`."""
    scheduler: str
    """Its address."""

    def produce(
        self, order: Order, data_hash: str, *, shared: bool, watch: Callable[[Progress], None]
    ) -> Iterator[Made]:
        """Make the files of an order on a worker, as `production.produce` does here.

        Args:
            order: what to make; the files come into its cache.
            data_hash: of the data that it is to be made of.
            shared: the workers use the cache of the same path; else each its own.
            watch: told how it goes.

        Returns:
            One per strategy.

        Raises:
            HarnessError: when no worker could begin: other data there, other code, no connection.
        """
        left = []
        for strategy in order.strategies:
            if made := kept(order, strategy):
                yield made
            else:
                left.append(strategy)
        if not left:
            return
        errand = errand_of(replace(order, strategies=tuple(left)), data_hash, shared=shared)
        for parcel in self._sent(errand, watch):
            made = _unpacked(parcel, Path(order.cache))
            if not kept(order, made.strategy):
                keep(order, made)
            yield made

    def _sent(self, errand: Errand, watch: Callable[[Progress], None]) -> list[Parcel]:
        from distributed.scheduler import KilledWorker

        # The same errand under the same name: taken up again, it may still be under way there.
        name = hashlib.sha256(repr(errand).encode()).hexdigest()[:16]
        topic = f"{errand.order.network}-seed-{errand.order.seed}-{name}"
        self.client.subscribe_topic(topic, lambda event: watch(Progress(**event[1]["progress"])))
        future = self.client.submit(run, errand, key=topic, pure=False)
        try:
            parcels: list[Parcel] = future.result()
        except DlmoError:
            raise
        except KilledWorker as error:
            died = f"{error.allowed_failures + 1} workers died while making it"
            return [
                Parcel(made=Made(strategy=s, failure=died), content=None)
                for s in errand.order.strategies
            ]
        except CancelledError:
            raise HarnessError(f"{self.scheduler}: the connection to the cluster is lost") from None
        # Whatever a worker raises: a package that it lacks, an interpreter that can't read ours.
        except Exception as error:
            raise HarnessError(
                f"{self.scheduler}: a worker can't train: {type(error).__name__}: {error}"
            ) from error
        finally:
            self.client.unsubscribe_topic(topic)
        return parcels


@contextmanager
def connected(scheduler: str) -> Iterator[Cluster]:
    """Connect to a Dask cluster; what is under way there is given up when the driver leaves.

    Args:
        scheduler: address, `tcp://HOST:PORT` or `tls://HOST:PORT`.

    Raises:
        HarnessError: without the `dask` extra, a scheduler or a worker.
    """
    if not ADDRESS.fullmatch(scheduler):
        raise HarnessError(
            f"'{scheduler}' is no address of a Dask scheduler; accepted: tcp://HOST:PORT, "
            "tls://HOST:PORT"
        )
    try:
        from distributed import Client
    except ImportError:
        raise HarnessError(
            "a Dask cluster needs the extra 'dask': pip install 'dlmo-advisor[dask]'"
        ) from None
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TypeError, ValueError) as error:  # the last two: tls without certificates
        raise HarnessError(f"{scheduler}: no Dask scheduler answers there: {error}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError:
            raise HarnessError(
                f"{scheduler}: the cluster has no worker; `dask worker {scheduler} --nthreads 1` "
                "starts one"
            ) from None
        yield Cluster(client=client, scheduler=scheduler)


def _unpacked(parcel: Parcel, cache: Path) -> Made:
    """Put a worker's file into the driver's cache, under the name that it has in the worker's."""
    if parcel.content is None or parcel.made.path is None:
        return parcel.made
    there = Path(parcel.made.path)
    path = cache / there.parent.name / there.name
    if not (path.is_file() and sha256(path) == hashlib.sha256(parcel.content).hexdigest()):
        atomic.write(path, parcel.content)
    return replace(parcel.made, path=str(path))
