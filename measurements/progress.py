"""How a campaign goes, in words: for a live display and for plain lines alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from threading import Lock

from measurements.campaign import STARTING, News
from measurements.plan import Cell
from measurements.record import Measurement
from measurements.scope import TEACHER
from measurements.timing import median_interval, percentile


@dataclass(slots=True, kw_only=True)
class Status:
    """What was heard of a campaign so far. Several threads may tell it news."""

    expected_s: float | None = None
    """What the whole was thought to take, from recorded costs; None: unknown."""
    clock: Callable[[], float] = time.monotonic
    """Seconds."""
    _begun: float = field(init=False)
    _at_work: dict[str, News] = field(init=False, default_factory=dict)
    _last: News | None = field(init=False, default=None)
    _pace_s: float | None = field(init=False, default=None)
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def hear(self, news: News) -> str | None:
        """Take in news.

        Returns:
            A line to print where there is no live display; None when it would say nothing new.
        """
        with self._lock:
            before = self._at_work.get(news.where)
            self._at_work = {
                where: last
                for where, last in self._at_work.items()
                if last.progress is not None and where != news.where
            } | {news.where: news}
            self._last = news
            if news.stage == STARTING and news.done:
                self._pace_s = (self.clock() - self._begun) / news.done
        if before and _moment(before) == _moment(news):
            return None
        return f"{self.headline()}: {describe(news)}"

    def headline(self) -> str:
        """`"3 of 7 cells, about 4 min left"`."""
        if self._last is None:
            return "starting"
        left = self.left_s()
        about = "" if left is None else f", about {spoken(left)} left"
        return f"{self._last.done} of {self._last.of} cells{about}"

    def left_s(self) -> float | None:
        """Seconds until the end; None: unknown.

        From recorded costs, else from the pace until the last training began: the cells of one
        training end all at once, after most of their time.
        """
        passed = self.clock() - self._begun
        if self.expected_s is not None:
            return max(0.0, self.expected_s - passed)
        if self._last is None or self._pace_s is None:
            return None
        return self._pace_s * (self._last.of - self._last.done)

    def lines(self) -> list[str]:
        """What is worked on now, the headline first; a training's figures have their own line."""
        with self._lock:
            at_work = [line for news in self._at_work.values() for line in _block(news)]
            return [self.headline(), *at_work]


def describe(news: News) -> str:
    """One line: cell, stage, epoch, accuracy so far, time left in this stage."""
    return ", ".join([_at(news), *_figures(news)])


def _block(news: News) -> list[str]:
    """What `describe` says, for a terminal of 80 columns."""
    figures = ", ".join(_figures(news))
    return [_at(news), f"    {figures}"] if figures else [_at(news)]


def _at(news: News) -> str:
    of_teacher = news.progress and news.progress.network == TEACHER
    whose = f" of its teacher {TEACHER}" if of_teacher and TEACHER not in news.where else ""
    return f"{news.where}: {news.stage}{whose}"


def _figures(news: News) -> list[str]:
    now, words = news.progress, []
    if now and now.epochs:
        words.append(f"epoch {now.epoch} of {now.epochs}")
    if now and now.accuracy is not None:
        words.append(f"accuracy {now.accuracy:.1%}")
    if now and 0 < now.epoch < now.epochs:
        words.append(f"{spoken(now.seconds / now.epoch * (now.epochs - now.epoch))} to go")
    return words


def outcome(record: Measurement) -> str:
    """One line about a finished cell: what it scored, weighed and took; tabs between."""
    words = [record.network, record.strategy, record.task, record.device]
    if record.failure:
        return "\t".join([*words, f"failed: {record.failure}"])
    if record.accuracy is not None:
        words.append(f"{record.accuracy:.2%}")
    if record.file_bytes is not None and record.compressed_bytes is not None:
        kilobytes = record.file_bytes / 1000, record.compressed_bytes / 1000
        words.append("{:.1f} kB, {:.1f} kB compressed".format(*kilobytes))
    if record.latencies_s:
        low, high = median_interval(record.latencies_s)
        median = statistics.median(record.latencies_s)
        words.append(f"{median * 1e3:.4g} ms ({low * 1e3:.4g} to {high * 1e3:.4g})")
    if record.single_latencies_s:
        p95, p99 = (percentile(record.single_latencies_s, share) for share in (0.95, 0.99))
        words.append(f"p95 {p95 * 1e3:.4g}, p99 {p99 * 1e3:.4g}")
    if record.ram_bytes is not None:
        words.append(f"RAM {record.ram_bytes / 1000:.1f} kB")
    return "\t".join([*words, "noisy"] if record.noisy else words)


def estimate(
    cells: Sequence[Cell], costs: Sequence[float | None], failed: Collection[Cell] = ()
) -> list[str]:
    """One line per missing cell with its minutes, tabs between, and a line for all of them."""
    lines = [
        f"{c.network}\t{c.strategy}\t{c.task}\t{c.device}\tseed {c.seed}\t"
        + ("unknown" if cost is None else f"{cost / 60:.1f} min")
        + ("\tfailed before" if c in failed else "")
        for c, cost in zip(cells, costs, strict=True)
    ]
    known = [cost for cost in costs if cost is not None]
    total = f"{len(cells)} cells missing, {sum(known) / 60:.1f} min"
    if unknown := len(costs) - len(known):
        total += f" and the time of {unknown} that nothing is known of"
    return [*lines, total]


def spoken(seconds: float) -> str:
    """A time as people say it: `"40 s"`, `"12 min"`, `"3.5 h"`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _moment(news: News) -> tuple[object, ...]:
    return news.stage, news.done, news.progress and (news.progress.stage, news.progress.epoch)
