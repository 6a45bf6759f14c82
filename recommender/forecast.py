"""The forecast of a dataset: every combination on every device, as data.

It is fitted once per dataset and then only read, so that a question needs neither pandas nor
scikit-learn. The one of the shipped dataset comes with the package; others are kept in the user's
cache under the hash of their records.

A file holds JSON lines: first the forecast without its boards, then a line per board. A question is
about one board, and only that line is parsed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from measurements.own_network import OwnNetwork
from recommender.board import Board, Quantity
from recommender.conformal import Calibration
from recommender.errors import AdviceError
from recommender.scale import TARGETS

if TYPE_CHECKING:
    from measurements.record import Measurement
    from rules.verdict import Audit

SCHEMA = "dlmo.forecast/3"
SHIPPED = Path(__file__).parent / "data" / "forecast.jsonl"
"""The forecast of the shipped dataset."""

_MAKERS = (
    "arithmetic",
    "baselines",
    "cells",
    "choice",
    "conformal",
    "design",
    "effects",
    "facts",
    "features",
    "fitting",
    "latency",
    "mixed",
    "model",
    "own_candidates",
    "regression",
    "scale",
    "single_thread",
)
"""Modules that a forecast depends on."""

FloatArray = NDArray[np.float64]


class Lines(Mapping[str, Any]):
    """Values that stay JSON until they are asked for."""

    def __init__(self, lines: Mapping[str, bytes]) -> None:
        self._lines, self._parsed = lines, dict[str, Any]()

    def __getitem__(self, key: str) -> Any:
        if key not in self._parsed:
            self._parsed[key] = json.loads(self._lines[key])
        return self._parsed[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast as it was made, or as read from its file."""

    content: Mapping[str, Any]
    """Plain JSON values: `schema sha256 n_measurements devices learners calibrations boards sources
    audits`."""

    @property
    def sha256(self) -> str:
        """Hash of the records that it was fitted on."""
        return str(self.content["sha256"])

    @property
    def n_measurements(self) -> int:
        """Number of records."""
        return int(self.content["n_measurements"])

    @property
    def devices(self) -> tuple[str, ...]:
        """Devices with records."""
        return tuple(self.content["devices"])

    def tasks(self, device: str, *, measured: bool = False) -> tuple[str, ...]:
        """Tasks forecast for a device; with `measured` those with records of it."""
        boards = self.content["boards"][device]
        return tuple(t for t in boards if boards[t]["measured_task"] or not measured)

    @property
    def own(self) -> dict[str, OwnNetwork]:
        """Networks of the user's own among the candidates, by name."""
        return {n: OwnNetwork.from_dict(kept) for n, kept in self.content.get("own", {}).items()}

    def audits(self, device: str) -> dict[str, Audit]:
        """Id of a shipped remark -> what the device's own measurements say about it.

        Empty where nobody looked, as in forecasts that an evaluation makes.
        """
        from rules.verdict import Audit

        return {
            remark: Audit(verdict=verdict, words=words)
            for remark, (verdict, words) in self.content.get("audits", {}).get(device, {}).items()
        }

    def calibrations(self, device: str) -> Mapping[str, Any]:
        """Target -> calibrations, of the model that serves a device."""
        kept: Mapping[str, Mapping[str, Any]] = self.content["calibrations"]
        return kept[device] if device in kept else kept[""]

    def board(self, device: str, task: str) -> Board:
        """The candidates of a task on a device; both must be in the forecast."""
        stored = self.content["boards"][device][task]
        calibrations = self.calibrations(device)
        return Board(
            device=device,
            task=task,
            network=tuple(stored["network"]),
            strategy=tuple(stored["strategy"]),
            measured=np.array(stored["measured"], dtype=bool),
            measured_task=bool(stored["measured_task"]),
            quantities={
                target: _quantity(target, stored[target], calibrations[target])
                for target in TARGETS
            },
            ram_kb=_floats(stored["ram_kb"]),
            rows=tuple(tuple(rows) for rows in stored["rows"]),
            sources=self.content["sources"],
        )


def _quantity(target: str, stored: Mapping[str, Any], calibration: Sequence[Any]) -> Quantity:
    free, tied = (
        Calibration(scores=np.array(scores, dtype=float), levels=np.array(levels, dtype=float))
        for scores, levels in calibration
    )
    return Quantity(
        target=target,
        value=_floats(stored["value"]),
        given=np.array(stored["given"], dtype=bool),
        spread=_floats(stored["spread"]),
        anchored=np.array(stored["anchored"], dtype=bool),
        free=free,
        tied=tied,
    )


def _floats(values: Iterable[float | None]) -> FloatArray:
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def read(path: Path) -> Forecast:
    """Read a forecast file.

    Raises:
        AdviceError: when it is not one of this release's, or not whole.
    """
    try:
        first, *lines = path.read_bytes().split(b"\n")
        content = json.loads(first)
        if content["schema"] != SCHEMA or lines.pop() != b"":
            raise ValueError
        rest = iter(lines)
        content["boards"] = {
            device: Lines({task: next(rest) for task in names})
            for device, names in content["boards"].items()
        }
        if next(rest, None) is not None:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration):
        raise AdviceError(
            f"{path}: not a forecast of this release; run 'dlmo-advise --measurements …' again"
        ) from None
    return Forecast(content)


def dumps(content: Mapping[str, Any]) -> str:
    """The content of a forecast file; the same content gives the same bytes."""
    boards = content["boards"]
    head = {**content, "boards": {device: list(boards[device]) for device in boards}}
    rest = [boards[device][task] for device in boards for task in boards[device]]
    return "".join(f"{_compact(part)}\n" for part in (head, *rest))


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def digest(records: Sequence[Measurement]) -> str:
    """Hash of a dataset, the same for any order of its records."""
    ids = sorted(record.id for record in records)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def of(records: Sequence[Measurement], own: Sequence[OwnNetwork] = ()) -> Forecast:
    """The forecast of some records: from the cache, or fitted and cached.

    Args:
        records: the dataset.
        own: networks of the user's own that are to be among the candidates.
    """
    sha256 = digest(records)
    path = _cache() / f"{'-'.join([sha256, *_own_digest(own), release()])}.jsonl"
    if path.exists():
        try:
            return read(path)
        except AdviceError:
            pass  # cut off or from an older release: fitted anew
    from recommender.fitting import content

    forecast = content(records, own)
    _keep(path, dumps(forecast))
    return Forecast(forecast)


def release() -> str:
    """Of the code that makes forecasts: another one where that has changed."""
    here = Path(__file__).parent
    code = b"".join((here / f"{name}.py").read_bytes() for name in _MAKERS)
    facts = (here.parent / "measurements" / "data" / "networks.toml").read_bytes()
    # A forecast also holds what its measurements say of the remarks.
    rules = sorted(p for p in (here.parent / "rules").iterdir() if p.suffix in (".py", ".toml"))
    audits = b"".join(path.read_bytes() for path in rules)
    return hashlib.sha256(code + facts + audits).hexdigest()[:12]


def _own_digest(own: Sequence[OwnNetwork]) -> list[str]:
    told = json.dumps(sorted((n.name, n.to_dict()) for n in own), sort_keys=True)
    return [hashlib.sha256(told.encode()).hexdigest()[:12]] if own else []


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "dlmo-advisor"


def _keep(path: Path, text: str) -> None:
    """Best effort: a cache that can't be written costs time, nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError:
        return
