"""Going on after what is nobody's fault: a dropped connection, a full disk, a killed worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from measurements.child import Answer, ChildError
from measurements.errors import DeviceError

PAUSES_S = (1.0, 5.0, 20.0, 60.0)
"""Seconds before each new attempt; together they outlast a small board's restart."""


class InterruptedRunError(ChildError):
    """A run that was under way and may go better next time."""


class UnreachableError(DeviceError):
    """There is no way to the board just now."""


def persistent(
    attempt: Callable[[], Iterator[Answer]],
    pauses_s: Sequence[float] = PAUSES_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Answer]:
    """The answers of the first attempt that is not interrupted.

    Args:
        attempt: begins from the start each time.
        pauses_s: seconds before each attempt after the first; none: one attempt.
        sleep: waits for so many seconds.

    Raises:
        InterruptedRunError, UnreachableError: when the last attempt ends so.
        ChildError, DeviceError: what an attempt raises besides, at once.
    """
    for pause in pauses_s:
        try:
            yield from list(attempt())
            return
        except (InterruptedRunError, UnreachableError):
            sleep(pause)
    yield from attempt()
