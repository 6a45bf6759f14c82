"""What is said of remarks: of a query by the judge, of a device by an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

VerdictWord = Literal["confirmed", "contradicted", "mixed", "untested"]
"""What an audit may find."""

VERDICTS: tuple[VerdictWord, ...] = get_args(VerdictWord)
"""All of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What measurements say about a remark on one device."""

    verdict: VerdictWord
    """One of `VERDICTS`."""
    words: str
    """The numbers behind it, `"contradicted here: 24 pairs, int8 0.44 times the latency"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A remark that fired for a query."""

    id: str
    """Id of the remark."""
    source: str
    """Who says so, and where."""
    says: str
    """The remark in one sentence."""
    effect: str
    """A key of `EFFECTS`."""
    strategy: str
    """The strategies, or the networks, that it touches."""
    audit: Audit | None
    """What an audit found on the query's device; None: nobody looked."""
    weight: float
    """What it adds to the score of each touched candidate, after the audit."""

    def to_dict(self) -> dict[str, Any]:
        """The entry of `rules` in the JSON report."""
        return {
            "id": self.id,
            "source": self.source,
            "says": self.says,
            "effect": self.effect,
            "strategy": self.strategy,
            "audit": self.audit.words if self.audit else None,
        }
