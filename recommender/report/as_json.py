"""The answer for machines."""

from __future__ import annotations

import json

from recommender.advice import Advice


def as_json(advice: Advice) -> str:
    """The contracted JSON, its keys in the contract's order."""
    return json.dumps(advice.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
