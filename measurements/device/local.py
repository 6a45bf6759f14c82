"""This machine, one board for each kernel set and number of threads."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass

from measurements.child import Answer, answers, python
from measurements.device.base import Job, request
from measurements.device.worker import RESOLVERS
from measurements.environment import facts
from measurements.errors import UnknownNameError, known
from measurements.subject import Device

SILENCE_S = 60.0
"""A worker that says nothing for this long hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBoard:
    """This machine with certain kernels and threads."""

    kernels: str
    """`xnnpack`, `builtin` or `reference`."""
    threads: int
    """Threads of one inference, pinned to as many cores."""
    called: str = ""
    """What the user calls it; empty: its machine, kernels and threads."""
    silence_s: float = SILENCE_S
    """Seconds without an answer after which the worker hangs."""

    @property
    def name(self) -> str:
        """As in records, `x86_64-xnnpack-1t`."""
        return self.called or f"{platform.machine()}-{self.kernels}-{self.threads}t"

    @property
    def host(self) -> str:
        """This machine."""
        return "here"

    @property
    def device(self) -> Device:
        """Its facts, as the shipped devices have them."""
        processor = str(facts(kernels=self.kernels, threads=self.threads)["processor"])
        return Device(
            name=self.name,
            title=f"{processor}, {self.kernels} kernels, {self.threads} thread(s)",
            processor=processor,
            kernels=self.kernels,
            threads=self.threads,
            source="this machine",
        )

    def answers(self, job: Job) -> Iterator[Answer]:
        """Run the worker here; see `base.Board`."""
        return answers(
            python("measurements.device.worker"),
            request(self, job),
            silence_s=self.silence_s,
            # Nothing here multiplies matrices in numpy; its threads only reserve memory.
            environment={"OPENBLAS_NUM_THREADS": "1"},
        )


def boards() -> dict[str, LocalBoard]:
    """The boards that this machine can be, by name: every kernel set with 1, 2, 4, … threads."""
    cores = len(os.sched_getaffinity(0))
    counts = sorted({1 << power for power in range(cores.bit_length())} | {cores})
    every = (LocalBoard(kernels=k, threads=n) for k in RESOLVERS for n in counts)
    return {board.name: board for board in every}


def board(name: str) -> LocalBoard:
    """The board of a name, with any number of threads that this machine has cores for.

    Raises:
        UnknownNameError: when it is not this machine; with what it can be.
    """
    kernels = "|".join(RESOLVERS)
    found = re.fullmatch(rf"{re.escape(platform.machine())}-({kernels})-([1-9]\d*)t", name)
    if found and int(found[2]) <= len(os.sched_getaffinity(0)):
        return LocalBoard(kernels=found[1], threads=int(found[2]))
    raise UnknownNameError(f"unknown device '{name}'{known(name, boards())}")
