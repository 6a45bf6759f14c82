"""What a rules file holds, as types: remarks with their conditions, effects and claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

FactValue = str | int | float | bool
"""What a fact may be; None, or no entry at all, where it is unknown."""

Facts = Mapping[str, FactValue | None]
"""Name of a fact -> its value."""


EFFECTS: Mapping[str, float] = MappingProxyType(
    {
        "recommend": 0.3,  # the strategy for a service class; following a source takes it as law
        "prefer": 0.2,  # speaks for a candidate
        "avoid": -0.2,  # speaks against it
        "caution": 0.0,  # names a risk, and does not weigh
        "inform": 0.0,  # tells how to go about it, and does not weigh
    }
)
"""The closed list of effects -> what a remark with this effect adds to the score of a candidate
when it names no weight of its own."""

QUANTITIES: Mapping[str, str] = MappingProxyType(
    {
        "accuracy": "accuracy_pct",
        "size": "size_kb",
        "file": "file_kb",
        "latency": "latency_ms",
    }
)
"""What a claim may be about -> its column in `measurements.to_frame`. `size` is the compressed
size, or the one that the source prints; `file` is the .tflite as stored."""

STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "median difference": "median over the pairs of one value minus the other (points)",
        "median ratio": "median over the pairs of one value divided by the other",
        "rank correlation": "Spearman's, of the pairs' differences with the fact named by `over`",
    }
)
"""How a claim sums its pairs up -> what that means."""

PARTS_OF_STRATEGY = ("distillation", "pruning", "quantizer")
"""What `without` may take out of a strategy to find the partner that it is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One fact held against what a rules file says about it."""

    fact: str
    """Name of the fact."""
    among: frozenset[FactValue] = frozenset()
    """Values that hold; empty: any."""
    not_among: frozenset[FactValue] = frozenset()
    """Values that don't hold."""
    at_least: float | None = None
    """Smallest number that holds."""
    at_most: float | None = None
    """Largest number that holds."""

    def holds(self, facts: Facts) -> bool:
        """Whether the fact is known and is as asked; an unknown fact never is."""
        value = facts.get(self.fact)
        if value is None or value in self.not_among or (self.among and value not in self.among):
            return False
        if self.at_least is None and self.at_most is None:
            return True
        return isinstance(value, int | float) and self.within(value)

    def within(self, value: float) -> bool:
        """Whether a number lies in the range, its ends included."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Terms that must all hold; without any it always holds."""

    terms: tuple[Term, ...] = ()
    """One for each fact that is named."""

    def holds(self, facts: Facts) -> bool:
        """Whether every term holds."""
        for term in self.terms:  # noqa: SIM110 - a generator here doubles the time of a query
            if not term.holds(facts):
                return False
        return True

    def about(self, names: frozenset[str]) -> Condition:
        """The part of the condition that is on these facts."""
        return Condition(terms=tuple(term for term in self.terms if term.fact in names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence that measurements can test: a statistic over matched pairs, and its range.

    A pair is two measurements of one device, task, protocol and seed. With `without` they are of
    one network, and its strategy is compared with what is left when a part of it is taken out;
    with `against` they are of one strategy, and two networks are compared.
    """

    label: str
    """What is compared, for the sentence: `int8`."""
    quantity: str
    """A key of `QUANTITIES`."""
    statistic: str
    """A key of `STATISTICS`."""
    of: Condition
    """On facts of networks and strategies: which measurements the claim is about."""
    without: frozenset[str] = frozenset()
    """Parts of the strategy that the partner lacks, of `PARTS_OF_STRATEGY`."""
    against: Condition | None = None
    """On facts of networks: which networks are the partners."""
    over: str | None = None
    """The fact that a rank correlation is taken with."""
    at_least: float | None = None
    """Lower end of the claimed range: points for a difference, else a pure number."""
    at_most: float | None = None
    """Upper end of the claimed range."""
    every: bool = False
    """The range must hold for each network alone too, as a superlative does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A situation in which a remark must fire, or must stay silent."""

    facts: Facts
    """What is known, the facts that follow from the named task, network and strategy included."""
    fires: bool
    """Whether the remark must fire."""
    text: str
    """As the file states it, for names of tests and for errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that a source says about optimizing networks."""

    id: str
    """Short and stable: reports and tests name it."""
    source: str
    """Who says so, and where."""
    says: str
    """The remark in one sentence."""
    when: Condition
    """On facts of the query: the questions that it speaks to."""
    on: Condition
    """On facts of networks and strategies: the candidates that it touches."""
    effect: str
    """A key of `EFFECTS`."""
    weight: float
    """Signed share of a candidate's score, -1 to 1."""
    claims: tuple[Claim, ...]
    """What an audit tests."""
    untestable: str
    """Why there is nothing that an audit could test; empty when there is."""
    examples: tuple[Example, ...]
    """Situations that show when it fires."""
    file: str
    """The rules file that holds it."""

    def fires(self, facts: Facts) -> bool:
        """Whether it speaks about a candidate in a situation.

        Args:
            facts: of query, network and strategy together.
        """
        return self.when.holds(facts) and self.on.holds(facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The remarks of all loaded files."""

    remarks: tuple[Remark, ...]
    """In the order of files and lines; ids are unique."""

    def __iter__(self) -> Iterator[Remark]:
        return iter(self.remarks)

    def __len__(self) -> int:
        return len(self.remarks)
