"""Scores and times .tflite files in a process of its own, here or on a board.

Runs as `python -m measurements.device.worker`. It needs Python, numpy, ai-edge-litert and
`measurements/{answer,environment,timing}.py`, which use the standard library alone:
`base.worker_files` gives what to copy to a board. One line of JSON comes in on standard input,
the job; lines of JSON go out:

    {"at": STAGE, "model": PLACE}                        what comes next, so that a crash has a name
    {"scored": PLACE, "right": COUNT, "of": COUNT}
    {"timed": PLACE, "values_s": [...], "singles_s": [...], "inferences": N, "settled": BOOL}
    {"run": {"facts": {...}, "disturbance": TEXT}}
    {"facts": {...}}                                     of a job that asks for nothing else
    {"failed": REASON}                                   the last line, if it comes
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from measurements.answer import Tell, claim_stdout, reason, take_job
from measurements.environment import Monitor, facts
from measurements.timing import Repetition, interleaved

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESOLVERS = {
    "xnnpack": "AUTO",
    "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "reference": "BUILTIN_REF",
}
"""Kernel set -> the runtime's name of the resolver that selects it."""

BEAT_S = 2.0
"""Seconds between signs of life while scoring."""


class _Model:
    """One .tflite, ready to run one image."""

    def __init__(self, path: str, kernels: str, threads: int, say: Callable[[str], None]) -> None:
        say("loading the runtime")
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        say("loading the model")
        self._interpreter = Interpreter(
            model_path=path,
            num_threads=threads,
            experimental_op_resolver_type=OpResolverType[RESOLVERS[kernels]],
        )
        say("allocate_tensors")
        self._interpreter.allocate_tensors()
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise ValueError(f"the model takes {len(inputs)} inputs; one image is what is fed")
        self._input = inputs[0]
        self._output = self._interpreter.get_output_details()[0]
        self.infer = self._interpreter.invoke
        self.feed_noise()

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns, channels of an image."""
        return tuple(int(side) for side in self._input["shape"][1:])

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return int(self._output["shape"][-1])

    def feed(self, image: NDArray[np.float32]) -> None:
        """Set the input from an image of the values that the float network takes."""
        self._interpreter.set_tensor(self._input["index"], self._quantized(image)[None])

    def feed_noise(self) -> None:
        """Set the input to seeded noise: the time of no kernel shall profit from zeros."""
        import numpy as np

        self.feed(np.random.default_rng(0).random(self.shape, dtype=np.float32))

    def answer(self) -> int:
        """The class of the last inference; quantization keeps the order of the scores."""
        return int(self._interpreter.get_tensor(self._output["index"])[0].argmax())

    def _quantized(self, image: NDArray[np.float32]) -> NDArray[Any]:
        import numpy as np

        kind = self._input["dtype"]
        if not np.issubdtype(kind, np.integer):
            return image.astype(kind)
        scale, zero = self._input["quantization"]
        limits = np.iinfo(kind)
        steps: NDArray[Any] = np.rint(image / scale + zero)
        return steps.clip(limits.min, limits.max).astype(kind)


def main() -> None:
    """Do the job that comes in, and end."""
    tell, job = claim_stdout(), take_job()
    try:
        _confine(job["memory_bytes"], job["threads"])
        if job["images"] is not None:
            _score(job, tell)
        if job["repetition"] is not None:
            _pin(job["threads"])
            _time(job, tell)
        if not job["models"]:
            tell({"facts": facts(kernels=job["kernels"], threads=job["threads"])})
    # Whatever the runtime throws at a model that it can't run is an answer about that model.
    except Exception as error:
        tell({"failed": reason(error)})


def _score(job: dict[str, Any], tell: Tell) -> None:
    """Classify all images with each model."""
    import numpy as np

    images = np.load(job["images"], mmap_mode="r", allow_pickle=False)
    labels = np.load(job["labels"], allow_pickle=False)
    for place in range(len(job["models"])):
        model = _load(job, place, tell)
        if images.shape[1:] != model.shape:
            raise ValueError(f"images are {images.shape[1:]}, the model takes {model.shape}")
        if labels.max() >= model.outputs:
            raise ValueError(f"label {labels.max()} of a model with {model.outputs} outputs")
        right, beat = 0, time.monotonic()
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            if number == 0 or time.monotonic() - beat > BEAT_S:
                beat = time.monotonic()
                tell({"at": "scoring", "model": place, "done": number, "of": len(labels)})
            model.feed(_as_float(image))
            model.infer()
            right += model.answer() == int(label)
        tell({"scored": place, "right": right, "of": len(labels)})


def _time(job: dict[str, Any], tell: Tell) -> None:
    """Time all models in turns."""
    models = [_load(job, place, tell) for place in range(len(job["models"]))]
    monitor = Monitor(ours=frozenset((os.getpid(), os.getppid())))

    def before_turn(place: int) -> None:
        monitor.look()
        tell({"at": "timing", "model": place})

    samples = interleaved(
        [model.infer for model in models],
        time.perf_counter,
        Repetition(**job["repetition"]),
        before_turn,
    )
    monitor.look(last=True)
    for place, sample in enumerate(samples):
        tell(
            {
                "timed": place,
                "values_s": sample.values_s,
                "singles_s": sample.singles_s,
                "inferences": sample.inferences,
                "settled": sample.settled,
            }
        )
    found = facts(kernels=job["kernels"], threads=job["threads"])
    tell({"run": {"facts": found, "disturbance": monitor.disturbance}})


def _load(job: dict[str, Any], place: int, tell: Tell) -> _Model:
    path = job["models"][place]
    try:
        return _Model(
            path, job["kernels"], job["threads"], lambda stage: tell({"at": stage, "model": place})
        )
    except RuntimeError as error:
        # A delegate that gets no memory says no more than that it could not be made.
        if _address_space() + os.path.getsize(path) > job["memory_bytes"]:
            raise MemoryError from error
        raise


def _address_space() -> int:
    """Bytes that this process had reserved at most; 0 where the system does not say."""
    try:
        with open("/proc/self/status") as status:
            peak = next(line for line in status if line.startswith("VmPeak"))
        return int(peak.split()[1]) * 1024
    except (OSError, StopIteration):
        return 0


def _as_float(image: NDArray[Any]) -> NDArray[np.float32]:
    """Bytes stand for 0 to 1; floats are taken as they are."""
    import numpy as np

    scale = 255 if image.dtype == np.uint8 else 1
    return np.asarray(image, dtype=np.float32) / np.float32(scale)


def _confine(memory_bytes: int, threads: int) -> None:
    """Limit memory, and refuse more threads than there are cores."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cores = len(os.sched_getaffinity(0))
    if threads > cores:
        raise ValueError(f"{threads} threads were asked for, {cores} cores may be used")


def _pin(threads: int) -> None:
    """To as many cores as there are threads, for timing; scoring goes where there is room.

    The last cores are taken: the first one often serves the interrupts.
    """
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


if __name__ == "__main__":
    main()
