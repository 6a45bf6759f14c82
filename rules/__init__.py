"""What sources say about optimizing networks, as data, and how far measurements bear them out."""

from rules.errors import RuleError
from rules.remark import Remark, Rules
from rules.verdict import Audit, Verdict

DISTRIBUTION = "dlmo-advisor"
"""Tells this package from others of the same import name; see `rules.load`."""

__all__ = ["DISTRIBUTION", "Audit", "Remark", "RuleError", "Rules", "Verdict"]
