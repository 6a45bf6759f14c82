"""Questions drawn at random, in the forms that Python and the page take."""

import math
import random
from dataclasses import dataclass

from recommender import Constraints, Profile
from recommender.profile import EVIDENCE, FOLLOW, SERVICE_CLASSES, SIZE_KINDS


@dataclass(frozen=True)
class Question:
    profile: Profile
    constraints: Constraints

    def for_page(self, top=5):
        p = self.profile
        return {
            "profile": {
                "serviceClass": p.service_class,
                "task": p.task,
                "device": p.device,
                "networks": list(p.networks),
                "sizeKind": p.size_kind,
                "confidence": p.confidence,
                "evidence": p.evidence,
                "follow": p.follow,
            },
            "limits": self.constraints.to_dict(),
            "top": top,
        }


def questions(advisor, n, seed=0):
    """Settings of every kind; half of the limits are tight, some sit on a candidate's own value."""
    draw = random.Random(seed)
    boards = [(d, t) for d in advisor.forecast.devices for t in advisor.forecast.tasks(d)]
    return [_question(draw, advisor, *draw.choice(boards)) for _ in range(n)]


def _question(draw, advisor, device, task):
    board = advisor.forecast.board(device, task)
    names = sorted(set(board.network))
    profile = Profile(
        service_class=draw.choice(sorted(SERVICE_CLASSES)),
        task=task,
        device=device,
        networks=tuple(draw.sample(names, draw.choice([0, 0, 0, 1, min(3, len(names))]))),
        size_kind=draw.choice(SIZE_KINDS),
        confidence=draw.choice([0.5, 0.6, 0.75, 0.8, 0.9, 0.9, 0.95, 0.99]),
        evidence=draw.choice((*EVIDENCE, "any")),
        follow=draw.choice((*FOLLOW, "both")),
    )
    return Question(
        profile,
        Constraints(
            max_size_kb=_limit(draw, board.quantities["size_kb"].value),
            max_latency_ms=_limit(draw, board.quantities["latency_ms"].value),
            min_accuracy_pct=_limit(draw, board.quantities["accuracy_pct"].value),
            max_ram_kb=_limit(draw, board.ram_kb) if draw.random() < 0.2 else None,
        ),
    )


def _limit(draw, values):
    known = sorted(float(v) for v in values if math.isfinite(v) and v > 0)
    if not known or draw.random() < 0.35:
        return None
    if draw.random() < 0.3:
        return draw.choice(known)  # on the edge: met, or missed by nothing
    low, high = known[0] * 0.8, known[-1] * 1.2
    return min(
        float(f"{math.exp(draw.uniform(math.log(low), math.log(high))):.4g}"),
        100.0 if known[-1] <= 100 else math.inf,
    )
