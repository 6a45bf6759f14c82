"""Accuracies of .tflite files: taken once for each file and kernel set, and kept.

An accuracy, unlike a latency, can be taken on a busy machine. Those that this machine took are kept
in a journal in the cache, so that a later run on the idle machine only has to time.
"""

from __future__ import annotations

import json
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path

from measurements import journal
from measurements.device import base
from measurements.device.base import Board, Observation
from measurements.device.local import LocalBoard
from measurements.environment import installed
from measurements.production import sha256
from measurements.tasks import TaskData

SCORES = "scores.jsonl"
"""Journal in the cache: what scored how well."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one file scored."""

    seen: Observation
    """Accuracy and number of images, or why there is none."""
    seconds: float
    """That it took when it was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What files scored, in this run and in those before it."""

    cache: Path
    """Folder of the journal. Several threads and processes may take scores of different files."""
    _taken: dict[Key, Score] = field(init=False, default_factory=dict)

    def take(self, board: Board, model: Path, data: TaskData) -> Score:
        """Take a file's accuracy on the test split, or remember it.

        Args:
            board: where; threads do not change an accuracy, kernels do.
            model: the .tflite.
            data: whose test split it classifies.

        Returns:
            The score; one that failed is taken anew each time. No seconds when this run had it
            already.
        """
        key = _key(board, model, data)
        if key in self._taken:
            return Score(seen=self._taken[key].seen, seconds=0.0)
        score = self._kept(key)
        if score is None:
            begun = time.monotonic()
            seen = base.score(board, model, data.x_test, data.y_test)
            score = Score(seen=seen, seconds=time.monotonic() - begun)
            if seen.failure:
                return score
            if lasts(board):
                self._keep(key, score)
        self._taken[key] = score
        return score

    def _kept(self, key: Key) -> Score | None:
        file = self.cache / SCORES
        if not file.exists():
            return None
        whole = (json.loads(line) for _, line in journal.lines(file) if line.endswith(b"\n"))
        found = next((score for score in whole if tuple(score["key"]) == key), None)
        return found and Score(
            seen=Observation(accuracy=found["accuracy"], n_test=found["n_test"]),
            seconds=found["seconds"],
        )

    def _keep(self, key: Key, score: Score) -> None:
        line = {
            "key": key,
            "accuracy": score.seen.accuracy,
            "n_test": score.seen.n_test,
            "seconds": round(score.seconds, 3),
        }
        journal.append(self.cache / SCORES, [json.dumps(line).encode()])


def lasts(board: Board) -> bool:
    """Whether a board's scores are kept: what runs on another machine may change unseen."""
    return isinstance(board, LocalBoard)


def _key(board: Board, model: Path, data: TaskData) -> Key:
    """All that an accuracy depends on."""
    here = f"{platform.machine()} ai-edge-litert {installed('ai-edge-litert')}"
    return (sha256(model), board.kernels, data.hash, here if lasts(board) else board.host)
