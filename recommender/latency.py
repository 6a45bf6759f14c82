"""What a latency is made of: work, weights and depth of a network, on the kernels of a device.

Float, dynamic-range and full-integer kernels are three machines in one box. What a network costs on
each differs from device to device, and less so between devices that run the same kernel set: each
device deviates from its kernel set, and each kernel set from all devices.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from measurements.subject import kernels_of
from recommender.effects import UNSEEN, Column, Design, Levels, deviations, indicators, scaled
from recommender.facts import FloatArray
from recommender.features import Features


def columns(rows: Features, levels: Levels, domain: NDArray[np.object_]) -> Iterator[Column]:
    """Log of the latency; integer kernels over their multiply-accumulates."""
    yield from _everywhere(rows, levels)
    yield from deviations(domain, levels.domains, _own("domain", rows, levels))
    kernel_sets = tuple(dict.fromkeys(map(_kernel_set, levels.domains)))
    if len(kernel_sets) < len(levels.domains):  # else every device is a set of its own
        of_row = np.array([_kernel_set(name) for name in domain], dtype=object)
        yield from deviations(of_row, kernel_sets, _shared("kernel set", rows, levels))


def _kernel_set(device: str) -> str:
    """What a device runs; one of which nobody knows that is like no other."""
    return device if device == UNSEEN else kernels_of(device) or device


def _everywhere(rows: Features, levels: Levels) -> Iterator[Column]:
    """What holds on any device: float and integer kernels apart, each with its own levels."""
    fact = scaled(rows)
    integer, real = rows.integer, 1 - rows.integer
    pruned_real, pruned_integer = rows.pruned * real, rows.pruned * integer
    yield "mean", real
    yield "mean", integer
    for name in ("macs", "parameters", "layers", "depthwise"):
        yield "float x fact", real * fact[name]
    for name in ("macs", "parameters", "depthwise"):
        yield "integer x fact", integer * fact[name]
    # Which kernels an integer form takes is one matter; whether halved or zero weights change
    # anything is another: on most devices they do not.
    for kind in (*_integer_kernels(rows), rows.aware):
        yield "kernel", kind
    for kind in _forms(rows):
        yield "form", kind
    for group, kind in (("kernel", rows.static), ("form", rows.half), ("form", pruned_real)):
        for name in ("macs", "depthwise", "parameters"):
            yield f"{group} x fact", kind * fact[name]
        yield f"{group} x task", kind * fact["classes"]
    yield "form x task", pruned_integer * fact["classes"]
    yield "float x task", real * fact["classes"]
    yield "integer x task", integer * fact["classes"]
    for network in indicators(rows.network, levels.networks):
        yield "network x float", network * real
        yield "network x integer", network * integer
        for kind in _integer_kernels(rows):
            yield "network x kernel", network * kind
        for kind in (rows.half, pruned_real):
            yield "network x form", network * kind
        yield "network x task", network * real * fact["classes"]


def _shared(whose: str, rows: Features, levels: Levels) -> dict[str, tuple[FloatArray, ...]]:
    """Group -> columns of what devices with the same kernel set have in common.

    They are fast at one kind of work and slow at another: a dependence of their own on the facts,
    and on what facts can't tell of a network, of which dynamic and full-integer kernels share some.
    """
    fact = scaled(rows)
    both = (1 - rows.integer, rows.integer)
    kernels = (1 - rows.integer, *_integer_kernels(rows))
    networks = list(indicators(rows.network, levels.networks))
    return {
        whose: both,
        f"{whose} x kernel": _integer_kernels(rows),
        f"{whose} x fact": tuple(
            k * fact[n] for k in both for n in ("macs", "parameters", "layers")
        ),
        f"{whose} x depthwise": tuple(kind * fact["depthwise"] for kind in both),
        # Hard-swish and squeeze-and-excite: what searched networks have and others don't.
        f"{whose} x searched": tuple(kind * rows.searched for kind in kernels),
        f"{whose} x network": tuple(network * kind for network in networks for kind in both),
        f"{whose} x network x kernel": tuple(
            network * kind for network in networks for kind in _integer_kernels(rows)
        ),
    }


def _own(whose: str, rows: Features, levels: Levels) -> dict[str, tuple[FloatArray, ...]]:
    """Group -> columns of what a device has for itself: the same, and what forms change on it."""
    return {
        **_shared(whose, rows, levels),
        # Trained for it or not, integers run on the same kernels.
        f"{whose} x form": (*_forms(rows), rows.aware),
    }


def _integer_kernels(rows: Features) -> tuple[FloatArray, FloatArray]:
    """Dynamic range and full integer."""
    return rows.integer - rows.static, rows.static


def _forms(rows: Features) -> tuple[FloatArray, FloatArray, FloatArray]:
    return rows.half, rows.pruned * (1 - rows.integer), rows.pruned * rows.integer


LATENCY = Design(
    columns=columns,
    spreads={
        "mean": 10.0,
        "float x fact": 0.7,
        "integer x fact": 0.15,
        "kernel": 0.3,
        "kernel x fact": 0.1,
        "kernel x task": 0.15,
        "form": 0.3,
        "form x fact": 0.1,
        "form x task": 0.15,
        "float x task": 0.3,
        "integer x task": 0.05,
        "network x float": 0.5,
        "network x integer": 0.15,
        "network x kernel": 0.1,
        "network x form": 0.05,
        "network x task": 0.2,
        "domain": 2.0,
        "domain x kernel": 0.5,
        "domain x fact": 0.3,
        "domain x depthwise": 0.4,
        "domain x searched": 0.2,
        "domain x form": 0.03,
        "domain x network": 0.15,
        "domain x network x kernel": 0.1,
        "kernel set": 1.0,
        "kernel set x kernel": 0.5,
        "kernel set x fact": 0.3,
        "kernel set x depthwise": 0.4,
        "kernel set x searched": 0.2,
        "kernel set x network": 0.15,
        "kernel set x network x kernel": 0.1,
    },
    noise=(0.1, 0.05),
)
"""The structure. Boards differ by more than anything else: a phone's core is ten times slower than
a server's, a microcontroller hundreds of times. A handful of devices alike would never tell."""
