"""Errors of advice; an error about an argument is also a `ValueError`."""

from __future__ import annotations

from measurements.errors import DlmoError


class AdviceError(DlmoError):
    """No advice can be given from what there is."""


class ArgumentError(AdviceError, ValueError):
    """A limit, class, confidence or name that can't be meant."""


class LeakError(AdviceError):
    """An evaluation would show a learner what it is to predict."""
