import pytest

from rules.verdict import VERDICTS, Audit, Verdict


@pytest.mark.parametrize("audit", [None, *VERDICTS])
def test_a_verdict_becomes_the_contracted_entry(audit):
    verdict = Verdict(
        id="R2",
        source="somebody, page 1",
        says="Slow.",
        effect="avoid",
        strategy="blq",
        audit=audit and Audit(verdict=audit, words=f"{audit} here: 24 pairs"),
        weight=-0.2,
    )
    entry = verdict.to_dict()
    assert list(entry) == ["id", "source", "says", "effect", "strategy", "audit"]
    assert entry["audit"] == (f"{audit} here: 24 pairs" if audit else None)
