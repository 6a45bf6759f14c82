"""What goes wrong with rules."""

from __future__ import annotations

from measurements.errors import DlmoError


class RuleError(DlmoError):
    """A rules file can't be read, or says something that no rule can say."""
