"""Tables of claims in a rules file -> `Claim`."""

from __future__ import annotations

from rules.condition import read_condition
from rules.entry import Entry
from rules.facts import FACTS, OF_CANDIDATE, OF_NETWORK
from rules.remark import PARTS_OF_STRATEGY, QUANTITIES, STATISTICS, Claim, Condition

FIELDS = (
    "label",
    "quantity",
    "statistic",
    "of",
    "without",
    "against",
    "over",
    "at_least",
    "at_most",
    "every",
)
"""Fields of a claim."""

TREND = "rank correlation"
"""The statistic that needs a fact to go along with."""


def read_claims(remark: Entry, on: Condition) -> tuple[Claim, ...]:
    """Read the claims of a remark.

    Args:
        remark: the remark's table.
        on: the candidates that the remark touches, which a claim is about unless it says `of`.

    Returns:
        One for each part, none when the remark says why it is `untestable`.

    Raises:
        RuleError: also when it has both, or neither.
    """
    if "claims" in remark.fields and "untestable" in remark.fields:
        raise remark.error("either 'claims' or 'untestable', not both")
    if "claims" not in remark.fields:
        if "untestable" not in remark.fields:
            raise remark.error("'claims' is missing; or say in 'untestable' why there are none")
        return ()
    return tuple(_read_claim(entry, on) for entry in remark.tables("claims"))


def _read_claim(entry: Entry, on: Condition) -> Claim:
    entry.refuse_others(FIELDS)
    claim = Claim(
        label=entry.text("label"),
        quantity=entry.word("quantity", QUANTITIES),
        statistic=entry.word("statistic", STATISTICS),
        of=read_condition(entry.table("of"), OF_CANDIDATE) if "of" in entry.fields else on,
        without=_read_without(entry),
        against=read_condition(entry.table("against"), OF_NETWORK)
        if "against" in entry.fields
        else None,
        over=_read_over(entry),
        at_least=entry.number("at_least"),
        at_most=entry.number("at_most"),
        every=entry.truth("every"),
    )
    _check_claim(entry, claim)
    return claim


def _check_claim(entry: Entry, claim: Claim) -> None:
    if bool(claim.without) == (claim.against is not None):
        raise entry.error("either 'without' (a part of the strategy) or 'against' (networks)")
    if claim.at_least is None and claim.at_most is None:
        raise entry.error("'at_least' or 'at_most' is missing")
    if None not in (claim.at_least, claim.at_most) and claim.at_least > claim.at_most:  # type: ignore[operator]
        raise entry.error(f"nothing is at least {claim.at_least} and at most {claim.at_most}")
    if (claim.statistic == TREND) != (claim.over is not None):
        raise entry.error(f"'over' goes with the statistic '{TREND}', and only with it")
    if claim.statistic == TREND and (claim.every or claim.against is not None):
        raise entry.error(f"a '{TREND}' takes 'without', and no 'every'")


def _read_without(entry: Entry) -> frozenset[str]:
    value = entry.fields.get("without", [])
    parts = value if isinstance(value, list) else [value]
    return frozenset(entry.one_of(part, PARTS_OF_STRATEGY, "part of a strategy") for part in parts)


def _read_over(entry: Entry) -> str | None:
    if "over" not in entry.fields:
        return None
    numbers = [n for n in FACTS if n in OF_NETWORK and FACTS[n].kind in ("count", "number")]
    return entry.one_of(entry.fields["over"], numbers, "fact")
