"""Who asks: the service class with its objective, and the circumstances of the question.

Service classes are the paper's (section 4.3). Each class's objective is stated once, here: a
candidate's merit is its accuracy in points, less so many points for each doubling of its size and
of its latency. `README.md` repeats the table and a test compares the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from measurements.errors import known
from recommender.errors import ArgumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceClass:
    """One class of services and what it wants."""

    name: str
    """As on the command line, `mid-end`."""
    example: str
    """The paper's example of it."""
    objective: str
    """What its pick is, in words."""
    classes: int
    """Classes to tell apart, where the question names no task."""
    points_per_size_doubling: float
    """Accuracy points that a candidate of twice the size must bring."""
    points_per_latency_doubling: float
    """Accuracy points that a candidate of twice the latency must bring."""
    real_time_ms: float = math.inf
    """Candidates within this latency come first, whatever the rest bring."""


SERVICE_CLASSES: dict[str, ServiceClass] = {
    c.name: c
    for c in (
        ServiceClass(
            name="low-end",
            example="vacant parking space detection",
            objective="the smallest size at a minimal accuracy loss",
            classes=2,
            points_per_size_doubling=3.0,
            points_per_latency_doubling=0.0,
        ),
        ServiceClass(
            name="mid-end",
            example="licence plate recognition",
            objective="the balance of accuracy, size and latency",
            classes=10,
            points_per_size_doubling=1.0,
            points_per_latency_doubling=1.0,
        ),
        ServiceClass(
            name="high-end",
            example="autonomous driving",
            objective="the most accurate of the real-time ones",
            classes=10,
            points_per_size_doubling=0.1,
            points_per_latency_doubling=0.1,
            # Ten decisions a second: the bound that driving systems are designed to (Lin et al.,
            # "The Architectural Implications of Autonomous Driving", ASPLOS 2018).
            real_time_ms=100.0,
        ),
    )
}

SAY = 1.0
"""Points that remarks can add to or take from a candidate: what the evidence can't tell apart.

Ten thousand test images resolve an accuracy of 70 % to about 0.75 points either way, and one point
is what the paper calls similar. So remarks turn the scale between candidates that are this close,
and never beyond.
"""

SIZE_KINDS = ("compressed", "file")
EVIDENCE = ("any", "measured")
FOLLOW = ("both", "paper", "evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A question's circumstances; its limits are `recommender.Constraints`."""

    service_class: str = "mid-end"
    """`low-end`, `mid-end` or `high-end`."""
    task: str | None = None
    """Name of the task; None: the measured task nearest in its number of classes."""
    classes: int | None = None
    """Classes to tell apart, where no task is named; None: the service class's own."""
    device: str | None = None
    """Name of the device; None: `sensors-2022`, or the only one there is."""
    networks: tuple[str, ...] = ()
    """Networks to choose from; empty: all."""
    size_kind: str = "compressed"
    """What `max_size_kb` bounds: the `compressed` size, or the stored `file`."""
    confidence: float = 0.9
    """Probability with which each limit must be met, 0.5 to below 1."""
    evidence: str = "any"
    """`any`, or `measured` alone."""
    follow: str = "both"
    """`both`: remarks decide where evidence can't; `paper`: its strategy is law; `evidence`."""

    def __post_init__(self) -> None:
        _one_of("class", self.service_class, tuple(SERVICE_CLASSES))
        _one_of("size kind", self.size_kind, SIZE_KINDS)
        _one_of("evidence", self.evidence, EVIDENCE)
        _one_of("follow", self.follow, FOLLOW)
        if not 0.5 <= self.confidence < 1:
            raise ArgumentError(
                f"confidence {self.confidence:g}: a probability from 0.5 to below 1 is wanted"
            )
        if self.classes is not None and self.classes < 2:
            raise ArgumentError(f"{self.classes} classes: there are at least 2 to tell apart")

    @property
    def aims(self) -> ServiceClass:
        """The service class with its objective."""
        return SERVICE_CLASSES[self.service_class]


def _one_of(what: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise ArgumentError(f"unknown {what} '{word}'{known(str(word), words)}")
