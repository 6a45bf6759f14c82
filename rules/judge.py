"""Facts and remarks -> what speaks for and against each candidate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache

from measurements.strategy import grammar
from measurements.subject import Network, networks
from rules.facts import OF_NETWORK, OF_STRATEGY
from rules.remark import Facts, Remark, Rules
from rules.situation import of_network, of_strategy
from rules.verdict import Audit, Verdict

HEEDED: Mapping[str, float] = {
    "confirmed": 1.0,
    "untested": 1.0,
    "mixed": 0.5,
    "contradicted": 0.0,
}
"""Verdict of an audit on the query's device -> the share of its weight that a remark keeps."""

_ORDER = {strategy.slug: i for i, strategy in enumerate(grammar())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules say about the candidates of a query."""

    scores: tuple[float, ...]
    """For each candidate, -1 to 1: the sum of the weights that speak for and against it."""
    fired: tuple[tuple[str, ...], ...]
    """For each candidate, the ids of the remarks that fired for it, in the rules' order."""
    verdicts: tuple[Verdict, ...]
    """The remarks that fired for any candidate, in the rules' order."""


def judge(
    rules: Rules,
    query: Facts,
    candidates: Sequence[tuple[str, str]],
    *,
    audits: Mapping[str, Audit] | None = None,
    subjects: Mapping[str, Network] | None = None,
) -> Judgement:
    """Say what speaks for and against each candidate.

    Conditions are evaluated once for each network and each strategy, not for each candidate. The
    order of the candidates changes nothing but the order of what is said about them.

    Args:
        rules: the remarks.
        query: facts of the query, as `rules.situation.of_query` gives them.
        candidates: `(n,)` pairs of a network's name and a strategy's slug.
        audits: id of a remark -> what an audit found on the query's device. A remark that is
            contradicted there has no weight, a mixed one has half.
        subjects: the networks by name, the shipped ones by default. Of a network that is not
            among them only the name is known.

    Raises:
        UnknownNameError: for a candidate whose strategy is none.
    """
    heard = [remark for remark in rules if remark.when.holds(query)]
    weights = [_weight(remark, audits or {}) for remark in heard]
    names, slugs = {name for name, _ in candidates}, {slug for _, slug in candidates}
    on_networks = _hits(heard, OF_NETWORK, _network_facts(names, query, subjects))
    on_strategies = _hits(heard, OF_STRATEGY, {slug: of_strategy(slug) for slug in slugs})
    hits = [on_networks[name] & on_strategies[slug] for name, slug in candidates]

    @cache
    def outcome(bits: int) -> tuple[float, tuple[str, ...]]:
        fired = [i for i in range(len(heard)) if bits >> i & 1]
        score = sum(weights[i] for i in fired)
        return max(-1.0, min(1.0, round(score, 9))), tuple(heard[i].id for i in fired)

    outcomes = [outcome(bits) for bits in hits]
    spoke = _union(hits)
    return Judgement(
        scores=tuple(score for score, _ in outcomes),
        fired=tuple(fired for _, fired in outcomes),
        verdicts=tuple(
            _verdict(
                remark,
                weights[i],
                (audits or {}).get(remark.id),
                [name for name, bits in on_networks.items() if bits >> i & 1],
                [slug for slug, bits in on_strategies.items() if bits >> i & 1],
            )
            for i, remark in enumerate(heard)
            if spoke >> i & 1
        ),
    )


def recommended(rules: Rules, query: Facts) -> frozenset[str]:
    """The strategies that the sources recommend for the query: what following them takes as law.

    Args:
        rules: the remarks.
        query: facts of the query.

    Returns:
        Slugs without distillation and sparsity, so that `rules.situation.base_of(strategy)` of an
        allowed strategy is among them; empty when nothing is recommended, which forbids nothing.
    """
    laws = [r for r in rules if r.effect == "recommend" and r.when.holds(query)]
    bases = {str(of_strategy(slug)["strategy"]) for slug in _ORDER}
    return frozenset(b for b in bases if any(law.on.holds(of_strategy(b)) for law in laws))


def _weight(remark: Remark, audits: Mapping[str, Audit]) -> float:
    audit = audits.get(remark.id)
    return remark.weight * (HEEDED[audit.verdict] if audit else 1.0)


def _network_facts(
    names: Iterable[str], query: Facts, subjects: Mapping[str, Network] | None
) -> dict[str, Facts]:
    known = networks() if subjects is None else subjects
    classes = query.get("classes")
    outputs = classes if isinstance(classes, int) else None
    return {
        name: of_network(known[name], outputs) if name in known else {"network": name}
        for name in names
    }


def _hits(
    remarks: Sequence[Remark], names: frozenset[str], known: Mapping[str, Facts]
) -> dict[str, int]:
    """For each subject a bit for each remark: whether the part of its `on` about it holds."""
    parts = [(1 << i, remark.on.about(names)) for i, remark in enumerate(remarks)]
    anyway = sum(bit for bit, part in parts if not part.terms)
    asked = [(bit, part) for bit, part in parts if part.terms]
    return {
        subject: anyway + sum([bit for bit, part in asked if part.holds(facts)])
        for subject, facts in known.items()
    }


def _union(hits: Iterable[int]) -> int:
    union = 0
    for bits in hits:
        union |= bits
    return union


def _verdict(
    remark: Remark,
    weight: float,
    audit: Audit | None,
    names: Iterable[str],
    slugs: Iterable[str],
) -> Verdict:
    return Verdict(
        id=remark.id,
        source=remark.source,
        says=remark.says,
        effect=remark.effect,
        strategy=_touched(remark, names, slugs),
        audit=audit,
        weight=weight,
    )


def _touched(remark: Remark, names: Iterable[str], slugs: Iterable[str]) -> str:
    """In words, by what its `on` names: `"fiq, qat"`, `"wrn"`, `"kd on mobilenet_v3_small"`."""
    about = {term.fact for term in remark.on.terms}
    strategies = {_shown(slug, about) for slug in slugs} if about & OF_STRATEGY else ()
    words = sorted(strategies, key=lambda slug: (_ORDER.get(slug, len(_ORDER)), slug))
    places = sorted(names) if about & OF_NETWORK else ()
    return " on ".join(", ".join(part) for part in (words, places) if part) or "any"


def _shown(slug: str, about: Set[str]) -> str:
    """The slug without the distillation and sparsity that a remark is not about."""
    if "sparsity" in about:
        return slug
    facts = of_strategy(slug)
    base = str(facts["strategy"])
    if facts["distilled"] and "distilled" in about:
        return "kd" if base == "nq" else f"kd+{base}"
    return base
