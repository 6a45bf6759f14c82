"""Latency on a board: models in turns, spread over fresh processes, noisy takes repeated.

Where the system happens to put a model's weights in memory moves its latency by some percent for
as long as the process lives. So a take starts the worker several times, as pyperf does, every other
time with the models in the opposite order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from measurements.child import Answer, ChildError
from measurements.device.base import Board, Job, Observation, score
from measurements.timing import DRIFT_LIMIT, Repetition, drift

TOGETHER_BYTES = 200_000_000
"""Models are timed in turns as long as their files stay below this together: all are in memory."""


def measure(
    board: Board,
    model: Path,
    images: NDArray[Any] | None = None,
    labels: NDArray[Any] | None = None,
    repetition: Repetition | None = None,
) -> Observation:
    """Score one model if there are images, and time it.

    Args:
        board: where.
        model: the .tflite.
        images: what to score it on, with their labels, as `base.score` takes them.
        labels: their classes.
        repetition: how often to time; None: as usual.
    """
    scored = Observation()
    if images is not None and labels is not None:
        scored = score(board, model, images, labels)
        if scored.failure:
            return scored
    (timed,) = time(board, [model], repetition)
    return replace(timed, accuracy=scored.accuracy, n_test=scored.n_test)


def time(
    board: Board,
    models: Sequence[Path],
    repetition: Repetition | None = None,
) -> list[Observation]:
    """Time models in turns, A B A B; noisy ones are taken again.

    A model that crashes the worker costs itself alone: the others are timed without it.

    Args:
        board: where; nothing else should run there.
        models: the .tflite files; the same file twice is timed as two models.
        repetition: how often; None: as usual.

    Returns:
        One observation per model, in their order.
    """
    rule = repetition or Repetition()
    result: dict[int, Observation] = {}
    for places in _together(models):
        left = places
        for take in range(1 + rule.retakes):
            taken = _take(board, models, left, rule)
            for place, seen in taken.items():
                result[place] = replace(seen, environment={**seen.environment, "takes": take + 1})
            left = [place for place in left if result[place].noisy]
            if not left:
                break
    return [result[place] for place in range(len(models))]


def _take(
    board: Board, models: Sequence[Path], places: Sequence[int], rule: Repetition
) -> dict[int, Observation]:
    """One take of the models at the given places; one that crashes costs itself alone."""
    result: dict[int, Observation] = {}
    left = list(places)
    while left:
        try:
            runs = [
                _run(board, models, left if number % 2 == 0 else left[::-1], rule.share())
                for number in range(rule.processes)
            ]
        except _CrashError as crash:
            left.remove(crash.place)
            result[crash.place] = Observation(failure=str(crash))
            continue
        return result | {place: _observed([run[place] for run in runs]) for place in left}
    return result


class _CrashError(Exception):
    """The worker died, or fell silent, of the model at a place."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def _run(
    board: Board, models: Sequence[Path], places: Sequence[int], rule: Repetition
) -> dict[int, Answer]:
    """What one process says of each place, with what it says of itself.

    Raises:
        _CrashError: when it does not come to its end.
    """
    job = Job(models=tuple(models[place] for place in places), repetition=rule)
    try:
        said = list(board.answers(job))
    except ChildError as error:
        # Nothing heard of a model: it can't be known which one, so the first is blamed.
        raise _CrashError(places[error.last.get("model", 0)], str(error)) from None
    run = next(answer["run"] for answer in said if "run" in answer)
    return {places[answer["timed"]]: {**answer, **run} for answer in said if "timed" in answer}


def _observed(runs: Sequence[Answer]) -> Observation:
    """One model's processes together."""
    values = tuple(value for run in runs for value in run["values_s"])
    disturbance = next((run["disturbance"] for run in runs if run["disturbance"]), "")
    settled = all(run["settled"] for run in runs)
    found = drift(values)
    return Observation(
        latencies_s=values,
        single_latencies_s=tuple(single for run in runs for single in run["singles_s"]),
        noisy=bool(disturbance) or found > DRIFT_LIMIT or not settled,
        environment={
            **runs[-1]["facts"],
            "disturbance": disturbance,
            "drift": round(found, 6),
            "settled": settled,
            "inferences_per_value": runs[0]["inferences"],
            "processes": len(runs),
        },
    )


def _together(models: Sequence[Path]) -> Iterator[list[int]]:
    """Places of the models, in runs whose files fit into memory together."""
    run: list[int] = []
    total = 0
    for place, model in enumerate(models):
        size = model.stat().st_size
        if run and total + size > TOGETHER_BYTES:
            yield run
            run, total = [], 0
        run.append(place)
        total += size
    if run:
        yield run
