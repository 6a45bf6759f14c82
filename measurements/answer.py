"""The child's side of `measurements.child`: take one job, answer in lines of JSON.

The standard library alone is used, so that the module travels to a board beside the worker.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

Tell = Callable[[dict[str, Any]], None]
"""Sends one answer to the parent."""


def claim_stdout() -> Tell:
    """Keep standard output for answers.

    What native code prints there goes to standard error from now on.
    """
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(answer: dict[str, Any]) -> None:
        stream.write(json.dumps(answer) + "\n")
        stream.flush()

    return tell


def take_job() -> dict[str, Any]:
    """The job, from standard input; from here on this process ends when its parent does.

    The parent holds the other end of standard input for as long as it lives and, over a network,
    as long as the connection does.
    """
    job: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return job


def reason(error: BaseException) -> str:
    """What an exception says, in one line; never empty."""
    if isinstance(error, MemoryError):
        return "out of memory"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "; ".join(lines)[:500] or type(error).__name__


def _end_with_parent() -> None:
    # Past sys.stdin, whose lock would otherwise be held when this process ends by itself.
    while os.read(0, 4096):
        pass
    os._exit(1)
