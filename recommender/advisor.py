"""The advisor: a forecast and the rules, ready to answer questions.

from recommender import Advisor, Constraints, Profile

advisor = Advisor.load()
advice = advisor.advise(
    Profile(service_class="mid-end"), Constraints(max_size_kb=500, max_latency_ms=50)
)
print(advice.pick["network"], advice.pick["strategy"])
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from measurements.errors import known
from measurements.own_network import OwnNetwork, is_own, source_of
from measurements.strategy import Strategy
from measurements.subject import Device, devices, is_published, networks, tasks
from recommender import forecast, own_devices
from recommender.advice import Advice, Basis, Verdict
from recommender.constraints import Constraints
from recommender.engine import choose
from recommender.errors import AdviceError, ArgumentError
from recommender.forecast import Forecast
from recommender.origin import Origin
from recommender.profile import Profile
from recommender.ranking import Ranking, rank

if TYPE_CHECKING:
    import pandas as pd

    from measurements.record import Measurement
    from rules.remark import Rules
    from rules.verdict import Audit

DEFAULT_DEVICE = "sensors-2022"
SHIPPED = "shipped"
"""Among the paths of measurements: the dataset that comes with the package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A ranking with what the remarks said on the way."""

    ranking: Ranking
    verdicts: tuple[Verdict, ...]
    speakers: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisor:
    """Answers questions about one dataset."""

    forecast: Forecast
    """What every combination would score, weigh and take."""
    rules: Rules
    """The remarks."""
    origin: Origin = field(default_factory=Origin)
    """Where both were read from."""
    own: Mapping[str, OwnNetwork] = field(default_factory=dict)
    """The user's word -> the network that it stands for."""
    _judged: dict[Profile, _Judged] = field(default_factory=dict, repr=False, compare=False)
    _stale: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(
        cls,
        measurements: Path | str | Sequence[Path | str] | None = None,
        rules: Path | str | Sequence[Path | str] = (),
        networks: Sequence[str] = (),
    ) -> Advisor:
        """Read a dataset and the remarks.

        Args:
            measurements: .jsonl files or folders of them, `"shipped"` for the dataset that comes
                with the package; None is the same as `"shipped"`. Another dataset is fitted when
                it is first seen, and its forecast kept in the user's cache.
            rules: files with remarks of one's own, beside the shipped ones.
            networks: networks of one's own that are to be among the candidates: a .tflite, a saved
                Keras model, or `module:function`. Names of others have no effect here.

        Raises:
            DatasetError: for a file of measurements that can't be read.
            RuleError: for a mistake in a file of rules.
            HarnessError: for a network that can't be read.
            UnknownNameError: for a file that is not there.
        """
        origin = Origin.of(_listed(measurements), _listed(rules))
        own = _own(networks)
        return cls(
            forecast=_forecast(origin.measurements, list(own.values())),
            own=own,
            rules=load_rules(origin.rules),
            origin=origin,
        )

    @property
    def basis(self) -> Basis:
        """What the answers rest on."""
        return Basis(
            n_measurements=self.forecast.n_measurements,
            sha256=self.forecast.sha256,
            devices=self.forecast.devices,
        )

    def advise(self, profile: Profile, constraints: Constraints, *, top: int = 5) -> Advice:
        """Answer one question; "nothing feasible" is an answer.

        Args:
            profile: who asks; task and device may be left open.
            constraints: the limits.
            top: how many rivals and near misses to name at most.

        Raises:
            ArgumentError: for a task, device or network that is not known, naming those that are.
        """
        judged = self._judge(self.resolve(profile))
        return Advice(
            ranking=judged.ranking,
            constraints=constraints,
            choice=choose(judged.ranking, constraints, top=top),
            verdicts=judged.verdicts,
            speakers=judged.speakers,
            basis=self.basis,
            advisor=self,
        )

    def advise_many(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Answer many questions at once.

        Args:
            frame: one question a row. Columns, all optional: the fields of `Profile` (without
                `networks`) and of `Constraints`; NaN or None leaves one open.

        Returns:
            Indexed as the frame: `feasible network strategy setup evidence accuracy_pct size_kb
            file_kb latency_ms ram_kb`, of the pick; NaN where nothing is feasible.

        Raises:
            ArgumentError: as `advise`, also for a column that is neither.
        """
        from recommender.batch import answer

        return answer(self.ranking, frame)

    def ranking(self, profile: Profile) -> Ranking:
        """All candidates in the profile's order, before any limit."""
        return self._judge(self.resolve(profile)).ranking

    def stale(self, device: str) -> Mapping[str, str]:
        """Records of a device that was another one then: id -> what has changed since.

        Raises:
            DlmoError: for notes on devices that can't be read.
        """
        if device not in self._stale:
            self._stale[device] = own_devices.stale(device, self.origin.measurements)
        return self._stale[device]

    def resolve(self, profile: Profile) -> Profile:
        """The profile with its device and task settled.

        Raises:
            ArgumentError: naming what is known.
        """
        device = self._device(profile.device)
        task = self._task(profile, device)
        asked = tuple(self.own[n].name if n in self.own else n for n in profile.networks)
        for network in asked:
            names = self.forecast.content["boards"][device][task]["network"]
            if network not in names:
                raise ArgumentError(f"unknown network '{network}'{known(network, set(names))}")
        return replace(profile, device=device, task=task, networks=asked)

    def _device(self, name: str | None) -> str:
        there = self.forecast.devices
        if name is None:
            if DEFAULT_DEVICE in there or len(there) == 1:
                return DEFAULT_DEVICE if DEFAULT_DEVICE in there else there[0]
            raise ArgumentError(f"which device? --device is wanted{known('', there)}")
        if name not in there:
            raise ArgumentError(f"unknown device '{name}'{known(name, there)}")
        return name

    def _task(self, profile: Profile, device: str) -> str:
        there = self.forecast.tasks(device)
        if profile.task is not None:
            if profile.task not in there:
                raise ArgumentError(f"unknown task '{profile.task}'{known(profile.task, there)}")
            return profile.task
        fixed = [self.own[n].classes for n in profile.networks if n in self.own]
        wanted = profile.classes or next(filter(None, fixed), profile.aims.classes)
        measured = self.forecast.tasks(device, measured=True) or there
        return min(
            measured,
            key=lambda t: (
                abs(math.log(tasks()[t].classes / wanted)) if t in tasks() else math.inf,
                t,
            ),
        )

    def _contradicting(self, remark: str, device: str) -> tuple[str, ...]:
        """The measured devices that contradict a remark which is used on a published one.

        A device's own measurements are the better witnesses, so where it has been measured nobody
        else is asked.
        """
        if not is_published(device):
            return ()
        return tuple(
            name
            for name in self.forecast.devices
            if not is_published(name)
            and (audit := self.forecast.audits(name).get(remark))
            and audit.verdict == "contradicted"
        )

    def _judge(self, profile: Profile) -> _Judged:
        if profile not in self._judged:
            self._judged[profile] = self._rank(profile)
        return self._judged[profile]

    def _rank(self, profile: Profile) -> _Judged:
        from rules import situation
        from rules.judge import judge, recommended

        device, task = str(profile.device), str(profile.task)
        board = replace(self.forecast.board(device, task), stale=self.stale(device))
        query = situation.of_query(
            service_class=profile.service_class,
            task=tasks().get(task),
            device=devices().get(device, Device(name=device, title="")),
            classes=profile.classes,
        )
        cells = list(zip(board.network, board.strategy, strict=True))
        subjects = {**networks(), **{n: own.facts for n, own in self.forecast.own.items()}}
        audits = self.forecast.audits(device)
        judgement = judge(self.rules, query, cells, audits=audits, subjects=subjects)
        law = recommended(self.rules, query)
        lawful = [
            not law or situation.base_of(Strategy.parse(slug)) in law for slug in board.strategy
        ]
        signs = {
            v.id: "+" if v.weight > 0 else "-" if v.weight < 0 else "0"
            for v in judgement.verdicts
            if v.weight or (v.effect != "inform" and _is_contradicted(audits.get(v.id)))
        }
        return _Judged(
            ranking=rank(
                board,
                profile,
                scores=np.array(judgement.scores, dtype=float),
                lawful=np.array(lawful, dtype=bool),
            ),
            verdicts=tuple(
                Verdict(**v.to_dict(), contradicted_on=self._contradicting(v.id, device))
                for v in judgement.verdicts
            ),
            speakers=tuple(
                tuple(f"{signs[i]}{i}" for i in ids if i in signs) for ids in judgement.fired
            ),
        )


def _is_contradicted(audit: Audit | None) -> bool:
    return audit is not None and audit.verdict == "contradicted"


def _listed(paths: Path | str | Sequence[Path | str] | None) -> tuple[Path | str, ...]:
    if paths is None:
        return ()
    return (paths,) if isinstance(paths, str | Path) else tuple(paths)


def load_rules(paths: Sequence[Path | str] = ()) -> Rules:
    """The shipped remarks and those of some files.

    Raises:
        RuleError: for a mistake in a file.
        AdviceError: when another project's package `rules` is in the way.
    """
    try:
        from rules.load import load
    except ImportError as error:
        # Another project's package of that name has no such module.
        raise AdviceError(
            f"the package 'rules' that Python finds is not this product's ({error}); another "
            "distribution ships one of that name: install dlmo-advisor into an environment of its "
            "own"
        ) from None
    return load(paths)


def _own(words: Sequence[str]) -> dict[str, OwnNetwork]:
    """Those of some words for networks that are the user's own, looked at."""
    sources = {word: source_of(word) for word in words if is_own(word)}
    if not sources:
        return {}
    from measurements.inspection import inspect

    return {word: inspect(source) for word, source in sources.items()}


def _forecast(paths: Sequence[Path | str], own: Sequence[OwnNetwork]) -> Forecast:
    if not own and all(str(path) == SHIPPED for path in paths):
        return forecast.read(forecast.SHIPPED)
    return forecast.of(records(paths), own)


def records(paths: Sequence[Path | str] = ()) -> list[Measurement]:
    """The measurements that some paths stand for; none, or `"shipped"`: those of the package.

    Raises:
        DatasetError: for a file that can't be read.
    """
    from measurements import dataset

    others = [path for path in paths if str(path) != SHIPPED]
    shipped = dataset.read() if len(others) < len(paths) or not paths else []
    return shipped + (dataset.read(*others) if others else [])
