"""Where the values of the facts come from: a query, a network, a strategy.

A fact that is not known is None or has no entry, and makes no condition hold.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from measurements.strategy import Strategy
from measurements.subject import Device, Network, Task, networks, tasks
from rules.facts import UNQUANTIZED
from rules.remark import Facts, FactValue


def of_query(
    *,
    service_class: str | None = None,
    task: Task | None = None,
    device: Device | None = None,
    classes: int | None = None,
    integer_only: bool = False,
) -> dict[str, FactValue | None]:
    """Facts of a question.

    Args:
        service_class: one of `rules.facts.SERVICE_CLASSES`.
        task: what is to be classified.
        device: where it is to run.
        classes: number of classes, where it is not the task's.
        integer_only: whether the hardware computes in integers alone. No device that has timed a
            float network does, so it is for the asker to say.
    """
    return {
        "service_class": service_class,
        "task": task.name if task else None,
        "classes": task.classes if classes is None and task else classes,
        "train_examples": task.train_examples if task else None,
        "device": device.name if device else None,
        "kernels": device.kernels if device else None,
        "threads": device.threads if device else None,
        "integer_only": integer_only,
    }


def of_network(network: Network, classes: int | None) -> dict[str, FactValue | None]:
    """Facts of a candidate's network.

    Args:
        network: the network.
        classes: outputs of its classifier; None leaves what hangs on it unknown.
    """
    return {
        "network": network.name,
        "family": network.family or None,
        "designed_for": network.designed_for,
        "parameters": None if classes is None else network.parameters(classes),
        "macs": None if classes is None else network.macs(classes),
        "layers": network.layers,
        "depthwise_share": network.depthwise_share,
    }


@lru_cache(maxsize=4096)
def of_strategy(slug: str) -> Facts:
    """Facts of a candidate's strategy.

    Args:
        slug: of the strategy, or the paper's setup.

    Raises:
        UnknownNameError: for what is no strategy.
    """
    strategy = Strategy.parse(slug)
    return MappingProxyType(
        {
            "strategy": base_of(strategy),
            "distilled": strategy.distilled,
            "pruned": strategy.pruned,
            "sparsity": strategy.sparsity,
            "quantizer": strategy.quantizer or UNQUANTIZED,
            "integer": strategy.integer,
            "weight_bits": strategy.weight_bits,
        }
    )


def base_of(strategy: Strategy) -> str:
    """The slug without distillation and sparsity: `prn+f16` for `kd+prn80+f16`."""
    return Strategy(pruned=strategy.pruned, quantizer=strategy.quantizer).slug


def complete(stated: Facts) -> dict[str, FactValue | None]:
    """Stated facts, with those that follow from the task, network and strategy among them.

    Args:
        stated: of query, network and strategy; here `strategy` may be a whole slug, `kd+prn80`.
            A stated value goes before one that follows.

    Raises:
        UnknownNameError: for what is no strategy.
    """
    task = tasks().get(str(stated.get("task")))
    network = networks().get(str(stated.get("network")))
    facts = of_query(task=task) | dict(stated)
    if network is not None:
        classes = facts["classes"]
        facts = of_network(network, classes if isinstance(classes, int) else None) | facts
    if "strategy" in stated:
        followed = of_strategy(str(stated["strategy"]))
        facts = {**followed, **facts, "strategy": followed["strategy"]}
    return facts
