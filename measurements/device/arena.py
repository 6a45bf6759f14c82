"""Working memory on a microcontroller: the arena that TensorFlow Lite Micro needs for a model.

The package `tflite-micro` is optional, its kernels do not cover every model, and what they do not
cover may abort the process: it runs in a child, and what it can't tell is None. The child is this
module's `main`.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from measurements.answer import claim_stdout, reason, take_job
from measurements.child import ChildError, answers, python
from measurements.confinement import confine
from measurements.embedding import embedded

ARENA_BYTES = 512_000_000
"""What is offered; only what is used is ever touched."""

CPU_SECONDS = 600
"""Of processor time for one model."""

_TOTAL = re.compile(rb"Arena allocation total (\d+) bytes")


def arena_bytes(model: Path, *, silence_s: float = 120.0) -> int | None:
    """The arena that one inference needs.

    Args:
        model: the .tflite.
        silence_s: seconds after which the child counts as hung.

    Returns:
        Bytes; None where tflite-micro is missing, or does not run the model.
    """
    try:
        said = list(
            answers(python("measurements.device.arena"), {"model": str(model)}, silence_s=silence_s)
        )
    except ChildError:
        return None
    return int(said[-1]["arena_bytes"])


def main() -> None:
    """Run one inference of the job's model, and answer with the arena that it took."""
    tell, job = claim_stdout(), take_job()
    confine(CPU_SECONDS)  # the model may be a stranger's
    try:
        tell({"arena_bytes": _recorded(embedded(Path(job["model"]).read_bytes()))})
    # Whatever it throws at a model that it does not cover means just that.
    except Exception as error:
        tell({"failed": reason(error)})


def _recorded(content: bytes) -> int:
    import numpy as np
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=ARENA_BYTES)
    details = interpreter.get_input_details(0)
    interpreter.set_input(np.zeros(details["shape"], details["dtype"]), 0)
    interpreter.invoke()
    # It only prints its figures, to the standard error of C.
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 2)
        interpreter.print_allocations()
        printed.seek(0)
        found = _TOTAL.search(printed.read())
    if not found:
        raise ValueError("tflite-micro printed no arena size")
    return int(found[1])


if __name__ == "__main__":
    main()
